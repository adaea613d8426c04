"""One fixed colour for each segment, by its id, on a light and on a dark ground."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Literal

Ground = Literal["light", "dark"]

SEGMENT_COLOURS: dict[Ground, tuple[str, ...]] = {
    "light": ("#007a5c", "#3690dd", "#b07d00", "#a8479a", "#a83000", "#002a66", "#868690"),
    "dark": ("#17bf7f", "#9dcbff", "#f8bd1c", "#d678b6", "#ee5226", "#3b74e6", "#e3dad0"),
}
"""The same hues for both; with any colour vision no two of them look alike, and all stand out from their ground."""

NOBODY: dict[Ground, str] = {"light": "#6b6b73", "dark": "#a0a2aa"}
"""For those in no segment: not yet scored, or lapsed."""


def segment_colour(segment_id: str | None, ground: Ground) -> str:
    """Return a segment's colour; ids outlive retraining, so its colour does too.

    >>> segment_colour("s1", "light") == segment_colour("s8", "light")
    True
    """
    if not segment_id:
        return NOBODY[ground]
    colours = SEGMENT_COLOURS[ground]
    return colours[_place(segment_id) % len(colours)]


def _place(segment_id: str) -> int:
    number = segment_id.removeprefix("s")
    return int(number) - 1 if number.isascii() and number.isdigit() else zlib.crc32(segment_id.encode())


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it, from 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return round((light + 0.05) / (dark + 0.05), 4)


def luminance(colour: str) -> float:
    """Return a colour's relative luminance as WCAG 2 defines it."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> Sequence[float]:
    """Return red, green and blue of `#rrggbb` as amounts of light from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
