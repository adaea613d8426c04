"""Topics, a model and a key space of one run's own, on servers that all runs share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from redis import Redis

from stream_app.local.ports import free_ports
from stream_app.settings import Settings, load_settings
from stream_app.topics import create_topics
from stream_app.worker.kafka_config import connection, log_reader, plain_producer

PARTITIONS = 4


@dataclass(frozen=True)
class Servers:
    """Where Kafka and Redis answer, and where files may go."""

    kafka: str
    redis_url: str
    folder: Path


class Deployment:
    """What one run reads and writes; no other run sees it."""

    def __init__(self, servers: Servers, **flags: object) -> None:
        self.name = f"b{uuid4().hex[:8]}"
        self.folder = servers.folder / self.name
        self.folder.mkdir(parents=True)
        self.settings: Settings = load_settings(
            kafka_bootstrap_servers=servers.kafka,
            kafka_group_id=self.name,
            redis_url=servers.redis_url,
            redis_prefix=f"{self.name}:",
            topic_prefix=f"{self.name}.",
            model_uri=str(self.folder / "store"),
            clock="event",
            web_port=free_ports(1)[0],
            **flags,
        )
        self.redis = Redis.from_url(servers.redis_url)
        create_topics(self.settings, PARTITIONS, 1)

    @property
    def output(self) -> Path:
        """Where the contestant's words go."""
        return self.folder / "worker.out"

    def producer(self, **options: object) -> Producer:
        """Return a shop's producer, with some options of its own."""
        return Producer(plain_producer(self.settings, "bench") | options)

    def fill(self, orders: Iterable[tuple[bytes, bytes]], codec: str) -> None:
        """Put orders into their topic, as fast as it takes them."""
        producer = self.producer(**{"queue.buffering.max.messages": 1_000_000, "compression.type": codec})
        for at, (key, value) in enumerate(orders):
            producer.produce(self.settings.topics.orders, value, key)
            if at % 500 == 0:
                producer.poll(0)
        assert producer.flush(120) == 0, "Kafka did not take all orders"

    def committed(self, topic: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and value of all that a committed reader sees in a topic."""
        consumer = Consumer(log_reader(self.settings, "bench", wait_ms=100))
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        ended = 0
        while ended < PARTITIONS:
            for record in consumer.consume(2_000, 0.05):
                error = record.error()
                if error is None:
                    yield record.key(), record.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended += 1
        consumer.close()

    def drop(self) -> None:
        """Give the servers their room back."""
        admin = AdminClient(connection(self.settings, "admin"))
        # A peer's own topics bear the name too.
        mine = [name for name in admin.list_topics(timeout=10).topics if name.startswith(self.name)]
        for future in admin.delete_topics(mine).values():
            future.result(30)
        self.redis.flushall()
        self.redis.close()
