"""What a column's first values look like: a number, a time, an id."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

FITTING_SHARE = 0.8
"""Some lines of any export are out of shape."""

_NUMBER = re.compile(r"[^0-9]{0,6}[0-9][0-9.,'’ \u00a0\u202f]*[^0-9]{0,6}")
_WHOLE = re.compile(r"[-+−]?[0-9]+(?:[.,]0*)?")
_TIME = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}\b.*"
    r"|[0-9]{1,2}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{2,4}\b.*"
    r"|(?:19|20)[0-9]{6}(?:[T ]?[0-9]{6})?"
    r"|1[0-9]{9}(?:\.[0-9]+)?|1[0-9]{12}|1[0-9]{15}"
    r"|.*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*[0-9]{2,4}.*",
    re.IGNORECASE,
)
_NOT_OF_A_NUMBER = re.compile(r"[^0-9.,-]")


def looks_like_time(samples: Sequence[str]) -> bool:
    """Tell whether most of the values are dates or times with a date."""
    return bool(samples) and _fit(samples, _TIME)


def _fit(samples: Sequence[str], shape: re.Pattern[str]) -> bool:
    return sum(shape.fullmatch(sample) is not None for sample in samples) >= FITTING_SHARE * len(samples)


def _is_any(_samples: Sequence[str]) -> bool:
    return True


FITS: dict[str, Callable[[Sequence[str]], bool]] = {
    "order_id": _is_any,
    "customer_id": _is_any,
    "product_id": _is_any,
    "quantity": lambda samples: _fit(samples, _WHOLE),
    "unit_price": lambda samples: _fit(samples, _NUMBER),
    "amount": lambda samples: _fit(samples, _NUMBER),
    "ordered_at": lambda samples: _fit(samples, _TIME),
    "currency": lambda samples: _fit(samples, re.compile(r"\D{1,4}")),
}
"""What the values of each field must look like; a column without values may be anything."""


def number_in(text: str, mark: str) -> float | None:
    """Return about what a text means with this decimal mark, None when it is no number."""
    digits = _NOT_OF_A_NUMBER.sub("", text).replace("." if mark == "," else ",", "").replace(mark, ".")
    try:
        return float(digits)
    except ValueError:
        return None
