"""How the dashboard looks: grounds, inks and the accent, in light and in dark, for Streamlit and for the charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stream_app.dashboard.colours import Ground


@cache
def style() -> str:
    """Return the style sheet: what Streamlit's theme has no option for."""
    return (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Palette:
    """The colours of one theme."""

    ground: str
    panel: str
    """Behind cards and inputs."""
    ink: str
    soft: str
    """Ink of what is said beside."""
    hair: str
    """Thin lines, which carry no meaning."""
    accent: str
    on_accent: str
    """Words on the accent."""
    up: str
    down: str
    mute: str
    """Bars that stand for no segment."""


PALETTES: dict[Ground, Palette] = {
    "light": Palette(
        ground="#ffffff", panel="#f6f6f4", ink="#1d1d1f", soft="#5c5c63", hair="#dcdcd8", accent="#0062a0",
        on_accent="#ffffff", up="#0b6b43", down="#a33c00", mute="#7d8b98",
    ),
    "dark": Palette(
        ground="#16171a", panel="#1f2125", ink="#ececec", soft="#a4a6ad", hair="#35373d", accent="#62b8f0",
        on_accent="#10222f", up="#4fd19a", down="#ff9a5c", mute="#7f8fa0",
    ),
}  # fmt: skip


def theme_flags() -> Iterator[str]:
    """Yield Streamlit's options for both themes; the reader's system says which of them is on."""
    for ground, palette in PALETTES.items():
        options = {
            "primaryColor": palette.accent,
            "backgroundColor": palette.ground,
            "secondaryBackgroundColor": palette.panel,
            "textColor": palette.ink,
            "linkColor": palette.accent,
            "borderColor": palette.hair,
            "dataframeBorderColor": palette.hair,
            "greenTextColor": palette.up,
            "redTextColor": palette.down,
            "grayTextColor": palette.soft,
        }
        yield from (f"--theme.{ground}.{name}={value}" for name, value in options.items())
    yield "--theme.baseRadius=0.5rem"
    yield "--theme.showWidgetBorder=true"
    yield '--theme.headingFontSizes=["1.75rem","1.3rem","1.1rem"]'
    yield "--theme.headingFontWeights=[700,650,650]"
    yield "--theme.metricValueFontSize=1.6rem"
    yield "--theme.metricValueFontWeight=650"
