"""What the segments are called, for those who ask for one by a name that may be a slip."""

from __future__ import annotations

from collections.abc import Iterable

from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from stream_app.core.errors import SegstreamError
from stream_app.operators import live_model
from stream_app.settings import Settings

LAPSED = "lapsed"


def hint(settings: Settings, wanted: Iterable[str]) -> str:
    """Return what to say of names that the live model does not know; empty also where nobody can know.

    No refusal: changes of earlier models have other segments, and a later model may bring the one that is asked for.
    """
    if LAPSED in wanted and len(set(wanted)) == 1:
        return ""
    try:
        promotion = live_model(settings)
        return "" if promotion is None else hint_of(settings.models.peek(promotion.version), wanted)
    except (SegstreamError, ModelRefused, OSError):
        # The store may be on another machine: whoever only follows the changes does not need it.
        return ""


def hint_of(model: SegmentModel, wanted: Iterable[str]) -> str:
    """Return the sentence about names that are neither an id nor a name of this model, in lower case; or nothing."""
    known = {word.lower() for segment in model.segments for word in (segment.id, segment.name)} | {LAPSED}
    unknown = sorted(set(wanted) - known)
    if not unknown:
        return ""
    names = ", ".join(f"{segment.id} {segment.name}" for segment in model.segments)
    return f"Note: the live model has no segment {' or '.join(map(repr, unknown))}. It has {names}, and {LAPSED}."
