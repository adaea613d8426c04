"""What a candidate would do to the live population, and what the live model says of the same customers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import numpy as np

from model_store.scoring import MONEY_SCALE, Scorer, fold_affine
from model_store.segment_model import SegmentModel
from stream_app.candidate.population import Member, Row

TOP_SPENDERS = 100
SAMPLE = 4_000
"""So many customers are enough for a silhouette to two digits; its cost grows with their square."""


class Spender(NamedTuple):
    """One of those who spend most."""

    monetary: int
    customer_id: str
    came_from: str
    to: str


class Preview(NamedTuple):
    """Ids that a model does not have are segments of the other one."""

    customers: int
    migrations: dict[tuple[str, str], int]
    """From the segment shown now to the candidate's: how many."""
    top_spenders: list[Spender]
    """Those who spend most and would move, the biggest first."""
    ari: float
    """Adjusted Rand index of the two partitions: 1 when they are the same but for names, about 0 for chance."""
    silhouette: float | None
    """Of the candidate on a sample of the population; None when it puts all of them into one segment."""
    live_silhouette: float | None
    """Of the live model on the same sample; None also when that model is lost."""

    @property
    def moved(self) -> int:
        """How many customers would get another segment id."""
        return sum(number for (came_from, to), number in self.migrations.items() if came_from != to)

    @property
    def moved_share(self) -> float:
        """Their part of all, from 0 to 1."""
        return self.moved / self.customers if self.customers else 0.0

    def sizes(self) -> tuple[Counter[str], Counter[str]]:
        """Return how many customers each segment has now, and would have."""
        now: Counter[str] = Counter()
        then: Counter[str] = Counter()
        for (came_from, to), number in self.migrations.items():
            now[came_from] += number
            then[to] += number
        return now, then


def preview(population: Iterable[Member], candidate: SegmentModel, live: SegmentModel | None) -> Preview:
    """Score everybody with the candidate; the population is read once."""
    scorer = Scorer(candidate)
    migrations: Counter[tuple[str, str]] = Counter()
    top: list[Spender] = []
    sample = _Sample()
    for member in population:
        to = scorer.ids[scorer.assign(*member.row)]
        migrations[member.segment, to] += 1
        sample.offer(member)
        _keep_top(top, Spender(member.row[2], member.customer_id, member.segment, to))
    return Preview(
        customers=migrations.total(),
        migrations=dict(migrations),
        top_spenders=sorted((one for one in top if one.came_from != one.to), reverse=True),
        ari=_ari(migrations),
        silhouette=_silhouette(sample.rows, candidate),
        live_silhouette=None if live is None else _silhouette(sample.rows, live),
    )


def _keep_top(top: list[Spender], one: Spender) -> None:
    if len(top) < TOP_SPENDERS:
        heapq.heappush(top, one)
    elif one > top[0]:
        heapq.heapreplace(top, one)


class _Sample:
    """Keeps the rows whose customer ids hash lowest: the same ones in whatever order they are offered."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, Row]] = []

    @property
    def rows(self) -> list[Row]:
        return [row for _, row in sorted(self._kept)]

    def offer(self, member: Member) -> None:
        ranked = -crc32(member.customer_id.encode()), member.row
        if len(self._kept) < SAMPLE:
            heapq.heappush(self._kept, ranked)
        elif ranked > self._kept[0]:
            heapq.heapreplace(self._kept, ranked)


def _ari(migrations: Counter[tuple[str, str]]) -> float:
    # Imported where it is used: it takes seconds, and whoever mistypes a flag of `train` should not wait for it.
    from sklearn.metrics import adjusted_rand_score  # type: ignore[import-untyped]

    if not migrations:
        return 1.0
    pairs, numbers = zip(*migrations.items(), strict=True)
    now, then = (np.repeat([pair[side] for pair in pairs], numbers) for side in (0, 1))
    return round(float(adjusted_rand_score(now, then)), 4)


def _silhouette(rows: list[Row], model: SegmentModel) -> float | None:
    """Return how well the model's segments part the rows in its own space; None for fewer than two segments."""
    from sklearn.metrics import silhouette_score

    scorer = Scorer(model)
    labels = [scorer.assign(*row) for row in rows]
    if len(set(labels)) < 2 or len(set(labels)) == len(labels):
        return None
    projection, origin = fold_affine(model)
    logs = np.log1p(np.array(rows, float) / [1, 1, MONEY_SCALE, 1])
    return round(float(silhouette_score(logs @ np.array(projection).T + origin, labels)), 4)
