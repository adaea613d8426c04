"""Making a candidate live: looked at first, refused below the gate, taken back with one word."""

from __future__ import annotations

from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from model_store.store import Artefact
from stream_app.candidate.gate import Gate
from stream_app.candidate.population import read_population
from stream_app.candidate.preview import Preview, preview
from stream_app.contract.control import Promotion
from stream_app.core.errors import SegstreamError
from stream_app.operators import promotions
from stream_app.settings import Settings


def look_at(settings: Settings, candidate: SegmentModel) -> Preview | None:
    """Return what the candidate would do to the customers of today; None while no model is live."""
    said = promotions(settings)
    if not said:
        return None
    return preview(read_population(settings), candidate, _live_model(settings, said[0]))


def _live_model(settings: Settings, promotion: Promotion) -> SegmentModel | None:
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


def model_before(settings: Settings) -> Artefact:
    """Return what was live before the model that is live now; raises SegstreamError when there was none."""
    said = promotions(settings)
    before = next((one for one in said if one.version != said[0].version), None)
    if before is None:
        raise SegstreamError(
            "No other model was live before." if said else "No model is live.",
            "See what is published with `segstream models list`.",
            code="MODEL_BEFORE",
        )
    return Artefact(before.version, before.sha256)
