"""`segstream topics repartition copy` and `finish` that kill themselves.

FAULT_KILL is `<point>:<n>`, the n-th pass of a point: `copied`, `carried` or `closed`, with the transaction still open,
or `committed` behind any. FAULT_SLICE is how many records of the orders one of them copies.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stream_app.repartition import copy
from stream_app.repartition.finish import finish
from stream_app.repartition.target import target_of
from stream_app.repartition.writer import Writer
from stream_app.settings import load_settings
from tests.integration.fault_points import hit


class FaultyWriter(Writer):
    """Ends with its transaction open, or right behind it."""

    @contextmanager
    def transaction(self, reached: dict[tuple[str, int], int]) -> Iterator[None]:
        with super().transaction(reached):
            yield
            self._producer.flush(10)
            if not reached:
                hit("carried")
            else:
                hit("closed" if any("customer-state" in topic for topic, _ in reached) else "copied")
        hit("committed")


class FaultyCopy(copy.Copy):
    """The copy with the writer above."""

    writer_class = FaultyWriter


def main() -> None:
    """Copy into the prefix that is named, or finish."""
    copy.SLICE = int(os.environ["FAULT_SLICE"])
    verb, prefix = sys.argv[1:]
    target = target_of(load_settings(), prefix)
    if verb == "copy":
        FaultyCopy(target).run()
    else:
        finish(target, lambda _: None, lambda _: None, FaultyCopy)
