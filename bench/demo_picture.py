"""Draws the demo's screen as a picture, from a real run: python -m bench.demo_picture FILE."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from stream_app.demo.drawing.screen import draw
from stream_app.demo.drawing.snapshot import Snapshot
from stream_app.demo.drawing.strokes import BLOCK
from stream_app.demo.play import Wish
from stream_app.demo.run import run_demo

WIDTH, HEIGHT = 92, 32
BEST_SHARE = 0.5
"""So much of the time without orders has passed at the moment that is drawn: segments shrink and grow by themselves."""

CELL_WIDTH = 12.2
BAR = re.compile(
    rf'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"[^>]*>(?P<bar>{BLOCK}+)(&#160;)*</text>'
)

THEME = TerminalTheme(
    (22, 27, 34),
    (222, 226, 232),
    [(48, 54, 61), (213, 94, 0), (0, 158, 115), (230, 159, 0), (86, 180, 233), (204, 121, 167)] * 2,
)


class Photographer:
    """A display that keeps the one snapshot that is drawn in the end."""

    width = WIDTH

    def __init__(self) -> None:
        self.best = Snapshot()

    def __enter__(self) -> Photographer:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        if abs(snapshot.quiet_share - BEST_SHARE) <= abs(self.best.quiet_share - BEST_SHARE):
            self.best = snapshot

    def say(self, lines: Sequence[Text]) -> None:
        print("\n".join(line.plain for line in lines))


def picture(snapshot: Snapshot) -> str:
    """Return the screen as SVG; the same snapshot gives the same text."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Group(*draw(snapshot, WIDTH, HEIGHT), Text()))
    svg = console.export_svg(title="make demo", theme=THEME, unique_id="demo")
    return BAR.sub(_rectangle, svg)


def _rectangle(bar: re.Match[str]) -> str:
    """Return a bar as one shape: drawn as letters, it would show a seam between every two of them."""
    y, length = float(bar["y"]), len(bar["bar"]) * CELL_WIDTH
    return f'<rect class="{bar["style"]}" x="{bar["x"]}" y="{y - 13:g}" width="{length:g}" height="15"/>'


def main() -> None:
    """Run the demo to its end and draw how it looked in between."""
    photographer = Photographer()
    run_demo(Wish(), until_done=True, display=photographer)
    Path(sys.argv[1]).write_text(picture(photographer.best) + "\n")


if __name__ == "__main__":
    main()
