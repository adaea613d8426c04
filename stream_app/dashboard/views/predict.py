"""The predict page: four numbers and where they lead, or a whole file of them."""

from __future__ import annotations

import streamlit as st

from stream_app.dashboard import asking, markup
from stream_app.dashboard.answers import Features, Prediction
from stream_app.dashboard.charts.plane import Spot, plane
from stream_app.dashboard.features import FEATURES
from stream_app.dashboard.screen import heading, pen, put, section, show, telling_failures

EXAMPLE = "customer_id,recency_days,frequency,monetary,unique_products\nC-1001,15,50,1200.50,10\nC-1002,240,1,35.20,2\n"
MOST_MEGABYTES = 4


def predict() -> None:
    """Show the page."""
    heading("Predict", "Which segment would a customer with these four numbers be in?")
    one, many = st.tabs(["One customer", "A file"])
    with one:
        _one()
    with many:
        _many()


def _one() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left, telling_failures():
        found = asking.client().predict(_inputs())
        _answer(found)
    with right, telling_failures():
        model = asking.model()
        centres = dict(zip(model.segments, model.centroids, strict=False))
        spot = Spot(found.point[0], found.point[1] if len(found.point) > 1 else 0.0, "This customer")
        show(plane(asking.scatter().points, centres, pen(), spot), "place")


def _inputs() -> Features:
    """Return what was typed; the four fields stand in pairs."""
    first, second = st.columns(2), st.columns(2)
    recency = first[0].number_input("Recency, days", 0, 36_500, 15, help=FEATURES[0].help)
    frequency = first[1].number_input("Frequency, purchases", 1, 1_000_000, 50, help=FEATURES[1].help)
    monetary = second[0].number_input(
        "Monetary, amount", 0.0, 1e9, 1200.5, format="%.2f", step=10.0, help=FEATURES[2].help
    )
    products = second[1].number_input("Unique products", 0, 1_000_000, 10, help=FEATURES[3].help)
    return Features(recency, frequency, monetary, products)


def _answer(found: Prediction) -> None:
    segment = found.segment
    big = markup.Markup(f'<div class="s-big">{markup.safe(segment.name)}</div>')
    action = markup.Markup(f'<p class="s-do">→ {markup.safe(segment.action)}</p>')
    inside = f"Margin {found.margin:.2f}: 0 lies on the border to the next segment, 1 at the centre."
    put(markup.card("Segment", pen().of(segment.id), [big, segment.description, action, inside]))
    rows = [
        {"Segment": markup.chip(near.name, near.id, pen().ground), "Distance to its centre": f"{near.distance:.3f}"}
        for near in found.distances
    ]
    with st.expander("Distance to every segment", expanded=True):
        put(markup.table(rows, "Distances in the model's plane", stacks=False))


def _many() -> None:
    section("A file of customers", "CSV with a header, at most 10,000 rows; a column customer_id is carried through.")
    st.download_button("Download an example", EXAMPLE, "example.csv", "text/csv", on_click="ignore")
    file = st.file_uploader("CSV file", type="csv", max_upload_size=MOST_MEGABYTES)
    if file is None:
        return
    with telling_failures("Mend the file and choose it again."):
        answer = asking.client().predict_file(file.getvalue())
        rows = max(0, answer.count(b"\n") - 1)
        st.success(f"{rows:,} rows have a segment.")
        st.download_button(
            "Download with segments", answer, "segments.csv", "text/csv", on_click="ignore", type="primary"
        )
        with st.expander("The first lines", expanded=True):
            put(markup.table(first_rows(answer.decode()), "First rows with their segments", stacks=False))


def first_rows(text: str, most: int = 10) -> list[dict[str, str]]:
    """Return a CSV's first rows for a table."""
    import csv
    import io

    reader = csv.DictReader(io.StringIO(text))
    return [{name: value or "" for name, value in row.items()} for row, _ in zip(reader, range(most), strict=False)]
