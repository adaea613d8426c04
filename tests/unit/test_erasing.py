"""A marker among the orders: who may make one, what it says, and what becomes of orders that come after it."""

from __future__ import annotations

import json

import pytest

from stream_app.contract.dead_letter import Code, Refusal
from stream_app.core.erasure import ERASE_HEADER, Block, BlockList, ErasureKey, decode_block
from stream_app.core.errors import StopError
from stream_app.core.fold import Fold
from stream_app.core.inbound import read_record
from stream_app.core.instants import rfc3339
from stream_app.core.outcome import Stop
from stream_app.worker.cleaning import SLACK_MS, Cleaning, cleaning_of
from tests.builders import (
    AN_ERASURE_KEY,
    NOW,
    ARecord,
    a_driver,
    a_marker,
    a_record,
    a_tick,
    an_instant,
    an_order_json,
    days,
    rules,
)

ANOTHER_KEY = ErasureKey(b"a secret that some other deployment has")
LATER = "2025-06-20T12:00:00Z"


def an_order_of(customer: str, order_id: str = "O1", *, offset: int = 0, at: str = NOW) -> ARecord:
    order = an_order_json(customer_id=customer, order_id=order_id, ordered_at=at)
    return a_record(order, offset=offset, timestamp_ms=an_instant(at) // 1_000)


def test_a_marker_that_the_key_made_is_read() -> None:
    got = read_record(a_marker("C1"), 0, (), rules())

    assert got.meaning == ("C1", AN_ERASURE_KEY.hash_of("C1"), False)
    assert got.customer_id == "C1"


@pytest.mark.parametrize(
    "proof",
    [
        AN_ERASURE_KEY.header_of("C2"),
        AN_ERASURE_KEY.header_of("C1")[:-1],
        AN_ERASURE_KEY.header_of("C1").upper(),
        b"",
        b"\xff:\xff",
        None,
    ],
)
def test_a_marker_that_nobody_with_the_key_made_is_a_dead_letter(proof: bytes | None) -> None:
    got = read_record(a_marker("C1", headers_=[(ERASE_HEADER, proof)]), 0, (), rules())

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is Code.MARKER_INVALID


def test_a_marker_in_another_partition_than_the_orders_is_a_dead_letter() -> None:
    got = read_record(a_marker("C1"), 0, (), rules(partitions=4))

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is Code.WRONG_PARTITION


@pytest.mark.parametrize("key", [None, ANOTHER_KEY], ids=["no key", "another key"])
def test_a_marker_is_never_passed_over_for_want_of_the_key(key: ErasureKey | None) -> None:
    driver = a_driver(erasure_key=key)

    outcome = driver.run([an_order_of("C1"), a_marker("C1", offset=1), an_order_of("C2", offset=2)])

    assert outcome.stop is Stop.MARKER_KEY
    assert driver.progress.source_position == 1
    assert (driver.states.keys(), driver.blocks, driver.dead_letters) == ({"C1"}, {}, [])


def test_an_erasure_is_told_at_the_clock_and_says_nothing_more_of_the_person() -> None:
    driver = a_driver()
    driver.run([an_order_of("C1"), a_tick("2025-06-03T00:00:00Z", offset=1), a_marker("C1", offset=2)])

    *_, before, told = map(json.loads, driver.changes["C1"])
    assert told["from"] == before["to"]
    assert told["to"] is None
    assert told["cause"] == "erasure"
    assert told["as_of"] == "2025-06-03T00:00:00Z"
    assert told["features"] == {"before": None, "after": None}
    assert (told["margin"], told["valid_until"]) == (None, None)
    assert told["source"] == {"topic": "orders.v1", "partition": 0, "offset": 2}


def test_who_has_lapsed_is_told_of_too() -> None:
    driver = a_driver()
    lapsed_at = rfc3339(an_instant(NOW) + days(366))
    driver.run([an_order_of("C1"), a_tick(lapsed_at, offset=1)])
    driver.settle()

    driver.run([a_marker("C1", offset=2)])

    told = json.loads(driver.changes["C1"][-1])
    assert (told["from"], told["to"], told["cause"]) == (None, None, "erasure")


def test_who_was_never_told_of_is_erased_in_silence() -> None:
    driver = a_driver()

    driver.run([a_marker("C1"), a_marker("C1", offset=1)])

    assert driver.changes == {}
    assert decode_block(driver.blocks[AN_ERASURE_KEY.hash_of("C1")]) == Block(0)


def test_later_orders_of_the_erased_move_the_clock_as_if_nothing_had_been() -> None:
    driver = a_driver()

    outcome = driver.run([an_order_of("C1"), a_marker("C1", offset=1), an_order_of("C1", "O2", offset=2, at=LATER)])

    assert driver.progress.clock.instant == an_instant(LATER)
    assert driver.states == {}
    assert outcome.counts["erased"] == 1


def test_a_record_of_the_erased_that_cannot_be_read_is_no_dead_letter() -> None:
    driver = a_driver()
    driver.run([a_marker("C1")])

    outcome = driver.run([ARecord(b"{their data", b"C1", 1), ARecord(b"{somebody's", b"C2", 2)])

    assert [record.offset() for record, _ in driver.dead_letters] == [2]
    assert outcome.counts["erased"] == 1


def test_after_an_unerasure_a_new_state_goes_on_behind_the_last_sequence() -> None:
    driver = a_driver()
    driver.run([an_order_of("C1"), a_marker("C1", offset=1), an_order_of("C1", "O2", offset=2)])

    driver.run([a_marker("C1", offset=3, is_lifting=True), an_order_of("C1", "O3", offset=4)])

    told = [json.loads(change) for change in driver.changes["C1"]]
    assert [(each["sequence"], each["cause"]) for each in told] == [(1, "order"), (2, "erasure"), (3, "order")]
    assert told[-1]["features"]["after"]["frequency"] == 1
    assert driver.blocks == {}


def test_training_on_the_topic_learns_nothing_from_the_erased() -> None:
    fold = Fold(rules())
    log = [an_order_of("C1"), an_order_of("C2"), a_marker("C1"), an_order_of("C1", "O2", at=LATER)]

    became = [fold.take(read_record(record, 0, (), rules())) for record in log]

    assert became == ["ok", "ok", "erasure", "erased"]
    assert [name for name, _ in fold.features(an_instant(LATER))] == ["C2"]


@pytest.mark.parametrize(
    ("key", "says"), [(None, "is not set"), (ANOTHER_KEY, "is another one")], ids=["no", "another"]
)
def test_training_on_the_topic_stops_at_an_erasure_that_the_key_did_not_make(key: ErasureKey | None, says: str) -> None:
    driver_rules = rules(erasure_key=key)
    fold = Fold(driver_rules)
    fold.take(read_record(an_order_of("C1"), 0, (), driver_rules))

    with pytest.raises(StopError, match=f"offset 1 .*{says}") as stopped:
        fold.take(read_record(a_marker("C1", offset=1), 0, (), driver_rules))

    assert stopped.value.code == "ERASURE_KEY"


def test_only_changed_entries_of_a_block_list_are_written() -> None:
    blocks = BlockList({"a": Block(3)})

    blocks.block("a")
    blocks.block("b", 2)
    blocks.lift("a")
    blocks.lift("nobody")

    assert blocks.changes() == {"a": Block(3, is_lifted=True), "b": Block(2)}
    assert blocks.changes() == {}


def test_neither_key_nor_rules_show_the_secret() -> None:
    assert "secret" not in repr(rules())
    assert AN_ERASURE_KEY.fingerprint not in AN_ERASURE_KEY.hash_of("C1")


def test_the_worker_writes_until_two_cleanings_are_sure_to_be_behind_it() -> None:
    cleaning = cleaning_of({"segment.ms": "86400000", "max.compaction.lag.ms": "604800000", "delete.retention.ms": "5"})

    assert cleaning == Cleaning(roll=86_400_000, lag=604_800_000, tombstones=5)
    assert cleaning.span == 2 * 604_800_000 + 5 + 3 * 86_400_000 + SLACK_MS
