"""What the model page says, in words and tables: pure."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.dashboard.colours import Ground
from stream_app.dashboard.figures import NONE, count, day, day_and_time, share, signed
from stream_app.dashboard.markup import Markup, chip, difference_cell, safe, state
from stream_app.dashboard.model_answers import Fate, Model, ModelEntry, Preview

FATES = {
    "kept": "kept",
    "split": "split off",
    "new": "new",
    "merged": "merged into another",
    "retired": "retired",
}


def model_facts(found: Model) -> Iterator[tuple[str, str]]:
    """Yield what is known of the live model."""
    trained = found.trained
    yield "Version", found.version
    if found.promoted is not None:
        how = "Rolled back to" if found.promoted.is_rollback else "Made live"
        why = f": {found.promoted.why}" if found.promoted.why else ""
        yield how, f"{day_and_time(found.promoted.at)} by {found.promoted.by or 'nobody known'}{why}"
    reason = str(trained.get("k_reason") or "").rstrip(".")
    yield "Segments", f"{found.k} ({reason[:1].lower()}{reason[1:]})" if reason else str(found.k)
    if "as_of" in trained:
        yield "Learned until", day(str(trained["as_of"]))
    if "customers" in trained:
        yield "Learned from", f"{count(float(trained['customers'] or 0))} customers"
    if "silhouette" in trained:
        yield "Silhouette", f"{float(trained['silhouette'] or 0):.3f}"
    if found.explained_variance:
        told = " and ".join(share(part) for part in found.explained_variance[:2])
        yield "Told by the plane", f"{told} of the spread, by its two axes"


def lineage_rows(found: Model, ground: Ground) -> list[dict[str, str]]:
    """Return what became of each segment of the model before."""
    names = {segment.id: segment.name for segment in found.segments}
    return [
        {
            "Segment": chip(names.get(fate.id, fate.id), fate.id, ground),
            "What became of it": _fate(fate, names),
            "Customers before": count(fate.before),
            "Customers after": count(fate.after),
            "In both": count(fate.shared),
        }
        for fate in found.lineage
    ]  # fmt: skip


def _fate(fate: Fate, names: dict[str, str]) -> str:
    other = f" ({names.get(fate.other, fate.other)})" if fate.other else ""
    return FATES.get(fate.fate, fate.fate) + other


def entry_name(entry: ModelEntry) -> str:
    """Return a published model's name for a list."""
    trained = f", trained {day(entry.trained_at)}" if entry.trained_at else ""
    return f"{entry.version} ({entry.k} segments{trained})"


def preview_numbers(found: Preview) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and meaning of what a candidate would do."""
    moved = f"{count(found.moved)} of {count(found.customers)} customers would be in another segment."
    yield "Would move", share(found.moved_share), moved
    yield "Agreement", f"{found.ari:.2f}", "Adjusted Rand index: 1 when both models agree, about 0 for chance."
    here, there = _silhouette(found.live_silhouette), _silhouette(found.silhouette)
    yield "Silhouette", f"{here} → {there}", "Live model, then candidate, on the same sample of today's customers."


def _silhouette(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def objections(found: Preview) -> Markup:
    """Return what the gate says."""
    if not found.objections:
        return state("The gate lets it pass", f"To make it live: segstream models promote {found.version}")
    return state("The gate holds it back", *found.objections, "It can be made live by force only, with a reason.")


def size_rows(found: Preview, ground: Ground) -> list[dict[str, str]]:
    """Return each segment's customers now and then."""
    return [
        {
            "Segment": chip(size.name, size.id, ground),
            "Now": count(size.now),
            "Then": count(size.then),
            "Change": difference_cell(safe(signed(size.then, size.now))),
        }
        for size in found.segments
    ]
