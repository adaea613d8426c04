"""The benchmark measures the same work every time, and says of it what it should."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from bench.bot import mixed
from bench.crowd import Crowd, turn
from bench.figures import paired_ratios, percentile, spread
from bench.latency import newcomers
from bench.lineup import chosen, everybody
from bench.peers.streams import PROJECT
from bench.recount import recount
from bench.rfm import check_space, generate, in_a_child
from bench.rounds import interleaved
from bench.table import bot_table, latency_table, markdown, omissions, paired_table, throughput_table
from bench.throughput import Run
from bench.workload import CUSTOMERS, START, model, orders
from model_store.scoring import Scorer
from model_store.segment_model import decode, encode
from stream_app.core.instants import instant_of
from stream_app.core.order import read_order
from stream_app.local.kafka_jars import KAFKA
from tests.builders import ARecord, a_driver, a_tick


def test_the_workload_is_the_same_every_time() -> None:
    assert list(orders(200)) == list(orders(200))


def test_the_model_of_the_workload_is_one_that_a_worker_takes() -> None:
    found = decode(encode(model()))

    assert [segment.id for segment in found.segments] == ["s1", "s2", "s3", "s4", "s5"]


def test_every_order_of_the_workload_is_accepted_and_keyed_by_its_customer() -> None:
    for key, value in orders(500):
        assert read_order(value, "EUR").customer_id.encode() == key


def test_orders_of_another_hour_and_of_other_customers_are_the_same_besides() -> None:
    usual = [json.loads(value) for _, value in orders(100)]

    hour = [json.loads(value) for _, value in orders(100, prefix="H", start=START, span=timedelta(hours=1))]

    assert all("2025-01-01T00:00:00Z" <= order["ordered_at"] < "2025-01-01T01:00:00Z" for order in hour)
    assert [order["customer_id"][1:] for order in hour] == [order["customer_id"][1:] for order in usual]
    assert [order["lines"] for order in hour] == [order["lines"] for order in usual]


def test_time_moves_the_whole_crowd_at_one_instant_and_nobody_before() -> None:
    crowd = Crowd.moving_at(START, 5)
    driver = a_driver(model=model())
    driver.run([ARecord(value, key, offset) for offset, (key, value) in enumerate(crowd.orders())])
    assert driver.due == dict.fromkeys(crowd.customers(), instant_of(START))

    driver.run([a_tick("2024-12-31T23:59:59.999999Z", offset=5)])
    driver.settle()
    assert [len(changes) for changes in driver.changes.values()] == [1] * 5

    driver.run([a_tick("2025-01-01T00:00:00Z", offset=6)])
    driver.settle()
    steps = [json.loads(changes[-1]) for changes in driver.changes.values()]
    assert [(step["cause"], step["from"]["id"], step["to"]["id"]) for step in steps] == [
        ("aging", turn().before, turn().after)
    ] * 5


def test_the_worker_without_timers_gives_nobody_a_boundary() -> None:
    # In a process of its own: it takes functions out of the worker.
    program = """
from bench.timerless import leave_out_timers
leave_out_timers()
from tests.builders import a_driver, a_record
from stream_app.worker.lane import Lane
driver = a_driver()
driver.run([a_record()])
print(driver.due, len(driver.changes), Lane(None, None, None, None).may_have_due)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert found.stdout == "{} 1 False\n"


def test_a_few_customers_place_many_of_the_orders() -> None:
    keys = [key for key, _ in orders(2_000)]

    assert len(set(keys)) < 1_900
    assert all(int(key[1:]) < CUSTOMERS for key in keys)


def test_the_recount_puts_customers_where_the_worker_would_put_them() -> None:
    totals: dict[str, tuple[int, int, set[str]]] = {}
    for _, value in orders(300):
        order = json.loads(value)
        frequency, monetary, products = totals.get(order["customer_id"], (0, 0, set()))
        monetary += sum(round(line["quantity"] * line["unit_price"] * 10_000) for line in order["lines"])
        products |= {line["product_id"] for line in order["lines"]}
        totals[order["customer_id"]] = frequency + 1, monetary, products

    found = recount(300)

    scorer = Scorer(model())
    assert found.frequencies == {one: frequency for one, (frequency, _, _) in totals.items()}
    assert found.segments == {
        one: scorer.ids[scorer.assign(0, frequency, monetary, len(products))]
        for one, (frequency, monetary, products) in totals.items()
    }
    assert len(found.segments) <= found.changes <= 300


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.99) == 100
    assert percentile([7.0], 0.99) == 7


def test_a_spread_names_the_median_the_least_and_the_most() -> None:
    assert spread([3_000, 1_000, 2_000]) == "2,000 (1,000 to 3,000)"
    assert spread([0.25], 2) == "0.25"


def test_ratios_compare_what_was_measured_in_the_same_round() -> None:
    assert paired_ratios([2, 30], [1, 10]) == [2, 3]
    with pytest.raises(ValueError, match="shorter"):
        paired_ratios([2, 30], [1])


def test_a_table_has_a_line_for_everybody_who_ran() -> None:
    runs = [Run(1_000, 10.0, 5.0, 100.0, 7), Run(1_000, 30.0, 6.0, 101.0, 7), Run(1_000, 20.0, 7.0, 102.0, 7)]

    lines = throughput_table({"ours": runs, "absent": []}).splitlines()

    assert lines[1:] == [
        "| --- | --: | --: | --: | --: | --: |",
        "| ours | 1,000 | 20 (10 to 30) | 6.0 (5.0 to 7.0) | 101 (100 to 102) | 7 |",
    ]


def test_a_latency_table_has_a_line_for_each_rate() -> None:
    lines = latency_table({("ours", 500): [(1, 9), (3, 9)], ("ours", 3_000): [(2, 8)]}).splitlines()

    assert lines[2:] == ["| ours | 500 | 2 (1 to 3) | 9 (9 to 9) |", "| ours | 3,000 | 2 | 8 |"]


def test_the_bot_table_gives_the_median_of_the_paired_ratios() -> None:
    # The ratio of the medians would be 1: pairs take out what a slow round does to both.
    lines = bot_table({"without": [10, 20, 30], "with": [15, 20, 60]}, "without").splitlines()

    assert lines[2:] == [
        "| without | 20.0 (10.0 to 30.0) |  |",
        "| with | 20.0 (15.0 to 60.0) | 1.50 (1.00 to 2.00) |",
    ]


def test_a_paired_table_gives_both_arms_and_their_ratio_round_by_round() -> None:
    lines = paired_table("off", "on", {"ours": ([1_000, 2_000, 1_000], [900, 1_900, 950])}).splitlines()

    assert lines[0] == "|  | off | on | ratio |"
    assert lines[2:] == ["| ours | 1,000 (1,000 to 2,000) | 950 (900 to 1,900) | 0.950 (0.900 to 0.950) |"]


def test_each_round_begins_with_another_one() -> None:
    assert list(interleaved("abc", 3)) == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert list(interleaved("", 3)) == []


def test_a_table_is_markdown() -> None:
    assert markdown(("", "n"), [("a", "1")]) == "|  | n |\n| --- | --: |\n| a | 1 |"


def test_every_peer_says_what_it_does_not_do() -> None:
    peers = [one for one in everybody() if not one.key.startswith("segstream")]

    text = omissions(peers)

    assert all(one.lacks and one.name in text for one in peers)


def test_contestants_are_chosen_by_the_beginning_of_their_keys() -> None:
    keys = [one.key for one in chosen(everybody(), "segstream,streams-eos")]

    assert {"segstream", "streams-eos-1", "streams-eos-2"} <= set(keys)
    assert not any(key.startswith(("faust", "streams-alo")) for key in keys)
    with pytest.raises(SystemExit, match="Nobody is called flink"):
        chosen(everybody(), "segstream,flink")


def test_the_bot_orders_as_often_as_all_others_together() -> None:
    bot = (("bot", f"O{n}") for n in range(9))

    assert list(islice(mixed(newcomers("a"), bot), 4)) == [("a0", "O1"), ("bot", "O0"), ("a1", "O1"), ("bot", "O1")]


def test_kafka_streams_has_the_version_of_the_broker() -> None:
    found = re.findall(r"<kafka.version>(.*)</kafka.version>", (PROJECT / "pom.xml").read_text())

    assert found == [KAFKA.rsplit(":", 1)[1]]


def lines_of(folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"FROM read_parquet('{folder}/*.parquet') ORDER BY ALL").fetchall()


def test_generated_lines_are_the_same_every_time_and_orders_have_one_customer(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        generate(tmp_path / name, 20_000)

    lines = lines_of(tmp_path / "first")

    assert lines == lines_of(tmp_path / "second")
    assert len(lines) == 20_000
    assert len({(order, customer, at, kind) for order, customer, at, kind, *_ in lines}) == 5_000
    assert {kind for _, _, _, kind, *_ in lines} == {"order", "return"}


def test_the_query_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    generate(tmp_path, 20_000)

    found = in_a_child(tmp_path, "100MB")

    buyers = {customer for _, customer, _, kind, _, quantity, _ in lines_of(tmp_path) if kind == "order" and quantity}
    assert found.customers == len(buyers) > 100
    assert found.seconds > 0
    assert 30 < found.peak_mb < 500


def test_a_disk_that_is_too_small_is_noticed_before_the_first_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"GB free, .* lines need .*: lower --lines"):
        check_space(tmp_path, 10**15)

    assert list(tmp_path.iterdir()) == []
