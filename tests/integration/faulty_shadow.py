"""`segstream replay` that kills itself: FAULT_KILL is `<point>:<n>`, the n-th pass of a point of its transactions."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from stream_app.settings import load_settings
from stream_app.shadow.begin import Wish, begin
from stream_app.shadow.engine import ShadowEngine, Silent
from stream_app.shadow.run import run
from stream_app.worker.transaction import Write
from tests.integration.fault_points import hit


class FaultySilent(Silent):
    """Ends with its transaction open, or committed and not yet in Redis."""

    def produce(self, writes: Iterable[Write]) -> list[Write]:
        made = super().produce(writes)
        self._producer.flush(10)
        hit("produced")
        return made

    def commit(self) -> None:
        super().commit()
        hit("committed")


class FaultyShadow(ShadowEngine):
    """The engine of a replay with the transaction above."""

    def _prepare(self) -> bool:
        self.transaction_class = FaultySilent
        return super()._prepare()


def main() -> None:
    """Replay everything into the namespace that is named."""
    live = load_settings()
    shadow = live.within(sys.argv[1])
    replay, _ = begin(live, shadow, Wish())
    run(shadow, replay, None, lambda _: None, FaultyShadow)
