"""The customer page: one person's segments over time, why they are where they are, and what would move them."""

from __future__ import annotations

import streamlit as st

from stream_app.dashboard import asking, markup
from stream_app.dashboard.answers import Customer
from stream_app.dashboard.api_client import ApiFailed
from stream_app.dashboard.charts.explanation import explanation
from stream_app.dashboard.charts.timeline import timeline
from stream_app.dashboard.features import FEATURES, said
from stream_app.dashboard.feed import coming, history_rows
from stream_app.dashboard.figures import day, day_and_time, money
from stream_app.dashboard.screen import failure_card, heading, pen, put, section, show, telling_failures

UNKNOWN, LAPSED_CODE = "CUSTOMER_UNKNOWN", "CUSTOMER_LAPSED"


def customer() -> None:
    """Show the page; ?customer=ID opens it at a customer."""
    heading("Customer", "One person: where they are, since when, why, and what moves them next.")
    wanted = st.text_input(
        "Customer id",
        key="customer",
        bind="query-params",
        placeholder="as in the orders",
        autocomplete="off",
        width=420,
    ).strip()
    if not wanted:
        _suggest()
        return
    try:
        found = asking.customer(wanted)
    except ApiFailed as error:
        put(_unknown(wanted) if error.code == UNKNOWN else failure_card(error))
        return
    _person(found)


def _suggest() -> None:
    put(markup.state("Whom do you look for?", "Type a customer's id as it stands in the orders, and press Enter."))
    with telling_failures():
        names = list(dict.fromkeys(change.customer_id for change in asking.recent_changes().changes))[:8]
        if names:
            put(markup.note("Or look at somebody who has just moved:"))
            with st.container(horizontal=True, gap="small"):
                for name in names:
                    st.button(name, key=f"go-{name}", on_click=_go, args=(name,))


def _go(customer_id: str) -> None:
    st.session_state["customer"] = customer_id


def _unknown(wanted: str) -> markup.Markup:
    return markup.state(
        "No such customer",
        f"Nobody with the id {wanted} has ever ordered, as far as the worker has read.",
        "Ids are compared letter by letter: look for capitals, zeros in front, and spaces.",
    )


def _person(found: Customer) -> None:
    section(f"Customer {found.customer_id}")
    put(markup.cards([_standing(found), *_features(found)], are_small=True))
    for words in coming(found.forecast[:1]):
        st.info(words)
    drawn = timeline(found, [segment.id for segment in asking.segments().segments], pen())
    if drawn is not None:
        show(drawn, "timeline")
    _why(found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        section("History", "The last 20 changes of segment, newest first.")
        rows = history_rows(found.history, pen().ground)
        put(markup.table(rows, "Changes of segment", left=("When", "Change", "Why")) or markup.note("No change yet."))
    with right:
        _orders(found)


def _standing(found: Customer) -> markup.Markup:
    colour = pen().of(found.segment.id if found.segment else None)
    if found.segment is not None:
        until = (
            f"Stays there until {day(found.valid_until)} at least."
            if found.valid_until
            else "Time alone will not move them."
        )
        return markup.card("Segment", colour, [_big(found.segment.name), f"Since {day(found.since)}.", until])
    if found.standing == "lapsed":
        words = "No purchase is left in the window. The next order brings them back."
        return markup.card("Segment", colour, [_big("Lapsed"), words])
    words = "Known, and not scored yet: they are at the next move of the clock."
    return markup.card("Segment", colour, [_big("Not scored yet"), words])


def _features(found: Customer) -> list[markup.Markup]:
    if found.features is None:
        return []
    colour = pen().palette.hair
    values = {feature.key: getattr(found.features, feature.key) for feature in FEATURES}
    return [
        markup.card(feature.name, colour, [_big(said(feature.key, values[feature.key], found.currency)), feature.help])
        for feature in FEATURES
    ]


def _big(words: str) -> markup.Markup:
    return markup.Markup(f'<div class="s-big">{markup.safe(words)}</div>')


def _why(found: Customer) -> None:
    if found.segment is None:
        return
    section("Why there")
    try:
        why = asking.explanation(found.customer_id)
    except ApiFailed as error:
        put(failure_card(error))
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        show(explanation(why, found.currency, pen()), "why")
    with right:
        put(markup.Markup('<h3 class="s-figure">What would move them</h3>'))
        steps = [{"Step": step.words[:1].upper() + step.words[1:], "Leads to": _chip(step.to)} for step in why.steps]
        put(
            markup.table(steps, "Smallest steps that would move this customer", left=("Step", "Leads to"), stacks=False)
        )
        if not steps:
            put(markup.note("No single small step would."))


def _chip(segment: object) -> markup.Markup:
    name, id = (getattr(segment, "name", "Lapsed"), getattr(segment, "id", None))
    return markup.chip(name, id, pen().ground)


def _orders(found: Customer) -> None:
    section("Orders", "The newest ones.")
    rows = [
        {
            "When": day_and_time(order.ordered_at),
            "Amount": f"{'Return: ' if order.is_return else ''}{money(order.amount, found.currency)}",
            "Products": str(order.products),
        }
        for order in found.orders
    ]
    put(markup.table(rows, "Newest orders", left=("When",)) or markup.note("None is held any more."))
