"""Looks at the model store, and tries to load the model that is live as a worker would."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from confluent_kafka.admin import AdminClient
from msgspec import UNSET

from model_store.errors import ModelRefused
from stream_app.contract.control import Promotion, WindowSwap, decode_control
from stream_app.core.promotions import Promotions
from stream_app.doctor.facts import LiveModel, ModelFacts
from stream_app.doctor.look.log import read_log
from stream_app.doctor.look.topics import bounds
from stream_app.settings import Settings


def look_at_model(settings: Settings, admin: AdminClient | None, counted: Sequence[int | None]) -> ModelFacts:
    """Return what can be said of store and model; without a client nothing is said of what is live.

    `counted`: the windows by which the partitions count, as far as Redis says.
    Raises KafkaException when the brokers stop answering.
    """
    fault, versions = _store(settings)
    said = Promotions() if admin is None else _promotions(settings, admin)
    promotion = said.followed(counted).live(time.time_ns() // 1_000)
    live = None if promotion is None else _load(settings, promotion)
    counts = said.window_days(counted)
    window_days = settings.window_days if counts is UNSET else counts
    return ModelFacts(settings.model_uri, fault, versions, live, window_days, said.window_said)


def _promotions(settings: Settings, admin: AdminClient) -> Promotions:
    """Return what was said of models and windows."""
    topic = settings.topics.control
    places = bounds(admin, topic, 1)
    promotions = Promotions()
    for record in read_log(settings, topic, {0: (places.starts[0], places.ends[0])}):
        try:
            said = decode_control(record.value() or b"")
            if isinstance(said, Promotion | WindowSwap):
                promotions.hear(said)
        except (msgspec.MsgspecError, ValueError):
            continue
    return promotions


def _store(settings: Settings) -> tuple[str, tuple[str, ...]]:
    try:
        store = settings.models
        if not store.is_there():
            return f"{settings.model_uri} is no folder on this machine.", ()
        return "", tuple(store.versions())
    except ModelRefused as refused:
        return refused.cause[:1].upper() + refused.cause[1:], ()
    except OSError as error:
        return f"{settings.model_uri} cannot be read: {error.strerror}.", ()


def _load(settings: Settings, promotion: Promotion) -> LiveModel:
    try:
        model = settings.models.load(promotion.version, promotion.sha256)
    except ModelRefused as refused:
        return LiveModel(promotion.version, refusal=f"{refused.code}: {refused.cause}", mend=refused.mend)
    except OSError as error:
        says = f"The file of model {promotion.version} cannot be read: {error.strerror}."
        return LiveModel(promotion.version, refusal=says, mend="Let the worker's user read the model store.")
    return LiveModel(promotion.version, model.window_days, len(model.segments))
