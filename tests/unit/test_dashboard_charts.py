from __future__ import annotations

import json

import pytest

from stream_app.dashboard.answers import (
    Contribution,
    Customer,
    Earlier,
    Explanation,
    Histogram,
    Migration,
    Named,
    Segments,
    SegmentState,
    Step,
)
from stream_app.dashboard.charts.causes import causes
from stream_app.dashboard.charts.curves import curve
from stream_app.dashboard.charts.explanation import explanation
from stream_app.dashboard.charts.figure import Figure, Pen, inked
from stream_app.dashboard.charts.flow import flow
from stream_app.dashboard.charts.histogram import histogram
from stream_app.dashboard.charts.matrix import matrix
from stream_app.dashboard.charts.plane import Spot, plane
from stream_app.dashboard.charts.sizes import earlier_shares, sizes
from stream_app.dashboard.charts.timeline import timeline
from stream_app.dashboard.colours import SEGMENT_COLOURS
from stream_app.dashboard.features import FEATURES
from stream_app.dashboard.model_answers import Candidate, Move, PlanePoint, Preview, Size

PEN = Pen("light")
ONE, TWO = Named("s1", "Champions"), Named("s2", "Loyal")
MOVES = [Migration(ONE, TWO, "aging", 7), Migration(TWO, ONE, "order", 1_200), Migration(TWO, None, "expiry", 2)]


def the_segments() -> Segments:
    states = [
        SegmentState(
            id="s1", name="Champions", customers=300, customer_share=0.3, revenue=8_000.0, revenue_share=0.8,
            earlier={"7": Earlier(100, 5_000.0)},
        ),
        SegmentState(
            id="s2", name="Loyal", customers=700, customer_share=0.7, revenue=2_000.0, revenue_share=0.2,
            earlier={"7": Earlier(300, 5_000.0)},
        ),
    ]  # fmt: skip
    return Segments("2025-03-14T00:00:00Z", "EUR", 1_000, 10_000.0, 5, states)


def the_customer() -> Customer:
    return Customer(
        "1042", "scored", "EUR", 2, ONE, as_of="2025-03-14T00:00:00Z",
        history=[Step("2025-03-01T00:00:00Z", ONE, "order", 2, TWO), Step("2025-01-01T00:00:00Z", TWO, "order", 1)],
        forecast=[Step("2025-06-01T00:00:00Z", TWO, "aging")],
    )  # fmt: skip


def the_explanation() -> Explanation:
    parts = [
        Contribution("recency", 3, 0.5),
        Contribution("frequency", 12, -0.125),
        Contribution("monetary", 99.5, 0.25),
    ]
    return Explanation(ONE, TWO, 0.75, [*parts, Contribution("unique_products", 4, 0.0)], 0.125)


def the_preview() -> Preview:
    moves = [Move(ONE, ONE, 280), Move(ONE, TWO, 20), Move(TWO, TWO, 700)]
    sizes_then = [Size("s1", "Champions", 300, 280), Size("s2", "Loyal", 700, 720)]
    return Preview("v2", "v1", 1_000, 20, 0.02, 0.9, 0.4, 0.3, sizes_then, moves, [])


def figures() -> dict[str, Figure | None]:
    points = [PlanePoint("s1", 1.0, 2.0), PlanePoint("s2", -1.0, 0.5)]
    candidates = [
        Candidate(2, 900.0, 0.3),
        Candidate(3, 400.0, 0.45, is_elbow=True, is_chosen=True),
        Candidate(4, 350.0, 0.2),
    ]
    return {
        "sizes": sizes(the_segments(), 7, PEN),
        "flow": flow(MOVES, ["s1", "s2"], 30, PEN),
        "causes": causes(MOVES, 30, PEN),
        "timeline": timeline(the_customer(), ["s1", "s2"], PEN),
        "explanation": explanation(the_explanation(), "EUR", PEN),
        "plane": plane(points, {ONE: [1.0, 2.0, 0.5], TWO: [-1.0]}, PEN, Spot(0.5, 0.5, "This customer")),
        "histogram": histogram(Histogram([0, 10, 20], [3, 9]), FEATURES[0], "s1", "EUR", PEN),
        "inertia": curve("inertia", candidates, PEN),
        "silhouette": curve("silhouette", candidates, PEN),
        "matrix": matrix(the_preview(), PEN),
    }


TOLD = {
    "sizes": ("Champions: 300 customers (30.0%)", "8,000.00 EUR (80.0% of revenue)"),
    "flow": ("1,200 customers from Loyal to Champions", "2 customers from Loyal to Lapsed"),
    "causes": ("Order: 1,200 changes", "Time passed: 7 changes"),
    "timeline": ("Loyal from 1 January 2025 because of an order", "Without another order: Loyal on 1 June 2025"),
    "explanation": ("Recency: 3 days +0.500", "together 0.750 in favour of Champions"),
    "plane": ("Champions at 1.0 and 2.0", "This customer lies at 0.5 and 0.5"),
    "histogram": ("Most customers, 9, lie between 10 and 20",),
    "inertia": ("k = 3 was chosen, with 400",),
    "silhouette": ("k = 3 was chosen, with 0.450",),
    "matrix": ("2.0% of all customers would move", "20 customers from Champions to Loyal"),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_chart_says_what_it_shows_to_those_who_do_not_see_it(name: str) -> None:
    figure = figures()[name]

    assert figure is not None
    assert figure.title
    assert figure.note.endswith(".")
    for words in TOLD[name]:
        assert words in figure.alternative


@pytest.mark.parametrize("name", TOLD)
def test_a_chart_is_one_that_vega_can_draw(name: str) -> None:
    figure = figures()[name]

    assert figure is not None
    spec = json.dumps(inked(figure.chart, PEN).to_dict())

    assert "NaN" not in spec
    assert "Infinity" not in spec


@pytest.mark.parametrize("name", ["sizes", "timeline", "plane", "histogram"])
def test_a_segment_has_its_own_colour_on_every_chart(name: str) -> None:
    figure = figures()[name]

    assert figure is not None
    assert SEGMENT_COLOURS["light"][0] in json.dumps(figure.chart.to_dict())


def test_nothing_is_drawn_where_nobody_moved() -> None:
    assert flow([Migration(ONE, ONE, "model", 5)], ["s1"], 7, PEN) is None
    assert causes([], 7, PEN) is None
    assert timeline(Customer("1", "unscored", "EUR", 0), ["s1"], PEN) is None


def test_no_chart_has_a_layer_without_a_row() -> None:
    lapsed = Customer(
        "1", "lapsed", "EUR", 2, as_of="2025-03-01T00:00:00Z",
        history=[Step("2025-02-01T00:00:00Z", None, "expiry", 2, ONE), Step("2024-02-01T00:00:00Z", ONE, "order", 1)],
    )  # fmt: skip
    drawn = [timeline(lapsed, ["s1"], PEN), plane([], {ONE: [1.0, 2.0]}, PEN)]

    for figure in drawn:
        assert figure is not None
        spec = figure.chart.to_dict()
        for layer in spec["layer"]:
            rows = spec["datasets"][layer.get("data", spec.get("data"))["name"]]
            wanted = {"!datum.is_forecast": False, "datum.is_forecast": True}
            kept = [wanted[step["filter"]] for step in layer.get("transform", [])]
            assert [row for row in rows if all(row["is_forecast"] == one for one in kept)] != []


def test_earlier_shares_are_those_of_that_day_and_not_of_today() -> None:
    assert earlier_shares(the_segments(), 7) == {"s1": (0.25, 0.5), "s2": (0.75, 0.5)}
    assert earlier_shares(the_segments(), 30) == {}


def test_the_bars_of_an_explanation_add_up_to_the_gap() -> None:
    figure = explanation(the_explanation(), "EUR", PEN)

    assert sum(float(row["Adds"]) for row in figure.table) == the_explanation().gap
    assert figure.table[1]["Speaks for"] == "Loyal"


def test_axes_are_written_in_an_ink_with_contrast() -> None:
    figure = figures()["causes"]
    assert figure is not None

    config = inked(figure.chart, PEN).to_dict()["config"]["axis"]

    assert (config["labelColor"], config["titleColor"]) == (PEN.palette.soft, PEN.palette.soft)
