"""The doctor's round: looks at one thing after the other, and goes on although an earlier one failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stream_app.core.errors import SegstreamError
from stream_app.doctor.facts import (
    Bounds,
    KafkaFacts,
    OrderFacts,
    RedisFacts,
    Refusal,
    SeenPartition,
    TopicFacts,
    WorkerFacts,
)
from stream_app.doctor.finding import Finding, skipped
from stream_app.doctor.judge.erasure import judge_erasures
from stream_app.doctor.judge.kafka import judge_kafka
from stream_app.doctor.judge.machine import judge_clocks, judge_settings, judge_versions
from stream_app.doctor.judge.model import judge_model
from stream_app.doctor.judge.orders import judge_orders
from stream_app.doctor.judge.redis import judge_redis
from stream_app.doctor.judge.topics import judge_topics
from stream_app.doctor.judge.workers import judge_workers
from stream_app.doctor.look.conversation import quiet
from stream_app.doctor.look.erasure import look_at_erasures
from stream_app.doctor.look.kafka import look_at_kafka
from stream_app.doctor.look.machine import look_at_clocks, look_at_machine
from stream_app.doctor.look.model import look_at_model
from stream_app.doctor.look.orders import look_at_orders
from stream_app.doctor.look.redis import look_at_redis
from stream_app.doctor.look.topics import bounds, look_at_topics
from stream_app.doctor.look.workers import look_at_group, look_at_page, look_at_partitions
from stream_app.settings import Settings, variable_of
from stream_app.settings_sources import Origin, origins, unknown_names
from stream_app.worker.kafka_config import connection

_SILENCE = (KafkaException, TimeoutError)
"""What a broker's refusal or silence raises: others may still answer."""


@dataclass(frozen=True)
class Group:
    """The findings about one thing."""

    name: str
    findings: tuple[Finding, ...]


class Examination:
    """One round over a deployment; what later checks need of earlier ones is kept in between."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self._brokers = 0
        self._unseen = ""
        """Why nothing can be said of what lies in Kafka; empty while it can."""
        self._topics: TopicFacts | None = None
        self._bounds: Bounds | None = None
        self._orders: OrderFacts | None = None
        self._redis: RedisFacts | None = None

    def groups(self) -> Iterator[Group]:
        """Yield each group as soon as it is looked at."""
        for name, findings in (
            ("Settings", judge_settings(unknown_names(Settings), _places())),
            ("Kafka", self._examine_kafka()),
            ("Topics", self._examine_topics()),
            ("Orders", self._examine_orders()),
            ("Redis", self._examine_redis()),
            ("Model", self._examine_model()),
            ("Erasure", self._examine_erasures()),
            ("Workers", self._examine_workers()),
            ("Versions", judge_versions(look_at_machine())),
            ("Clock", self._examine_clocks()),
        ):
            yield Group(name, tuple(findings))

    def _examine_kafka(self) -> Iterator[Finding]:
        kafka = look_at_kafka(self._settings)
        yield from judge_kafka(kafka)
        self._unseen = _why_unseen(kafka)
        if not self._unseen:
            self._admin = AdminClient(quiet(connection(self._settings, "doctor")))
            self._brokers = len(kafka.brokers)

    def _examine_topics(self) -> Iterator[Finding]:
        if self._admin is None:
            yield skipped("topics.exist", self._unseen)
            return
        try:
            self._topics = look_at_topics(self._admin, self._settings, self._brokers)
        except SegstreamError as error:
            self._unseen = error.cause.rstrip(".")
            yield skipped("topics.exist", self._unseen)
            return
        yield from judge_topics(self._settings.topics, self._topics)

    def _examine_orders(self) -> Iterator[Finding]:
        orders = self._settings.topics.orders
        if self._topics is None or self._admin is None or orders not in self._topics.seen:
            yield skipped("orders.partitioner", self._unseen or f"{orders} is missing")
            return
        try:
            self._bounds = bounds(self._admin, orders, self._topics.seen[orders].partitions)
            self._orders = look_at_orders(self._settings, self._bounds)
        except _SILENCE as error:
            yield skipped("orders.partitioner", f"{orders} cannot be read ({_words(error)})")
            return
        yield from judge_orders(self._orders)

    def _examine_redis(self) -> Iterator[Finding]:
        self._redis = look_at_redis(self._settings)
        yield from judge_redis(self._redis)

    def _unseen_control(self) -> str:
        """Return why the control topic cannot be read; empty when it can."""
        control = self._settings.topics.control
        has_control = self._topics is not None and control in self._topics.seen
        return "" if has_control else self._unseen or f"{control} is missing"

    def _examine_erasures(self) -> Iterator[Finding]:
        unseen, facts = self._unseen_control(), None
        if self._admin is not None and not unseen:
            try:
                facts = look_at_erasures(self._settings, self._admin)
            except _SILENCE as error:
                unseen = f"{self._settings.topics.control} cannot be read ({_words(error)})"
        yield from judge_erasures(facts, unseen)

    def _examine_model(self) -> Iterator[Finding]:
        control = self._settings.topics.control
        unseen = self._unseen_control()
        counted = [seen.window_days for seen in self._held() or () if seen.is_written]
        try:
            facts = look_at_model(self._settings, None if unseen else self._admin, counted)
        except _SILENCE as error:
            unseen = f"{control} cannot be read ({_words(error)})"
            facts = look_at_model(self._settings, None, counted)
        yield from judge_model(facts, unseen)

    def _examine_workers(self) -> Iterator[Finding]:
        settings = self._settings
        if self._bounds is None or self._admin is None:
            yield skipped("workers.members", self._unseen or "the orders topic cannot be read")
            return
        try:
            group = look_at_group(self._admin, settings, self._bounds)
        except _SILENCE as error:
            yield skipped("workers.members", f"the brokers do not say how the group stands ({_words(error)})")
            return
        held = self._held()
        page, problems = look_at_page(settings)
        ours = (settings.window_days, settings.currency, settings.clock)
        yield from judge_workers(WorkerFacts(group, held, page, problems, *ours))

    def _held(self) -> tuple[SeenPartition, ...] | None:
        """Return what Redis holds of each partition; None where nobody can know."""
        if self._bounds is None or self._redis is None or not self._redis.is_usable:
            return None
        return look_at_partitions(self._settings, self._bounds.partitions)

    def _examine_clocks(self) -> Iterator[Finding]:
        assert self._redis is not None
        yield from judge_clocks(look_at_clocks(self._redis, self._orders))


def _words(error: Exception) -> str:
    return str(error.args[0].str()) if isinstance(error, KafkaException) else "no answer in time"


def _places() -> dict[str, Origin]:
    return {variable_of(field): origin for field, origin in origins(Settings, {}).items()}


def _why_unseen(kafka: KafkaFacts) -> str:
    if kafka.is_usable:
        return ""
    if kafka.is_answering:
        return "a broker cannot be reached where it says it is"
    is_shut = kafka.refused is not None and kafka.refused.why is not Refusal.MUTE
    return "Kafka does not let this client in" if is_shut else "Kafka does not answer"
