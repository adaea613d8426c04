"""The segments page: who they are, what to do, how they are spread, and their customers one by one."""

from __future__ import annotations

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from stream_app.dashboard import asking, markup
from stream_app.dashboard.answers import Members, Segments, SegmentState
from stream_app.dashboard.charts.histogram import histogram
from stream_app.dashboard.export import COLUMNS, csv_lines, member_row
from stream_app.dashboard.features import FEATURES, said
from stream_app.dashboard.figures import count, counted, share, short_money
from stream_app.dashboard.screen import heading, pen, put, section, show, telling_failures

PAGE = 50


def segments() -> None:
    """Show the page; ?segment=ID opens it at a segment."""
    heading("Segments", "Who they are, what to do for them, and who is in them.")
    with telling_failures():
        found = asking.segments()
        put(markup.cards(_profile(segment, found.currency) for segment in found.segments))
        _one(found)


def _profile(segment: SegmentState, currency: str) -> markup.Markup:
    typical = []
    if segment.profile is not None:
        values = [said(feature.key, getattr(segment.profile, feature.key), currency) for feature in FEATURES]
        typical = [f"Typically {values[1]} for {values[2]}, {values[3]}, the last {values[0]} ago."]
    if segment.buys_again is not None:
        typical.append(f"{share(segment.buys_again)} bought again within 13 weeks in a trial.")
    people = f"{counted(segment.customers, 'customer')} ({share(segment.customer_share)})"
    size = f"{people}, {share(segment.revenue_share)} of revenue"
    action = markup.Markup(f'<p class="s-do">→ {markup.safe(segment.action)}</p>')
    return markup.card(segment.name, pen().of(segment.id), [size, segment.description, *typical, action])


def _one(found: Segments) -> None:
    section("One segment")
    names = {segment.id: segment.name for segment in found.segments}
    asked = st.query_params.get("segment")
    chosen = st.segmented_control(
        "Segment", list(names), format_func=lambda id: names[id], required=True, label_visibility="collapsed",
        default=asked if asked in names else next(iter(names), None), key="segment",
    )  # fmt: skip
    if chosen is None:
        return
    st.query_params["segment"] = chosen
    segment = next(one for one in found.segments if one.id == chosen)
    _spread(segment, found.currency)
    _customers(segment, found.currency)


def _spread(segment: SegmentState, currency: str) -> None:
    spread = asking.distributions(segment.id)
    if not spread.sample:
        put(markup.state("Nobody is in it", f"At the moment no customer is in {segment.name}."))
        return
    put(markup.note(f"{segment.name}: how {counted(spread.sample, 'customer')} of a sample are spread."))
    columns = [*st.columns(2, gap="large"), *st.columns(2, gap="large")]
    for column, feature in zip(columns, FEATURES, strict=True):
        with column:
            show(histogram(spread.features[feature.key], feature, segment.id, currency, pen()), f"spread-{feature.key}")


@st.fragment
def _customers(segment: SegmentState, currency: str) -> None:
    section(
        "Its customers",
        f"{counted(segment.customers, 'customer')} with {short_money(segment.revenue, currency)} in the window.",
    )
    # One cursor a page: the way back is the way one came.
    cursors: list[str | None] = st.session_state.setdefault(f"cursors-{segment.id}", [None])
    with telling_failures():
        page = asking.client().members(segment.id, cursors[-1], PAGE)
        chosen = _listed(page, segment, currency, len(cursors))
        with st.container(horizontal=True, vertical_alignment="center"):
            _turn(cursors, page.cursor)
            _export(segment)
        if chosen is not None:
            st.switch_page(st.session_state["pages"]["customer"], query_params={"customer": chosen})


def _listed(page: Members, segment: SegmentState, currency: str, number: int) -> str | None:
    """Show a page, and return the customer whose row was chosen."""
    if not page.customers:
        put(markup.note("Nobody is on this page."))
        return None
    picked = st.dataframe(
        [member_row(member, currency) for member in page.customers], hide_index=True, height=420,
        column_config=_columns(currency), key=f"members-{segment.id}-{number}",
        on_select="rerun", selection_mode="single-row", alt=f"Customers of {segment.name}, page {number}",
    )  # fmt: skip
    put(markup.note("Choose a row to open the customer's page."))
    rows = picked.selection.rows
    return page.customers[rows[0]].customer_id if rows else None


def _columns(currency: str) -> dict[str, ColumnConfig]:
    day = st.column_config.DateColumn(format="D MMMM YYYY")
    whole = st.column_config.NumberColumn(format="%,d")
    return {
        "In it since": day, "At least until": day, "Last purchase": day, "Purchases": whole, "Products": whole,
        f"Amount, {currency}": st.column_config.NumberColumn(format="%,.2f"),
    }  # fmt: skip


def _turn(cursors: list[str | None], following: str | None) -> None:
    st.button("← Back", disabled=len(cursors) == 1, on_click=_back, args=(cursors,), key="back")
    st.button("Further →", disabled=following is None, on_click=cursors.append, args=(following,), key="further")
    put(markup.note(f"Page {count(len(cursors))}"))


def _back(cursors: list[str | None]) -> None:
    cursors.pop()


def _export(segment: SegmentState) -> None:
    client = asking.client()
    st.download_button(
        "All of them as CSV", data=lambda: "".join(csv_lines(lambda cursor: client.members(segment.id, cursor, 1_000))),
        file_name=f"{segment.id}.csv", mime="text/csv", on_click="ignore", help=f"Columns: {', '.join(COLUMNS)}.",
    )  # fmt: skip
