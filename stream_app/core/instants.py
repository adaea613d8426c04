"""Instants are integer microseconds since 1970 UTC; only the edges of the system see text or datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from stream_app.contract.order import MAX_YEAR

DAY_US: Final = 86_400_000_000
NO_CLOCK: Final = -1
"""The clock of a partition that has seen neither a live order nor a tick; every instant lies after it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = (datetime(MAX_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH).days * DAY_US
_LAST: Final = 253_402_300_799_000_000


def instant_of(moment: datetime) -> int:
    """Return the instant of an aware datetime, exact to the microsecond in any year."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def is_in_years(instant: int) -> bool:
    """Tell whether an instant lies between the years 1970 and MAX_YEAR."""
    return 0 <= instant < _END


def parse_instant(text: str) -> int | None:
    """Return the instant of an RFC 3339 text with zone, None when it is not one."""
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    if moment.tzinfo is None:
        return None
    instant = instant_of(moment)
    return instant if is_in_years(instant) else None


def rfc3339(instant: int) -> str:
    """Write an instant in UTC, with a fraction only when it has one.

    >>> rfc3339(1_735_689_600_000_000), rfc3339(1_735_689_600_250_000)
    ('2025-01-01T00:00:00Z', '2025-01-01T00:00:00.250000Z')
    """
    instant = min(instant, _LAST)
    seconds = instant // 1_000_000
    fraction = instant - seconds * 1_000_000
    day = seconds // 86_400
    second = seconds - day * 86_400
    minute = second // 60
    text = _date(day) + _MINUTES[minute]
    if fraction:
        return f"{text}{_SECONDS[second - minute * 60][:3]}.{fraction:06d}Z"
    return text + _SECONDS[second - minute * 60]


# Datetimes would take 4 µs a text, and a changed customer shows five of them.
_MINUTES: Final = [f"T{minute // 60:02d}:{minute % 60:02d}" for minute in range(1_440)]
_SECONDS: Final = [f":{second:02d}Z" for second in range(60)]
_DATES: Final[dict[int, str]] = {}
_DATES_KEPT: Final = 40_000


def _date(day: int) -> str:
    text = _DATES.get(day)
    if text is None:
        if len(_DATES) >= _DATES_KEPT:
            _DATES.clear()
        text = _DATES[day] = f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"
    return text
