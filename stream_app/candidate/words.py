"""A preview as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_store.scoring import MONEY_SCALE
from model_store.segment_model import SegmentModel
from stream_app.candidate.preview import Preview, Spender

MOST_STEPS = 12
MOST_SPENDERS = 10


def preview_lines(seen: Preview, candidate: SegmentModel, live: SegmentModel | None, currency: str) -> Iterator[str]:
    """Yield what the candidate would do: sizes, moves, and who of the biggest customers is among them."""
    names = _names(candidate, live)
    versus = "" if live is None else f" beside {live.version}, which is live"
    yield f"{candidate.version}{versus}: {seen.customers:,} customers as they are now"
    yield ""
    yield from _sizes(seen, names)
    yield ""
    yield from _moves(seen, names)
    yield ""
    yield from _spenders(seen.top_spenders, names, currency)
    yield ""
    yield _agreement(seen)


def _names(candidate: SegmentModel, live: SegmentModel | None) -> dict[str, str]:
    """Return the names by id; a segment that both have is called as the candidate calls it."""
    models = [live, candidate] if live is not None else [candidate]
    return {segment.id: segment.name for model in models for segment in model.segments}


def _sizes(seen: Preview, names: Mapping[str, str]) -> Iterator[str]:
    now, then = seen.sizes()
    rows = [(f"{id_} {name}", now[id_], then[id_]) for id_, name in names.items() if now[id_] or then[id_]]
    width = max((len(label) for label, _, _ in rows), default=0)
    yield f"  {'':<{width}}  {'now':>10}  {'then':>10}"
    for label, was, becomes in rows:
        yield f"  {label:<{width}}  {was:>10,}  {becomes:>10,}"


def _moves(seen: Preview, names: Mapping[str, str]) -> Iterator[str]:
    yield f"{seen.moved:,} would move, {seen.moved_share:.1%} of all."
    steps = [(number, step) for step, number in seen.migrations.items() if step[0] != step[1]]
    steps.sort(reverse=True)
    for number, (came_from, to) in steps[:MOST_STEPS]:
        yield f"  {number:>10,}  {names.get(came_from, came_from)} → {names[to]}"
    if len(steps) > MOST_STEPS:
        yield f"  {sum(number for number, _ in steps[MOST_STEPS:]):>10,}  on {len(steps) - MOST_STEPS} other ways"


def _spenders(movers: list[Spender], names: Mapping[str, str], currency: str) -> Iterator[str]:
    if not movers:
        yield "None of the 100 who spend most would move."
        return
    yield f"{len(movers)} of the 100 who spend most would move:"
    width = max(len(one.customer_id) for one in movers[:MOST_SPENDERS])
    for one in movers[:MOST_SPENDERS]:
        spent = f"{one.monetary / MONEY_SCALE:,.2f} {currency}"
        step = f"{names.get(one.came_from, one.came_from)} → {names[one.to]}"
        yield f"  {one.customer_id:<{width}}  {spent:>18}  {step}"
    if len(movers) > MOST_SPENDERS:
        yield f"  and {len(movers) - MOST_SPENDERS} more"


def _agreement(seen: Preview) -> str:
    return (
        f"Agreement with today's segments (ARI): {seen.ari:.2f}. "
        f"Silhouette: {_number(seen.silhouette)}, live {_number(seen.live_silhouette)}."
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def preview_facts(seen: Preview) -> dict[str, Any]:
    """Return the preview for programs."""
    return {
        "customers": seen.customers,
        "moved": seen.moved,
        "moved_share": round(seen.moved_share, 6),
        "ari": seen.ari,
        "silhouette": seen.silhouette,
        "live_silhouette": seen.live_silhouette,
        "migrations": [{"from": a, "to": b, "customers": n} for (a, b), n in sorted(seen.migrations.items())],
        "top_spenders": [
            {
                "customer_id": one.customer_id,
                "monetary": one.monetary / MONEY_SCALE,
                "from": one.came_from,
                "to": one.to,
            }
            for one in seen.top_spenders
        ],
    }
