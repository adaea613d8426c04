"""A customer in words: segment, features, history and last orders."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import Customer
from stream_app.core.errors import SegstreamError
from stream_app.core.features import Features
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.lookup import Lookup, features_at, recent_orders
from stream_app.settings import Settings


def portrait(settings: Settings, customer_id: str, as_of: int | None) -> Iterator[str]:
    """Yield the lines of a customer's portrait; raises SegstreamError when nobody has that id."""
    customer = Lookup(settings).customer(customer_id)
    if customer is None:
        raise SegstreamError(f"Nobody has the id {customer_id}.", "Ids are exact: check capitals and spaces.")
    yield from _standing(customer)
    if as_of is None:
        yield f"As of {rfc3339(customer.rfm.as_of)}: {_words(customer.rfm.features(customer.rfm.as_of))}"
    else:
        window = None if settings.window_days is None else settings.window_days * DAY_US
        yield f"As of {rfc3339(as_of)}: {_words(features_at(customer, as_of, window))}"
    yield from _history(customer)
    yield from _orders(customer)


def _standing(customer: Customer) -> Iterator[str]:
    if customer.segment:
        segment = f"{customer.segment_name} ({customer.segment})"
        yield f"{customer.customer_id} is in {segment} since {rfc3339(customer.since)}."
    else:
        yield f"{customer.customer_id} is in no segment{' (lapsed)' if customer.sequence else ''}."
    if customer.due_at is not None:
        yield f"Without another order nothing changes before {rfc3339(customer.due_at)}."


def _words(features: Features | None) -> str:
    if features is None:
        return "no purchase in the window"
    return (
        f"last purchase {features.recency_days} days ago, {features.frequency} purchases, "
        f"{features.monetary / MONEY_SCALE:,.2f} spent, {features.unique_products} different products"
    )


def _history(customer: Customer) -> Iterator[str]:
    if customer.history:
        yield "Changes, newest first:"
    for raw in customer.history:
        change = msgspec.json.decode(raw)
        yield f"  {change['as_of']}  {change['from'] or '–'} → {change['to'] or '–'}  ({change['cause']})"


def _orders(customer: Customer) -> Iterator[str]:
    lines = recent_orders(customer.rfm, 5)
    if lines:
        yield "Last orders:"
    for line in lines:
        yield f"  {line}"
