"""Where records go when the number of partitions changes, and how a copy that is none is found out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from stream_app.contract.control import Resume, Swap, WindowSwap
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.core.promotions import Promotions
from stream_app.repartition.control import meant
from stream_app.repartition.fingerprint import Fingerprint
from stream_app.repartition.routing import Routing
from tests.builders import NOW, ARecord

SWAP = WindowSwap(
    id=7, namespace="next", barriers=[4, 9], clocks=[5, 6], by="ops", at=NOW,
    window_days=90, version="v90", sha256="0" * 64,
)  # fmt: skip
ROUTING = Routing(3, 5, Partitioner.MURMUR2)
TICK = [("segstream.tick", b"2025-01-01T00:00:00Z")]

Log = list[tuple[int, ARecord]]


def an_old_log() -> Log:
    """Return records of 12 customers in their partitions, a tick in each, and two that were refused."""
    keys = [f"C{n % 12}".encode() for n in range(60)]
    log = [(ROUTING.came_from(key), ARecord(str(n).encode(), key, n)) for n, key in enumerate(keys)]
    log += [(partition, ARecord(None, None, headers_=TICK)) for partition in range(ROUTING.old)]
    return [*log, (1, ARecord(b"{}", None)), ((ROUTING.came_from(b"C1") + 1) % 3, ARecord(b"{}", b"C1"))]


def copied(log: Iterable[tuple[int, ARecord]]) -> Log:
    return [(there, record) for partition, record in log for there in ROUTING.places(record, partition)]


def differences(old: Log, new: Log) -> list[str]:
    first, second = Fingerprint(ROUTING), Fingerprint(ROUTING)
    for partition, record in old:
        first.take_old(record, partition)
    for partition, record in new:
        second.take(record, partition)
    return first.differences(second)


def test_an_order_goes_where_its_shop_will_send_the_next_one() -> None:
    for name in ("C1", "Ä", "customer-77"):
        key = name.encode()
        (there,) = ROUTING.places(ARecord(b"{}", key), ROUTING.came_from(key))

        assert there == partition_of(key, 5, Partitioner.MURMUR2)


def test_what_lay_in_a_wrong_partition_lies_in_a_wrong_one_again() -> None:
    key = b"C1"
    for partition in range(3):
        (there,) = ROUTING.places(ARecord(b"{}", key), partition)

        assert (there == ROUTING.of(key)) is (partition == ROUTING.came_from(key))


def test_a_tick_goes_everywhere_and_a_malformed_one_is_one_dead_letter() -> None:
    malformed = ARecord(None, None, headers_=[("segstream.tick", b"soon")])

    assert list(ROUTING.places(ARecord(None, None, headers_=TICK), 2)) == [0, 1, 2, 3, 4]
    assert list(ROUTING.places(malformed, 2)) == [2]
    assert list(Routing(7, 5, Partitioner.CRC32).places(ARecord(b"{}", None), 6)) == [1]


def test_a_copy_may_mix_customers_of_different_old_partitions() -> None:
    old = an_old_log()
    by_partition = sorted(old, key=lambda each: each[0])

    assert differences(old, copied(old)) == []
    assert differences(old, copied(by_partition)) == []


def swapped(log: Log) -> Log:
    """Return a log in which two neighbours of one customer have changed places."""
    first, second = [at for at, (_, record) in enumerate(log) if record.key() == b"C3"][:2]
    log[first], log[second] = log[second], log[first]
    return log


def test_a_copy_that_lost_added_moved_or_changed_anything_is_found_out() -> None:
    old = an_old_log()
    new = copied(old)
    place, record = new[5]
    changes = {
        "lost": new[1:],
        "twice": [*new, new[0]],
        "swapped": swapped(copied(old)),
        "elsewhere": [*new[:5], ((place + 1) % 5, record), *new[6:]],
        "other value": [*new[:5], (place, ARecord(b"!", record.key(), timestamp_ms=record.timestamp_ms)), *new[6:]],
        "other time": [*new[:5], (place, ARecord(record.value(), record.key(), timestamp_ms=1)), *new[6:]],
        "header": [*new[:5], (place, ARecord(record.value(), record.key(), headers_=[("replay", b"true")])), *new[6:]],
        "no tick": [each for each in new if each != new[62]],
    }

    for name, other in changes.items():
        assert differences(old, other) != [], name


@pytest.mark.parametrize("name", ["orders and markers", "ticks and refused records"])
def test_numbers_that_differ_are_told(name: str) -> None:
    old = an_old_log()
    new = copied(old)
    shorter = new[1:] if name.startswith("orders") else new[:-1]

    assert any(name in words for words in differences(old, shorter))


def test_after_a_move_the_window_still_counts_and_nobody_takes_anything_over() -> None:
    promotions, carried = Promotions(), meant(SWAP)

    assert isinstance(carried, WindowSwap)
    promotions.hear(carried)
    assert (promotions.window_days([]), carried.barriers) == (90, [])
    assert isinstance(meant(Swap(id=8, namespace="next", barriers=[4], clocks=[5], by="ops", at=NOW)), Resume)
