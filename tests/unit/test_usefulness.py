"""Who buys again: customers are put into segments on one day, and counted in the 13 weeks after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_store.segment_model import SegmentModel
from stream_app.core.instants import parse_instant
from stream_app.history.reading import open_history
from tests.builders import a_model
from trainer.features import AS_STREAMED, DAY_US
from trainer.usefulness import SPAN_US, Trial, plan_trial, with_usefulness

DAY = parse_instant("2011-06-01T00:00:00Z") or 0
NEAR_AND_FAR = a_model(
    scaler_mean=(0.0,) * 4,
    scaler_scale=(1.0,) * 4,
    pca_components=((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)),
    centroids=((2.0, 0.7), (4.5, 0.7), (9.0, 9.0)),
)
"""s1 for who bought days ago, s2 for months ago, s3 for nobody."""


def tried(folder: Path, orders: dict[str, list[str]], *, as_of_us: int = DAY) -> SegmentModel:
    """Return the model after a trial, in a file of one year; a day with - in front is a return."""
    days = [(customer, day) for customer, its_days in orders.items() for day in its_days]
    rows = [f"{c}{day},A,{-1 if day[0] == '-' else 1},{day.strip('-')},5,{c}" for c, day in days]
    rows += ["x1,A,1,2011-01-01,5,x", "x2,A,1,2011-12-31,5,x"]
    path = folder / "lines.csv"
    path.write_text("\n".join(["InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID", *rows]) + "\n")
    with open_history(path, "online-retail") as history:
        return with_usefulness(NEAR_AND_FAR, history, as_of_us=as_of_us, window_us=365 * DAY_US, counting=AS_STREAMED)


def test_each_segment_says_which_part_of_it_bought_in_the_thirteen_weeks(tmp_path: Path) -> None:
    near = {"a": ["2011-05-25", "2011-06-02"], "b": ["2011-05-25"], "c": ["2011-05-26", "2011-08-31"]}
    far = {"d": ["2011-02-01", "2011-09-01"]}

    model = tried(tmp_path, near | far)

    # d bought a day too late, x stood in s2 as well, and nobody stood in s3
    assert [segment.buys_again for segment in model.segments] == [2 / 3, 0.0, None]
    assert model.training["trial_buys_again"] == 2 / 5
    assert (model.training["trial_day"], model.training["trial_is_held_back"]) == ("2011-06-01T00:00:00Z", 1)


def test_a_return_is_no_purchase_and_the_day_itself_is_not_after_it(tmp_path: Path) -> None:
    model = tried(tmp_path, {"a": ["2011-05-25", "-2011-06-20"], "b": ["2011-06-01"]})

    assert model.segments[0].buys_again == 0.0


def test_a_model_of_the_whole_file_is_tried_thirteen_weeks_before_its_end(tmp_path: Path) -> None:
    as_of_us = parse_instant("2012-01-01T00:00:00Z") or 0

    model = tried(tmp_path, {"a": ["2011-09-20", "2011-10-20"]}, as_of_us=as_of_us)

    assert (model.training["trial_day"], model.training["trial_is_held_back"]) == ("2011-10-01T00:00:00Z", 0)


@pytest.mark.parametrize("weeks", [1, 25])
def test_a_short_history_allows_no_trial(weeks: int) -> None:
    assert plan_trial(0, weeks * 7 * DAY_US, weeks * 7 * DAY_US) is None


def test_a_trial_is_held_back_only_if_the_training_saw_none_of_it() -> None:
    assert plan_trial(0, 3 * SPAN_US, 2 * SPAN_US) == Trial(2 * SPAN_US, is_held_back=True)
    assert plan_trial(0, 3 * SPAN_US, 2 * SPAN_US + 1) == Trial(2 * SPAN_US, is_held_back=False)
