"""Erased people: known by a keyed hash alone, so that nothing of them comes back and no list of them names anybody."""

from __future__ import annotations

import hmac
from typing import NamedTuple

import msgspec
from msgspec import Struct

ERASE_HEADER = "segstream.erase"
"""On a record of the orders topic without value: whose key is the customer to be erased."""
UNERASE_HEADER = "segstream.unerase"
"""The same, for the customer whose later orders are to count again."""

FINGERPRINT_DIGITS = 16
_FINGERPRINT_TEXT = b"\0segstream erasure key"
"""No customer id holds a NUL: the fingerprint is nobody's hash."""


class ErasureKey:
    """The secret by which people are hashed; whoever lacks it cannot tell from a hash whose it is."""

    __slots__ = ("_secret", "fingerprint")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.fingerprint = self._hash(_FINGERPRINT_TEXT)[:FINGERPRINT_DIGITS]
        """Tells one key from another and gives neither away."""

    def hash_of(self, customer_id: str) -> str:
        """Return a customer's HMAC-SHA256, in 64 hexadecimal digits.

        >>> ErasureKey(b"secret").hash_of("C1")[:16]
        'd833789ef1820bc3'
        """
        return self._hash(customer_id.encode())

    def header_of(self, customer_id: str) -> bytes:
        """Return the value of a marker's header: the hash proves that its sender has the key."""
        return f"{self.fingerprint}:{self.hash_of(customer_id)}".encode()

    def _hash(self, text: bytes) -> str:
        return hmac.digest(self._secret, text, "sha256").hex()


class Marker(NamedTuple):
    """What a marker among the orders asks for."""

    customer_id: str
    hash: str
    is_lifting: bool
    """True: the customer's later orders count again; False: nothing of the customer may be left."""


class Block(Struct, array_like=True, frozen=True):
    """One entry of a block list."""

    sequence: int
    """Of the customer's last change: a later state goes on behind it."""
    is_lifted: bool = False
    """True once the customer was unerased and has sent no order since."""
    adopted: int = 0
    """The id of the swap that was under way at the erasure: what its namespace holds is from before; 0: none was."""


encode_block = msgspec.json.Encoder().encode
decode_block = msgspec.json.Decoder(Block).decode


class BlockList:
    """Whom a partition has erased, by hash; false while it is empty, so that orders need not ask."""

    __slots__ = ("_blocks", "_unwritten")

    def __init__(self, blocks: dict[str, Block] | None = None) -> None:
        self._blocks = blocks if blocks is not None else {}
        self._unwritten: set[str] = set()

    def __len__(self) -> int:
        return len(self._blocks)

    @property
    def has_unwritten(self) -> bool:
        """True while something of it is in no changelog."""
        return bool(self._unwritten)

    def find(self, hash_: str) -> Block | None:
        """Return the entry of a hash."""
        return self._blocks.get(hash_)

    def block(self, hash_: str, sequence: int = 0, adopted: int = 0) -> None:
        """Let no order of a customer count; a sequence that is known already is never lowered."""
        known = self._blocks.get(hash_, Block(0))
        self._put(hash_, Block(max(sequence, known.sequence), adopted=adopted or known.adopted))

    def lift(self, hash_: str) -> None:
        """Let later orders count again, behind the sequence there was."""
        known = self._blocks.get(hash_)
        if known is not None:
            is_needed = known.sequence or known.adopted
            self._put(hash_, Block(known.sequence, is_lifted=True, adopted=known.adopted) if is_needed else None)

    def forget(self, hash_: str) -> None:
        """Drop the entry of a customer who has a state again."""
        if hash_ in self._blocks:
            self._put(hash_, None)

    def changes(self) -> dict[str, Block | None]:
        """Return the entries that changed since this was last asked; None: it is gone."""
        changed, self._unwritten = self._unwritten, set()
        return {hash_: self._blocks.get(hash_) for hash_ in sorted(changed)}

    def _put(self, hash_: str, block: Block | None) -> None:
        if self._blocks.get(hash_) == block:
            return
        self._unwritten.add(hash_)
        if block is None:
            del self._blocks[hash_]
        else:
            self._blocks[hash_] = block
