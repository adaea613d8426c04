"""What a person is told about the segments of the model before: which live on, and where the others went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from model_store.segment_model import SegmentModel
    from stream_app.commands.champion import Champion


def lineage_lines(model: SegmentModel, champion: Champion) -> Iterator[str]:
    """Yield how many customers keep their segment id, then the fate of each segment of both models."""
    from trainer.report.fates import fate_words

    before = {segment.id: segment.name for segment in champion.model.segments}
    now = {segment.id: segment.name for segment in model.segments}
    stay = model.training["keep_their_id"]
    yield typer.style(f"Beside model {champion.model.version}, {champion.why}:", bold=True)
    yield f"  {stay:.1%} of these customers keep their segment id."
    yield ""
    ids = max(len(fate.id) for fate in model.lineage)
    width = max(map(len, (*before.values(), *now.values())))
    for fate in model.lineage:
        name = now.get(fate.id) or before[fate.id]
        line = f"  {fate.id:<{ids}}  {name:<{width}}  {fate.fate:<7}  {fate_words(fate, before, now)}"
        yield line if fate.fate == "kept" else typer.style(line, bold=True)
    yield ""
