"""What a person is told about a training: how many segments and why, and what they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from model_store.segment_model import Candidate, Segment, SegmentModel

WIDTH = 92


def training_lines(model: SegmentModel) -> Iterator[str]:
    """Yield the choice of k, then the segments, best first."""
    yield ""
    yield from _basis(model)
    yield ""
    yield from _choice(model)
    yield ""
    yield from _segments(model.segments)
    yield from _trial(model)
    yield ""


def _basis(model: SegmentModel) -> Iterator[str]:
    """Yield who is in the model, what was done about outliers, and in how many dimensions they are compared."""
    facts = model.training
    window = "" if model.window_days is None else f"in the {model.window_days} days "
    yield from _wrapped(
        f"{facts.get('customers', 0):,} of {facts.get('customers_in_file', 0):,} customers have a purchase {window}"
        f"up to {str(facts.get('as_of', ''))[:10]}; the others are not in the model."
    )
    if "winsorize_percentile" in facts:
        yield from _wrapped(
            f"Fitted as if nobody were above the percentile {facts['winsorize_percentile']:g}: {_limits(model)}."
        )
    if facts.get("amounts") == "gross" or facts.get("duplicate_lines") == "dropped":
        yield from _wrapped(
            f"Counted as published studies do, not as the worker: amounts {facts['amounts']}, "
            f"equal lines of an order {facts['duplicate_lines']}. For comparison only."
        )
    parts = [facts[f"explained_variance_{n}"] for n in range(1, len(model.pca_components) + 1)]
    sum_of = f" ({' + '.join(f'{part:.1%}' for part in parts)})" if len(parts) > 1 else ""
    yield from _wrapped(
        f"{_count(len(parts), 'component')} {'keep' if len(parts) > 1 else 'keeps'} "
        f"{facts['explained_variance']:.1%} of the variance{sum_of}."
    )


def _limits(model: SegmentModel) -> str:
    facts = model.training
    return ", ".join(
        f"{words} {facts[f'winsorize_{name}']:,.{digits}f} ({_count(int(facts[f'winsorized_{name}']), 'customer')})"
        for name, words, digits in (
            ("frequency", "orders", 0),
            ("monetary", "spent", 2),
            ("unique_products", "products", 0),
        )
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH)


def _choice(model: SegmentModel) -> Iterator[str]:
    if len(model.candidates) == 1:
        yield from _asked(model.candidates[0])
        return
    from trainer.selection import REFITS

    yield _bold(f"How many segments? Each k was fitted, and refitted to {REFITS} samples of the customers.")
    yield ""
    yield _dim("    k     inertia  silhouette  Davies-B.  Calinski-H.  stability  smallest")
    for candidate in model.candidates:
        yield _candidate_line(candidate)
    yield ""
    reason = f"{len(model.segments)} segments: {model.training.get('k_reason', '')}"
    yield from (f"  {line}" for line in textwrap.wrap(reason, WIDTH - 2))
    for line in textwrap.wrap(f"The rule: {model.training.get('k_rule', '')}", WIDTH - 2):
        yield _dim(f"  {line}")


def _asked(only: Candidate) -> Iterator[str]:
    from trainer.selection import STABLE, is_stable

    yield (
        f"{only.k} segments, as asked: silhouette {only.silhouette:.3f}, stability {only.stability:.3f}, "
        f"smallest {only.smallest_share:.1%} of the customers."
    )
    if not is_stable(only):
        yield _dim(f"  Below a stability of {STABLE} other customers would give other segments: compare with --k auto.")


def _candidate_line(c: Candidate) -> str:
    mark = "▸" if c.is_chosen else " "
    figures = (
        f"{c.k:>3}  {c.inertia:>10,.1f}  {c.silhouette:>10.3f}  {c.davies_bouldin:>9.3f}  "
        f"{c.calinski_harabasz:>11,.0f}  {c.stability:>9.3f}  {c.smallest_share:>8.1%}"
    )
    line = f"{mark} {figures}  {', '.join(_remarks(c))}".rstrip()
    return _bold(line) if c.is_chosen else line


def _remarks(candidate: Candidate) -> Iterator[str]:
    from trainer.selection import is_large_enough, is_stable

    flaws = [word for word, fits in (("unstable", is_stable), ("small", is_large_enough)) if not fits(candidate)]
    if candidate.is_chosen and not flaws:
        yield "chosen"
    if candidate.is_elbow:
        yield "elbow"
    yield from flaws


def _segments(segments: tuple[Segment, ...]) -> Iterator[str]:
    yield _bold("The segments, best first, with the median of their customers:")
    yield ""
    width = max(len(segment.name) for segment in segments)
    ids = max(len(segment.id) for segment in segments)
    head = " " * (ids + width + 4)
    has_trial = any(segment.buys_again is not None for segment in segments)
    again = "  buy again" if has_trial else ""
    yield _dim(f"{head}  customers  share  days ago  orders       spent  products{again}")
    for segment in segments:
        p = segment.profile
        yield (
            f"  {segment.id:<{ids}}  {_bold(f'{segment.name:<{width}}')}  {p.customers:>9,}  {p.share:>5.1%}  "
            f"{p.recency_days:>8,.0f}  {p.frequency:>6,.0f}  {p.monetary:>10,.2f}  {p.unique_products:>8,.0f}"
            f"{_again(segment) if has_trial else ''}"
        )
        yield _dim(f"  {'':<{ids}}  {segment.description}")
        yield _dim(f"  {'':<{ids}}  → {segment.action}")


def _again(segment: Segment) -> str:
    return f"  {'-' if segment.buys_again is None else f'{segment.buys_again:.1%}':>9}"


def _trial(model: SegmentModel) -> Iterator[str]:
    """Yield what `buy again` means, and whether the model had seen those weeks."""
    facts = model.training
    if "trial_day" not in facts:
        return
    yield ""
    seen = (
        "The model has not seen these weeks."
        if facts["trial_is_held_back"]
        else "The model has seen these weeks; hold them back with --until to be strict."
    )
    text = (
        f"Buy again: of those who stood in the segment on {str(facts['trial_day'])[:10]}, the part that bought in the "
        f"{facts['trial_weeks']} weeks after; of all {facts['trial_customers']:,} it was "
        f"{facts['trial_buys_again']:.1%}. {seen}"
    )
    yield from (_dim(f"  {line}") for line in textwrap.wrap(text, WIDTH - 2))


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _dim(text: str) -> str:
    return typer.style(text, dim=True)
