"""Figures published or once measured on two public data sets, reproduced by loader and trainer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

import numpy as np
import pytest

from model_store.store import ModelStore
from stream_app.core.errors import UsageError
from stream_app.history.completejourney import completejourney_path
from stream_app.history.history import History
from stream_app.history.reading import open_history
from tests.drawn import parsed, words
from trainer.features import Counting, Features, counted_lines, features
from trainer.fit import Array, feature_matrix, fit
from trainer.train import TrainingPlan, learn, train

SNAPSHOT = datetime(2011, 12, 10, 12, 50, tzinfo=UTC)
"""The last line's time and one day, as the published studies have it."""
SNAPSHOT_US = int(SNAPSHOT.timestamp()) * 1_000_000
TRAINED_AT = datetime(2026, 11, 22, 23, 15, tzinfo=UTC)
AS_PUBLISHED = Counting(is_gross=True, is_distinct=True)
ONLY_GIFTS = "13256"
"""Bought at price 0 only: a customer to us, none to the published counts."""
NET = 83_000_658_140
"""Published as 8,300,065.81."""
VARIABLE = "SEGSTREAM_UCI_PARQUET"


@pytest.fixture(scope="module")
def retail_path() -> Path:
    path = os.environ.get(VARIABLE)
    if path:
        return Path(path)
    missing = f"{VARIABLE} does not name the UCI Online Retail data (doi 10.24432/C5BW33)."
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def retail(retail_path: Path) -> Iterator[History]:
    with open_history(retail_path, "online-retail") as history:
        yield history


@pytest.fixture(scope="module")
def buyers(retail: History) -> list[Features]:
    return features(retail, as_of_us=SNAPSHOT_US, window_us=None)


@pytest.fixture(scope="module")
def published(retail: History) -> Array:
    return feature_matrix(features(retail, as_of_us=SNAPSHOT_US, window_us=None, counting=AS_PUBLISHED))


@pytest.fixture(scope="module")
def matrix(buyers: list[Features]) -> Array:
    return feature_matrix(buyers)


@pytest.fixture(scope="module")
def journey() -> Iterator[History]:
    try:
        path = completejourney_path()
    except UsageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    with open_history(path, "completejourney") as history:
        yield history


def one_row(history: History, sql: str) -> tuple[object, ...]:
    ((*row,),) = history.connection.cursor().execute(sql).fetchall()
    return tuple(row)


def test_the_published_counts_of_lines_invoices_and_customers(retail: History) -> None:
    report = retail.report

    assert report.lines_read == 541_909
    assert report.skipped == {"no_customer": 135_080}
    assert (report.lines_kept, report.orders, report.customers) == (406_829, 22_190, 4_372)


def test_the_published_counts_of_purchases(retail: History) -> None:
    purchases = one_row(
        retail,
        "SELECT count(*), count(DISTINCT customer_id) FROM lines WHERE type = 'order'",
    )
    with_a_price = one_row(
        retail,
        """SELECT count(*), count(DISTINCT order_id), count(DISTINCT product_id),
            count(DISTINCT customer_id), sum(amount)
        FROM lines WHERE type = 'order' AND amount > 0""",
    )

    assert purchases == (397_924, 4_339)
    assert with_a_price == (397_884, 18_532, 3_665, 4_338, 89_114_079_040)


def test_money_is_exact_to_the_last_of_four_decimals(retail: History) -> None:
    net = one_row(retail, "SELECT sum(CASE type WHEN 'order' THEN amount ELSE -amount END) FROM lines")

    assert net == (NET,)


def test_the_orders_read_one_by_one_hold_every_line(retail: History) -> None:
    lines = orders = net = 0
    before = (0, "")
    for order in retail.orders():
        orders += 1
        lines += len(order.lines)
        assert before <= (order.ordered_at_us, order.order_id)
        before = (order.ordered_at_us, order.order_id)
        sign = -1 if order.type == "return" else 1
        net += sign * sum(amount for _, _, amount in order.lines)

    assert (orders, lines, net) == (22_190, 406_829, NET)


def test_golden_returns_are_netted_to_the_cent(buyers: list[Features]) -> None:
    monetary = {row.customer_id: row.monetary for row in buyers}

    assert monetary["16446"] == 29_000
    assert monetary["12346"] == 0


def test_golden_gross_amounts(retail: History) -> None:
    rows = retail.connection.cursor().execute(
        """SELECT sum(amount) FROM lines
        WHERE type = 'order' AND customer_id IN ('16446', '12346')
        GROUP BY customer_id ORDER BY customer_id"""
    )

    assert rows.fetchall() == [(771_836_000,), (1_684_725_000,)]


def test_published_recency_and_frequency(buyers: list[Features]) -> None:
    with_a_price = [row for row in buyers if row.customer_id != ONLY_GIFTS]
    recency = [row.recency_days for row in with_a_price]
    frequency = [row.frequency for row in with_a_price]

    assert len(with_a_price) == 4_338
    assert (round(fmean(recency), 2), median(recency)) == (92.54, 51)
    assert (min(recency), max(recency)) == (1, 374)
    assert (round(fmean(frequency), 2), median(frequency)) == (4.27, 2)


def test_an_invoice_of_gifts_is_a_purchase_that_published_counts_leave_out(
    retail: History, buyers: list[Features]
) -> None:
    (published,) = one_row(
        retail,
        """SELECT max(invoices) FROM (
            SELECT count(DISTINCT order_id) AS invoices FROM lines
            WHERE type = 'order' AND amount > 0 GROUP BY customer_id)""",
    )

    assert (published, max(row.frequency for row in buyers)) == (209, 210)


@pytest.mark.parametrize(("k", "silhouette"), [(2, 0.4618), (3, 0.3691), (4, 0.3635), (5, 0.3364)])
def test_silhouettes_with_our_own_semantics(matrix: Array, k: int, silhouette: float) -> None:
    assert round(fit(matrix, k).silhouette, 4) == silhouette


def test_four_segments_with_our_own_semantics(matrix: Array) -> None:
    fitted = fit(matrix, 4)

    assert len(matrix) == 4_339
    assert [round(100 * part, 2) for part in fitted.space.explained_variance] == [70.40, 15.55]
    assert round(fitted.clusters.inertia, 2) == 4_021.13
    assert sorted(np.bincount(fitted.clusters.labels), reverse=True) == [1_461, 1_258, 842, 778]


def test_the_segments_are_named_for_what_they_are(retail: History, retail_path: Path) -> None:
    plan = TrainingPlan(retail_path, "online-retail", k=4, window_days=None, as_of_us=SNAPSHOT_US)

    model = learn(retail, plan, trained_at=TRAINED_AT)

    got = [(s.id, s.name, s.profile.customers) for s in model.segments]
    assert got == [
        ("s1", "Champions", 842),
        ("s2", "At risk", 1_258),
        ("s3", "Promising", 778),
        ("s4", "Hibernating", 1_461),
    ]
    assert model.training["as_of"] == "2011-12-10T12:50:00Z"
    assert model.training["rows"] == 406_829


@pytest.mark.long
def test_left_alone_the_trainer_takes_five_segments_and_says_why(retail: History, retail_path: Path) -> None:
    model = learn(retail, TrainingPlan(retail_path, "online-retail"), trained_at=TRAINED_AT)

    measured = {candidate.k: candidate for candidate in model.candidates}
    assert [k for k, candidate in measured.items() if candidate.stability >= 0.8] == [2, 3, 5]
    assert measured[10].smallest_share < 0.02
    assert [k for k, candidate in measured.items() if candidate.is_elbow] == [5]
    assert model.training["k_reason"] == "2, 3 and 5 pass, and the elbow is at 5."
    assert len(model.segments) == 5


@pytest.mark.parametrize(
    ("k", "silhouette", "davies_bouldin", "inertia", "sizes"),
    [(2, 0.4328, 0.8925, 6_483.59, [2_672, 1_666]), (4, 0.3375, 1.0086, 3_939.03, [1_622, 1_166, 837, 713])],
)
def test_a_published_report_on_three_features_is_reproduced(
    retail: History,
    retail_path: Path,
    k: int,
    silhouette: float,
    davies_bouldin: float,
    inertia: float,
    sizes: list[int],
) -> None:
    # Three components of three features only turn the points, and the report fitted the scaled features
    plan = TrainingPlan(
        Path("retail"), "online-retail", k=k, window_days=None, as_of_us=SNAPSHOT_US, components=3, columns=3,
        counting=AS_PUBLISHED,
    )  # fmt: skip

    model = learn(retail, plan, trained_at=TRAINED_AT)

    (measured,) = model.candidates
    assert (round(measured.silhouette, 4), round(measured.davies_bouldin, 4)) == (silhouette, davies_bouldin)
    assert measured.inertia == pytest.approx(inertia, abs=0.015)
    assert sorted((s.profile.customers for s in model.segments), reverse=True) == sizes
    parts = [model.training[f"explained_variance_{n}"] for n in (1, 2)]
    assert [round(100 * float(part), 2) for part in parts] == [75.08, 18.79]


@pytest.mark.parametrize(("k", "silhouette"), [(2, 0.4672), (3, 0.3742), (4, 0.3690), (5, 0.3399)])
def test_silhouettes_as_studies_count_with_unique_products(published: Array, k: int, silhouette: float) -> None:
    assert round(fit(published, k).silhouette, 4) == silhouette


def test_four_segments_as_studies_count_with_unique_products(published: Array) -> None:
    fitted = fit(published, 4)

    assert [round(100 * part, 2) for part in fitted.space.explained_variance] == [70.73, 15.18]
    assert round(fitted.clusters.inertia, 2) == 3_839.63
    assert sorted(np.bincount(fitted.clusters.labels), reverse=True) == [1_470, 1_247, 854, 767]


def test_lines_that_are_equal_in_what_we_keep_count_once(retail: History) -> None:
    # Published as 392,692: three of the lines differ from another only in description or minute.
    assert counted_lines(retail, as_of_us=SNAPSHOT_US, window_us=None, counting=AS_PUBLISHED) == 392_689


@pytest.mark.long
def test_who_buys_again_in_weeks_that_the_training_did_not_see(retail: History) -> None:
    day = int(datetime(2011, 9, 9, tzinfo=UTC).timestamp()) * 1_000_000

    model = learn(retail, TrainingPlan(Path("retail"), "online-retail", as_of_us=day), trained_at=TRAINED_AT)

    shares = [segment.buys_again or 0.0 for segment in model.segments]
    assert model.training["trial_is_held_back"] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.95
    assert shares[-1] < 0.35


@pytest.mark.long
def test_components_by_variance_and_outliers_cut_before_fitting(retail: History, retail_path: Path) -> None:
    plan = TrainingPlan(retail_path, "online-retail", k=5, components=0.95, winsorize_percentile=99.0)

    model = learn(retail, plan, trained_at=TRAINED_AT)

    assert len(model.pca_components) == 3
    assert round(float(model.training["explained_variance"]), 3) == 0.952
    assert (model.training["winsorize_frequency"], model.training["winsorized_frequency"]) == (28.0, 42)
    assert sum(segment.profile.customers for segment in model.segments) == 4_270


@pytest.mark.long
def test_learning_twice_gives_the_same_model(retail: History, retail_path: Path) -> None:
    plan = TrainingPlan(retail_path, "online-retail", k=5)

    first = learn(retail, plan, trained_at=TRAINED_AT)

    assert learn(retail, plan, trained_at=TRAINED_AT) == first
    assert first.version.startswith("20261122T231500Z-")


def test_the_published_counts_of_completejourney(journey: History) -> None:
    report = journey.report
    products, amount = one_row(journey, "SELECT count(DISTINCT product_id), sum(amount) FROM lines")

    assert (report.lines_read, report.skipped) == (1_469_307, {"quantity_zero": 8_869})
    assert (report.orders, report.customers) == (155_848, 2_469)
    assert (products, amount) == (68_509, 45_960_395_800)
    assert report.first_us == 1_483_271_606_000_000
    assert report.last_us == 1_514_779_280_000_000


def test_training_publishes_a_model_that_loads(journey: History, tmp_path: Path) -> None:
    plan = TrainingPlan(completejourney_path(), "completejourney", until_fraction=0.75)
    store = ModelStore.at(tmp_path.as_uri())

    training = train(plan, store=store, trained_at=TRAINED_AT)

    artefact = training.artefact
    assert store.load(artefact.version, artefact.sha256) == training.model
    assert training.report == journey.report
    assert len(training.model.segments) == 4
    assert sum(segment.profile.customers for segment in training.model.segments) == 2_447


@pytest.mark.long
def test_report_and_card_of_a_real_shop_are_published_beside_its_model(retail_path: Path, tmp_path: Path) -> None:
    # Given a champion of the time before
    store = ModelStore.at(str(tmp_path))
    first = train(
        TrainingPlan(retail_path, "online-retail", k=4, until_fraction=0.7), store=store, trained_at=TRAINED_AT
    )
    plan = TrainingPlan(retail_path, "online-retail", k=5, until_fraction=0.756, champion=first.model)

    # When the same training is published in two stores
    one, other = (
        train(plan, store=ModelStore.at(str(tmp_path / place)), trained_at=TRAINED_AT).artefact.version
        for place in ("one", "other")
    )

    # Then both files lie beside both models, with the same bytes
    stores = ModelStore.at(str(tmp_path / "one")), ModelStore.at(str(tmp_path / "other"))
    assert stores[0].files(one) == ["MODEL_CARD.md", "report.html"]
    for name in stores[0].files(one):
        assert stores[0].file(one, name) == stores[1].file(other, name)
    # And the page says what is known of this shop: the lines without a customer, and who buys again
    text = words(parsed((stores[0].file(one, "report.html") or b"").decode()))
    assert "no customer 135,080 row 623" in text
    assert "all: 57.1%" in text
    assert f"keep the segment id that they have by model {first.artefact.version}" in text
    assert "2,000 of 3,364 customers" in text


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (TrainingPlan(Path("x"), "completejourney", k=1), "1 segments cannot be fitted"),
        (TrainingPlan(Path("x"), "completejourney", as_of_us=0), "too few different customers"),
        (TrainingPlan(Path("x"), "completejourney", until_fraction=0.0), "the fraction"),
    ],
)
def test_a_plan_that_cannot_work_says_so(journey: History, plan: TrainingPlan, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        learn(journey, plan, trained_at=TRAINED_AT)
