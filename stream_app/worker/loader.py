"""Fetches what one partition's share of a chunk needs from Redis: the states it names, and who is due."""

from __future__ import annotations

from stream_app.core.customer import Customer
from stream_app.core.state_record import decode_customer
from stream_app.worker.lane import Lane
from stream_app.worker.store import Store
from stream_app.worker.work import LaneWork

BUSY_BUDGET = 500
"""So many due customers ride along with a chunk of orders, which must not wait for a backlog."""

IDLE_BUDGET = 5_000


def load_lane(work: LaneWork, store: Store, *, is_busy: bool) -> None:
    """Fill in the states of everybody the records name and of a slice of who is due."""
    lane = work.lane
    named = {inbound.order.customer_id for inbound in work.inbound if inbound.order is not None}
    missing = [customer_id for customer_id in named if customer_id not in lane.customers]
    asks_due = lane.may_have_due
    if missing or asks_due:
        budget = (BUSY_BUDGET if is_busy else IDLE_BUDGET) if asks_due else 0
        _load(work, store, missing, budget)
    known = lane.customers
    work.customers = {customer_id: known[customer_id] for customer_id in [*named, *work.due] if customer_id in known}


def _load(work: LaneWork, store: Store, missing: list[str], budget: int) -> None:
    lane = work.lane
    clock = lane.progress.clock.instant
    records, due = store.load(lane.lease, missing, due_until=clock, due_budget=budget)
    _keep(work, records)
    unknown = [customer_id for customer_id in due if customer_id not in lane.customers]
    if unknown:
        _keep(work, store.load(lane.lease, unknown, due_until=clock, due_budget=0)[0])
    if budget:
        work.is_due_complete = len(due) < budget
        work.asked_until = clock
        work.due = _with_unapplied(lane, due, clock)
        if not work.due:
            lane.nobody_due_until = clock


def _with_unapplied(lane: Lane, due: list[str], clock: int) -> list[str]:
    """Return who is due, of those with newer states than Redis has by what their states say; earliest first."""
    unapplied = lane.unapplied
    if not unapplied:
        return due
    found = [lane.customers[customer_id] for customer_id in due if customer_id not in unapplied]
    found += [customer for customer in unapplied.values() if customer.due_at is not None and customer.due_at <= clock]
    return [customer.customer_id for customer in sorted(found, key=_due_and_id)]


def _due_and_id(customer: Customer) -> tuple[int, bytes]:
    assert customer.due_at is not None
    return customer.due_at, customer.customer_id.encode()


def _keep(work: LaneWork, records: list[bytes | None]) -> None:
    for record in records:
        if record is not None:
            customer = decode_customer(record)
            work.lane.customers[customer.customer_id] = customer
