"""Which partition a key belongs to: Java's hash by default, or the one the shop's producers use."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from struct import unpack_from
from zlib import crc32


class Partitioner(StrEnum):
    """How the producers of orders choose a partition."""

    MURMUR2 = "murmur2"
    """Java, aiokafka, and librdkafka with partitioner=murmur2_random."""
    CRC32 = "crc32"
    """librdkafka's default."""
    ANY = "any"
    """Not checked: a customer's orders still must stay in one partition."""


@lru_cache(maxsize=200_000)
def partition_of(key: bytes, partitions: int, partitioner: Partitioner) -> int | None:
    """Return the key's partition, None when any will do.

    >>> partition_of(b"C1", 4, Partitioner.MURMUR2), partition_of(b"C1", 4, Partitioner.CRC32)
    (1, 3)
    """
    if partitioner is Partitioner.MURMUR2:
        return (murmur2(key) & 0x7FFFFFFF) % partitions
    if partitioner is Partitioner.CRC32:
        return crc32(key) % partitions
    return None


def murmur2(data: bytes) -> int:
    """Return the 32-bit murmur2 hash with Kafka's seed, as its Java client computes it."""
    size = len(data)
    h = 0x9747B28C ^ size
    end = size & ~3
    for word in unpack_from(f"<{size >> 2}I", data):
        k = word * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    if size != end:
        h = (h ^ int.from_bytes(data[end:], "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)


_M = 0x5BD1E995
_MASK = 0xFFFFFFFF
