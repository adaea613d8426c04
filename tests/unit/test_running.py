"""Whoever runs an engine beside something else hears why it ended."""

from __future__ import annotations

import pytest

from stream_app.contract.control import Replay
from stream_app.core.errors import SegstreamError, StopError
from stream_app.settings import Settings
from stream_app.shadow.engine import ShadowEngine
from stream_app.shadow.run import fold_at_once, running
from stream_app.worker.health import Health
from tests.builders import NOW

REPLAY = Replay(starts=[0], ends=[9], version="m", sha256="0", is_published=False, by="test", at=NOW)


class Ending(ShadowEngine):
    """Ends at once."""

    def run(self) -> None:
        """Raise what a worker ends with that is fenced."""
        raise StopError("Another live process runs as worker.", code="INSTANCE_TAKEN")


def watch(engine: ShadowEngine) -> None:
    """Wait for the end of an engine that must not end, and complain of it."""
    with running(engine) as is_running:
        while is_running(0.01):
            pass
        raise SegstreamError("The namespace's engine has ended.", code="REPLAY_ENDED")


def test_the_reason_for_which_an_engine_ended_is_told_and_not_only_that_it_has() -> None:
    shadow = Settings(_env_file=None).within("other")
    engine = Ending(shadow, Health(), fold_at_once, REPLAY, None)

    with pytest.raises(StopError) as caught:
        watch(engine)

    assert caught.value.code == "INSTANCE_TAKEN"
