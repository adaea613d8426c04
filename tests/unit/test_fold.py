"""The fold without scores keeps what the worker keeps, and a topic's history tells it as of any instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from stream_app.contract.dead_letter import Code
from stream_app.core.breaker import Breaker
from stream_app.core.errors import SegstreamError
from stream_app.core.features import Features
from stream_app.core.fold import Fold
from stream_app.core.inbound import read_record
from stream_app.core.instants import DAY_US
from stream_app.core.rules import Rules
from stream_app.core.state_record import decode_customer
from stream_app.history.reasons import REASONS
from tests.builders import ARecord, a_driver, a_record, a_tick, an_instant, an_order_json
from tests.driver import Driver
from tests.integration.shop import BEGINNING, LENGTH, a_log
from trainer.features import buyers, features
from trainer.topic_history import LEFT_OUT, TopicHistory

RULES = Rules("test", "orders.v1", 1, 365, "EUR")


@dataclass
class Records:
    """A topic of one partition."""

    records: list[ARecord]
    readings: int = 0

    @property
    def partitions(self) -> int:
        return 1

    def read(self, progress: Callable[[str], None]) -> Iterator[tuple[int, list[ARecord]]]:
        self.readings += 1
        for first in range(0, len(self.records), 100):
            yield 0, self.records[first : first + 100]
        progress("read")


def a_topic(**changes: int) -> list[ARecord]:
    return [ARecord(s.value, s.key, offset, headers_=[*s.headers]) for offset, s in enumerate(a_log(1, **changes))]


@pytest.mark.parametrize(("customers", "window"), [(60, 365), (60, 30), (60, None), (1, 365), (1, None)])
def test_the_fold_keeps_what_the_worker_keeps(customers: int, window: int | None) -> None:
    records = a_topic(customers=customers, orders=4_000)[:-1]
    driver = a_driver(window_days=window)
    fold = Fold(driver.rules)

    for first in range(0, len(records), 50):
        driver.run(records[first : first + 50])
        driver.progress.breaker = Breaker()
    outcomes = [fold.take(read_record(record, 0, fold.states, driver.rules)) for record in records]

    as_of = fold.clock.instant + DAY_US // 3
    assert fold.clock.instant == driver.progress.clock.instant
    assert outcomes.count("invalid") == len(driver.dead_letters) > 0
    assert fold.states.keys() == driver.states.keys()
    assert dict(fold.features(as_of)) == kept_by(driver, as_of)


def kept_by(driver: Driver, as_of: int) -> dict[str, Features]:
    """Return what the worker's stored states give at an instant."""
    found = {}
    for state in driver.states.values():
        customer = decode_customer(state)
        customer.rfm.advance(as_of, driver.rules.window)
        found[customer.customer_id] = customer.rfm.features(as_of)
    return {name: features for name, features in found.items() if features is not None}


def test_an_earlier_instant_gives_what_the_worker_had_then_and_what_came_late() -> None:
    records = a_topic(orders=2_000)
    as_of = BEGINNING + LENGTH // 2
    driver = a_driver(window_days=365)
    readings = [(record, read_record(record, 0, (), driver.rules)) for record in records]
    driver.run(record for record, read in readings if read.order is not None and read.order.entry.ordered_at <= as_of)

    topic = TopicHistory(Records(records), driver.rules, as_of_us=as_of)

    assert told(topic, as_of, driver.rules.window) == kept_by(driver, as_of)
    assert topic.report.skipped["later"] > 100


def told(topic: TopicHistory, as_of: int, window: int | None) -> dict[str, Features]:
    return {name: Features(*row) for name, *row in features(topic, as_of_us=as_of, window_us=window)}


def test_a_topic_may_be_asked_for_any_instant_in_any_order() -> None:
    records = Records(a_topic(orders=1_000))
    topic = TopicHistory(records, RULES)
    middle = BEGINNING + LENGTH // 2

    late, early, late_again = (told(topic, at, RULES.window) for at in (topic.as_of_us, middle, topic.as_of_us))

    assert late == late_again != early == told(TopicHistory(records, RULES, as_of_us=middle), middle, RULES.window)


def test_the_default_instant_is_the_furthest_clock() -> None:
    live, tick = a_record(an_order_json(ordered_at="2025-05-01T00:00:00Z")), a_tick("2025-05-07T00:00:00Z")

    assert TopicHistory(Records([live]), RULES).as_of_us == an_instant("2025-05-01T00:00:00Z")
    assert TopicHistory(Records([live, tick]), RULES).as_of_us == an_instant("2025-05-07T00:00:00Z")


def test_an_order_dated_ahead_does_not_drag_the_default_instant_along() -> None:
    ahead = a_record(an_order_json(ordered_at="2025-06-02T11:00:00Z"))

    topic = TopicHistory(Records([ahead]), RULES)

    assert topic.as_of_us == an_instant("2025-06-01T12:05:00Z")
    assert told(topic, topic.as_of_us, RULES.window) == {}


def test_without_live_orders_the_default_instant_is_the_newest_order() -> None:
    past = a_record(an_order_json(ordered_at="2025-05-01T00:00:00Z"), headers_=[("replay", b"true")])

    topic = TopicHistory(Records([past]), RULES)

    assert topic.as_of_us == an_instant("2025-05-01T00:00:00Z")
    assert len(told(topic, topic.as_of_us, RULES.window)) == 1


def test_who_buys_in_some_weeks_is_found_by_one_more_reading() -> None:
    records = Records(
        [
            a_record(an_order_json(order_id=name, customer_id=name, ordered_at=at))
            for name, at in (
                ("A", "2025-05-01T00:00:00Z"),
                ("B", "2025-05-02T00:00:00Z"),
                ("C", "2025-05-11T00:00:00Z"),
            )
        ]
    )
    topic = TopicHistory(records, RULES)
    after, until = an_instant("2025-05-01T00:00:00Z"), an_instant("2025-05-11T00:00:00Z")

    assert buyers(topic, after_us=after, until_us=until) == {"B", "C"}
    assert records.readings == 2


def test_what_does_not_count_is_told_by_reason_and_place() -> None:
    order = an_order_json(ordered_at="2025-05-01T00:00:00Z")
    records = [a_record(order), a_record(order, offset=1), ARecord(b"{", offset_=2), ARecord(None, offset_=3)]

    report = TopicHistory(Records(records), RULES).report

    assert (report.lines_read, report.lines_kept, report.orders, report.customers) == (4, 1, 1, 1)
    assert report.skipped == {"NOT_JSON": 1, "duplicate": 1, "ignored": 1}
    assert [(e.code, e.first_line, e.value) for e in report.examples] == [
        ("NOT_JSON", 2, "partition 0"), ("duplicate", 1, "partition 0"), ("ignored", 3, "partition 0"),
    ]  # fmt: skip


def test_every_reason_of_the_topic_has_words() -> None:
    assert {code.value for code in Code} | set(LEFT_OUT) <= REASONS.keys()


def test_a_topic_without_orders_says_what_to_do() -> None:
    with pytest.raises(SegstreamError, match=r"orders\.v1 holds no order to learn from"):
        TopicHistory(Records([ARecord(b"{")]), RULES)
