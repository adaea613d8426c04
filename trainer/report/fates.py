"""What became of a segment from the model before to this one, as a sentence says it."""

from __future__ import annotations

from collections.abc import Mapping

from model_store.segment_model import Fate


def fate_words(fate: Fate, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return how many customers stay, come or go; both mappings give a segment's name by its id."""
    if fate.fate == "kept":
        was = "" if before[fate.id] == now[fate.id] else f"; was {before[fate.id]}"
        return f"{fate.shared:,} of its {fate.before:,} customers stay, {fate.after - fate.shared:,} join{was}"
    if fate.fate == "split":
        return f"{fate.shared:,} of its {fate.after:,} customers come from {fate.other} {before[fate.other or '']}"
    if fate.fate == "merged":
        return f"{fate.shared:,} of its {fate.before:,} customers go to {fate.other} {now[fate.other or '']}"
    if fate.fate == "new":
        return f"its {fate.after:,} customers come from several segments"
    return f"its {fate.before:,} customers go to several segments"
