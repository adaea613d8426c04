"""The control topic, read whole and without a group by every worker."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.contract.control import (
    ControlRecord,
    Erasure,
    GiveUp,
    Hold,
    Moved,
    Promotion,
    Replay,
    Resume,
    Skip,
    Swap,
    Unerasure,
    WindowSwap,
    decode_control,
)
from stream_app.core.errors import OutageError
from stream_app.core.promotions import Promotions
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader

log = structlog.get_logger("segstream.control")


class Control:
    """Everything operators have said so far, by offset."""

    def __init__(self, settings: Settings, *, is_worker: bool = False) -> None:
        """Read from the beginning; a worker says in its log what it passes over, the first of each kind."""
        self._settings = settings
        self._erasure_key = None if settings.erasure is None else settings.erasure.fingerprint
        self._is_silent = not is_worker
        self._told: set[str] = set()
        self._topic = settings.topics.control
        # Who is erased is so in every namespace; nothing else that is said of what is live holds in one.
        self._unread = {self._topic, settings.topics.live.control}
        self._consumer = Consumer(log_reader(settings, "control"))
        self._consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING) for topic in sorted(self._unread)])
        self.position = 0
        """The offset after the last record read."""
        self.is_read = False
        """True once the end was reached."""
        self.refused = 0
        """Records that were no control record, or an erasure under another key than ours: passed over, counted."""
        self._records: list[tuple[int, ControlRecord]] = []
        self.promotions = Promotions()
        self.erased: dict[str, Erasure] = {}
        """Who is erased and not unerased since, by hash."""
        self.erasure_keys: set[str] = set()
        """The fingerprints of all keys by which people were erased, or so somebody says."""
        self.replay: Replay | None = None
        """What the namespace is made of; None in a live deployment."""
        self.given_up: set[int] = set()
        """The ids of swaps that nobody need go on with."""
        self.moved: Moved | None = None
        """With which topics the deployment goes on; None: with these."""

    def read(self, timeout_seconds: float = 0.0) -> bool:
        """Read what is there; return whether anything new came."""
        before = self.position
        records: list[Any] = self._consumer.consume(500, timeout_seconds)
        for record in records:
            error = record.error()
            if error is None:
                self._take(record.offset(), record.value(), is_own=record.topic() == self._topic)
            elif error.code() == KafkaError._PARTITION_EOF:
                if record.topic() == self._topic:
                    self.position = max(self.position, record.offset())
                self._unread.discard(record.topic())
                self.is_read = not self._unread
            elif error.fatal() or error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise KafkaException(error)
        return self.position != before

    def read_to_end(self) -> None:
        """Read until the end was seen; raises OutageError when it does not come in 10 seconds."""
        for _ in range(20):
            self.read(0.5)
            if self.is_read:
                return
        brokers = self._settings.kafka_bootstrap_servers
        raise OutageError(
            f"{self._topic} on Kafka at {brokers} cannot be read.",
            "Check KAFKA_BOOTSTRAP_SERVERS, or ask `segstream doctor`.",
            code="KAFKA_AWAY",
        )

    def _take(self, offset: int, value: bytes | None, *, is_own: bool) -> None:
        if is_own:
            self.position = offset + 1
        try:
            record = decode_control(value or b"")
            if not is_own and not isinstance(record, Erasure | Unerasure):
                return
            if isinstance(record, Promotion | WindowSwap):
                self.promotions.hear(record)
            elif isinstance(record, Replay) and self.replay is None:
                self.replay = record
                self.promotions.hear(record)
        except (msgspec.MsgspecError, ValueError):
            self._refuse(offset, "it is no control record that this release knows", is_own=is_own)
        else:
            if isinstance(record, Erasure | Unerasure):
                self._note_erasure(offset, record, is_own=is_own)
            else:
                self._note(offset, record)

    def _refuse(self, offset: int, cause: str, *, is_own: bool) -> None:
        self.refused += is_own
        if self._is_silent or cause in self._told:
            return
        self._told.add(cause)
        log.error("control record refused", offset=offset, cause=cause)

    def _note_erasure(self, offset: int, record: Erasure | Unerasure, *, is_own: bool) -> None:
        self.erasure_keys.add(record.key)
        if self._erasure_key not in (None, record.key):
            self._refuse(offset, "it is an erasure under another SEGSTREAM_ERASURE_KEY than ours", is_own=is_own)
        elif isinstance(record, Erasure):
            self.erased[record.hash] = record
        else:
            self.erased.pop(record.hash, None)

    def _note(self, offset: int, record: ControlRecord) -> None:
        if isinstance(record, Moved):
            self.moved = record
        else:
            self._records.append((offset, record))
            if isinstance(record, GiveUp):
                self.given_up.add(record.id)

    def erased_in(self, partition: int, partitions: int) -> list[str]:
        """Return the hashes of who is erased and may have orders in a partition."""
        return [
            hash_
            for hash_, said in self.erased.items()
            if said.partition in (None, partition) or said.partitions != partitions
        ]

    def orders_for(self, partition: int, since: int) -> list[Resume | Skip]:
        """Return what was said about a partition at or after a control position."""
        return [
            record
            for offset, record in self._records
            if offset >= since and isinstance(record, Resume | Skip) and record.partition == partition
        ]

    def swaps_since(self, since: int) -> list[Hold | Swap | GiveUp]:
        """Return what was said of swaps at or after a control position."""
        kinds = Hold | Swap | GiveUp
        return [record for offset, record in self._records if offset >= since and isinstance(record, kinds)]

    def newest_swap(self, namespace: str) -> Swap | None:
        """Return the last swap to a namespace that was said, None when none was."""
        said = (each for _, each in reversed(self._records) if isinstance(each, Swap) and each.namespace == namespace)
        return next(said, None)

    def position_behind(self, swap_id: int) -> int:
        """Return the control position behind a swap."""
        return next(offset + 1 for offset, record in self._records if isinstance(record, Swap) and record.id == swap_id)

    def start_of(self, partition: int) -> int:
        """Return the first offset of a partition that counts; what retention has removed since counts no more."""
        return 0 if self.replay is None else self.replay.starts[partition]

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()


def read_control(settings: Settings) -> Control:
    """Return everything said so far, by a reader that is closed again; raises OutageError like `read_to_end`."""
    control = Control(settings)
    try:
        control.read_to_end()
    finally:
        control.close()
    return control
