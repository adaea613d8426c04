"""Begins a replay, or finds the one that was begun: its first control record says what the namespace is made of."""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka.admin import AdminClient
from msgspec import UNSET, UnsetType

from stream_app.contract.control import Replay
from stream_app.core.errors import SegstreamError
from stream_app.operators import live_model, say_all, told_by, told_now
from stream_app.settings import Settings
from stream_app.shadow.stretch import Edge, stretch_of
from stream_app.topics import create_topics, see_topics
from stream_app.worker.control import read_control
from stream_app.worker.kafka_config import connection
from stream_app.worker.promoted import load_promoted


@dataclass(frozen=True)
class Wish:
    """What a person asks of a replay; None leaves it to the replay that was begun, or to what is usual."""

    first: Edge | None = None
    last: Edge | None = None
    model: str | None = None
    is_published: bool = False
    window_days: int | UnsetType | None = UNSET
    """Unset: that of the model."""


def begin(live: Settings, shadow: Settings, wish: Wish) -> tuple[Replay, bool]:
    """Return what the namespace is made of, and whether it was begun before; raises when that is not what is asked.

    Of several processes that begin at once one is heard, and the others join it.
    """
    _create(live, shadow)
    known = replay_of(shadow)
    if known is None:
        say_all(shadow, [_planned(live, wish)])
        known = replay_of(shadow)
        assert known is not None
        return known, False
    _refuse_other(live, known, wish)
    return known, True


def replay_of(shadow: Settings) -> Replay | None:
    """Return what a namespace is made of, None when no replay was begun."""
    return read_control(shadow).replay


def _create(live: Settings, shadow: Settings) -> None:
    seen = see_topics(AdminClient(connection(live, "admin")), live)
    orders, state = seen.get(live.topics.orders), seen.get(live.topics.state)
    if orders is None:
        raise SegstreamError(
            f"Kafka has no topic {live.topics.orders}.",
            "A deployment with a prefix needs SEGSTREAM_TOPIC_PREFIX.",
            code="TOPICS_MISSING",
        )
    create_topics(shadow, orders.partitions, (state or orders).replication)


def _planned(live: Settings, wish: Wish) -> Replay:
    if wish.model is not None:
        artefact = live.models.artefact(wish.model)
        version, sha256 = artefact.version, artefact.sha256
    else:
        promotion = live_model(live)
        if promotion is None:
            raise SegstreamError("No model is live.", "Name one with --model VERSION.", code="MODEL_NONE")
        version, sha256 = promotion.version, promotion.sha256
    model = load_promoted(live, version, sha256, wish.window_days)
    stretch = stretch_of(live, wish.first, wish.last)
    return Replay(
        starts=stretch.starts,
        ends=stretch.ends,
        version=version,
        sha256=sha256,
        is_published=wish.is_published,
        by=told_by(),
        at=told_now(),
        window_days=model.window_days,
    )


def _refuse_other(live: Settings, known: Replay, wish: Wish) -> None:
    """Raise SegstreamError when the replay that was begun reads another stretch, or has another model."""
    stretch = stretch_of(live, wish.first, wish.last)
    others = {
        "--from": wish.first is not None and stretch.starts != known.starts,
        "--to": wish.last is not None and stretch.ends != known.ends,
        "--model": wish.model is not None and wish.model != known.version,
        "--window-days": UNSET not in (wish.window_days, known.window_days) and wish.window_days != known.window_days,
        "--publish": wish.is_published and not known.is_published,
    }
    wrong = [flag for flag, is_other in others.items() if is_other]
    if wrong:
        raise SegstreamError(
            f"A replay was begun in this namespace at {known.at}, with another {' and '.join(wrong)}.",
            "Leave it out to go on with that one, or take another name; `segstream replay remove` makes room.",
            code="REPLAY_DIFFERS",
        )
