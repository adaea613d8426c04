"""What lies beside a published model for people: the report and the model card."""

from __future__ import annotations

from model_store.segment_model import SegmentModel
from stream_app.history.report import ReadReport
from trainer.fit import Array
from trainer.report.card import card
from trainer.report.evidence import gather
from trainer.report.page import page
from trainer.report.subject import Subject

REPORT_FILE, CARD_FILE = "report.html", "MODEL_CARD.md"


def report_files(
    model: SegmentModel,
    read: ReadReport,
    matrix: Array,
    *,
    champion: SegmentModel | None,
    currency: str,
    seed: int,
) -> dict[str, bytes]:
    """Return both files by name, the same bytes for the same training; the matrix is R, F, M, U of its customers."""
    subject = Subject(model, read, gather(model, matrix, champion, seed=seed), currency)
    # A file name may hold bytes that are no text.
    return {
        REPORT_FILE: page(subject).encode("utf-8", "replace"),
        CARD_FILE: card(subject).encode("utf-8", "replace"),
    }
