"""Making a candidate live: looked at first, refused below the gate, taken back with one word."""

from __future__ import annotations

from confluent_kafka import Consumer

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
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import partition_count


def look_at(settings: Settings, candidate: SegmentModel) -> Preview | None:
    """Return what the candidate would do to the customers of today; None while no model is live."""
    said = promotions(settings)
    if not said:
        return None
    consumer = Consumer(log_reader(settings, "preview"))
    try:
        partitions = partition_count(consumer, settings, settings.topics.orders)
    finally:
        consumer.close()
    return preview(read_population(settings, partitions), candidate, _live_model(settings, said[0]))


def _live_model(settings: Settings, promotion: Promotion) -> SegmentModel | None:
    """Return the live model; None when it is lost, which must not keep anybody from promoting another."""
    try:
        return settings.models.load(promotion.version, promotion.sha256)
    except ModelRefused:
        return None


def pass_gate(settings: Settings, candidate: SegmentModel) -> Preview | None:
    """Return the preview of a candidate that may become live; raises SegstreamError with what speaks against it."""
    seen = look_at(settings, candidate)
    gate = Gate(settings.gate_max_moved_share, settings.gate_min_ari, settings.gate_max_silhouette_drop)
    objections = [] if seen is None else gate.objections(seen)
    if objections:
        raise SegstreamError(
            f"Model {candidate.version} does not pass the gate. {' '.join(objections)}",
            "Look with `segstream models preview`; `segstream models promote --force` makes it live all the same.",
            code="MODEL_GATED",
        )
    return seen


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
