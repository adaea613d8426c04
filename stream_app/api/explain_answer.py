"""A customer's explanation in words and numbers, from the core's exact ones."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from math import dist

from model_store.scoring import Scorer
from stream_app.api.answers import Contribution, Explanation, FeatureName, NextStep
from stream_app.api.customer_answer import instant_of_answer, shown_features
from stream_app.api.problems import Problem
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import SegmentName
from stream_app.core import next_steps as core
from stream_app.core.explanation import MILLION, gap_of, in_millionths
from stream_app.core.features import Features
from stream_app.core.instants import rfc3339
from stream_app.core.rules import Rules
from stream_app.core.state_record import decode_customer
from stream_app.lookup import features_at

FEATURES: tuple[FeatureName, ...] = ("recency", "frequency", "monetary", "unique_products")


def explanation(record: bytes, clock: int, rules: Rules, scorer: Scorer) -> Explanation:
    """Return why a customer is where they are, and the smallest steps away; raises Problem for one who has lapsed."""
    customer = decode_customer(record)
    at = instant_of_answer(customer, clock)
    features = features_at(customer, at, rules.window)
    if features is None or not customer.segment:
        raise _in_no_segment()
    gap = gap_of(scorer, features)
    if gap is None:
        detail = "The model has one segment: there is nothing to compare it with."
        raise Problem(HTTPStatus.CONFLICT, "ONE_SEGMENT", detail, "Train a model with more of them.")
    *parts, constant = [part / MILLION for part in in_millionths(gap.parts, scorer.unit)]
    steps = [*core.next_steps(customer.rfm, gap.own, scorer)]
    if quiet := core.quiet_step(decode_customer(record), at, scorer, rules):
        steps.append(quiet)
    point = scorer.places([gap.own], [features.numbers()])[0].point
    return Explanation(
        customer_id=customer.customer_id,
        as_of=rfc3339(at),
        model_version=scorer.version,
        segment=_name(scorer, gap.own),
        rival=_name(scorer, gap.rival),
        gap=sum(in_millionths(gap.parts, scorer.unit)) / MILLION,
        contributions=list(_contributions(features, parts)),
        constant=constant,
        point=point,
        steps=sorted((_shown(step, scorer, point, rules.currency) for step in steps), key=_size),
    )


def _in_no_segment() -> Problem:
    hint = "GET /customers/{id} says since when, and what is known."
    return Problem(HTTPStatus.NOT_FOUND, "CUSTOMER_LAPSED", "This customer is known, and in no segment now.", hint)


def _contributions(features: Features, parts: list[float]) -> Iterator[Contribution]:
    shown = shown_features(features)
    values = (shown.recency_days, shown.frequency, shown.monetary, shown.unique_products)
    for feature, value, part in zip(FEATURES, values, parts, strict=True):
        yield Contribution(feature=feature, value=value, contribution=part)


def _shown(step: core.NextStep, scorer: Scorer, point: list[float], currency: str) -> NextStep:
    moved = None
    if step.after is not None:
        there = scorer.places([step.to], [step.after.numbers()])[0].point
        moved = round(dist(point, there), 6)
    return NextStep(
        kind=step.kind,
        words=words_of(step, currency),
        orders=step.orders or None,
        amount=step.amount / MONEY_SCALE if step.orders else None,
        products=step.products if step.orders else None,
        days=step.days or None,
        distance=moved,
        to=_name(scorer, step.to) if step.to >= 0 else None,
    )


def _size(step: NextStep) -> float:
    """Return how far a step goes; none goes as far as to lapse."""
    return float("inf") if step.distance is None else step.distance


def words_of(step: core.NextStep, currency: str) -> str:
    """Return a step as a person says it.

    >>> words_of(core.NextStep("new_products", 0, None, orders=2, amount=352_000, products=3), "EUR")
    '2 more orders of 35.20 EUR with 3 new products each'
    >>> words_of(core.NextStep("quiet", -1, None, days=1), "EUR")
    '1 quiet day'
    """
    if step.kind == "quiet":
        return f"{step.days:,} quiet day{_s(step.days)}"
    amount = f"{step.amount / MONEY_SCALE:,.2f} {currency}"
    what = f"{step.products:,} new product{_s(step.products)}" if step.products else "products bought before"
    if step.orders == 1:
        return f"one more order of {amount} with {what}"
    return f"{step.orders:,} more orders of {amount} with {what} each"


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _name(scorer: Scorer, index: int) -> SegmentName:
    return SegmentName(id=scorer.ids[index], name=scorer.names[index])
