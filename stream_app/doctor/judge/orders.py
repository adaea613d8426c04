"""Judges a sample of the newest orders: where their keys lie, whether they can be read, and how their times look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median

from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.doctor.facts import OrderFacts, SampledOrder
from stream_app.doctor.finding import Finding, counted, ok, problem, skipped, warning

PARTITIONER, READABLE, CURRENCY, TIMES = "orders.partitioner", "orders.readable", "orders.currency", "orders.times"
MANY = 0.2
"""The share of dead letters above which a worker pauses the partition."""
AHEAD_US = 300_000_000
"""An order moves the clock at most so far past its own record."""
_HASHES = (Partitioner.MURMUR2, Partitioner.CRC32)


def judge_orders(orders: OrderFacts) -> Iterator[Finding]:
    """Yield what is to be said of the sample."""
    if not orders.sample:
        for check in (PARTITIONER, READABLE):
            yield skipped(check, "there are no orders yet")
        return
    yield _partitioner(orders)
    yield _readable(orders)
    yield from _currency(orders)
    yield from _times([order for order in orders.sample if order.ordered_at is not None])


def _partitioner(orders: OrderFacts) -> Finding:
    places = defaultdict(set)
    for order in orders.sample:
        if order.key:
            places[order.key].add(order.partition)
    if orders.partitions == 1:
        return ok(PARTITIONER, "One partition: every key is where it should be.")
    torn = sorted(key for key, partitions in places.items() if len(partitions) > 1)
    fits = {hash: _fitting(places, orders.partitions, hash) for hash in _HASHES}
    if torn:
        return problem(
            PARTITIONER,
            f"{counted(len(torn), 'customer')} of {len(places)} lie in more than one partition,"
            f" {torn[0].decode(errors='replace')} for example: two producers choose partitions differently.",
            "Give all producers of orders the same partitioner: partitioner=murmur2_random in librdkafka clients.",
        )
    return _of_hashes(orders.partitioner, len(places), fits)


def _fitting(places: dict[bytes, set[int]], partitions: int, partitioner: Partitioner) -> int:
    return sum(partition_of(key, partitions, partitioner) in found for key, found in places.items())


def _of_hashes(said: Partitioner, keys: int, fits: dict[Partitioner, int]) -> Finding:
    right = next((hash for hash in _HASHES if fits[hash] == keys), None)
    if said is Partitioner.ANY:
        which = f"they lie where {right} puts them" if right else "no hash that we know puts them there"
        return ok(PARTITIONER, f"Each of {keys} customers lies in one partition; {which}.")
    if fits[said] == keys:
        return ok(PARTITIONER, f"All {keys} keys lie where {said} puts them, as SEGSTREAM_KEY_PARTITIONER says.")
    here = f"{keys - fits[said]} of {keys} keys do not lie where SEGSTREAM_KEY_PARTITIONER={said} puts them"
    if right:
        return problem(
            PARTITIONER,
            f"{here}; {right} puts all of them there.",
            f"Set SEGSTREAM_KEY_PARTITIONER={right}, and send again what is in the dead letters.",
        )
    if fits[said] > keys / 2:
        return problem(
            PARTITIONER,
            f"{here}; the others do: one of the producers has another partitioner.",
            "Give it the same one: partitioner=murmur2_random in librdkafka clients.",
        )
    return problem(
        PARTITIONER,
        f"{here}, and no other hash that we know does.",
        "Set partitioner=murmur2_random in the producers. If they choose by a rule of their own that keeps each"
        " customer in one partition: SEGSTREAM_KEY_PARTITIONER=any",
    )


def _readable(orders: OrderFacts) -> Finding:
    refused = [order for order in orders.sample if order.code]
    if not refused:
        return ok(READABLE, f"The newest {counted(len(orders.sample), 'order')} can be read.")
    codes = Counter(order.code for order in refused)
    words = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    reason = next(order.reason for order in refused if order.code == codes.most_common(1)[0][0])
    say = problem if len(refused) > MANY * len(orders.sample) else warning
    newest = counted(len(orders.sample), "record")
    return say(
        READABLE,
        f"{len(refused)} of the newest {newest} become dead letters: {words} ({reason}).",
        "Mend the producer, and send these orders again; the codes are in docs/reference/reason-codes.md.",
    )


def _currency(orders: OrderFacts) -> Iterator[Finding]:
    others = Counter(order.currency for order in orders.sample if order.currency)
    if others:
        name, count = others.most_common(1)[0]
        yield problem(
            CURRENCY,
            f"{counted(count, 'order')} name {name}, and the deployment counts in {orders.currency}.",
            f"If no worker has run yet: set SEGSTREAM_CURRENCY={name}."
            " Else convert, or run one deployment per currency.",
        )


def _times(read: list[SampledOrder]) -> Iterator[Finding]:
    """Judge times by whole orders of live traffic: history is old on purpose."""
    live = [order for order in read if not order.is_history]
    if not live:
        return
    ahead = [order.ordered_at - order.timestamp for order in live if order.ordered_at is not None]
    early = [by for by in ahead if by > AHEAD_US]
    if len(early) > len(ahead) / 2:
        hours = median(early) / 3_600_000_000
        yield warning(
            TIMES,
            f"{len(early)} of {len(ahead)} orders are dated after their arrival, by {hours:.1f} hours at the median.",
            "Check the shop's clock, and whether local times are sent as UTC: ordered_at needs the zone's own offset.",
        )
    else:
        yield ok(TIMES, "Orders are dated before they arrive.")
