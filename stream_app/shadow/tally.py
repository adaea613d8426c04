"""What a comparison found, added up. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from msgspec import Struct, field

from stream_app.shadow.compare import Brought, Difference, Reason

MOST_EXAMPLES = 3
"""So many customers are named for each field and reason."""


class Example(Struct, frozen=True):
    """A customer and a field that differs."""

    customer: str
    field: str
    first: str | float | None
    second: str | float | None
    reason: str


def kept_wrongly(side: str, customer: str, brought: Brought) -> list[Example]:
    """Return what a side's state keeps that its own orders do not give, beside what they give."""
    return [
        Example(customer, f"{side}: kept {name}", kept, right, Reason.STATE.value)
        for name, kept, right in brought.kept_wrongly
    ]


class Comparison(Struct):
    """What `segstream replay diff --json` prints."""

    first: str
    second: str
    at: str
    model: str
    second_model: str
    half_swapped: list[int] = field(default_factory=list)
    """Partitions of what is live in which a swap was given up: a replay is due."""
    customers: int = 0
    """Of both sides together, each once."""
    different: int = 0
    moved_since: int = 0
    """Differ, and had orders that only one of the sides has come to: not counted as different."""
    fields: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)


class Found(Struct, frozen=True):
    """One customer's differences, kept until it is known whether they count."""

    reasons: frozenset[str]
    examples: list[Example]


class Tally:
    """Adds up the partitions of a comparison."""

    def __init__(self, comparison: Comparison) -> None:
        self.result = comparison
        self._named: Counter[tuple[str, str]] = Counter()

    def add(self, customers: int, found: dict[bytes, Found], moved: Collection[bytes]) -> None:
        """Count a partition: whom it has, who differs, and who of them moved since one of the sides was there."""
        result = self.result
        result.customers += customers
        for customer, each in found.items():
            if customer in moved:
                result.moved_since += 1
                continue
            result.different += 1
            for reason in sorted(each.reasons):
                result.reasons[reason] = result.reasons.get(reason, 0) + 1
            for example in each.examples:
                result.fields[example.field] = result.fields.get(example.field, 0) + 1
                self._show(example)

    def _show(self, example: Example) -> None:
        kind = (example.field, example.reason)
        self._named[kind] += 1
        if self._named[kind] <= MOST_EXAMPLES:
            self.result.examples.append(example)


def found_of(customer: str, difference: Difference | None, wrong: list[Example]) -> Found | None:
    """Return what a customer differs in, and what is `wrong` in one side by itself; None when nothing is."""
    if difference is None and not wrong:
        return None
    examples = list(wrong)
    reasons = {example.reason for example in wrong}
    if difference is not None:
        reasons.add(difference.reason.value)
        examples += [
            Example(
                customer,
                name,
                getattr(difference.first, name),
                getattr(difference.second, name),
                difference.reason.value,
            )
            for name in difference.fields
        ]
    return Found(frozenset(reasons), examples)
