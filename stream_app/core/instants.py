"""Instants are integer microseconds since 1970 UTC; only the edges of the system see text or datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

DAY_US = 86_400_000_000
NO_CLOCK = -1
"""The clock of a partition that has seen neither a live order nor a tick; every instant lies after it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_000_000


def instant_of(moment: datetime) -> int:
    """Return the instant of an aware datetime, exact to the microsecond in any year."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def parse_instant(text: str) -> int | None:
    """Return the instant of an RFC 3339 text with zone, None when it is not one."""
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    if moment.tzinfo is None or not 1970 <= moment.year <= 9998:
        return None
    return instant_of(moment)


def rfc3339(instant: int) -> str:
    """Write an instant in UTC, with a fraction only when it has one.

    >>> rfc3339(1_735_689_600_000_000)
    '2025-01-01T00:00:00Z'
    """
    moment = _EPOCH + timedelta(microseconds=min(instant, _LAST))
    return f"{moment.isoformat()[:-6]}Z"
