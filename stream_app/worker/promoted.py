"""Loads a promoted model, and holds it to what this deployment counts."""

from __future__ import annotations

from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from stream_app.settings import Settings


def load_promoted(settings: Settings, version: str, sha256: str) -> SegmentModel:
    """Return the model; raises ModelRefused when it is not the one, or counts other orders than we do."""
    try:
        model = settings.models.load(version, sha256)
    except OSError as error:
        raise ModelRefused(
            f"the file of model {version} cannot be read ({error.strerror}).",
            "Let the worker's user read the model store.",
            code="MODEL_UNREADABLE",
        ) from error
    if model.window_days != settings.window_days:
        raise ModelRefused(
            f"Model {version} was trained with window_days {model.window_days}.",
            "Set SEGSTREAM_WINDOW_DAYS to it, or train again.",
            code="MODEL_WINDOW",
        )
    return model
