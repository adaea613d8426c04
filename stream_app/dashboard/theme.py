"""How the dashboard looks: grounds, inks and the accent, in light and in dark, for Streamlit and for the charts."""

from __future__ import annotations

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


Option = str | int | bool | list[str] | list[int]
"""What one of Streamlit's options may be."""


def theme_options() -> dict[str, Option]:
    """Return Streamlit's options for both themes by name; the reader's system says which of them is on."""
    found: dict[str, Option] = {}
    for ground, palette in PALETTES.items():
        colours = {
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
        found |= {f"theme.{ground}.{name}": value for name, value in colours.items()}
    return found | {
        "theme.baseRadius": "0.5rem",
        "theme.showWidgetBorder": True,
        "theme.headingFontSizes": ["1.75rem", "1.3rem", "1.1rem"],
        "theme.headingFontWeights": [700, 650, 650],
        "theme.metricValueFontSize": "1.6rem",
        "theme.metricValueFontWeight": 650,
    }
