"""Axes: where a number lies, and which round numbers stand beside them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log1p, log10

STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Scale:
    """A straight or a logarithmic way from numbers to coordinates."""

    first: float
    last: float
    start: float
    """The coordinate of `first`."""
    end: float
    is_log: bool = False
    """Of log1p, as the model sees its features: 0 has a place on it."""

    def at(self, value: float) -> float:
        """Return the coordinate of a number; all lie in the middle where first and last are one."""
        first, last = self._way(self.first), self._way(self.last)
        part = (self._way(value) - first) / (last - first) if last > first else 0.5
        return self.start + part * (self.end - self.start)

    def ticks(self, about: int = 5) -> tuple[float, ...]:
        """Return round numbers between both ends, about so many."""
        found = log_ticks(self.last, about) if self.is_log else round_ticks(self.first, self.last, about)
        return tuple(tick for tick in found if self.first <= tick <= self.last)

    def _way(self, value: float) -> float:
        return log1p(value) if self.is_log else value


def round_step(span: float, about: int) -> float:
    """Return 1, 2 or 5 times a power of ten, which divides the span into at most about so many parts.

    >>> round_step(373, 5), round_step(0.9, 5)
    (100.0, 0.2)
    """
    if span <= 0:
        return 1
    rough = span / about
    power = floor(log10(rough))
    # A power below zero is divided by: 0.1 three times is not 0.3.
    sized = [step * float(10**power) if power >= 0 else step / 10**-power for step in STEPS]
    return next((size for size in sized if size >= rough), sized[-1])


def round_ticks(first: float, last: float, about: int) -> tuple[float, ...]:
    """Return the multiples of a round step in the range.

    >>> round_ticks(0, 10, 5)
    (0, 2, 4, 6, 8, 10)
    """
    step = round_step(last - first, about)
    return tuple(_tidy(n * step) for n in range(ceil(first / step - 1e-9), floor(last / step + 1e-9) + 1))


def log_ticks(last: float, about: int) -> tuple[float, ...]:
    """Return 0 and powers of ten up to the last number, with their halves and fifths where these are few.

    >>> log_ticks(1500, 5)
    (0, 1, 10, 100, 1000)
    """
    decades = range(max(0, floor(log10(max(last, 1)))) + 1)
    steps = (1, 2, 5) if 3 * len(decades) <= about + 1 else (1,)
    return (0, *(step * 10**power for power in decades for step in steps))


def rounded_up(value: float, about: int = 5) -> float:
    """Return the end of an axis from 0 that a number fits on.

    >>> rounded_up(0.46), rounded_up(6798)
    (0.5, 8000)
    """
    step = round_step(value, about)
    return _tidy(ceil(value / step - 1e-9) * step) if value > 0 else step


def short(value: float) -> str:
    """Return a tick's number with as few signs as it needs.

    >>> short(0.5), short(2000), short(150_000), short(2_500_000)
    ('0.5', '2,000', '150k', '2.5M')
    >>> short(-2)
    '−2'
    """
    if value < 0:
        return f"−{short(-value)}"
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e5, "k")):
        if value >= size:
            return f"{value / min(size, 1e3 if sign == 'k' else size):g}{sign}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _tidy(value: float) -> float:
    return int(value) if value == int(value) else round(value, 10)
