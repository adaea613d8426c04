"""Making a candidate live: looked at first, refused below the gate, taken back with one word."""

from __future__ import annotations

from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from stream_app.candidate.gate import Gate
from stream_app.candidate.population import read_population
from stream_app.candidate.preview import Preview, preview
from stream_app.contract.control import Promotion
from stream_app.core.errors import SegstreamError
from stream_app.operators import live_model
from stream_app.settings import Settings


def look_at(settings: Settings, candidate: SegmentModel) -> Preview | None:
    """Return what the candidate would do to the customers of today; None while no model is live."""
    live = live_model(settings)
    return None if live is None else compare(settings, candidate, live)


def compare(settings: Settings, candidate: SegmentModel, live: Promotion) -> Preview:
    """Return the same beside the model that is known to be live."""
    return preview(read_population(settings), candidate, _load(settings, live))


def _load(settings: Settings, promotion: Promotion) -> SegmentModel | None:
    """Return the live model; None when it is lost, which must not keep anybody from promoting another."""
    try:
        return settings.models.load(promotion.version, promotion.sha256)
    except ModelRefused:
        return None


def pass_gate(settings: Settings, candidate: SegmentModel) -> Preview | None:
    """Return the preview of a candidate that may become live; raises SegstreamError with what speaks against it."""
    seen = look_at(settings, candidate)
    objections = [] if seen is None else gate_of(settings).objections(seen)
    if objections:
        raise SegstreamError(
            f"Model {candidate.version} does not pass the gate. {' '.join(objections)}",
            "Look with `segstream models preview`; `segstream models promote --force` makes it live all the same.",
            code="MODEL_GATED",
        )
    return seen


def gate_of(settings: Settings) -> Gate:
    """Return the gate of a deployment."""
    return Gate(settings.gate_max_moved_share, settings.gate_min_ari, settings.gate_max_silhouette_drop)
