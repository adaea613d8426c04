"""What an operator says to all workers: promotions, resumes and skips, each with who and why."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from msgspec import UNSET

from model_store.segment_model import SegmentModel
from model_store.store import Artefact
from stream_app.contract.control import ControlRecord, Promotion, Resume, Skip, encode_control
from stream_app.core.errors import OutageError, SegstreamError, UsageError
from stream_app.core.instants import instant_of
from stream_app.core.promotions import Promotions
from stream_app.lookup import counted_windows
from stream_app.settings import Settings
from stream_app.worker.control import read_control
from stream_app.worker.kafka_config import log_reader, plain_producer
from stream_app.worker.kafka_refusals import CALL_SECONDS, RIGHTS, kafka_refusals, partition_count
from stream_app.worker.kafka_rights import may_not_write, writing
from stream_app.worker.promoted import load_promoted


def promote(
    settings: Settings,
    artefact: Artefact,
    *,
    why: str = "",
    effective_at: str | None = None,
    is_quiet: bool = False,
    is_rollback: bool = False,
    by: str = "",
) -> None:
    """Make a model the live one, at once or when the clocks reach an instant; running workers switch to it.

    `by`: who says it, when that is not the user of this process.
    Raises ModelRefused when no worker of this deployment could use it, SegstreamError when it is the live one already.
    """
    said = promotions(settings)
    model = _candidate(settings, artefact, said)
    ours = _followed(settings, said)
    live = ours.live(now_us())
    if live is not None and live.version == artefact.version and ours.waiting(now_us()) is None:
        raise SegstreamError(
            f"Model {live.version} is live already.", "Nothing is to be done: workers use it.", code="MODEL_LIVE"
        )
    refuse_other_content(said, artefact.version, artefact.sha256)
    record = Promotion(
        version=artefact.version,
        sha256=artefact.sha256,
        by=by or told_by(),
        at=told_now(),
        why=why,
        effective_at=effective_at,
        is_quiet=is_quiet,
        is_rollback=is_rollback,
        window_days=model.window_days,
    )
    _say(settings, record)


def refuse_other_content(said: Promotions, version: str, sha256: str) -> None:
    """Raise SegstreamError when a version is another model for all who follow the control topic."""
    known = said.of(version)
    if known is not None and known.sha256 != sha256:
        raise SegstreamError(
            f"Version {version} was promoted before with another content, and workers keep to that.",
            "Publish the model under a new version and promote that.",
            code="MODEL_SHA256",
        )


def candidate(settings: Settings, artefact: Artefact) -> SegmentModel:
    """Return a model that may become live; raises ModelRefused when no worker of this deployment could use it."""
    return _candidate(settings, artefact, promotions(settings))


def _candidate(settings: Settings, artefact: Artefact, said: Promotions) -> SegmentModel:
    counts = said.window_days(counted_windows(settings))
    return load_promoted(
        settings, artefact.version, artefact.sha256, settings.window_days if counts is UNSET else counts
    )


def _followed(settings: Settings, said: Promotions) -> Promotions:
    """Return the promotions that workers follow, by the window by which partitions count."""
    return said if said.are_for_one_window else said.followed(counted_windows(settings))


def live_model(settings: Settings) -> Promotion | None:
    """Return the promotion that is live now, None when there is none; one for a later instant does not count yet."""
    return _followed(settings, promotions(settings)).live(now_us())


def promotions(settings: Settings) -> Promotions:
    """Return everything that was said of models."""
    return read_control(settings).promotions


def model_before(settings: Settings) -> Artefact:
    """Return what was live before the model that is live now; raises SegstreamError when there was none."""
    said = _followed(settings, promotions(settings))
    before = said.before(now_us())
    if before is None:
        raise SegstreamError(
            "No other model was live before." if said.newest() else "No model is live.",
            "See what is published with `segstream models list`.",
            code="MODEL_BEFORE",
        )
    return Artefact(before.version, before.sha256)


def now_us() -> int:
    """Return the time of day in microseconds, which an instant of a promotion is compared with before it is said."""
    return instant_of(datetime.now(UTC))


def resume(settings: Settings, partition: int, why: str) -> None:
    """Let a paused partition go on."""
    _bounds(settings, partition)
    _say(settings, Resume(partition=partition, by=told_by(), why=why, at=told_now()))


def skip(settings: Settings, partition: int, to_offset: int, why: str) -> None:
    """Give up a paused partition's records before an offset; refused where no order lies or will lie.

    A partition that stands beyond the end of its log could never be taken over again.
    """
    low, high = _bounds(settings, partition)
    if not low < to_offset <= high:
        raise UsageError(
            f"{to_offset} is no offset to skip to: partition {partition} holds {low} to {high}.",
            "Find the end of the bad batch with kafka-dump-log.",
        )
    _say(settings, Skip(partition=partition, to_offset=to_offset, by=told_by(), why=why, at=told_now()))


def _bounds(settings: Settings, partition: int) -> tuple[int, int]:
    """Return a partition's first offset and its end; raises UsageError when there is no such partition."""
    topic = settings.topics.orders
    consumer = Consumer(log_reader(settings, "operator"))
    try:
        count = partition_count(consumer, settings, topic)
        if not 0 <= partition < count:
            raise UsageError(
                f"{topic} has no partition {partition}: it has 0 to {count - 1}.", "Run: segstream partitions list"
            )
        with kafka_refusals(settings):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), CALL_SECONDS)
    finally:
        consumer.close()
    return low, high


def _say(settings: Settings, record: ControlRecord) -> None:
    say_all(settings, [record])


def say_all(settings: Settings, records: Iterable[ControlRecord]) -> None:
    """Put records into the control topic, in their order; raises OutageError when Kafka did not take all of them."""
    failed: list[KafkaError] = []

    def on_delivery(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    topic = settings.topics.control
    producer = Producer(plain_producer(settings, "operator"))
    with writing(settings, topic):
        for record in records:
            producer.produce(topic, encode_control(record), partition=0, on_delivery=on_delivery)
            producer.poll(0)
        left = producer.flush(20)
    if failed and failed[0].code() in RIGHTS:
        raise may_not_write(settings, topic)
    if left or failed:
        raise OutageError("Kafka did not take the control record.", "Check KAFKA_BOOTSTRAP_SERVERS.", code="KAFKA_AWAY")


def told_by() -> str:
    """Return who says something by this process."""
    return getpass.getuser()


def told_now() -> str:
    """Return when: the time of day, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
