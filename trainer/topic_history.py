"""The orders topic as what a model learns from: the worker's own fold, read up to an instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from stream_app.core.errors import SegstreamError
from stream_app.core.fold import Fold
from stream_app.core.inbound import Inbound, SourceRecord, read_record
from stream_app.core.instants import DAY_US
from stream_app.core.rules import Rules
from stream_app.history.reasons import REASONS
from stream_app.history.report import Example, ReadReport
from trainer.features import Features

COUNTED = ("ok", "history")
LEFT_OUT = ("duplicate", "superseded", "expired", "later", "erased", "ignored")
"""What may become of a record besides, apart from dead letters, and from what is no order."""
NO_ORDERS = ("tick", "erasure", "unerasure")


class Log(Protocol):
    """The orders topic; every reading gives the same records."""

    @property
    def partitions(self) -> int:
        """How many partitions there are."""

    def read(self, progress: Callable[[str], None]) -> Iterator[tuple[int, Iterable[SourceRecord]]]:
        """Yield records of one partition after the other, each partition's in order."""


class Tally:
    """What became of the records of one reading."""

    def __init__(self) -> None:
        self.read = 0
        self.counts: Counter[str] = Counter()
        self.first: dict[str, tuple[int, int]] = {}
        """For each reason the first record's offset and partition."""
        self.first_us: int | None = None
        self.last_us: int | None = None

    def saw(self, partition: int, inbound: Inbound, outcome: str, code: str) -> None:
        """Count a record; ticks and markers are none."""
        if outcome in NO_ORDERS:
            return
        self.read += 1
        self.counts[code or outcome] += 1
        if outcome not in COUNTED:
            self.first.setdefault(code or outcome, (inbound.record.offset(), partition))
        if inbound.order is not None and outcome != "invalid":
            at = inbound.order.entry.ordered_at
            self.first_us = at if self.first_us is None else min(self.first_us, at)
            self.last_us = at if self.last_us is None else max(self.last_us, at)

    def report(self, orders: int, customers: int) -> ReadReport:
        """Return it as a file's reading is reported."""
        skipped = {code: self.counts[code] for code in REASONS if self.counts[code]}
        return ReadReport(
            lines_read=self.read,
            lines_kept=self.read - sum(skipped.values()),
            skipped=skipped,
            orders=orders,
            customers=customers,
            first_us=self.first_us,
            last_us=self.last_us,
            place="record",
            examples=tuple(
                Example(code, count, self.first[code][0], f"partition {self.first[code][1]}")
                for code, count in skipped.items()
            ),
        )


class TopicHistory:
    """The past that an orders topic holds: `features` are those of the worker's customers, to the digit.

    The topic is read once when it is made, and once more for every other instant or window asked for:
    a state that has left an instant behind cannot go back to it.
    """

    def __init__(
        self, log: Log, rules: Rules, *, as_of_us: int | None = None, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self._log = log
        self._rules = rules
        self._progress = progress
        tally = Tally()
        folds = self._fold(as_of_us, rules, tally)
        customers = sum(len(fold.states) for fold in folds.values())
        self.report = tally.report(sum(tally.counts[name] for name in COUNTED), customers)
        if self.report.first_us is None or self.report.last_us is None:
            raise SegstreamError(
                f"{rules.orders_topic} holds no order to learn from.",
                "Load some with `segstream load`, or train on a file.",
            )
        clock = max(fold.clock.instant for fold in folds.values())
        self.as_of_us = as_of_us if as_of_us is not None else clock if clock >= 0 else self.report.last_us
        """As asked for; else where the furthest partition's clock stands; where nothing but history was
        read, and no clock has begun, the newest order's instant."""
        self._main = _features(folds, self.as_of_us)

    def features(self, as_of_us: int, window_us: int | None) -> list[Features]:
        """Return the features of all who have a purchase that counts, by customer id."""
        if (as_of_us, window_us) == (self.as_of_us, self._rules.window):
            return self._main
        rules = replace(self._rules, window_days=None if window_us is None else window_us // DAY_US)
        return _features(self._fold(as_of_us, rules, Tally()), as_of_us)

    def buyers(self, after_us: int, until_us: int) -> set[str]:
        """Return who has a purchase in after_us < ordered_at <= until_us, whole days apart."""
        return {row.customer_id for row in self.features(until_us, until_us - after_us)}

    def __enter__(self) -> TopicHistory:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open between readings."""

    def _fold(self, until: int | None, rules: Rules, tally: Tally) -> dict[int, Fold]:
        folds = {partition: Fold(rules, until) for partition in range(self._log.partitions)}
        for partition, records in self._log.read(self._progress):
            fold = folds[partition]
            for record in records:
                inbound = read_record(record, partition, fold.states, rules)
                outcome = fold.take(inbound)
                tally.saw(partition, inbound, outcome, "" if fold.refusal is None else fold.refusal.code.value)
        return folds


def _features(folds: dict[int, Fold], as_of_us: int) -> list[Features]:
    found = [Features(name, *row.numbers()) for fold in folds.values() for name, row in fold.features(as_of_us)]
    return sorted(found)
