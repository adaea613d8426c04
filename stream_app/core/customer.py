"""One customer: the RFM state, and the standing it gave at the last evaluation."""

from __future__ import annotations

from stream_app.core.entry import Entry
from stream_app.core.features import Features
from stream_app.core.rfm import RfmState
from stream_app.core.stored_rfm import StoredRfm

HISTORY_LENGTH = 20
NOT_WAITING = -2
"""No history was folded since the last evaluation (-1 is the clock of a partition that has none)."""
NEVER_MOVED = -1
"""No change was published since the state began."""


class Customer:
    """The RFM state, the standing it gave at the last evaluation, and the instant at which time moves it next."""

    __slots__ = (
        "adopted",
        "counted",
        "customer_id",
        "due_at",
        "features",
        "history",
        "model_version",
        "owed",
        "segment",
        "segment_name",
        "sequence",
        "since",
        "waits_since",
    )

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.counted: RfmState | StoredRfm = RfmState()
        """What the orders add up to, whether they were read or not."""
        self.segment = ""
        """Empty: lapsed, or never scored."""
        self.segment_name = ""
        self.sequence = 0
        self.since = NEVER_MOVED
        self.due_at: int | None = None
        self.features: Features | None = None
        self.model_version = ""
        self.history: list[bytes] = []
        """The last changes as JSON objects, newest first."""
        self.owed = b""
        """The SegmentChange of the last move when it is still to be published; empty: nothing is owed."""
        self.adopted = 0
        """The `Adoption.id` of the last one that the customer went through; 0: there was none."""
        self.waits_since = NOT_WAITING
        """The clock at which history was folded without a score; NOT_WAITING when there is none."""

    @property
    def rfm(self) -> RfmState:
        """The RFM state with its orders, which are read now if they were not."""
        rfm = self.counted
        if isinstance(rfm, StoredRfm):
            rfm = self.counted = rfm.read()
        return rfm

    @rfm.setter
    def rfm(self, rfm: RfmState) -> None:
        self.counted = rfm

    def advance(self, as_of: int, window: int | None) -> tuple[bool, list[Entry]]:
        """Move to an instant as `RfmState.advance` does; orders are read only if one of them leaves the window."""
        rfm = self.counted
        if isinstance(rfm, StoredRfm) and (window is None or as_of < rfm.next_expiry(window)):
            rfm.as_of = max(rfm.as_of, as_of)
            return False, []
        return self.rfm.advance(as_of, window)
