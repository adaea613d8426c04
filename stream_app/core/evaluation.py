"""Scores a customer at an instant and says what changed: features → segment → compare → SegmentChange."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import Cause, ChangeMessage, HistoryStep, encode_change, event_id
from stream_app.core.customer import HISTORY_LENGTH, NOT_WAITING, Customer
from stream_app.core.instants import rfc3339
from stream_app.core.rfm import Features
from stream_app.core.rules import Rules
from stream_app.core.timeline import next_boundary, next_day

Source = dict[str, str | int]
FeatureFields = dict[str, int | float]


def evaluate(
    customer: Customer,
    cause: Cause,
    scorer: Scorer,
    rules: Rules,
    *,
    source: Source | None = None,
    is_history: bool = False,
) -> ChangeMessage | None:
    """Score the customer at its `as_of`, set the next boundary and return the change if the segment is another."""
    rfm = customer.rfm
    before = customer.features
    features = customer.features = rfm.features(rfm.as_of)
    index, day = -1, None
    if features is not None:
        scores = scorer.without_recency(*features[1:])
        index = scorer.nearest(scores, features.recency_days)
        day = next_day(scores, scorer.recency_weights, index, features.recency_days)
    customer.due_at = next_boundary(rfm, rules.window, rfm.last_purchase(), day)
    customer.waits_since = NOT_WAITING
    customer.model_version = scorer.model.version
    segment = scorer.ids[index] if features is not None else ""
    if segment == customer.segment:
        return None
    return _move(customer, index, before, cause, scorer, rules, source, is_history)


def _move(
    customer: Customer,
    index: int,
    before: Features | None,
    cause: Cause,
    scorer: Scorer,
    rules: Rules,
    source: Source | None,
    is_history: bool,
) -> ChangeMessage:
    """Put the customer into its new segment and describe the step."""
    features = customer.features
    as_of = customer.rfm.as_of
    came_from = _segment(customer)
    old_id = customer.segment
    customer.segment = scorer.ids[index] if features is not None else ""
    customer.segment_name = scorer.names[index] if features is not None else ""
    customer.sequence += 1
    customer.since = as_of
    instant = rfc3339(as_of)
    step = HistoryStep(customer.sequence, instant, old_id or None, customer.segment or None, cause)
    customer.history = [encode_change(step), *customer.history[: HISTORY_LENGTH - 1]]
    return ChangeMessage(
        event_id=event_id(rules.deployment, customer.customer_id, customer.sequence),
        customer_id=customer.customer_id,
        sequence=customer.sequence,
        from_=came_from,
        to=_segment(customer),
        cause=cause,
        as_of=instant,
        features={"before": _fields(before), "after": _fields(features)},
        model_version=scorer.model.version,
        margin=None if features is None else scorer.margin(index, *features),
        valid_until=None if customer.due_at is None else rfc3339(customer.due_at),
        source=source,
        replay=is_history,
    )


def _segment(customer: Customer) -> dict[str, str] | None:
    return {"id": customer.segment, "name": customer.segment_name} if customer.segment else None


def _fields(features: Features | None) -> FeatureFields | None:
    if features is None:
        return None
    return {
        "recency_days": features.recency_days,
        "frequency": features.frequency,
        "monetary": features.monetary / MONEY_SCALE,
        "unique_products": features.unique_products,
    }
