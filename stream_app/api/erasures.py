"""DELETE /customers: erases a person, and says whether it has happened or will."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

from fastapi import APIRouter, Response

from stream_app.api.answers import ErasureAnswer
from stream_app.api.customers import CustomerId
from stream_app.api.documented import problems
from stream_app.api.models import BY, Admin, all_answer
from stream_app.api.parts import Here, Parts
from stream_app.api.problems import Problem
from stream_app.core.errors import UsageError
from stream_app.privacy.erasing import POLL_SECONDS, Marked, Wish, mark, unanswered

router = APIRouter(tags=["customers"])

MARK_SECONDS = 20.0
EFFECT_SECONDS = 1.5
"""A worker that is not behind answers in a tenth of a second."""
WISH = Wish(by=BY)


@router.delete(
    "/customers/{customer_id:path}",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=Admin,
    responses={204: {"description": "Nothing of the customer is left in Redis."}, **problems(400, 403, 409, 422, 503)},
)
async def erase(customer_id: CustomerId, here: Here) -> ErasureAnswer:
    """Erase a customer, known or not, and drop what comes later; 202 when the worker has not answered yet."""
    await all_answer(here)
    try:
        marked = await here.asking.others(lambda: mark(here.settings, [customer_id], WISH), MARK_SECONDS)
    except UsageError as error:
        is_ours = error.code == "ERASURE_KEY_MISSING"
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_ours else HTTPStatus.BAD_REQUEST
        raise Problem(status, error.code, error.cause, error.mend) from error
    if await _has_effect(here, marked):
        return Response(status_code=HTTPStatus.NO_CONTENT)  # type: ignore[return-value]
    return ErasureAnswer(partitions=[each.partition for each in marked], offsets=[each.offset for each in marked])


async def _has_effect(here: Parts, marked: list[Marked]) -> bool:
    deadline = time.monotonic() + EFFECT_SECONDS
    while time.monotonic() < deadline:
        if not await here.asking.redis(lambda lookup: unanswered(lookup, marked, WISH)):
            return True
        await asyncio.sleep(POLL_SECONDS)
    return False
