"""Judges this machine: its packages, its clock beside the others, and variables that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from stream_app.doctor.facts import ClockFacts, MachineFacts
from stream_app.doctor.finding import Finding, ok, problem, skipped, warning
from stream_app.doctor.judge.redis import numbers
from stream_app.settings_sources import Origin, UnknownName

SOURCES, UNKNOWN, VERSIONS, SKEW = "settings.sources", "settings.unknown", "versions.supported", "clock.skew"
SKEW_SECONDS = 5.0
OLDEST_PYTHON = (3, 11)
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9][0-9.]*)")


def judge_settings(unknown: Iterable[UnknownName], places: Mapping[str, Origin]) -> Iterator[Finding]:
    """Yield where settings come from, and a warning for each variable that looks like a setting and is none."""
    found = sorted({origin.place for origin in places.values()} - {"default"})
    hidden = sorted(name for name, origin in places.items() if origin.over == ".env")
    if found:
        over = f" The environment wins over .env for {', '.join(hidden)}." if hidden else ""
        yield ok(SOURCES, f"Settings come from here: {', '.join(found)}.{over}")
    else:
        yield ok(SOURCES, "Every setting has its default: neither a variable, .env nor segstream.toml sets one here.")
    names = list(unknown)
    for name in names:
        mend = f"Did you mean {name.nearest}?" if name.nearest else "Run: segstream config show"
        yield warning(UNKNOWN, name.says, mend)
    if not names:
        yield ok(UNKNOWN, "Every SEGSTREAM_ variable is a setting.")


def judge_versions(machine: MachineFacts) -> Iterator[Finding]:
    """Yield what is to be said of Python and the packages."""
    wrong = [package for package in machine.packages if not is_in_range(package.version, package.wanted)]
    for package in wrong:
        found = f"{package.name} {package.version} is installed" if package.version else f"{package.name} is missing"
        yield problem(
            VERSIONS,
            f"{found}, and segstream needs {package.wanted}.",
            f"Run: pip install '{package.name}{package.wanted}'",
        )
    if numbers(machine.python) < OLDEST_PYTHON:
        yield problem(VERSIONS, f"Python {machine.python} is too old.", "Install Python 3.11 or newer.")
    elif not wrong:
        shown = ", ".join(f"{package.name} {package.version}" for package in machine.packages)
        yield ok(
            VERSIONS,
            f"segstream {machine.segstream}, Python {machine.python}, librdkafka {machine.librdkafka}; {shown}.",
        )


def is_in_range(version: str, wanted: str) -> bool:
    """Tell whether a version lies within bounds like `>=2.12,<3`.

    >>> is_in_range("2.16.1", "<3,>=2.12"), is_in_range("3.0", "<3,>=2.12"), is_in_range("0.15.3", ">=0.15.3")
    (True, False, True)
    """
    found = numbers(version)
    return bool(found) and all(_holds(found, sign, numbers(bound)) for sign, bound in _BOUND.findall(wanted))


def _holds(found: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    width = max(len(found), len(bound))
    left, right = ((*part, *([0] * (width - len(part)))) for part in (found, bound))
    return {">=": left >= right, "<=": left <= right, "==": left == right, "<": left < right, ">": left > right}[sign]


def judge_clocks(clocks: ClockFacts) -> Iterator[Finding]:
    """Yield what is to be said of this machine's clock."""
    wrong = []
    redis, record = clocks.redis_ahead_seconds, clocks.record_ahead_seconds
    if redis is not None and abs(redis) > SKEW_SECONDS:
        wrong.append(("Redis' clock is", redis))
    # A record in the past only says that nothing came since.
    if record is not None and record > SKEW_SECONDS:
        wrong.append(("The newest order's record timestamp is", record))
    for name, ahead in wrong:
        side = "ahead of" if ahead > 0 else "behind"
        yield warning(
            SKEW,
            f"{name} {abs(ahead):,.0f} s {side} this machine's clock.",
            "Let a time service set the clocks of all machines: timedatectl set-ntp true",
        )
    if redis is None and record is None:
        yield skipped(SKEW, "there is no other clock to compare with")
    elif not wrong:
        yield ok(SKEW, f"This machine's clock agrees with the others, to {SKEW_SECONDS:.0f} s.")
