"""`segstream replay diff`: every customer of two namespaces, a slice at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from model_store.scoring import Scorer
from stream_app.core.errors import SegstreamError, UsageError
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.core.measure import Measure
from stream_app.core.state_record import read_header
from stream_app.lookup import Lookup
from stream_app.operators import promotions
from stream_app.settings import LIVE, Settings
from stream_app.shadow.compare import Brought, compare
from stream_app.shadow.hashes import FIELDS, wrongly_shown
from stream_app.shadow.tally import Comparison, Found, Tally, found_of, kept_wrongly
from stream_app.shadow.touched import touched
from stream_app.worker.meta import Meta, half_swapped

SLICE = 500

Told = Callable[[str], None]


class Half(NamedTuple):
    """One of the two namespaces."""

    name: str
    settings: Settings
    lookup: Lookup
    metas: list[Meta | None]
    """Of each partition, when the comparison began."""


def half_of(live: Settings, name: str) -> Half:
    """Return a side by its name, `live` or a namespace's; raises SegstreamError when nothing was ever counted there."""
    settings = live if name == LIVE else live.within(name)
    lookup = Lookup(settings)
    metas = lookup.metas()
    if not any(metas):
        raise SegstreamError(
            f"Nobody was ever counted in {name}.",
            "Start a worker." if name == LIVE else f"Run: segstream replay --into {name}",
            code="NAMESPACE_EMPTY",
        )
    return Half(name, settings, lookup, metas)


class Diff:
    """Compares two sides at one instant; reads both in slices and holds the customers of one partition by id only."""

    def __init__(self, first: Half, second: Half, at: int | None, *, has_own_models: bool = False) -> None:
        self._halves = (first, second)
        self._at = self._instant(at)
        self._own = measure_of(first), measure_of(second)
        second_scorer = self._own[has_own_models].scorer
        self._sides = self._own[0], Measure(second_scorer, self._own[1].window)

    def _instant(self, at: int | None) -> int:
        clocks = [meta.clock for half in self._halves for meta in half.metas if meta is not None]
        newest = max(clocks)
        if at is not None and at < newest:
            raise UsageError(
                f"A clock stands at {rfc3339(newest)}: what came before may be forgotten.", "Give a later --at."
            )
        if at is None and newest == NO_CLOCK:
            raise UsageError("No partition has a clock yet.", "Say with --at at which instant to compare.")
        return newest if at is None else at

    def run(self, tell: Told) -> Comparison:
        """Compare everybody."""
        first, second = self._halves
        model, other = (side.scorer.version for side in self._sides)
        # A namespace takes nothing over.
        half = half_swapped([meta for half in self._halves if half.name == LIVE for meta in half.metas])
        tally = Tally(Comparison(first.name, second.name, rfc3339(self._at), model, other, half))
        for partition in range(max(len(first.metas), len(second.metas))):
            tell(f"Comparing partition {partition}: {tally.result.customers:,} customers so far")
            customers, found = self._partition(partition)
            tally.add(customers, found, self._moved(partition, found))
        return tally.result

    def _partition(self, partition: int) -> tuple[int, dict[bytes, Found]]:
        """Return how many customers a partition has on either side, and those who differ."""
        seen: set[bytes] = set()
        found: dict[bytes, Found] = {}
        for half in self._halves:
            for slice_ in half.lookup.customers_of(partition, SLICE):
                # A scan may name somebody twice, and the other side has named most of them.
                fresh = [each for each in dict.fromkeys(slice_) if each not in seen]
                seen.update(fresh)
                found |= self._slice(fresh)
        return len(seen), found

    def _slice(self, customers: list[bytes]) -> Iterator[tuple[bytes, Found]]:
        first, second = (self._hashes(half, customers) for half in self._halves)
        for customer, *held in zip(customers, first, second, strict=True):
            each = self._one(customer.decode(), held[0], held[1])
            if each is not None:
                yield customer, each

    def _one(self, customer: str, first: list[bytes | None], second: list[bytes | None]) -> Found | None:
        states = first[0], second[0]
        # Somebody may have moved since the clocks were read: any instant that both have reached is as good.
        at = max([self._at, *(read_header(state).as_of for state in states if state is not None)])
        one, other = (
            Brought(state, own, side, at) for state, own, side in zip(states, self._own, self._sides, strict=True)
        )
        wrong = [
            example
            for half, held, brought in zip(self._halves, (first, second), (one, other), strict=True)
            for example in (*wrongly_shown(half.name, customer, held), *kept_wrongly(half.name, customer, brought))
        ]
        return found_of(customer, compare(one, other, self._sides, at), wrong)

    @staticmethod
    def _hashes(half: Half, customers: list[bytes]) -> list[list[bytes | None]]:
        prefix = f"{half.settings.redis_prefix}customer:".encode()
        return half.lookup.ask(lambda pipe: [pipe.hmget(prefix + customer, FIELDS) for customer in customers])

    def _moved(self, partition: int, found: dict[bytes, Found]) -> set[bytes]:
        """Return who of those that differ had orders to which only one of the sides has come, then or now."""
        if not found:
            return set()
        places = [
            meta.source_position
            for half in self._halves
            for metas in (half.metas, half.lookup.metas())
            if (meta := metas[partition]) is not None
        ]
        return touched(self._halves[0].settings, partition, min(places), max(places), found.keys())


def measure_of(half: Half) -> Measure:
    """Return by what a side is counted and scored; raises when partitions differ, or the model is not in the store."""
    windows = {meta.identity.window_days for meta in half.metas if meta is not None}
    if len(windows) > 1:
        raise SegstreamError(
            f"Partitions of {half.name} count by different windows: a swap to another one has not reached all.",
            "Run it again: segstream replay swap NAMESPACE",
            code="WINDOWS_DIFFER",
        )
    return Measure.of(scorer_of(half), windows.pop())


def scorer_of(half: Half) -> Scorer:
    """Return the model that scores a side; raises when it is not in the store."""
    version = next(meta.model_version for meta in half.metas if meta is not None)
    promotion = promotions(half.settings).of(version)
    if promotion is None:
        raise SegstreamError(
            f"The control topic of {half.name} does not name model {version}.", "Promote a model.", code="MODEL_NONE"
        )
    return Scorer(half.settings.models.load(version, promotion.sha256))
