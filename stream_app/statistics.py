"""Reads the figures by segment and by day: sizes and money, now and at the end of earlier days, and migrations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from redis.client import Pipeline

from stream_app.core.errors import OutageError, UsageError
from stream_app.core.instants import DAY_US, NO_CLOCK
from stream_app.core.statistics import (
    FROM_THE_FIRST_ORDER,
    TOTALS,
    Fields,
    SegmentTotals,
    add_fields,
    by_segment,
    name_of,
    step_of,
    totals_before,
)
from stream_app.lookup import Lookup
from stream_app.settings import Settings
from stream_app.worker.meta import Meta, decode_meta

__all__ = ["SegmentTotals", "Statistics"]

MOST_DAYS = 1_100
"""So many days are read at once, of each partition: three years."""

RESTORING = b"-1"


class Held(NamedTuple):
    """What Redis holds of one partition's figures, at one moment."""

    clock: int
    since: str
    totals: Fields
    days: list[Fields]


class Statistics:
    """A reader of one deployment's figures; every partition's are read at one moment.

    Figures follow the state: a move whose event is still owed counts. A day is one of event time, in UTC.
    Raises OutageError with REDIS_AWAY when Redis does not answer, and with STATISTICS_AWAY while a partition's
    figures are being rebuilt: it never adds up some partitions only.
    """

    def __init__(self, settings: Settings, **options: Any) -> None:
        """`options` change those of the Redis client."""
        self._settings = settings
        self._lookup = Lookup(settings, **options)
        self._partitions = 0

    def totals(self, day: date | None = None) -> dict[str, SegmentTotals]:
        """Return customers and money by segment id at the end of a day (None: now); empty id: who has lapsed.

        Empty when that is not known: the day lies before `since`, or nobody was ever scored.
        """
        return _summed(self._read([]), 0) if day is None else self.totals_at([day])[day]

    def totals_at(self, days: Collection[date]) -> dict[date, dict[str, SegmentTotals]]:
        """Return the same at the end of each of some days, read at once."""
        first = min(days)
        found = self._read_after(first)
        since = _latest(found)
        is_known = {day: since is None or day >= since for day in days}
        return {day: _summed(found, (day - first).days) if is_known[day] else {} for day in days}

    def migrations(self, first: date, last: date) -> dict[tuple[str, str, str], int]:
        """Return how often each step was made in these days, both included: from, to and cause.

        Raises UsageError when the figures do not reach back so far.
        """
        found = self._read(_days(first, last))
        since = _latest(found)
        if since is not None and first <= since:
            raise UsageError(
                f"Migrations are counted from {since + timedelta(days=1)} on.",
                "Ask for later days, or replay the orders into a new deployment.",
            )
        steps: dict[tuple[str, str, str], int] = {}
        for fields in (fields for each in found for fields in each.days):
            for name, number in fields.items():
                if name.startswith("moved:"):
                    steps[step_of(name)] = steps.get(step_of(name), 0) + number
        return steps

    def today(self) -> date | None:
        """Return the day of the newest partition's clock, None when no partition has one."""
        return _newest_day(self._read([]))

    def since(self) -> date | None:
        """Return the first day at whose end the totals are known; None: they are since the first order."""
        return _latest(self._read([]))

    def _read_after(self, day: date) -> list[Held]:
        """Read what every day after one changed, the newest among them."""
        last = self.today()
        while last is not None:
            found = self._read(_days(day + timedelta(days=1), last))
            newest = _newest_day(found)
            if newest is None or newest <= last:
                return found
            last = newest
        return self._read([])

    def _read(self, days: list[str]) -> list[Held]:
        """Read all partitions, one after the other; the records of these days that are not there are empty."""
        self._partitions = self._partitions or self._lookup.partition_count()
        return [self._read_one(partition, days) for partition in range(self._partitions)]

    def _read_one(self, partition: int, days: list[str]) -> Held:
        prefix = self._settings.redis_prefix
        key = f"{prefix}partition:{self._settings.topics.orders}:{partition}"

        def questions(pipe: Pipeline) -> None:
            pipe.hmget(key, "customers", "meta")
            for name in (TOTALS, *days):
                pipe.hgetall(f"{prefix}{name}:{partition}")

        (customers, meta), *records = self._lookup.ask(questions, is_atomic=True)
        if customers in (None, RESTORING):
            raise _rebuilding(partition, "Redis is being rebuilt")
        if not meta:
            return Held(NO_CLOCK, FROM_THE_FIRST_ORDER, {}, [])
        return _held(partition, decode_meta(meta), [_fields(record) for record in records])


def _held(partition: int, meta: Meta, records: list[Fields]) -> Held:
    if meta.figures_since is None:
        raise _rebuilding(partition, "its worker's version keeps no figures")
    return Held(meta.clock, meta.figures_since, records[0], records[1:])


def _summed(found: Iterable[Held], passed: int) -> dict[str, SegmentTotals]:
    """Return the totals of all partitions as they were when so many of the days that were read had passed."""
    sums: Fields = {}
    for each in found:
        add_fields(sums, totals_before(each.totals, each.days[passed:]))
    return by_segment(sums)


def _fields(record: dict[bytes, bytes]) -> Fields:
    return {name.decode(): int(number) for name, number in record.items()}


def _days(first: date, last: date) -> list[str]:
    """Return the names of the records of these days, both included."""
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise UsageError(f"That are {count} days.", f"Ask for at most {MOST_DAYS} at once.")
    start = (first - _EPOCH).days
    return [name_of(day) for day in range(start, start + count)]


def _newest_day(found: Iterable[Held]) -> date | None:
    newest = max((each.clock for each in found), default=NO_CLOCK)
    return None if newest == NO_CLOCK else _EPOCH + timedelta(days=newest // DAY_US)


def _latest(found: Iterable[Held]) -> date | None:
    latest = max((each.since for each in found), default=FROM_THE_FIRST_ORDER)
    return date.fromisoformat(latest) if latest else None


def _rebuilding(partition: int, why: str) -> OutageError:
    return OutageError(
        f"Partition {partition} has no figures yet: {why}.",
        "Wait, and look at /readyz of the workers; all of them must run this version.",
        code="STATISTICS_AWAY",
    )


_EPOCH = date(1970, 1, 1)
