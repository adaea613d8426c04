from __future__ import annotations

from itertools import combinations

import pytest

from stream_app.dashboard.colours import NOBODY, SEGMENT_COLOURS, Ground, contrast, linear, segment_colour
from stream_app.dashboard.theme import PALETTES, theme_options

GROUNDS: tuple[Ground, Ground] = ("light", "dark")

# Machado, Oliveira and Fernandes 2009, severity 1: how light reaches those who lack one kind of cone.
SIGHTS = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: str, sight: str) -> tuple[float, float, float]:
    """Return a colour as CIE Lab, as people of this sight see it."""
    light = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(part * by for part, by in zip(light, row, strict=True)))) for row in SIGHTS[sight]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def mixed(ink: str, ground: str, opacity: float) -> str:
    """Return what an ink looks like that is not quite opaque."""
    pairs = [(int(ink[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(top * opacity + below * (1 - opacity)):02x}" for top, below in pairs)


@pytest.mark.parametrize("ground", GROUNDS)
def test_words_have_the_contrast_that_wcag_aa_asks_for(ground: Ground) -> None:
    palette = PALETTES[ground]
    inks = [palette.ink, palette.soft, palette.accent, palette.up, palette.down]

    for below in (palette.ground, palette.panel):
        assert {ink: ratio for ink in inks if (ratio := contrast(ink, below)) < 4.5} == {}
        assert contrast(mixed(palette.ink, below, 0.78), below) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5


@pytest.mark.parametrize("ground", GROUNDS)
def test_what_is_drawn_stands_out_from_its_ground(ground: Ground) -> None:
    palette = PALETTES[ground]
    drawn = [*SEGMENT_COLOURS[ground], NOBODY[ground], palette.mute, palette.accent]

    for below in (palette.ground, palette.panel):
        assert {colour: ratio for colour in drawn if (ratio := contrast(colour, below)) < 3.0} == {}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_no_two_segments_look_alike_to_anybody(ground: Ground, sight: str) -> None:
    places = {colour: seen(colour, sight) for colour in SEGMENT_COLOURS[ground]}

    apart = {
        (one, other): sum((a - b) ** 2 for a, b in zip(places[one], places[other], strict=True)) ** 0.5
        for one, other in combinations(places, 2)
    }

    assert {pair: round(far) for pair, far in apart.items() if far < 15} == {}


def test_a_segment_keeps_its_colour_whatever_stands_beside_it() -> None:
    assert segment_colour("s3", "light") == SEGMENT_COLOURS["light"][2]
    assert segment_colour("s3", "dark") == SEGMENT_COLOURS["dark"][2]
    assert segment_colour("named-by-hand", "light") == segment_colour("named-by-hand", "light")
    assert segment_colour(None, "light") == NOBODY["light"]


def test_the_first_segments_of_a_model_have_colours_of_their_own() -> None:
    assert len({segment_colour(f"s{number}", "light") for number in range(1, 8)}) == 7


def test_streamlit_is_given_both_themes() -> None:
    options = theme_options()

    for ground in GROUNDS:
        assert options[f"theme.{ground}.backgroundColor"] == PALETTES[ground].ground
        assert options[f"theme.{ground}.textColor"] == PALETTES[ground].ink
