"""Loads a promoted model, and holds it to what this deployment counts."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from stream_app.settings import Settings


def load_promoted(settings: Settings, version: str, sha256: str, window_days: int | UnsetType | None) -> SegmentModel:
    """Return the model; raises ModelRefused when it is not the one, or was trained for another window; unset: any."""
    try:
        model = settings.models.load(version, sha256)
    except OSError as error:
        raise ModelRefused(
            f"the file of model {version} cannot be read ({error.strerror}).",
            "Let the worker's user read the model store.",
            code="MODEL_UNREADABLE",
        ) from error
    if window_days is not UNSET and model.window_days != window_days:
        raise for_another_window(version, model.window_days, window_days)
    return model


def for_another_window(version: str, trained_for: int | None, window_days: int | None) -> ModelRefused:
    """Return what is said of a model that was trained for another window than the one that counts."""
    return ModelRefused(
        f"Model {version} was trained with window_days {trained_for}, and {window_days} counts.",
        "Train again. A new deployment sets SEGSTREAM_WINDOW_DAYS before its first order; one that counts already"
        " goes over to another window by `segstream replay swap`.",
        code="MODEL_WINDOW",
    )
