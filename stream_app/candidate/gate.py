"""Whether a candidate may become live by itself: what it must not do to the customers of today."""

from __future__ import annotations

from dataclasses import dataclass

from stream_app.candidate.preview import Preview


@dataclass(frozen=True)
class Gate:
    """The most that a new model may change without somebody's word."""

    max_moved_share: float = 0.4
    min_ari: float = 0.3
    max_silhouette_drop: float = 0.05

    def objections(self, seen: Preview) -> list[str]:
        """Return in sentences what speaks against the candidate; empty when it may pass."""
        found = []
        if seen.moved_share > self.max_moved_share:
            found.append(f"{seen.moved_share:.1%} of the customers would move, and {self.max_moved_share:.1%} may.")
        if seen.ari < self.min_ari:
            found.append(
                f"The segments agree with today's only by an ARI of {seen.ari:.2f}; {self.min_ari:.2f} is asked."
            )
        drop = _drop(seen)
        if drop is not None and drop > self.max_silhouette_drop:
            found.append(
                f"The silhouette falls from {seen.live_silhouette:.3f} to {seen.silhouette or 0:.3f}; "
                f"{self.max_silhouette_drop:.3f} less may be."
            )
        return found


def _drop(seen: Preview) -> float | None:
    if seen.live_silhouette is None:
        return None
    return seen.live_silhouette - (seen.silhouette or 0.0)
