"""What the doctor says of orders, model, workers, versions and clocks, given what it saw of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.doctor.facts import (
    Bounds,
    ClockFacts,
    ErasureFacts,
    GroupFacts,
    LiveModel,
    MachineFacts,
    Member,
    ModelFacts,
    OrderFacts,
    Package,
    SampledOrder,
    SeenPartition,
    WorkerFacts,
)
from stream_app.doctor.finding import Finding, Status
from stream_app.doctor.judge.erasure import judge_erasures
from stream_app.doctor.judge.machine import judge_clocks, judge_settings, judge_versions
from stream_app.doctor.judge.model import judge_model
from stream_app.doctor.judge.orders import judge_orders
from stream_app.doctor.judge.workers import judge_workers
from stream_app.doctor.look.machine import look_at_machine
from stream_app.settings_sources import Origin, UnknownName
from tests.builders import NOW_MS

AT = NOW_MS * 1_000
HOUR_US = 3_600_000_000
KEYS = [f"c{number}".encode() for number in range(40)]


def the(findings: Iterable[Finding], check: str) -> Finding:
    """Return the one finding of a check."""
    (finding,) = [finding for finding in findings if finding.check == check]
    return finding


def placed(hash: Partitioner, keys: list[bytes] = KEYS, **changes: Any) -> tuple[SampledOrder, ...]:
    """Return an order for each key, where a hash puts it among four partitions."""
    values = {"timestamp": AT, "ordered_at": AT} | changes
    return tuple(SampledOrder(partition_of(key, 4, hash) or 0, key, **values) for key in keys)


@pytest.mark.parametrize("hash", [Partitioner.MURMUR2, Partitioner.CRC32])
@pytest.mark.parametrize("said", [Partitioner.MURMUR2, Partitioner.CRC32, Partitioner.ANY])
def test_the_partitioner_is_recognised_from_a_sample(hash: Partitioner, said: Partitioner) -> None:
    finding = the(judge_orders(OrderFacts(placed(hash), 4, said)), "orders.partitioner")

    if said in (hash, Partitioner.ANY):
        assert finding.status is Status.OK
        assert f"where {hash} puts them" in finding.says
    else:
        assert finding.status is Status.PROBLEM
        assert f"{hash} puts all of them there" in finding.says
        assert f"SEGSTREAM_KEY_PARTITIONER={hash}" in finding.mend


def test_two_producers_that_disagree_are_found() -> None:
    most, few = placed(Partitioner.MURMUR2, KEYS[:30]), placed(Partitioner.CRC32, KEYS[30:])

    finding = the(judge_orders(OrderFacts((*most, *few), 4)), "orders.partitioner")

    assert finding.status is Status.PROBLEM
    assert "one of the producers has another partitioner" in finding.says


def test_a_customer_in_two_partitions_is_a_problem_under_every_setting() -> None:
    torn = (*placed(Partitioner.MURMUR2), *placed(Partitioner.CRC32))

    for said in Partitioner:
        finding = the(judge_orders(OrderFacts(torn, 4, said)), "orders.partitioner")
        assert finding.status is Status.PROBLEM
        assert "more than one partition" in finding.says


def test_a_rule_of_their_own_may_be_allowed() -> None:
    own = tuple(SampledOrder(number % 4, key, AT, AT) for number, key in enumerate(KEYS))

    assert "SEGSTREAM_KEY_PARTITIONER=any" in the(judge_orders(OrderFacts(own, 4)), "orders.partitioner").mend
    assert the(judge_orders(OrderFacts(own, 4, Partitioner.ANY)), "orders.partitioner").status is Status.OK


def test_without_orders_nothing_is_said_of_them() -> None:
    assert {finding.status for finding in judge_orders(OrderFacts((), 4))} == {Status.SKIPPED}


@pytest.mark.parametrize(("number", "status"), [(0, Status.OK), (4, Status.WARNING), (20, Status.PROBLEM)])
def test_unreadable_orders_are_counted_by_code(number: int, status: Status) -> None:
    sample = placed(Partitioner.MURMUR2)
    refused = [replace(order, ordered_at=None, code="MISSING", reason="lines: amount") for order in sample[:number]]

    finding = the(judge_orders(OrderFacts((*refused, *sample[number:]), 4)), "orders.readable")

    assert finding.status is status
    assert number == 0 or f"{number} MISSING (lines: amount)" in finding.says


def test_another_currency_is_named_with_the_setting() -> None:
    sample = placed(Partitioner.MURMUR2, ordered_at=None, code="CURRENCY", reason="currency", currency="USD")

    finding = the(judge_orders(OrderFacts(sample, 4)), "orders.currency")

    assert "name USD, and the deployment counts in EUR" in finding.says
    assert "SEGSTREAM_CURRENCY=USD" in finding.mend


@pytest.mark.parametrize(
    ("ahead", "is_history", "status"),
    [(0, False, Status.OK), (-900 * HOUR_US, False, Status.OK), (2 * HOUR_US, False, Status.WARNING)],
)
def test_orders_dated_after_their_arrival_hint_at_a_wrong_zone(ahead: int, is_history: bool, status: Status) -> None:
    sample = placed(Partitioner.MURMUR2, ordered_at=AT + ahead, is_history=is_history)

    finding = the(judge_orders(OrderFacts(sample, 4)), "orders.times")

    assert finding.status is status
    assert status is Status.OK or "2.0 hours" in finding.says


MODEL = ModelFacts("./store", versions=("m1",), live=LiveModel("m1", 365, 4), window_days=365)


def test_a_live_model_that_fits_is_only_praised() -> None:
    assert {finding.status for finding in judge_model(MODEL)} == {Status.OK}


@pytest.mark.parametrize(
    ("changes", "check", "mend"),
    [
        ({"store_fault": "./store is no folder on this machine."}, "model.store", "SEGSTREAM_MODEL_URI"),
        ({"live": None}, "model.live", "segstream train"),
        ({"live": LiveModel("m1", refusal="MODEL_SHA256: not the one", mend="Publish it.")}, "model.usable", "Publish"),
        ({"window_days": 90}, "model.window", "SEGSTREAM_WINDOW_DAYS=365"),
        ({"live": LiveModel("m1", None, 4)}, "model.window", "SEGSTREAM_WINDOW_DAYS=none"),
    ],
)
def test_what_is_wrong_with_the_model_has_its_line(changes: dict[str, Any], check: str, mend: str) -> None:
    finding = the(judge_model(replace(MODEL, **changes)), check)

    assert finding.status is Status.PROBLEM
    assert mend in finding.mend


def test_a_swap_to_another_window_that_reached_no_partition_is_no_problem_and_is_told() -> None:
    finding = the(judge_model(replace(MODEL, said_days=90)), "model.window")

    assert finding.status is Status.WARNING
    assert "reached no partition: 365 days counts as before" in finding.says
    assert the(judge_model(replace(MODEL, said_days=365)), "model.window").status is Status.OK


GROUP = GroupFacts("g", (Member("10.0.0.1", (0, 1)),), "stable", Bounds((0, 0), (10, 10)), {0: 10, 1: 10})
HELD = tuple(SeenPartition(number, claim=True, customers=5, partitions=2) for number in range(2))
WORKERS = WorkerFacts(GROUP, HELD)


def test_workers_that_keep_up_are_only_praised() -> None:
    assert {finding.status for finding in judge_workers(WORKERS)} == {Status.OK}


def with_held(**changes: Any) -> WorkerFacts:
    """Return workers of which partition 0 is like this."""
    return replace(WORKERS, held=(replace(HELD[0], **changes), HELD[1]))


def with_group(**changes: Any) -> WorkerFacts:
    """Return workers whose group is like this."""
    return replace(WORKERS, group=replace(GROUP, **changes))


@pytest.mark.parametrize(
    ("facts", "check", "status", "said"),
    [
        (with_held(clock_mode="event"), "workers.clock", Status.WARNING, "and the settings here say wall"),
        (
            replace(WORKERS, held=(replace(HELD[0], clock_mode="event"), replace(HELD[1], clock_mode="wall"))),
            "workers.clock",
            Status.PROBLEM,
            "The time of day moves partition 1, and orders alone move partition 0",
        ),
        (with_group(members=()), "workers.members", Status.WARNING, "segstream worker"),
        (with_group(members=(Member("a", (0,)),)), "workers.members", Status.WARNING, "rebalance"),
        (with_group(members=(), committed={}), "workers.lag", Status.WARNING, "20 records wait"),
        (with_group(committed={0: 4, 1: 10}), "workers.lag", Status.OK, "6 records wait"),
        (with_held(paused="BREAKER"), "workers.paused", Status.PROBLEM, "segstream partitions resume 0"),
        (
            replace(WORKERS, held=tuple(replace(each, window_days=90) for each in HELD)),
            "workers.window",
            Status.WARNING,
            "Set SEGSTREAM_WINDOW_DAYS=90",
        ),
        (with_held(window_days=90), "workers.window", Status.PROBLEM, "partition 0 by 90, partition 1 by 365"),
        (with_held(is_old=True), "workers.format", Status.WARNING, "States of partition 0 are in the format of an"),
        (with_held(currency="USD"), "workers.rules", Status.PROBLEM, "SEGSTREAM_CURRENCY=USD"),
        (with_held(partitions=3), "workers.rules", Status.PROBLEM, "started with 3 partitions"),
        (with_held(customers=-1), "workers.partitions", Status.WARNING, "partition 0"),
        (with_held(claim=False), "workers.partitions", Status.WARNING, "partition 0"),
        (with_held(is_half_swapped=True), "workers.swap", Status.WARNING, "In partition 0 some customers"),
        (with_held(due=20_000), "workers.due", Status.WARNING, "20,000 customers are due"),
        (with_held(due=20), "workers.due", Status.OK, "20 customers are due"),
        (replace(WORKERS, held=None), "workers.partitions", Status.SKIPPED, "Redis"),
        (replace(WORKERS, held=()), "workers.partitions", Status.WARNING, "partitions 0, 1"),
        (replace(WORKERS, page="http://x", page_problems=("Kafka is away",)), "workers.page", Status.PROBLEM, "away"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_workers_has_its_line(facts: WorkerFacts, check: str, status: Status, said: str) -> None:
    finding = the(judge_workers(facts), check)

    assert finding.status is status
    assert said in f"{finding.says} {finding.mend}"


@pytest.mark.parametrize("live", [None, LiveModel("m1", refusal="MODEL_MISSING: ./store holds no model m1.")])
def test_a_model_store_that_is_not_there_is_one_problem(live: LiveModel | None) -> None:
    findings = list(judge_model(replace(MODEL, store_fault="./store is no folder on this machine.", live=live)))

    assert [finding.check for finding in findings if finding.status is Status.PROBLEM] == ["model.store"]
    assert findings[-1].status is Status.SKIPPED


def test_a_partition_is_stuck_when_it_waits_long_and_does_not_move() -> None:
    waiting = replace(with_held(applied_ago_seconds=300.0), group=replace(GROUP, committed={0: 4, 1: 10}))

    stuck, moving = waiting, replace(waiting, group=replace(waiting.group, moved=frozenset({0})))

    assert the(judge_workers(stuck), "workers.lag").status is Status.PROBLEM
    assert "300 s ago" in the(judge_workers(stuck), "workers.lag").says
    assert the(judge_workers(moving), "workers.lag").status is Status.OK


def test_packages_outside_their_range_are_named_with_the_command() -> None:
    old, missing = Package("redis", "5.0", ">=6.4"), Package("aiokafka", "", ">=0.14,<0.15")
    packages = (old, missing, Package("numpy", "2.1", ">=2.0"))

    found = list(judge_versions(MachineFacts("3.12.1", "0.1.0", "2.12.0", packages)))

    assert [f.mend for f in found] == ["Run: pip install 'redis>=6.4'", "Run: pip install 'aiokafka>=0.14,<0.15'"]


def test_this_machine_has_what_segstream_declares() -> None:
    machine = look_at_machine()

    assert {"redis", "confluent-kafka", "faust-streaming"} <= {package.name for package in machine.packages}
    assert [finding.status for finding in judge_versions(machine)] == [Status.OK]
    assert next(judge_versions(replace(machine, python="3.10.2"))).status is Status.PROBLEM


@pytest.mark.parametrize(
    ("clocks", "status"),
    [
        (ClockFacts(), Status.SKIPPED),
        (ClockFacts(0.2, -86_400.0), Status.OK),
        (ClockFacts(-7.0), Status.WARNING),
        (ClockFacts(0.0, 30.0), Status.WARNING),
    ],
)
def test_clocks_that_disagree_by_more_than_5_seconds_are_a_warning(clocks: ClockFacts, status: Status) -> None:
    (finding,) = judge_clocks(clocks)

    assert finding.status is status


def test_a_misspelt_variable_is_a_warning_with_the_right_name() -> None:
    typo = UnknownName("SEGSTREAM_WINDOW_DAY", ".env", "SEGSTREAM_WINDOW_DAYS")

    finding = the(judge_settings([typo], {}), "settings.unknown")

    assert finding.status is Status.WARNING
    assert finding.mend == "Did you mean SEGSTREAM_WINDOW_DAYS?"


def test_a_variable_that_hides_another_value_is_named() -> None:
    places = {
        "REDIS_URL": Origin("environment", "REDIS_URL", over=".env"),
        "SEGSTREAM_CURRENCY": Origin("segstream.toml", "currency"),
        "SEGSTREAM_CLOCK": Origin("default"),
    }

    said = the(judge_settings([], places), "settings.sources").says

    assert said == "Settings come from here: environment, segstream.toml. The environment wins over .env for REDIS_URL."
    assert "neither" in the(judge_settings([], {"SEGSTREAM_CLOCK": Origin("default")}), "settings.sources").says


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (ErasureFacts(0, frozenset(), None), Status.OK, "Nobody was erased"),
        (ErasureFacts(2, frozenset({"ours"}), "ours"), Status.OK, "2 customers erased"),
        (ErasureFacts(2, frozenset({"theirs"}), None), Status.PROBLEM, "is not set"),
        (
            ErasureFacts(2, frozenset({"theirs", "ours"}), "ours"),
            Status.PROBLEM,
            "by the key theirs, and SEGSTREAM_ERASURE_KEY is another one: workers pass over",
        ),
        (None, Status.SKIPPED, "Kafka does not answer"),
    ],
)
def test_an_erasure_key_that_does_not_fit_is_a_problem(facts: ErasureFacts | None, status: Status, says: str) -> None:
    found = the(judge_erasures(facts, "Kafka does not answer"), "erasure.key")

    assert found.status is status
    assert says in found.says
