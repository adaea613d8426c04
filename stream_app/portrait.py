"""A customer as Redis knows them, for people and for programs: segment, features, history and last orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from stream_app.contract.cause_words import BECAUSE
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import Cause, HistoryStep, decode_step
from stream_app.core.customer import Customer
from stream_app.core.errors import SegstreamError
from stream_app.core.features import Features
from stream_app.core.forecast import forecast
from stream_app.core.instants import rfc3339
from stream_app.core.move import Move
from stream_app.core.rules import Rules
from stream_app.core.standing import standing_of, stands_since, valid_until
from stream_app.lookup import HeldOrder, Lookup, features_at, recent_orders
from stream_app.settings import Settings

LAPSED, UNSCORED = "lapsed", "not scored yet"
_IN_NO_SEGMENT = {"lapsed": LAPSED, "unscored": UNSCORED}


class Foretold(Struct, frozen=True):
    """A change that comes by itself if the customer buys nothing."""

    as_of: str
    to: str | None
    name: str
    cause: Cause


class Portrait(Struct, frozen=True):
    """What `segstream customer` shows; with `--json` under these names."""

    customer_id: str
    segment: str | None
    name: str | None
    standing: str
    """The segment's name; for a customer in no segment, why that is so."""
    since: str | None
    valid_until: str | None
    """Nothing changes by itself before it; None: never, or not scored yet."""
    as_of: str
    last_purchase: str | None
    features: Features | None
    """None: no purchase in the window."""
    currency: str
    sequence: int
    model_version: str | None
    history: list[HistoryStep]
    """Newest first."""
    forecast: list[Foretold]
    """What time alone will do, if the model's store is at hand."""
    segment_names: dict[str, str]
    """Of the model that scored the customer; empty when its store is not at hand."""
    orders: list[HeldOrder]
    """Newest first."""


def portrait(settings: Settings, customer_id: str, as_of: int | None, most_orders: int) -> Portrait:
    """Return the portrait, at a later instant if one is given; raises SegstreamError when nobody has that id."""
    lookup = Lookup(settings)
    customer = lookup.customer(customer_id)
    if customer is None:
        raise SegstreamError(
            f"Nobody has the id {customer_id} in Redis at {lookup.address}.",
            "Ids are exact: mind capitals and spaces. `segstream partitions list` shows how far the worker has come.",
            code="CUSTOMER_UNKNOWN",
        )
    instant = customer.rfm.as_of if as_of is None else as_of
    rules, _ = lookup.rules_of(customer_id, customer.adopted, customer.model_version)
    features = features_at(customer, instant, rules.window)
    model = _model_of(settings, customer)
    last, since, until = customer.rfm.last_purchase(), stands_since(customer), valid_until(customer)
    return Portrait(
        customer_id=customer.customer_id,
        segment=customer.segment or None,
        name=customer.segment_name or None,
        standing=_IN_NO_SEGMENT.get(standing_of(customer), customer.segment_name),
        since=None if since is None else rfc3339(since),
        valid_until=None if until is None else rfc3339(until),
        as_of=rfc3339(instant),
        last_purchase=None if last is None else rfc3339(last),
        features=features,
        currency=settings.currency,
        sequence=customer.sequence,
        model_version=customer.model_version or None,
        history=[decode_step(step) for step in customer.history],
        forecast=[] if model is None else _foretell(lookup, customer_id, Scorer(model), rules),
        segment_names={} if model is None else {segment.id: segment.name for segment in model.segments},
        orders=recent_orders(customer.rfm, most_orders),
    )


def _model_of(settings: Settings, customer: Customer) -> SegmentModel | None:
    try:
        return settings.models.peek(customer.model_version)
    except ModelRefused:
        return None


def _foretell(lookup: Lookup, customer_id: str, scorer: Scorer, rules: Rules) -> list[Foretold]:
    customer = lookup.customer(customer_id)
    moves = [] if customer is None else forecast(customer, scorer, rules)
    return [_foretold(move, scorer) for move in moves]


def _foretold(move: Move, scorer: Scorer) -> Foretold:
    if move.after is None:
        return Foretold(move.as_of, None, LAPSED, move.cause)
    return Foretold(move.as_of, scorer.ids[move.index], scorer.names[move.index], move.cause)


def to_json(portrait: Portrait) -> str:
    """Return the portrait as one line of JSON, money in currency units."""
    return msgspec.json.encode(portrait, enc_hook=_plain).decode()


def _plain(value: object) -> object:
    if isinstance(value, Features):
        return msgspec.Raw(value.json().encode())
    raise NotImplementedError(type(value).__name__)


def in_words(portrait: Portrait) -> Iterator[str]:
    """Yield the lines that a person reads."""
    identity = f" ({portrait.segment})" if portrait.segment else ""
    since = f" since {portrait.since}" if portrait.since else ""
    yield f"{portrait.customer_id}: {portrait.standing}{identity}{since}"
    yield from _features(portrait)
    yield from _outlook(portrait)
    if portrait.history:
        yield from ("", "Changes, newest first:")
    for step in portrait.history:
        # A first score may come from history, which the step does not say.
        because = "" if step.sequence == 1 else f", {BECAUSE[step.cause]}"
        yield f"  {step.as_of}  {_name(portrait, step.from_, step)} → {_name(portrait, step.to)}{because}"
    if portrait.orders:
        yield from ("", "Last orders:")
    for order in portrait.orders:
        kind = "return" if order.is_return else "order "
        products = f"{order.products:,} product{'' if order.products == 1 else 's'}"
        yield f"  {order.ordered_at}  {kind} {order.order_id}  {order.amount:,.2f} {portrait.currency}, {products}"


def _features(portrait: Portrait) -> Iterator[str]:
    features = portrait.features
    if features is None:
        yield f"  no purchase in the window as of {portrait.as_of}"
        return
    yield f"  last purchase    {features.recency_days:,} days before {portrait.as_of}"
    yield f"  purchases        {features.frequency:,}"
    yield f"  spent            {features.monetary / MONEY_SCALE:,.2f} {portrait.currency}, net of returns"
    yield f"  unique products  {features.unique_products:,}"


def _outlook(portrait: Portrait) -> Iterator[str]:
    if portrait.standing == UNSCORED:
        yield "  The score comes with the clock's next move: an order, or `segstream tick`."
    elif portrait.valid_until is None:
        yield "  Time alone changes nothing."
    else:
        yield f"  Without another order nothing changes before {portrait.valid_until}."
    if portrait.forecast:
        steps = ", ".join(f"{step.name} on {_date(step.as_of)}" for step in portrait.forecast)
        yield f"  If they buy nothing: {steps}."


def _date(instant: str) -> str:
    """Write the day of an RFC 3339 instant for people.

    >>> _date("2025-03-04T10:00:00Z")
    '4 March 2025'
    """
    moment = datetime.fromisoformat(instant)
    return f"{moment.day} {moment:%B %Y}"


def _name(portrait: Portrait, segment: str | None, step: HistoryStep | None = None) -> str:
    if segment is None:
        return "first seen" if step is not None and step.sequence == 1 else LAPSED
    return portrait.segment_names.get(segment, segment)
