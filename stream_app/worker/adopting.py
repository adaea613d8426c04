"""A swap under way in a partition: whose states are taken over, and how far the walk has come."""

from __future__ import annotations

from dataclasses import dataclass

from stream_app.contract.control import Swap
from stream_app.core.adoption import Adoption
from stream_app.core.measure import Measure
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.worker.meta import AdoptionProgress
from stream_app.worker.place import Place


@dataclass
class Adopting:
    """First everybody goes over whom the partition knew, then who is known to the namespace alone.

    The namespace stands still meanwhile. It is refused where it is not at the barrier any more.
    """

    namespace: str
    barrier: int
    terms: Adoption
    is_beyond: bool = False
    """True once everybody whom the partition knew has gone over."""
    format: int = STATE_FORMAT
    """In which everybody's state is written once all have gone over: that of the release that began it."""

    @classmethod
    def of(cls, swap: Swap, partition: int, instant: int, old: Measure, *, is_patient: bool) -> Adopting:
        """Return the beginning of a swap at a partition's clock, which measured by another measure or the same."""
        terms = Adoption(
            swap.id,
            instant,
            old,
            is_quiet=swap.is_quiet,
            is_patient=is_patient and not swap.is_silent,
            is_silent=swap.is_silent,
        )
        return cls(swap.namespace, swap.barriers[partition], terms)

    def progress(self, walked: Place) -> AdoptionProgress:
        """Return what the meta record says of it."""
        terms, old = self.terms, self.terms.old
        return AdoptionProgress(
            self.namespace, self.barrier, terms.id, terms.instant, terms.is_quiet, terms.is_patient, terms.is_silent,
            self.is_beyond, *walked, old.scorer.version, old.window_days, self.format,
        )  # fmt: skip


def adopting_of(found: AdoptionProgress, old: Measure) -> Adopting:
    """Return the swap that a meta record describes, of a partition that measured by `old` before."""
    terms = Adoption(
        found.id,
        found.instant,
        old,
        is_quiet=found.is_quiet,
        is_patient=found.is_patient,
        is_silent=found.is_silent,
    )
    return Adopting(found.namespace, found.barrier, terms, found.is_beyond, found.format)
