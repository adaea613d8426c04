"""Carries segment ids from one model to the next, and says what became of every segment.

Both models score the same customers. New segments are matched to old ones so that as many customers as any
renumbering allows keep their id; the distance of the centroids decides only between matches that are as good.
Matching the centroids alone is nearly always the same, and worse where segments are many and unstable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model_store.segment_model import Fate, SegmentModel
from trainer.fit import Array, Labels, Space

MOST = 0.5
"""A segment is kept, split off or merged by what happens to at least half of its customers."""


@dataclass(frozen=True)
class Numbered:
    """The new clusters in their final order, and the customers of each."""

    space: Space
    centroids: Array
    labels: Labels


@dataclass(frozen=True)
class Lineage:
    """The ids of the new segments in their order, and the fate of all of both models."""

    ids: tuple[str, ...]
    kept: dict[int, int]
    """New segment to the champion's, by place."""
    fates: tuple[Fate, ...]
    retired_ids: tuple[str, ...]
    """Ids of the past that no segment of this model has; none of them is given again."""
    stay: float
    """Part of the customers whose segment id stays the same."""


def first_ids(k: int) -> tuple[str, ...]:
    """Return the ids of a model without a champion.

    >>> first_ids(3)
    ('s1', 's2', 's3')
    """
    return tuple(f"s{number}" for number in range(1, k + 1))


def trace(champion: SegmentModel, new: Numbered, matrix: Array) -> Lineage:
    """Return how the new segments continue the champion's; the matrix holds the customers of the training."""
    moves = migration(assign(champion, matrix), new.labels, len(champion.segments), len(new.centroids))
    distances = _distances(champion, new)
    kept = {n: o for o, n in match(moves, distances) if _is_kept(moves, o, n)}
    ids = _ids(champion, kept, len(new.centroids))
    retired = [s.id for place, s in enumerate(champion.segments) if place not in kept.values()]
    return Lineage(
        ids=ids,
        kept=kept,
        fates=tuple(_fates(champion, ids, kept, moves)),
        retired_ids=(*champion.retired_ids, *retired),
        stay=float(sum(moves[o, n] for n, o in kept.items()) / max(1, len(matrix))),
    )


def assign(model: SegmentModel, matrix: Array) -> Labels:
    """Return the place of each customer's segment in a published model."""
    scaled = (np.log1p(matrix) - np.array(model.scaler_mean)) / np.array(model.scaler_scale)
    points = (scaled - np.array(model.pca_mean)) @ np.array(model.pca_components).T
    squares = [((points - np.array(centroid)) ** 2).sum(axis=1) for centroid in model.centroids]
    labels: Labels = np.argmin(squares, axis=0).astype(np.int64)
    return labels


def migration(before: Labels, after: Labels, old: int, new: int) -> Labels:
    """Return how many customers go from each old segment (row) to each new one (column)."""
    return np.bincount(before * new + after, minlength=old * new).reshape(old, new)


def match(moves: Labels, distances: Array) -> list[tuple[int, int]]:
    """Return (old, new) pairs that together share the most customers, on a tie the nearest centroids."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    # All distances together weigh less than one customer.
    nearness = distances / (1 + distances.sum())
    old, new = linear_sum_assignment(moves - nearness, maximize=True)
    return list(zip(old.tolist(), new.tolist(), strict=True))


def _distances(champion: SegmentModel, new: Numbered) -> Array:
    """Return the distances of the centroids in the champion's scaled features.

    One ruler for both: the ids were given where its units were, and two scalers would call a shop's growth a move.
    """
    mean, scale = np.array(champion.scaler_mean), np.array(champion.scaler_scale)
    old = np.array(champion.centroids) @ np.array(champion.pca_components) + np.array(champion.pca_mean)
    scaled = new.centroids @ new.space.pca_components + new.space.pca_mean
    theirs = (scaled * new.space.scaler_scale + new.space.scaler_mean - mean) / scale
    distances: Array = np.sqrt(((old[:, None, :] - theirs[None, :, :]) ** 2).sum(axis=2))
    return distances


def _is_kept(moves: Labels, old: int, new: int) -> bool:
    shared = moves[old, new]
    return bool(shared > 0 and shared >= MOST * min(moves[old].sum(), moves[:, new].sum()))


def _ids(champion: SegmentModel, kept: dict[int, int], k: int) -> tuple[str, ...]:
    used = [*(segment.id for segment in champion.segments), *champion.retired_ids]
    numbers = [int(found[1]) for id in used if (found := re.fullmatch(r"s(\d+)", id))]
    fresh = iter(range(max(numbers, default=0) + 1, max(numbers, default=0) + 1 + k))
    return tuple(champion.segments[kept[n]].id if n in kept else f"s{next(fresh)}" for n in range(k))


def _fates(champion: SegmentModel, ids: Sequence[str], kept: dict[int, int], moves: Labels) -> Iterator[Fate]:
    for n, id in enumerate(ids):
        after = int(moves[:, n].sum())
        if n in kept:
            before, shared = int(moves[kept[n]].sum()), int(moves[kept[n], n])
            yield Fate(id=id, fate="kept", before=before, after=after, shared=shared)
            continue
        source = int(moves[:, n].argmax())
        shared = int(moves[source, n])
        is_part = shared > 0 and shared >= MOST * after
        yield Fate(
            id=id, fate="split" if is_part else "new", other=champion.segments[source].id if is_part else None,
            before=0, after=after, shared=shared if is_part else 0,
        )  # fmt: skip
    for o, segment in enumerate(champion.segments):
        if o in kept.values():
            continue
        before, heir = int(moves[o].sum()), int(moves[o].argmax())
        shared = int(moves[o, heir])
        is_merged = shared > 0 and shared >= MOST * before
        yield Fate(
            id=segment.id, fate="merged" if is_merged else "retired", other=ids[heir] if is_merged else None,
            before=before, after=0, shared=shared if is_merged else 0,
        )  # fmt: skip
