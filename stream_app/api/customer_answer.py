"""A customer's state as the API shows it, at the clock of the customer's partition."""

from __future__ import annotations

import msgspec

from model_store.scoring import Scorer
from stream_app.api.answers import CustomerAnswer, Foretold, HeldOrder, Step
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import Features as ShownFeatures
from stream_app.contract.segment_change import SegmentName, decode_step
from stream_app.core.customer import Customer
from stream_app.core.features import Features
from stream_app.core.forecast import forecast
from stream_app.core.instants import rfc3339
from stream_app.core.move import Move
from stream_app.core.rules import Rules
from stream_app.core.standing import is_waiting, standing_of, stands_since, valid_until
from stream_app.core.state_record import decode_customer
from stream_app.lookup import features_at, recent_orders

MOST_ORDERS = 20


def instant_of_answer(customer: Customer, clock: int) -> int:
    """Return the partition's clock, or the last evaluation while a timer is still to fire before that clock."""
    stands_at = customer.rfm.as_of
    if is_waiting(customer) or (customer.due_at is not None and customer.due_at <= clock):
        return stands_at
    return max(stands_at, clock)


def customer_answer(
    record: bytes, clock: int, rules: Rules, scorer: Scorer | None, names: dict[str, str]
) -> CustomerAnswer:
    """Return what is known of a customer; `names` are those of the segments, by id."""
    customer = decode_customer(record)
    foretold = [] if scorer is None else [_foretold(move) for move in forecast(decode_customer(record), scorer, rules)]
    at = instant_of_answer(customer, clock)
    features = features_at(customer, at, rules.window)
    last, since, until = customer.rfm.last_purchase(), stands_since(customer), valid_until(customer)
    return CustomerAnswer(
        customer_id=customer.customer_id,
        segment=SegmentName(id=customer.segment, name=customer.segment_name) if customer.segment else None,
        standing=standing_of(customer),
        since=None if since is None else rfc3339(since),
        as_of=rfc3339(at),
        last_purchase=None if last is None else rfc3339(last),
        features=None if features is None else shown_features(features),
        currency=rules.currency,
        sequence=customer.sequence,
        model_version=customer.model_version or None,
        valid_until=None if until is None else rfc3339(until),
        next=foretold[0] if foretold else None,
        forecast=foretold,
        history=[_step(raw, names) for raw in customer.history],
        orders=[HeldOrder(**msgspec.to_builtins(order)) for order in recent_orders(customer.rfm, MOST_ORDERS)],
    )


def shown_features(features: Features) -> ShownFeatures:
    """Return the features with money in currency units."""
    return ShownFeatures(
        recency_days=features.recency_days,
        frequency=features.frequency,
        monetary=features.monetary / MONEY_SCALE,
        unique_products=features.unique_products,
    )


def named(segment_id: str | None, names: dict[str, str]) -> SegmentName | None:
    """Return a segment with its name; one that no model at hand has is called by its id."""
    return SegmentName(id=segment_id, name=names.get(segment_id, segment_id)) if segment_id else None


def _foretold(move: Move) -> Foretold:
    to = None if move.after is None else SegmentName(id=move.new_id, name=move.scorer.names[move.index])
    return Foretold(as_of=move.as_of, to=to, cause=move.cause)


def _step(raw: bytes, names: dict[str, str]) -> Step:
    step = decode_step(raw)
    return Step(
        sequence=step.sequence,
        as_of=step.as_of,
        from_=named(step.from_, names),
        to=named(step.to, names),
        cause=step.cause,
    )
