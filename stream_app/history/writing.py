"""How a shop writes its times and numbers, as far as a person has said it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from stream_app.core.errors import UsageError

Dates = Literal["dmy", "mdy", "ymd"]
"""Day, month and year in the order in which they stand."""

DecimalMark = Literal["comma", "point"]

MARKS: dict[DecimalMark, str] = {"comma": ",", "point": "."}


@dataclass(frozen=True)
class Writing:
    """What the file itself may leave open; None: the values have to say it."""

    timezone: str = "UTC"
    """Of times without a zone."""
    dates: Dates | None = None
    decimal: DecimalMark | None = None
    currency: str = "EUR"
    """The deployment's: lines that name another one are left out."""


def dates_from(text: str | None) -> Dates | None:
    """Return the order of the parts of a date that a person wrote."""
    if text is None:
        return None
    for known in get_args(Dates):
        if text.lower() == known:
            return cast(Dates, known)
    raise UsageError(
        f"{text!r} is no order of day, month and year.", "Use dmy for 31.12.2025, mdy for 12/31/2025, or ymd."
    )


def decimal_from(text: str | None) -> DecimalMark | None:
    """Return the decimal mark that a person named or wrote."""
    if text is None:
        return None
    for known, mark in MARKS.items():
        if text.lower() in {known, mark}:
            return known
    raise UsageError(f"{text!r} is no decimal mark.", "Use comma for 12,50 or point for 12.50.")
