"""What a report is about: one model, the file it was trained on, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model_store.segment_model import Candidate, SegmentModel
from stream_app.history.report import ReadReport
from trainer.report.evidence import Evidence

WORDS = {
    "recency_days": "recency",
    "frequency": "frequency",
    "monetary": "money",
    "unique_products": "different products",
}


@dataclass(frozen=True)
class Subject:
    """All that page and card are made of: the same subject gives the same bytes."""

    model: SegmentModel
    read: ReadReport
    evidence: Evidence
    currency: str

    def fact(self, name: str) -> str | int | float:
        """Return a fact of the training, nothing where an older trainer kept none."""
        return self.model.training.get(name, "")

    def figure(self, name: str) -> float:
        """Return a fact that is a number, 0 where there is none."""
        found = self.model.training.get(name, 0)
        return 0.0 if isinstance(found, str) else float(found)

    @property
    def features(self) -> Sequence[str]:
        """What customers are compared by, in words."""
        used = str(self.fact("features")).split(", ")
        return [words for name, words in WORDS.items() if name in used or used == [""]]

    @property
    def chosen(self) -> Candidate:
        """What was measured for the number of segments that the model has."""
        return next(candidate for candidate in self.model.candidates if candidate.is_chosen)

    @property
    def names(self) -> Sequence[str]:
        """The segments' names by their place."""
        return [segment.name for segment in self.model.segments]

    @property
    def explained(self) -> Sequence[float]:
        """The part of the variance that each component keeps."""
        return [self.figure(f"explained_variance_{n}") for n in range(1, len(self.model.pca_components) + 1)]

    @property
    def is_as_streamed(self) -> bool:
        """Tell whether the training counted orders as the worker does."""
        return self.fact("amounts") != "gross" and self.fact("duplicate_lines") != "dropped"
