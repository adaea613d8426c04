"""Numbers, money, shares, dates and differences as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

NONE = "–"


def count(number: float) -> str:
    """Return a whole number with thousands separators.

    >>> count(12345)
    '12,345'
    """
    return f"{number:,.0f}"


def counted(number: float, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "customer"), counted(1200, "customer")
    ('1 customer', '1,200 customers')
    """
    return f"{count(number)} {noun}{'' if round(number) == 1 else 's'}"


def money(amount: float, currency: str) -> str:
    """Return an amount; cents are told where they matter.

    >>> money(1200.5, "EUR"), money(168472.5, "EUR")
    ('1,200.50 EUR', '168,472 EUR')
    """
    return f"{amount:,.{2 if abs(amount) < 10_000 else 0}f} {currency}"


def short_money(amount: float, currency: str) -> str:
    """Return a large amount in few letters.

    >>> short_money(1_684_725, "EUR"), short_money(98_765, "EUR")
    ('1.68 million EUR', '98,765 EUR')
    """
    return f"{amount / 1e6:,.2f} million {currency}" if abs(amount) >= 1e6 else money(amount, currency)


def share(part: float) -> str:
    """Return a part of 1 as a percentage.

    >>> share(0.2345)
    '23.4%'
    """
    return f"{part:.1%}"


def rate(orders_per_second: float) -> str:
    """Return a rate with as many digits as tell something.

    >>> rate(0.25), rate(41.7), rate(12345.6)
    ('0.25', '42', '12,346')
    """
    return f"{orders_per_second:,.{0 if orders_per_second >= 10 or orders_per_second == 0 else 2}f}"


def moment_of(instant: str | None) -> datetime | None:
    """Return an RFC 3339 instant in UTC; None for none."""
    return None if not instant else datetime.fromisoformat(instant).astimezone(UTC)


def day(instant: str | None) -> str:
    """Return the day of an instant.

    >>> day("2018-03-14T12:05:00Z"), day(None)
    ('14 March 2018', '–')
    """
    moment = moment_of(instant)
    return NONE if moment is None else f"{moment.day} {moment:%B %Y}"


def day_and_time(instant: str | None) -> str:
    """Return an instant to the minute.

    >>> day_and_time("2018-03-14T12:05:59Z")
    '14 March 2018, 12:05 UTC'
    """
    moment = moment_of(instant)
    return NONE if moment is None else f"{day(instant)}, {moment:%H:%M} UTC"


def difference(now: float, before: float | None, days: int) -> str:
    """Return how a number changed, in words that need neither colour nor arrow.

    >>> difference(110, 100, 7), difference(90, 100, 7), difference(3, 3, 7)
    ('10 more (+10.0%) than 7 days earlier', '10 fewer (-10.0%) than 7 days earlier', 'as 7 days earlier')
    >>> difference(3, None, 90)
    'not known 90 days earlier'
    """
    if before is None:
        return f"not known {days} days earlier"
    if round(now - before) == 0:
        return f"as {days} days earlier"
    part = f" ({(now - before) / before:+.1%})" if before else ""
    return f"{count(abs(now - before))} {'more' if now > before else 'fewer'}{part} than {days} days earlier"


def signed(now: float, before: float | None) -> str:
    """Return a difference for a table: an arrow, the number, and the percentage.

    >>> signed(110, 100), signed(90, 100), signed(5, 5), signed(5, None), signed(5, 0)
    ('▲ 10 (+10.0%)', '▼ 10 (-10.0%)', '= 0', '–', '▲ 5')
    """
    if before is None:
        return NONE
    if round(now - before) == 0:
        return "= 0"
    part = f" ({(now - before) / before:+.1%})" if before else ""
    return f"{'▲' if now > before else '▼'} {count(abs(now - before))}{part}"
