"""Rounds in which everybody runs once, so that the machine's moods hit all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def interleaved(items: Sequence[Item], rounds: int) -> Iterator[Item]:
    """Yield everything once a round; each round begins one place further, so that nobody always comes first."""
    for at in range(rounds):
        begin = at % max(1, len(items))
        yield from (*items[begin:], *items[:begin])


def say(words: str) -> None:
    """Tell whoever waits how it goes."""
    print(words, file=sys.stderr, flush=True)
