"""Other words for a segment: a new version of the model in which nothing else is different."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from model_store.errors import ModelRefused
from model_store.segment_model import Segment, SegmentModel

MAX_NAME = 64
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Words:
    """What people are to read of a segment; None leaves a text as it is."""

    name: str
    description: str | None = None
    action: str | None = None


def rename(model: SegmentModel, segment_id: str, words: Words, *, at: datetime) -> SegmentModel:
    """Return the model with the segment's words under a version of its own; a retraining keeps words given so.

    Raises ModelRefused for an id that the model has not, and for a name that is taken or cannot be shown.
    """
    _check_name(model, segment_id, words.name)
    segments = tuple(_worded(s, words) if s.id == segment_id else s for s in model.segments)
    raw = msgspec.json.encode(msgspec.structs.replace(model, segments=segments))
    return msgspec.structs.replace(
        model,
        version=f"{at.astimezone(UTC):{STAMP}}-{hashlib.sha256(raw).hexdigest()[:8]}",
        segments=segments,
        training=model.training | {"trained_at": trained_at(model), "renamed_from": model.version},
    )


def trained_at(model: SegmentModel) -> str:
    """Return when the model was trained, RFC 3339; empty when neither facts nor version say it."""
    if fact := model.training.get("trained_at"):
        return str(fact)
    try:
        # An instant in UTC, as the Z says; strptime takes it for a letter.
        moment = datetime.strptime(model.version.partition("-")[0], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return moment.isoformat().replace("+00:00", "Z")


def _worded(segment: Segment, words: Words) -> Segment:
    return msgspec.structs.replace(
        segment,
        name=words.name,
        description=segment.description if words.description is None else words.description,
        action=segment.action if words.action is None else words.action,
        renamed=True,
    )


def _check_name(model: SegmentModel, segment_id: str, name: str) -> None:
    ids = [segment.id for segment in model.segments]
    if segment_id not in ids:
        raise ModelRefused(
            f"model {model.version} has no segment {segment_id!r}.", f"It has {', '.join(ids)}.", code="MODEL_SEGMENTS"
        )
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > MAX_NAME:
        raise ModelRefused(
            f"{name!r} is no name for a segment.",
            f"Use 1 to {MAX_NAME} characters in one line, without blanks around them.",
            code="MODEL_SEGMENTS",
        )
    taken = next((s.id for s in model.segments if s.name == name and s.id != segment_id), None)
    if taken is not None:
        raise ModelRefused(
            f"segment {taken} has the name {name!r} already.", "Give every segment a name of its own.",
            code="MODEL_SEGMENTS",
        )  # fmt: skip
