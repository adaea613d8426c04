"""What time alone will do to a customer: the same boundaries that the worker fires, taken ahead."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.core.clock import Clock
from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.move import Move
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import Chunk
from stream_app.core.rules import Rules
from stream_app.core.timeline import LAST_INSTANT


def forecast(customer: Customer, scorer: Scorer, rules: Rules) -> list[Move]:
    """Return the moves that come if the customer does nothing and the model stays, in their order.

    `customer` is used up. Nothing can be said of one whose history waits for its score.
    """
    if customer.waits_since != NOT_WAITING:
        return []
    chunk = Chunk(Progress(0, clock=Clock(LAST_INSTANT)), {customer.customer_id: customer}, scorer, rules)
    chunk.fire([customer.customer_id])
    return chunk.outcome.moves
