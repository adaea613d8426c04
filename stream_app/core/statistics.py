"""A partition's figures: how many customers and how much money each segment has, and what each day changed of it.

The state tells what is; these tell how it came to be. For every day, the totals less what the later days changed
are what a recount of everything dated up to its end would find: a boundary that fires late counts on its own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.features import Features
from stream_app.core.instants import DAY_US, NO_CLOCK, rfc3339
from stream_app.core.move import Move
from stream_app.core.state_layout import StateHeader

Fields = dict[str, int]
"""One record. Totals: `customers:<segment>` and `monetary:<segment>`. A day: `moved:<from>:<to>:<cause>`,
`monetary:<segment>` (the change), `newcomers` and `erased`. An empty id: in no segment. No id holds a colon."""

TOTALS = "totals"
"""The name of the totals' record."""

DAY_PREFIX = "stats:"
"""With the date behind it: the name of a day's record."""

FROM_THE_FIRST_ORDER = ""
"""The `since` of figures that miss nothing."""

encode_fields = msgspec.json.Encoder(order="deterministic").encode
decode_fields = msgspec.json.Decoder(Fields).decode


class SegmentTotals(NamedTuple):
    """How many customers a segment has, and their net money in ten-thousandths of the currency unit."""

    customers: int
    monetary: int


NOBODY = SegmentTotals(0, 0)


class Tally:
    """What a chunk changes of the figures, by the UTC day of `as_of`."""

    __slots__ = ("_begin", "_end", "_today", "days")

    def __init__(self) -> None:
        self.days: dict[int, Fields] = {}
        """By the number of the day since 1970."""
        # The day of the last evaluation: mostly the next one's as well, and found without dividing.
        self._begin = self._end = 0
        self._today: Fields = {}

    def meet(self, as_of: int) -> None:
        """Count somebody who is about to be evaluated for the first time."""
        fields = self._fields(as_of)
        fields["newcomers"] = fields.get("newcomers", 0) + 1

    def take(self, customer: Customer, before: Features | None, move: Move | None) -> None:
        """Take in an evaluation that just happened, of a customer who had these features before it."""
        after = customer.features
        old = 0 if before is None else before.monetary
        new = 0 if after is None else after.monetary
        if move is None and old == new:
            return
        as_of = customer.counted.as_of
        fields = self._today if self._begin <= as_of < self._end else self._fields(as_of)
        if move is None:
            name = "monetary:" + customer.segment
            fields[name] = fields.get(name, 0) + new - old
            return
        step = f"moved:{move.old_id}:{move.new_id}:{move.cause}"
        fields[step] = fields.get(step, 0) + 1
        _add(fields, "monetary:" + move.old_id, -old)
        _add(fields, "monetary:" + move.new_id, new)

    def leave(self, customer: Customer, as_of: int) -> None:
        """Take somebody out who is erased and still shows the last evaluation; who never had one is in no figure."""
        if not customer.model_version:
            return
        fields, segment = self._fields(as_of), customer.segment
        fields["erased"] = fields.get("erased", 0) + 1
        if segment:
            step = f"moved:{segment}::erasure"
            fields[step] = fields.get(step, 0) + 1
        _add(fields, "monetary:" + segment, 0 if customer.features is None else -customer.features.monetary)

    def _fields(self, as_of: int) -> Fields:
        day = as_of // DAY_US
        self._begin, self._end = day * DAY_US, (day + 1) * DAY_US
        self._today = self.days.setdefault(day, {})
        return self._today


class Figures:
    """A partition's records, newest first known: absolute, so that writing one twice changes nothing.

    Each is kept as it is encoded, 1 to 2 KB a day: ten years of days are a few megabytes, and need no bound.
    """

    def __init__(self, records: dict[str, bytes] | None = None, since: str = FROM_THE_FIRST_ORDER) -> None:
        self._records = records if records is not None else {}
        self.since = since
        """The day of the clock at which the customers were counted, because earlier versions wrote no figures."""
        self._unwritten: set[str] = set()

    @property
    def is_counted(self) -> bool:
        """True while totals that were counted are in no changelog."""
        return bool(self._unwritten)

    def names(self) -> list[str]:
        """Return the names of all records."""
        return list(self._records)

    def add(self, tally: Tally) -> dict[str, bytes]:
        """Take in a chunk; return the records that it changed, and what was counted and not written yet."""
        changed = self._unwritten
        self._unwritten = set()
        net: Fields = {}
        for day, fields in tally.days.items():
            self._grow(name_of(day), fields)
            changed.add(name_of(day))
            add_fields(net, net_of(fields))
        if net:
            self._grow(TOTALS, net)
            changed.add(TOTALS)
        return {name: self._records[name] for name in changed}

    def totals(self) -> dict[str, SegmentTotals]:
        """Return the totals by segment id; the empty one: in no segment."""
        return by_segment(self._read(TOTALS))

    def begin(self, counted: Fields, clock: int) -> None:
        """Take totals that were counted from the customers: what came before the clock is known of no day."""
        self._records[TOTALS] = encode_fields(dict.fromkeys(self._read(TOTALS), 0) | counted)
        self._unwritten.add(TOTALS)
        self.since = FROM_THE_FIRST_ORDER if clock == NO_CLOCK else day_text(clock // DAY_US)

    def _grow(self, name: str, more: Fields) -> None:
        fields = self._read(name)
        add_fields(fields, more)
        self._records[name] = encode_fields(fields)

    def _read(self, name: str) -> Fields:
        record = self._records.get(name)
        return {} if record is None else decode_fields(record)


def standing_of(header: StateHeader) -> Fields:
    """Return what one customer is of the totals, as of the last evaluation; nothing when there was none."""
    if not header.model_version:
        return {}
    money = header.monetary if header.last_purchase is not None else 0
    if header.waits_since != NOT_WAITING:
        money = 0 if header.scored is None else header.scored[2]
    standing = {"customers:" + header.segment: 1}
    _add(standing, "monetary:" + header.segment, money)
    return standing


def net_of(day: Mapping[str, int]) -> Fields:
    """Return what a day changed of the totals.

    >>> net_of({"newcomers": 3, "moved::s1:order": 3, "moved:s1:s2:aging": 1, "monetary:s2": 90_000})
    {'customers:': 0, 'customers:s1': 2, 'customers:s2': 1, 'monetary:s2': 90000}
    """
    net: Fields = {}
    for name, number in day.items():
        if name == "newcomers":
            add_fields(net, {"customers:": number})
        elif name == "erased":
            add_fields(net, {"customers:": -number})
        elif name.startswith("moved:"):
            old, new, _ = step_of(name)
            add_fields(net, {"customers:" + old: -number})
            add_fields(net, {"customers:" + new: number})
        else:
            add_fields(net, {name: number})
    return net


def step_of(name: str) -> tuple[str, str, str]:
    """Return from where, to where and why, of a day's field `moved:…`."""
    _, old, new, cause = name.split(":")
    return old, new, cause


def by_segment(totals: Mapping[str, int]) -> dict[str, SegmentTotals]:
    """Return totals by segment id; the empty one: who has lapsed."""
    ids = {name.partition(":")[2] for name in totals}
    return {id_: SegmentTotals(totals.get(f"customers:{id_}", 0), totals.get(f"monetary:{id_}", 0)) for id_ in ids}


def totals_before(totals: Mapping[str, int], later_days: Iterable[Mapping[str, int]]) -> Fields:
    """Return the totals as they were before what these days changed."""
    earlier = dict(totals)
    for day in later_days:
        for name, number in net_of(day).items():
            earlier[name] = earlier.get(name, 0) - number
    return earlier


def name_of(day: int) -> str:
    """Return the name of a day's record.

    >>> name_of(20_000)
    'stats:2024-10-04'
    """
    return DAY_PREFIX + day_text(day)


def day_text(day: int) -> str:
    """Write the number of a day since 1970 as a date."""
    return rfc3339(day * DAY_US)[:10]


def _add(fields: Fields, name: str, number: int) -> None:
    if number:
        fields[name] = fields.get(name, 0) + number


def add_fields(fields: Fields, more: Fields) -> None:
    """Add one record's numbers to another's."""
    for name, number in more.items():
        fields[name] = fields.get(name, 0) + number
