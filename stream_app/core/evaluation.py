"""Scores a customer at an instant: features → segment → compare → Move."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.contract.segment_change import Cause, HistoryStep, encode_step
from stream_app.core.customer import HISTORY_LENGTH, NOT_WAITING, Customer
from stream_app.core.move import NO_OFFSET, Move
from stream_app.core.timeline import next_boundary, next_day


def evaluate(
    customer: Customer,
    cause: Cause,
    scorer: Scorer,
    window: int | None,
    *,
    source_offset: int = NO_OFFSET,
    is_history: bool = False,
    is_silent: bool = False,
) -> Move | None:
    """Score the customer at its `as_of`, set the next boundary and return the move if the segment is another."""
    rfm = customer.counted
    before = customer.features
    after = customer.features = rfm.features(rfm.as_of)
    index, day = -1, None
    if after is not None:
        days = after.recency_days
        scores = scorer.without_recency(after.frequency, after.monetary, after.unique_products)
        index = scorer.nearest(scores, days)
        day = next_day(scores, scorer.recency_weights, index, days)
    customer.due_at = next_boundary(rfm, window, day)
    customer.waits_since = NOT_WAITING
    customer.model_version = scorer.version
    segment, name = ("", "") if after is None else (scorer.ids[index], scorer.names[index])
    if segment == customer.segment:
        # Another model may call the same segment otherwise.
        customer.segment_name = name
        return None
    move = Move(customer, index, scorer, cause, before, source_offset, is_history, is_silent)
    customer.segment = segment
    customer.segment_name = name
    customer.since = rfm.as_of
    if not is_silent:
        _remember(customer, move)
    return move


def erase(customer: Customer, as_of: int, scorer: Scorer, source_offset: int) -> Move | None:
    """Take the customer out of every segment and return the move, None when nobody was ever told of the customer.

    Who has lapsed is told of too: subscribers learn from it whom to forget. It says no features.
    """
    if not customer.sequence:
        return None
    customer.counted.as_of = max(customer.counted.as_of, as_of)
    customer.features = customer.due_at = None
    move = Move(customer, -1, scorer, "erasure", None, source_offset, is_history=False)
    customer.sequence = move.sequence
    return move


def _remember(customer: Customer, move: Move) -> None:
    """Count the move and put it on top of the customer's history."""
    customer.sequence = move.sequence
    step = HistoryStep(move.sequence, move.as_of, move.old_id or None, customer.segment or None, move.cause)
    history = customer.history
    history.insert(0, encode_step(step))
    del history[HISTORY_LENGTH:]
