"""What the worker publishes of many partitions at once is whole whenever somebody reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.exposition import choose_encoder

from model_store.scoring import Scorer
from stream_app import metrics
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import read_chunk
from stream_app.core.statistics import Figures, SegmentTotals, encode_fields
from stream_app.settings import Settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.gauges import Gauges
from stream_app.worker.health import Health
from stream_app.worker.lane import Lane
from stream_app.worker.store import Lease
from stream_app.worker.work import LaneWork
from tests.builders import a_basis, a_model, a_record

MONEY = 10_000


class Watched(Figures):
    """Figures that note what a reader of the metrics would find while they are added up."""

    def __init__(self, segment: str, customers: int) -> None:
        record = {f"customers:{segment}": customers, f"monetary:{segment}": customers * MONEY}
        super().__init__({"totals": encode_fields(record)})
        self.found: list[float | None] = []

    def totals(self) -> dict[str, SegmentTotals]:
        self.found.append(customers_in("s1"))
        return super().totals()


def customers_in(segment: str) -> float | None:
    return metrics.REGISTRY.get_sample_value("segstream_customers", {"segment": segment})


def a_lane(partition: int, figures: Figures) -> Lane:
    return Lane(
        Lease(partition, "claim"), Progress(partition), ActiveModel(Scorer(a_model())), a_basis(), figures=figures
    )


@pytest.fixture
def gauges() -> Iterator[Gauges]:
    """Gauges that take back what they have published."""
    found = Gauges(Settings(_env_file=None), Health())  # type: ignore[call-arg]
    yield found
    found.figures({})


def test_customers_of_all_partitions_are_never_seen_half_summed(gauges: Gauges) -> None:
    watched = [Watched("s1", 30), Watched("s1", 12)]
    lanes = {partition: a_lane(partition, figures) for partition, figures in enumerate(watched)}

    gauges.figures(lanes)
    gauges.figures(lanes)

    assert customers_in("s1") == 42
    assert [figures.found for figures in watched] == [[None, 42], [None, 42]]


def test_money_is_published_in_currency_units(gauges: Gauges) -> None:
    gauges.figures({0: a_lane(0, Watched("s1", 30))})

    assert metrics.REGISTRY.get_sample_value("segstream_customers_monetary", {"segment": "s1"}) == 30


def test_the_age_of_orders_names_a_slow_one_to_whoever_reads_open_metrics(gauges: Gauges) -> None:
    lane, records = a_lane(3, Figures()), [a_record(offset=4711, value_=b"{")]
    work = LaneWork(lane, read_chunk(records, 3, (), lane.basis.rules))

    gauges.count(work)

    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    assert '{offset="4711",partition="3"}' in encode(metrics.REGISTRY).decode()


def test_a_segment_that_is_gone_is_taken_back(gauges: Gauges) -> None:
    gauges.figures({0: a_lane(0, Watched("s1", 30)), 1: a_lane(1, Watched("s2", 5))})
    gauges.figures({1: a_lane(1, Watched("s2", 5))})

    assert customers_in("s1") is None
    assert customers_in("s2") == 5
