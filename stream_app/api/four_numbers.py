"""The four numbers of a request: told apart from everything that only looks like them, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from model_store.scoring import FeatureRow
from stream_app.api.problems import Fault, shown
from stream_app.contract.order import MONEY_SCALE

SPELLINGS = (
    ("Recency", "recency", "recency_days"),
    ("Frequency", "frequency"),
    ("Monetary", "monetary"),
    ("Unique_Products", "unique_products"),
)
"""The names that each of the four goes by, in the order of the model."""

CUSTOMER_NAMES = ("customer_id", "id")
KNOWN = {name for names in SPELLINGS for name in names} | set(CUSTOMER_NAMES)
PLAIN = ({names[0] for names in SPELLINGS}, {names[1] for names in SPELLINGS})
"""What nearly everybody sends: all in one spelling."""

MOST_COUNT = 1_000_000_000
MOST_DAYS = 3_652_500
"""Ten thousand years."""
MOST_MONEY = 100_000_000_000
"""Currency units: ten-thousandths of it are still exact in a float."""
LIMITS = (MOST_DAYS, MOST_COUNT, MOST_MONEY, MOST_COUNT)
MONETARY = 2


def four_numbers(given: Mapping[str, object], faults: list[Fault], place: str = "") -> FeatureRow:
    """Return recency, frequency, monetary in ten-thousandths and unique products; adds what is wrong to `faults`.

    >>> four_numbers({"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}, [])
    (15, 50, 12005000, 10)
    """
    if given.keys() not in PLAIN:
        faults += [
            Fault(f"{place}{name}", shown(given[name]), "is no field of this request")
            for name in given
            if name not in KNOWN
        ]
    values = [_value(given, at, faults, place) for at in range(4)]
    return values[0], values[1], values[2], values[3]


def customer_of(given: Mapping[str, object]) -> str | None:
    """Return whose numbers they are, if that was said."""
    value = next((given[name] for name in CUSTOMER_NAMES if given.get(name) not in (None, "")), None)
    return None if value is None else str(value)


def number_of(text: str) -> object:
    """Return the number that a text of a CSV file says; the text itself when it says none.

    >>> number_of("15"), number_of(" 1200.50"), number_of("1e400"), number_of("x")
    (15, 1200.5, inf, 'x')
    """
    text = text.strip()
    if "_" in text:
        # Python would read 1_000.
        return text
    try:
        return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 20 else float(text)
    except ValueError:
        return text


def _value(given: Mapping[str, object], at: int, faults: list[Fault], place: str) -> int:
    names = SPELLINGS[at]
    found = [name for name in names if name in given]
    name = found[0] if found else names[0]
    value = given.get(name)
    if len(found) > 1:
        message = f"is given twice, as {' and as '.join(found)}"
    elif not found:
        message = "is missing"
    else:
        message = _fault(value, at)
        if not message:
            return round(value * MONEY_SCALE) if at == MONETARY else int(value)  # type: ignore[operator,call-overload]
    faults.append(Fault(f"{place}{name}", "" if not found else shown(value), message))
    return 0


def _fault(value: object, at: int) -> str:
    """Return what is wrong with a value, empty when nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if isinstance(value, float) and not isfinite(value):
        return "must be a finite number"
    if value < 0:
        return "must not be negative"
    if value > LIMITS[at]:
        return f"must be at most {LIMITS[at]:,}"
    if at == MONETARY:
        is_exact = round(value * MONEY_SCALE) / MONEY_SCALE == value
        return "" if is_exact else "must have at most 4 decimals"
    return "" if value == int(value) else "must be a whole number"
