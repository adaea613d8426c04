"""What operators say to all workers, in one topic of one partition that is never deleted."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType


class Promotion(
    Struct, frozen=True, tag="promote", kw_only=True, rename={"is_quiet": "quiet", "is_rollback": "rollback"}
):
    """This model is live from now on; the sha256 comes from here, never from the file."""

    version: str
    sha256: str
    by: str
    at: str
    why: str = ""
    effective_at: str | None = None
    """RFC 3339: a partition switches when its clock has come so far; None: at once."""
    is_quiet: bool = False
    """True: the changes that the switch leads to are tagged `replay`, so that nobody acts on them."""
    is_rollback: bool = False
    """True: it takes back what was said since this model was live."""
    window_days: int | UnsetType | None = UNSET
    """The window for which it was trained; where another one counts it is not followed. Unset: nobody said."""


class Resume(Struct, frozen=True, tag="resume", kw_only=True):
    """The operator has looked: a paused partition goes on."""

    partition: int
    by: str
    why: str
    at: str


class Skip(Struct, frozen=True, tag="skip", kw_only=True):
    """The operator gives up the records of a partition before an offset, because they cannot be read."""

    partition: int
    to_offset: int
    by: str
    why: str
    at: str


class Erasure(Struct, frozen=True, tag="erase", kw_only=True):
    """A customer is erased: who reads the orders from their beginning leaves out the customer's from the start."""

    hash: str
    """HMAC-SHA256 of the customer id under the erasure key: never the id."""
    key: str
    """The key's fingerprint."""
    partition: int | None
    """Where the customer's orders are; None: anywhere."""
    partitions: int
    """How many partitions there were then."""
    by: str
    why: str
    at: str


class Unerasure(Struct, frozen=True, tag="unerase", kw_only=True):
    """A customer's later orders count again."""

    hash: str
    key: str
    by: str
    why: str
    at: str


class Replay(Struct, frozen=True, tag="replay", kw_only=True, rename={"is_published": "published"}):
    """What a namespace is made of: the first one in its control topic holds for ever."""

    starts: list[int]
    """The first offset of each partition of the orders topic."""
    ends: list[int]
    """The offset at which each ends."""
    version: str
    """Of the model that scores; no other ever does."""
    sha256: str
    is_published: bool
    """True: changes and dead letters go to the namespace's own topics; otherwise nowhere."""
    by: str
    at: str
    window_days: int | UnsetType | None = UNSET
    """By which it counts; unset: by that of the settings."""


class Hold(Struct, frozen=True, tag="hold", kw_only=True):
    """All partitions stop where they stand and say so, so that a namespace can come to the same offsets."""

    namespace: str
    seconds: float
    """So long at most: a partition to which no swap comes by then goes on by itself."""
    by: str
    at: str


class Swap(Struct, frozen=True, tag="swap", kw_only=True, rename={"is_quiet": "quiet", "is_silent": "silent"}):
    """A namespace has counted to the offsets at which the partitions stand: they take over what it holds."""

    id: int
    """At random, and never 0: a customer's state says by which swap it was last taken over."""
    namespace: str
    barriers: list[int]
    """Of each partition the offset of the next order, here and in the namespace; one that stands elsewhere refuses."""
    clocks: list[int]
    """To what instants the namespace has come, in microseconds; -1: to none."""
    by: str
    at: str
    why: str = ""
    is_quiet: bool = False
    """True: the corrections are tagged `replay`, so that nobody acts on them."""
    is_silent: bool = False
    """True: the corrections are not published."""
    format: int = 1
    """In which the namespace's states are written; a worker that does not read it refuses."""


class WindowSwap(Swap, frozen=True, tag="window_swap", kw_only=True):
    """A swap to a namespace that counts by another window: its window and its model hold from then on.

    A record of a kind of its own: a release that does not know it refuses it, and takes over nothing.
    """

    window_days: int | None
    version: str
    sha256: str
    keeps_models: bool = False
    """True: some partitions count by this window already. They keep their models, and what is promoted for it holds."""


class GiveUp(Struct, frozen=True, tag="give_up", kw_only=True):
    """A swap is given up: who went over keeps what they took over, and who has not keeps what they had."""

    id: int
    """The swap's."""
    namespace: str
    by: str
    at: str
    why: str = ""


class Moved(Struct, frozen=True, tag="moved", kw_only=True):
    """The deployment goes on with other topics, and no worker may go on with these."""

    prefix: str
    """SEGSTREAM_TOPIC_PREFIX of the other topics."""
    by: str
    at: str


ControlRecord = Promotion | Resume | Skip | Erasure | Unerasure | Replay | Hold | Swap | WindowSwap | GiveUp | Moved

encode_control = msgspec.json.Encoder().encode
decode_control = msgspec.json.Decoder(ControlRecord).decode
