"""Sends orders and ticks to the orders topic as a careful shop would: keyed, idempotent, every delivery confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, Producer, TopicCollection
from confluent_kafka.admin import AdminClient
from msgspec import Struct

from stream_app.contract.traceparent import TRACE_HEADER
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.core.inbound import HISTORY_HEADER, TICK_HEADER
from stream_app.core.instants import rfc3339
from stream_app.core.partitioner import Partitioner
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection, plain_producer
from stream_app.worker.kafka_refusals import CALL_SECONDS, RIGHTS, kafka_refusals, partition_count
from stream_app.worker.kafka_rights import may_not_write, writing

FLUSH_SECONDS = 60.0
PARTITION_UA = -1
"""To the client: whichever the partitioner says."""
LOST_INTERRUPT = "returned NULL without setting an exception"
_PARTITIONERS = {
    Partitioner.MURMUR2: "murmur2_random",
    Partitioner.CRC32: "consistent_random",
    Partitioner.ANY: "murmur2_random",
}

Delivered = Callable[[int, int], None]


class Target(Struct, frozen=True):
    """The one orders topic that is meant: a topic made anew under the same name is another one."""

    cluster_id: str
    topic: str
    topic_id: str


class Sender:
    """One producer of orders; raises OutageError, or StopError without the right, once any record was not taken."""

    def __init__(self, settings: Settings, traceparent: bytes | None = None) -> None:
        """`traceparent`: the trace to which all orders that are sent belong."""
        traced: Any = [(TRACE_HEADER, traceparent)] if traceparent else []
        self._headers: Any = traced or None
        self._history_headers: Any = [(HISTORY_HEADER, b"true"), *traced]
        self._settings = settings
        self._topic = settings.topics.orders
        self._producer = Producer(
            {
                **plain_producer(settings, "sender"),
                "partitioner": _PARTITIONERS[settings.key_partitioner],
                "queue.buffering.max.messages": 200_000,
                "linger.ms": 10,
                "message.timeout.ms": int(FLUSH_SECONDS * 1_000),
            }
        )
        self._failed: KafkaError | None = None
        self._partitions = partition_count(self._producer, settings, self._topic)

    def target(self) -> Target:
        """Return where the orders go; raises when Kafka does not answer or has no such topic."""
        admin = AdminClient(connection(self._settings, "admin"))
        with kafka_refusals(self._settings):
            cluster_id = admin.list_topics(timeout=CALL_SECONDS).cluster_id
            found = admin.describe_topics(TopicCollection([self._topic]), request_timeout=CALL_SECONDS)
            topic_id = found[self._topic].result(CALL_SECONDS).topic_id
        return Target(str(cluster_id), self._topic, str(topic_id))

    def send(self, key: str, value: bytes, *, is_history: bool = False, delivered: Delivered | None = None) -> None:
        """Send one order; waits while the queue is full."""
        headers = self._history_headers if is_history else self._headers
        self._produce(value, key.encode(), headers=headers, on_delivery=self._report(delivered))

    def mark(self, customer_id: str, header: str, proof: bytes, delivered: Delivered) -> None:
        """Send a marker to the customer's partition; to all of them when nobody says which one it is."""
        is_known = self._settings.key_partitioner is not Partitioner.ANY
        for partition in [PARTITION_UA] if is_known else range(self.partitions()):
            headers: Any = [(header, proof)]
            report = self._report(delivered)
            self._produce(None, customer_id.encode(), partition=partition, headers=headers, on_delivery=report)

    def poll(self, seconds: float) -> None:
        """Let deliveries be reported, for so long at most."""
        with interruptible(), writing(self._settings, self._topic):
            self._producer.poll(seconds)
        self._check(0)

    def tick(self, instant: int) -> None:
        """Move the clock of every partition to an instant, behind all that was sent before."""
        self.flush()
        headers: Any = [(TICK_HEADER, rfc3339(instant).encode())]
        for partition in range(self.partitions()):
            self._produce(None, None, partition=partition, headers=headers, on_delivery=self._report(None))
        self.flush()

    def partitions(self) -> int:
        """Return how many partitions the orders topic has."""
        return self._partitions

    def flush(self) -> None:
        """Wait until everything was taken; raises OutageError when something was not."""
        with interruptible(), writing(self._settings, self._topic):
            left = self._producer.flush(FLUSH_SECONDS)
        self._check(left)

    def settle(self, seconds: float) -> None:
        """Wait until everything was taken, for so long at most; what was not stays unconfirmed."""
        self._producer.flush(seconds)

    def _produce(self, value: bytes | None, key: bytes | None, **options: Any) -> None:
        self._settings.require_live()
        while True:
            try:
                with writing(self._settings, self._topic):
                    self._producer.produce(self._topic, value, key, **options)
                self.poll(0)
                return
            except BufferError:
                self.poll(0.1)

    def _report(self, delivered: Delivered | None) -> Callable[[KafkaError | None, Any], None]:
        def on_delivery(error: KafkaError | None, record: Any) -> None:
            if error is not None:
                self._failed = error
            elif delivered is not None:
                delivered(record.partition(), record.offset())

        return on_delivery

    def _check(self, left: int) -> None:
        if self._failed is not None and self._failed.code() in RIGHTS:
            raise may_not_write(self._settings, self._topic)
        if self._failed is not None and self._failed.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            raise SegstreamError(
                f"{self._topic} takes no record of this size: it is sealed, or the order is too large.",
                "Ask `segstream topics check`. After a move to other topics set their SEGSTREAM_TOPIC_PREFIX.",
                code="ORDERS_REFUSED",
            )
        if self._failed is not None or left:
            reason = self._failed.name() if self._failed is not None else f"{left} records wait"
            raise OutageError(
                f"Kafka did not take every order ({reason}).", "Send again: what was taken is a duplicate then."
            )


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C in a delivery report through.

    The client's C code answers it with a SystemError, caused by the interrupt or, in about one of four times, with
    the interrupt lost: "returned NULL without setting an exception".
    """
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt) or LOST_INTERRUPT in str(error):
            raise KeyboardInterrupt from error
        raise
