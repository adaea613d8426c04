"""One line of the doctor's report: what was checked, how it stands, and the command that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    """It works, and it may surprise you later."""
    PROBLEM = "problem"
    SKIPPED = "skipped"
    """Something else has to work first, or this client may not see it."""


@dataclass(frozen=True)
class Finding:
    """One check's outcome."""

    check: str
    """`<group>.<check>`, the same in every release."""
    status: Status
    says: str
    mend: str = ""


def ok(check: str, says: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Status.OK, says)


def warning(check: str, says: str, mend: str) -> Finding:
    """Return a finding that something works but is not as it should be."""
    return Finding(check, Status.WARNING, says, mend)


def problem(check: str, says: str, mend: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(check, Status.PROBLEM, says, mend)


def skipped(check: str, why: str) -> Finding:
    """Return a finding for what could not be looked at."""
    return Finding(check, Status.SKIPPED, f"Not checked: {why}.")


def partitions(numbers: Iterable[int]) -> str:
    """Return partitions by their numbers.

    >>> partitions([3]), partitions([0, 1])
    ('partition 3', 'partitions 0, 1')
    """
    names = [str(number) for number in sorted(numbers)]
    return f"partition{'' if len(names) == 1 else 's'} {', '.join(names)}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "broker"), counted(12_000, "order")
    ('1 broker', '12,000 orders')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
