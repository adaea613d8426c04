"""The published models as people ask for them: which there are, which is live, and what one is called."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from model_store.comparison import customers, silhouette
from model_store.errors import ModelRefused
from model_store.renaming import Words, rename, trained_at
from model_store.segment_model import SegmentModel
from model_store.store import Artefact
from stream_app.core.errors import SegstreamError, UsageError
from stream_app.settings import Settings

LIVE, LATEST = "live", "latest"


class Live(Struct, frozen=True):
    """Which model workers follow; with `unknown` set nobody could say."""

    version: str | None = None
    since: str | None = None
    by: str | None = None
    unknown: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One published model in a list."""

    version: str
    trained_at: str = ""
    learned_until: str = ""
    customers: int = 0
    segments: int = 0
    silhouette: float | None = None
    renamed_from: str | None = None
    is_live: bool | None
    """None: unknown, because Kafka does not answer."""
    fault: str = ""
    """Why no worker could use it."""


def find_live(settings: Settings) -> Live:
    """Ask the control topic; Kafka being away is an answer, not a failure."""
    from stream_app.operators import live_model

    try:
        promotion = live_model(settings)
    except SegstreamError as error:
        return Live(unknown=error.cause)
    return Live() if promotion is None else Live(promotion.version, promotion.at, promotion.by)


def entries(settings: Settings, live: Live) -> list[Entry]:
    """Return every published model, the newest first; one that is damaged is listed with its fault."""
    return [_entry(settings, version, live) for version in reversed(settings.models.versions())]


def _entry(settings: Settings, version: str, live: Live) -> Entry:
    is_live = None if live.unknown else version == live.version
    try:
        model = settings.models.peek(version)
    except ModelRefused as refused:
        return Entry(version=version, is_live=is_live, fault=f"{refused.code}: {refused.cause}")
    return Entry(
        version=version,
        trained_at=trained_at(model),
        learned_until=str(model.training.get("as_of", "")),
        customers=customers(model),
        segments=len(model.segments),
        silhouette=silhouette(model),
        renamed_from=_text(model, "renamed_from"),
        is_live=is_live,
    )


def _text(model: SegmentModel, fact: str) -> str | None:
    value = model.training.get(fact)
    return None if value is None else str(value)


def version_called(settings: Settings, word: str, live: Live) -> str:
    """Return the version that a person means: its name or a beginning of it, `latest` or `live`."""
    versions = settings.models.versions()
    if word in versions:
        return word
    if word == LATEST and versions:
        return versions[-1]
    if word == LIVE:
        return _live_version(live)
    fitting = [version for version in versions if word and version.startswith(word)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{len(fitting)} models begin with {word!r}: {', '.join(fitting)}.", "Write more of the one.")
    raise UsageError(
        f"{settings.model_uri} holds no model {word!r} under the name {settings.model_name!r}.",
        "See which there are: segstream models list",
    )


def _live_version(live: Live) -> str:
    if live.unknown:
        raise UsageError(f"Which model is live is not known: {live.unknown}", "Say which version.")
    if live.version is None:
        raise UsageError("No model is live yet.", "Say which version: segstream models list")
    return live.version


def publish_renamed(settings: Settings, version: str, segment_id: str, words: Words, at: datetime) -> Artefact:
    """Publish a version that differs from another only in a segment's words."""
    return settings.models.publish(rename(settings.models.peek(version), segment_id, words, at=at))


def files_of(settings: Settings, model: SegmentModel) -> dict[str, str]:
    """Return where the report and the like of a model lie, by name; a renamed one has those of its training.

    Signatures are of one version: only the model's own are named.
    """
    own = {name: settings.models.where(model.version, name) for name in settings.models.files(model.version)}
    published, origin = set(settings.models.versions()), model
    while origin.version in published:
        published.discard(origin.version)
        names = [name for name in settings.models.files(origin.version) if not name.endswith(".sig")]
        before = _text(origin, "renamed_from")
        if names or before not in published:
            return {name: settings.models.where(origin.version, name) for name in names} | own
        origin = settings.models.peek(before)
    return own
