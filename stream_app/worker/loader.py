"""Fetches what one partition's share of a chunk needs from Redis: the states it names, and who is due."""

from __future__ import annotations

from stream_app.core.customer import Customer
from stream_app.core.instants import NO_CLOCK
from stream_app.core.state_record import decode_customer
from stream_app.worker.namespace_states import NamespaceStates
from stream_app.worker.place import Place
from stream_app.worker.store import Store
from stream_app.worker.work import LaneWork, Slice

BUSY_BUDGET = 500
"""So many due customers ride along with a chunk of orders at most."""

IDLE_BUDGET = 5_000

SLICE = 500
"""So many customers at a time go over to a new model at most."""


def load_lane(work: LaneWork, store: Store, due_budget: int) -> None:
    """Fill in the states of everybody the records name, and of the first so many of who is due."""
    lane = work.lane
    named = {customer_id for each in work.inbound if (customer_id := each.customer_id) is not None}
    missing = [customer_id for customer_id in named if customer_id not in lane.customers]
    if lane.leaving:
        missing = [customer_id for customer_id in missing if customer_id not in lane.leaving]
    asks_due = lane.may_have_due
    if missing or asks_due:
        _load(work, store, missing, due_budget if asks_due else 0)
    known = lane.customers
    work.customers = {customer_id: known[customer_id] for customer_id in [*named, *work.due] if customer_id in known}


def walk_lane(work: LaneWork, store: Store, namespaces: NamespaceStates, size: int) -> None:
    """Name the next so many customers who go over; a slice that is not full is the last one."""
    lane, active = work.lane, work.lane.active
    if active.adopting is None or not active.adopting.is_beyond:
        places = _next_places(work, store, active.walked, size)
        work.walk = _slice(work, places, is_last=len(places) < size)
        return
    places = namespaces.walk(lane.partition, active.adopting, active.walked, size)
    _know(work, store, places)
    found = _slice(work, places, is_last=len(places) < size)
    # Who is not known here has a state in the namespace alone.
    work.walk = found._replace(customers=[place.customer_id for place in places])


def adopt_lane(work: LaneWork, namespaces: NamespaceStates) -> None:
    """Fill in what a namespace holds of those whom the work names and who have not gone over to it."""
    lane, adopting = work.lane, work.lane.active.adopting
    if adopting is None:
        return
    named = {customer_id for each in work.inbound if (customer_id := each.customer_id) is not None}
    named.update(work.due, work.walk.customers if work.walk is not None else ())
    known, number = lane.customers, adopting.terms.id
    left = [each for each in named if each not in known or known[each].adopted != number]
    if left:
        work.states = namespaces.states(lane.partition, adopting, left)


def pay_lane(work: LaneWork, store: Store, allowed: int) -> int:
    """Name the next customers to whom an event is owed, and who stands between them; return how many are owed one."""
    lane = work.lane
    assert lane.active.owing is not None
    places = _next_places(work, store, lane.active.owing, SLICE)
    known = lane.customers
    owed = [at for at, each in enumerate(places) if each.customer_id in known and known[each.customer_id].owed]
    if len(owed) <= allowed:
        work.pay = _slice(work, places, is_last=len(places) < SLICE)
        return len(owed)
    work.pay = _slice(work, places[: owed[allowed]], is_last=False)
    return allowed


def _next_places(work: LaneWork, store: Store, behind: Place, size: int) -> list[Place]:
    """Return the next places of a walk along the due index, with everybody there in memory."""
    lane = work.lane
    places = store.walk(lane.lease, behind, size)
    _know(work, store, places)
    return places


def _know(work: LaneWork, store: Store, places: list[Place]) -> None:
    """Have everybody at these places in memory who is in the partition."""
    lane = work.lane
    ids = [place.customer_id for place in places if place.customer_id not in lane.leaving]
    missing = [customer_id for customer_id in ids if customer_id not in lane.customers]
    if missing:
        _keep(work, store.load(lane.lease, missing, due_until=NO_CLOCK, due_budget=0)[0])


def _slice(work: LaneWork, places: list[Place], *, is_last: bool) -> Slice:
    known = work.lane.customers
    customers = [place.customer_id for place in places if place.customer_id in known]
    work.customers |= {customer_id: known[customer_id] for customer_id in customers}
    return Slice(customers, None if is_last else places[-1])


def _load(work: LaneWork, store: Store, missing: list[str], budget: int) -> None:
    lane = work.lane
    clock = lane.progress.clock.instant
    # Redis still lists customers whose boundaries fired in the chunk that is held: they must not use the budget up.
    asked = budget + len(lane.unapplied) + len(lane.leaving) if budget else 0
    records, due = store.load(lane.lease, missing, due_until=clock, due_budget=asked)
    _keep(work, records)
    if budget:
        work.asked_until = clock
        work.is_due_complete = len(due) < asked
        gone = lane.unapplied.keys() | lane.leaving
        _take_due(work, store, [customer_id for customer_id in due if customer_id not in gone], budget)


def _take_due(work: LaneWork, store: Store, due: list[str], budget: int) -> None:
    """Choose the earliest of who is due by Redis, and by the newer states that it does not have yet."""
    lane, clock = work.lane, work.asked_until
    unknown = [customer_id for customer_id in due[:budget] if customer_id not in lane.customers]
    if unknown:
        _keep(work, store.load(lane.lease, unknown, due_until=clock, due_budget=0)[0])
    found = [lane.customers[customer_id] for customer_id in due[:budget]]
    found += [one for one in lane.unapplied.values() if one.due_at is not None and one.due_at <= clock]
    found.sort(key=_due_and_id)
    work.due = [customer.customer_id for customer in found[:budget]]
    if len(due) > budget or len(found) > budget:
        work.is_due_complete = False
    if not work.due and work.is_due_complete:
        lane.nobody_due_until = clock


def _due_and_id(customer: Customer) -> tuple[int, bytes]:
    return customer.due_at or 0, customer.customer_id.encode()


def _keep(work: LaneWork, records: list[bytes | None]) -> None:
    for record in records:
        if record is not None:
            customer = decode_customer(record)
            work.lane.customers[customer.customer_id] = customer
