"""Finds the model whose segment ids a new one goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream_app.commands.options import say

if TYPE_CHECKING:
    from model_store.segment_model import SegmentModel
    from model_store.store import ModelStore
    from stream_app.settings import Settings

AUTO, NONE = "auto", "none"


@dataclass(frozen=True)
class Champion:
    """A model, and how it came to be the one."""

    model: SegmentModel
    why: str


def find_champion(said: str, settings: Settings) -> Champion | None:
    """Return the model that was named; `auto`: the live one, else the newest in the store, else none."""
    if said == NONE:
        return None
    store = settings.models
    if said != AUTO:
        return Champion(store.peek(said), "as asked")
    versions = store.versions()
    if not versions:
        return None
    live = _live_version(settings)
    if live in versions and (model := _readable(store, live)):
        return Champion(model, "the live one")
    for version in reversed(versions):
        if model := _readable(store, version):
            return Champion(model, "the newest in the store")
    return None


def _readable(store: ModelStore, version: str) -> SegmentModel | None:
    """Return the model, None when its file is broken: training is what mends that."""
    from model_store.errors import ModelRefused

    try:
        return store.peek(version)
    except ModelRefused as error:
        say(f"Model {version} is passed over: {error.cause}")
        return None


def _live_version(settings: Settings) -> str:
    """Return what the control topic says, nothing where Kafka does not answer: training needs no Kafka."""
    from stream_app.core.errors import OutageError
    from stream_app.doctor.facts import Reach
    from stream_app.doctor.look.reach import knock_all
    from stream_app.operators import live_model

    brokers = settings.kafka_bootstrap_servers.split(",")
    if all(endpoint.reach != Reach.OPEN for endpoint in knock_all(brokers)):
        return ""
    try:
        live = live_model(settings)
    except OutageError:
        return ""
    return live.version if live else ""
