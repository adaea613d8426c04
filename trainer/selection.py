"""Chooses how many segments: fits every k of a range, measures each, and applies one stated rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np

from model_store.segment_model import Candidate
from stream_app.core.errors import UsageError
from trainer.fit import RESTARTS, Array, Clusters, Labels, check_k, fit_clusters, most_clusters, sample_rows, silhouette

STABLE = 0.8
"""Below it a segment's members depend on which customers happened to be in the data."""
SMALLEST_SHARE = 0.02
"""A segment below it is too few people to write to, and often only outliers."""
REFITS = 20

RULE = (
    f"Every segment has at least {SMALLEST_SHARE:.0%} of the customers, and fits to resampled customers agree "
    f"(mean ARI {STABLE} or more); of what is left the k nearest the elbow, of two as near the higher silhouette."
)

Progress = Callable[[str], None]


class KRange(NamedTuple):
    """The numbers of segments that are tried, both ends included."""

    first: int
    last: int


AUTO = KRange(2, 10)


@dataclass(frozen=True)
class Selection:
    """The clusters that were chosen, and what was measured for every k that was tried."""

    clusters: Clusters
    candidates: tuple[Candidate, ...]
    reason: str

    @property
    def chosen(self) -> Candidate:
        """What was measured for the chosen k."""
        return next(candidate for candidate in self.candidates if candidate.is_chosen)


def k_range_from(text: str) -> KRange:
    """Return what `auto`, `5` or `3-8` means.

    >>> k_range_from("3-8")
    KRange(first=3, last=8)
    """
    if text.strip().lower() == "auto":
        return AUTO
    said = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text.strip())
    if said is None:
        raise UsageError(f"{text!r} is no number of segments.", "Use auto, a number or a range: 5, 3-8.")
    found = KRange(int(said[1]), int(said[2] or said[1]))
    if found.first > found.last:
        raise UsageError(f"the range {text} ends before it begins.", f"Write {found.last}-{found.first}.")
    return found


def select(matrix: Array, points: Array, wanted: KRange, *, seed: int, progress: Progress) -> Selection:
    """Return the chosen clusters, the same for the same arguments; a range ends where customers are too few."""
    check_k(matrix, wanted.first)
    last = min(wanted.last, max(wanted.first, most_clusters(matrix)))
    check_k(matrix, last)
    rows = sample_rows(len(points), seed=seed)
    found, measured = {}, []
    for k in range(wanted.first, last + 1):
        progress(f"Trying {k} segments")
        found[k] = fit_clusters(points, k, seed=seed)
        measured.append(_measure(found[k], points, rows, seed))
    candidates, reason = choose(measured)
    best = next(candidate.k for candidate in candidates if candidate.is_chosen)
    return Selection(found[best], candidates, reason)


def _measure(clusters: Clusters, points: Array, rows: Labels, seed: int) -> Candidate:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score  # type: ignore[import-untyped]

    return Candidate(
        k=clusters.k,
        inertia=clusters.inertia,
        silhouette=silhouette(points[rows], clusters.labels[rows]),
        davies_bouldin=float(davies_bouldin_score(points, clusters.labels)),
        calinski_harabasz=float(calinski_harabasz_score(points, clusters.labels)),
        stability=stability(points[rows], clusters.labels[rows], clusters.k, seed=seed),
        smallest_share=float(np.bincount(clusters.labels, minlength=clusters.k).min()) / len(points),
    )


def stability(points: Array, labels: Labels, k: int, *, seed: int) -> float:
    """Return how well fits to resampled customers agree with the labels: the mean adjusted Rand index, 1 at best."""
    from sklearn.cluster import KMeans  # type: ignore[import-untyped]
    from sklearn.metrics import adjusted_rand_score
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    luck = np.random.default_rng(seed)
    agreements = []
    with threadpool_limits(limits=1):
        for refit in range(REFITS):
            drawn = points[luck.integers(len(points), size=len(points))]
            if len(np.unique(drawn, axis=0)) < k:
                agreements.append(0.0)
                continue
            again = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed + 1 + refit).fit(drawn)
            agreements.append(adjusted_rand_score(labels, again.predict(points)))
    return float(np.mean(agreements))


def choose(measured: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], str]:
    """Return the candidates with the elbow and the chosen one marked, and the reason in a sentence."""
    if len(measured) == 1:
        (only,) = measured
        return (msgspec.structs.replace(only, is_chosen=True),), f"{only.k} segments, as asked."
    bend = elbow([c.k for c in measured], [c.inertia for c in measured])
    fine = [c for c in measured if is_stable(c) and is_large_enough(c)]
    # Nothing passes: what changes least from sample to sample is the most that the data can say.
    best = min(fine, key=lambda c: (abs(c.k - bend), -c.silhouette)) if fine else max(measured, key=_least_bad)
    marked = tuple(msgspec.structs.replace(c, is_elbow=c.k == bend, is_chosen=c.k == best.k) for c in measured)
    return marked, _reason(best, bend, fine)


def is_stable(candidate: Candidate) -> bool:
    """Tell whether resampled customers give nearly the same segments."""
    return candidate.stability >= STABLE


def is_large_enough(candidate: Candidate) -> bool:
    """Tell whether the smallest segment is worth a message."""
    return candidate.smallest_share >= SMALLEST_SHARE


def elbow(ks: Sequence[int], inertias: Sequence[float]) -> int:
    """Return the k where more segments begin to gain less; the first k of a curve that bends nowhere.

    It is the one farthest below the line from the first k to the last: the top of Kneedle's difference curve (Satopää
    et al. 2011) of a falling, convex curve.

    >>> elbow([2, 3, 4, 5], [100.0, 40.0, 30.0, 25.0])
    3
    """
    from kneed import KneeLocator

    if len(ks) < 3 or inertias[0] <= inertias[-1]:
        return ks[0]
    # Not the elbow it names itself: that is the first top high enough, and inertias of real fits have small kinks.
    below = KneeLocator(list(ks), list(inertias), curve="convex", direction="decreasing").y_difference
    return ks[int(np.argmax(below))]


def _least_bad(candidate: Candidate) -> tuple[bool, float, int]:
    return is_large_enough(candidate), candidate.stability, -candidate.k


def _reason(best: Candidate, bend: int, fine: Sequence[Candidate]) -> str:
    if not fine:
        return f"No k passes; of those with segments large enough {best.k} is the most stable."
    passing = _listed([c.k for c in fine])
    if best.k == bend:
        return f"{passing} pass, and the elbow is at {bend}." if len(fine) > 1 else f"Only {best.k} passes."
    if len(fine) == 1:
        return f"Only {best.k} passes; the elbow would be at {bend}."
    rivals = [c.k for c in fine if c.k != best.k and abs(c.k - bend) == abs(best.k - bend)]
    tie = f", and has a higher silhouette than {rivals[0]}" if rivals else ""
    return f"{passing} pass; {best.k} is nearest the elbow at {bend}{tie}."


def _listed(numbers: Sequence[int]) -> str:
    """Return numbers as a sentence lists them.

    >>> _listed([2, 3, 5])
    '2, 3 and 5'
    """
    *front, last = map(str, numbers)
    return f"{', '.join(front)} and {last}" if front else last
