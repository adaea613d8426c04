"""A customer's step from one segment to another, as long as a chunk lasts."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.contract.segment_change import Cause
from stream_app.core.customer import Customer
from stream_app.core.features import Features
from stream_app.core.instants import rfc3339

NO_OFFSET = -1
"""The source of what time alone did."""


class Move:
    """What a SegmentChange says, before it is put into words: the customer goes on changing meanwhile."""

    __slots__ = (
        "after",
        "as_of",
        "before",
        "cause",
        "customer_id",
        "due_at",
        "index",
        "is_history",
        "is_silent",
        "new_id",
        "old_id",
        "old_name",
        "scorer",
        "sequence",
        "source_offset",
    )

    def __init__(
        self,
        customer: Customer,
        index: int,
        scorer: Scorer,
        cause: Cause,
        before: Features | None,
        source_offset: int,
        is_history: bool,
        is_silent: bool = False,
    ) -> None:
        """Take down the step of a customer who was evaluated and still shows the old segment."""
        self.customer_id = customer.customer_id
        self.sequence = customer.sequence + 1
        self.old_id = customer.segment
        """Empty: the customer was in no segment."""
        self.old_name = customer.segment_name
        self.index = index
        """The new segment's place in the model, -1 when the customer has lapsed."""
        self.new_id = scorer.ids[index] if index >= 0 else ""
        self.scorer = scorer
        """The model that decided: two of them have a part in a chunk that switches."""
        self.cause: Cause = cause
        self.as_of = rfc3339(customer.counted.as_of)
        self.before = before
        self.after = customer.features
        self.due_at = customer.due_at
        self.source_offset = source_offset
        self.is_history = is_history
        """True for what subscribers should not act on: loaded history, and a quiet change of the model."""
        self.is_silent = is_silent
        """True for what nobody is told of: it has no sequence, and is in no history."""
