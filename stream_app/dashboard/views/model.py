"""The model page: what the live model is, how it was chosen, and what another one would change."""

from __future__ import annotations

from base64 import b64encode

import streamlit as st

from stream_app.dashboard import asking, markup
from stream_app.dashboard.api_client import ApiFailed
from stream_app.dashboard.charts.curves import curve
from stream_app.dashboard.charts.matrix import matrix
from stream_app.dashboard.charts.plane import plane
from stream_app.dashboard.figures import counted
from stream_app.dashboard.model_answers import Model, Models
from stream_app.dashboard.model_words import (
    entry_name,
    lineage_rows,
    model_facts,
    objections,
    preview_numbers,
    size_rows,
)
from stream_app.dashboard.screen import failure_card, heading, pen, put, section, show, telling_failures

REPORT_PIXELS = 900
NO_REPORT = "REPORT_MISSING"


def model() -> None:
    """Show the page."""
    heading("Model", "What decides who is in which segment, and what another model would change.")
    with telling_failures():
        found = asking.model()
        if found.switching:
            st.info("Customers are still going over to this model.")
        if found.refused:
            st.warning(f"A newer model was promoted and is not what answers: {found.refused}")
        chosen, plane_tab, other, report = st.tabs(
            ["How it was chosen", "Customers in its plane", "Another model", "Training report"]
        )
        with chosen:
            _chosen(found)
        with plane_tab:
            _plane(found)
        with other:
            _other()
        with report:
            _report(found)


def _chosen(found: Model) -> None:
    put(markup.facts(model_facts(found)))
    if len(found.candidates) > 1:
        for column, measure in zip(st.columns(2, gap="large"), ("inertia", "silhouette"), strict=True):
            with column:
                show(curve(measure, found.candidates, pen()), measure)
    rows = lineage_rows(found, pen().ground)
    if rows:
        section(
            "What became of the segments before",
            "Ids outlive a training: a segment keeps its id while its customers stay together.",
        )
        put(markup.table(rows, "Lineage of the segments"))


def _plane(found: Model) -> None:
    points = asking.scatter().points
    centres = dict(zip(found.segments, found.centroids, strict=False))
    show(plane(points, centres, pen()), "plane")
    if not points:
        put(markup.note("No customer was scored yet: only the centres are drawn."))


def _other() -> None:
    known = asking.models()
    others = [entry for entry in known.models if entry.version != known.champion and not entry.fault]
    if not others:
        put(_alone(known))
        return
    names = {entry.version: entry_name(entry) for entry in others}
    version = st.selectbox("Candidate", list(names), format_func=lambda one: names[one], key="candidate")
    try:
        found = asking.preview(version)
    except ApiFailed as error:
        put(failure_card(error))
        return
    put(markup.tiles(markup.tile(*numbers) for numbers in preview_numbers(found)))
    put(objections(found))
    left, right = st.columns([3, 2], gap="large")
    with left:
        show(matrix(found, pen()), "matrix")
    with right:
        put(markup.Markup('<h3 class="s-figure">Sizes now and then</h3>'))
        put(markup.table(size_rows(found, pen().ground), "Customers by segment, now and with the candidate"))


def _alone(known: Models) -> markup.Markup:
    kept = f"The store has {counted(len(known.models), 'model')}, and no other to compare the live one with."
    return markup.state(
        "No candidate", kept, "Train another one: segstream train --help. It appears here once it is published."
    )


def _report(found: Model) -> None:
    try:
        page = asking.report(found.version)
    except ApiFailed as error:
        put(failure_card(error) if error.code != NO_REPORT else markup.state("No report", error.cause, error.mend))
        return
    name = f"{found.version}.html"
    st.download_button("Download the report", page, name, "text/html", on_click="ignore")
    # As a data URL it has an origin of its own: whatever stands in the model store cannot reach this page.
    source = f"data:text/html;charset=utf-8;base64,{b64encode(page.encode()).decode()}"
    st.iframe(source, height=REPORT_PIXELS, alt="Training report of the live model")
