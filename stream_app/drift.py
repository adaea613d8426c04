"""How far today's customers are from those that the live model learned from, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from model_store.drift import RETRAIN_ABOVE, SEGMENTS, STABLE_BELOW, Census
from model_store.scoring import MONEY_SCALE
from stream_app.candidate.population import read_population
from stream_app.core.errors import SegstreamError
from stream_app.operators import live_model
from stream_app.settings import Settings

STABLE, WATCH, RETRAIN = "stable", "watch", "retrain"
PARTS = 10
"""A baseline's parts for a feature, at most."""


class Drift(Struct, frozen=True):
    """What `segstream drift` shows; with `--json` under these names."""

    model_version: str
    customers: int
    by_chance: float
    """So much would come about if today's customers were drawn from the same crowd as the training's."""
    psi: dict[str, float]
    verdict: dict[str, str]
    is_complete: bool
    """False for a model of an older trainer, which does not say how its features were distributed."""


def measure(settings: Settings) -> Drift:
    """Read everybody in Redis and compare; raises SegstreamError when no model is live or nobody is in a segment."""
    promotion = live_model(settings)
    if promotion is None:
        raise SegstreamError("No model is live.", "Promote one: segstream models promote VERSION", code="MODEL_NONE")
    model = settings.models.load(promotion.version, promotion.sha256)
    census = Census(model)
    for member in read_population(settings):
        days, frequency, monetary, unique_products = member.row
        census.add(member.segment, (days, frequency, monetary / MONEY_SCALE, unique_products))
    if not census.customers:
        raise SegstreamError(
            "Nobody in Redis is in a segment of the live model yet.",
            "`segstream partitions list` shows how far the workers have come.",
            code="CUSTOMERS_NONE",
        )
    learned_from = sum(segment.profile.customers for segment in model.segments)
    found = census.drift()
    return Drift(
        model_version=model.version,
        customers=census.customers,
        by_chance=round((PARTS - 1) * (1 / census.customers + 1 / max(1, learned_from)), 4),
        psi=found,
        verdict={name: verdict(index) for name, index in found.items()},
        is_complete=model.baseline is not None,
    )


def verdict(index: float) -> str:
    """Return the word for an index.

    >>> verdict(0.0999), verdict(0.1), verdict(0.25), verdict(0.2501)
    ('stable', 'watch', 'watch', 'retrain')
    """
    if index < STABLE_BELOW:
        return STABLE
    return WATCH if index <= RETRAIN_ABOVE else RETRAIN


def drift_lines(seen: Drift) -> Iterator[str]:
    """Yield what a person reads."""
    yield f"Today's {seen.customers:,} customers beside those that {seen.model_version} learned from (PSI)"
    yield ""
    for name, index in sorted(seen.psi.items(), key=lambda item: (item[0] == SEGMENTS, -item[1])):
        label = "segment sizes" if name == SEGMENTS else name.replace("_", " ")
        yield f"  {label:<16}  {index:>7.3f}  {seen.verdict[name]}"
    yield ""
    yield f"Below {STABLE_BELOW} is stable, above {RETRAIN_ABOVE} train again. Chance alone makes {seen.by_chance:.3f}."
    if not seen.is_complete:
        yield "The model does not say how its features were distributed: train again to see them too."
