"""The benchmark measures the same work every time."""

from __future__ import annotations

from bench.latency import percentile
from bench.workload import CUSTOMERS, orders
from stream_app.core.order import read_order


def test_the_workload_is_the_same_every_time() -> None:
    assert list(orders(200)) == list(orders(200))


def test_every_order_of_the_workload_is_accepted_and_keyed_by_its_customer() -> None:
    for key, value in orders(500):
        assert read_order(value, "EUR").customer_id.encode() == key


def test_a_few_customers_place_many_of_the_orders() -> None:
    keys = [key for key, _ in orders(2_000)]

    assert len(set(keys)) < 1_900
    assert all(int(key[1:]) < CUSTOMERS for key in keys)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]

    assert (percentile(values, 0.5), percentile(values, 0.99)) == (51.0, 100.0)
