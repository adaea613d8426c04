"""GET /customers: one customer, as Redis knows them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from stream_app.api.answers import CustomerAnswer, Explanation
from stream_app.api.customer_answer import customer_answer
from stream_app.api.documented import problems
from stream_app.api.explain_answer import explanation
from stream_app.api.parts import Here, Parts
from stream_app.api.problems import Problem
from stream_app.core.state_layout import StateHeader
from stream_app.core.state_record import read_header
from stream_app.lookup import Lookup

router = APIRouter(tags=["customers"])

CustomerId = Annotated[str, Path(min_length=1, max_length=512, description="Exact: mind capitals and spaces.")]


@router.get("/customers/{customer_id:path}/explain", responses=problems(404, 409, 422, 503))
async def explain(customer_id: CustomerId, here: Here) -> Explanation:
    """Return what keeps a customer in their segment, and the smallest steps that would move them."""
    return await here.asking.redis(lambda lookup: _explanation(lookup, here, customer_id))


@router.get("/customers/{customer_id:path}", responses=problems(404, 422, 503))
async def customer(customer_id: CustomerId, here: Here) -> CustomerAnswer:
    """Return a customer's segment, features, history and orders, and what comes next if nothing is bought."""
    return await here.asking.redis(lambda lookup: _answer(lookup, here, customer_id))


def _answer(lookup: Lookup, here: Parts, customer_id: str) -> CustomerAnswer:
    record, header = found(lookup, customer_id)
    version = header.model_version
    rules, clock = lookup.rules_of(customer_id, header.adopted, version)
    scorer = here.champion.scorer_of(version) if version else None
    names = {} if scorer is None else dict(zip(scorer.ids, scorer.names, strict=True))
    return customer_answer(record, clock, rules, scorer, names)


def _explanation(lookup: Lookup, here: Parts, customer_id: str) -> Explanation:
    record, header = found(lookup, customer_id)
    version = header.model_version
    rules, clock = lookup.rules_of(customer_id, header.adopted, version)
    scorer = here.champion.scorer_of(version) if version else here.champion.live().scorer
    if scorer is None:
        detail = f"Model {version}, which scored this customer, is not in the store."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "MODEL_AWAY", detail, "Put its folder back.")
    return explanation(record, clock, rules, scorer)


def found(lookup: Lookup, customer_id: str) -> tuple[bytes, StateHeader]:
    """Return a customer's state, and its header; raises Problem for nobody."""
    record = lookup.record(customer_id)
    if record is None:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "CUSTOMER_UNKNOWN",
            "Nobody has this id.",
            "Ids are exact: mind capitals and spaces. `segstream partitions list` shows how far the worker has come.",
        )
    return record, read_header(record)
