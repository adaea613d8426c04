"""The hash of a key is the one Kafka's Java client computes."""

from __future__ import annotations

import pytest

from stream_app.core.partitioner import Partitioner, murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973_932_308),
        (b"foobar", -790_332_482),
        (b"a-little-bit-long-string", -985_981_536),
        (b"a-little-bit-longer-string", -1_486_304_829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        (b"abc", 479_470_107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_tests(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


@pytest.mark.parametrize(
    ("partitioner", "partition"), [(Partitioner.MURMUR2, 4), (Partitioner.CRC32, 1), (Partitioner.ANY, None)]
)
def test_a_key_has_one_partition_under_each_partitioner(partitioner: Partitioner, partition: int | None) -> None:
    assert partition_of(b"C1", 7, partitioner) == partition


def test_a_negative_hash_gives_a_partition_as_in_java() -> None:
    assert partition_of(b"21", 4, Partitioner.MURMUR2) == (-973_932_308 & 0x7FFFFFFF) % 4
