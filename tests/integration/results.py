"""What a deployment has produced, and in which sentences it differs from an undisturbed run."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from stream_app.core.instants import parse_instant

MOST = 5
"""So many examples of one kind of difference are named."""

Change = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """Everything a deployment's readers can see, without what is its own: topic names, claims, offsets of results."""

    orders: int
    """Records in the orders topic."""
    changes: dict[str, list[Change]]
    """By customer, in the order of the log."""
    changelog: dict[str, bytes]
    """The newest state record of every customer."""
    hashes: dict[str, dict[bytes, bytes]]
    """Redis: every customer's hash."""
    due: dict[str, float]
    segments: dict[str, dict[str, float]]
    partitions: dict[int, tuple[int, int, int]]
    """Redis: source position, number of customers, clock."""
    figures: dict[str, dict[bytes, bytes]]
    """Redis: customers and money of each segment, and what every day changed of them, by day and partition."""
    dead_letters: Counter[tuple[bytes | None, bytes | None, str, str]]
    has_seen_the_same: bool
    """A subscriber who read committed changes all the while saw what the log holds in the end, in its order."""


def differences(expected: Results, found: Results) -> list[str]:
    """Return how two runs over the same log differ; empty when readers cannot tell them apart."""
    problems = broken_chains(found.changes)
    if not found.has_seen_the_same:
        problems.append("a subscriber saw other changes than the log holds")
    for name in ("orders", "partitions", "due", "segments"):
        if getattr(expected, name) != getattr(found, name):
            problems.append(f"{name}: {getattr(found, name)} instead of {getattr(expected, name)}")
    for name in ("changes", "changelog", "hashes", "figures"):
        problems += _compare(name, getattr(expected, name), getattr(found, name))
    if expected.dead_letters != found.dead_letters:
        missing, surplus = expected.dead_letters - found.dead_letters, found.dead_letters - expected.dead_letters
        problems.append(f"dead letters: {missing.total()} missing, {surplus.total()} too many")
    return problems


def _compare(name: str, expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    wrong = [key for key in sorted(expected.keys() | found.keys()) if expected.get(key) != found.get(key)]
    pairs = [(key, _brief(found.get(key)), _brief(expected.get(key))) for key in wrong[:MOST]]
    shown = [f"{name} of {key}: {is_now} instead of {should_be}" for key, is_now, should_be in pairs]
    return shown + ([f"{name}: {len(wrong)} differ"] if wrong else [])


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} changes to sequence {value[-1]['sequence'] if value else 0}"
    if isinstance(value, dict):
        names = (b"sequence", b"since", b"frequency")
        shown = {k: v for k, v in value.items() if k in names} or value
        return str({k.decode(): v.decode(errors="replace") for k, v in shown.items()})
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def broken_chains(changes: dict[str, list[Change]]) -> list[str]:
    """Return what is wrong with the changes in themselves: repeated, missing, out of order, or not linked."""
    ids = Counter(change["event_id"] for chain in changes.values() for change in chain)
    problems = [f"event {event_id} published {n} times" for event_id, n in ids.most_common(MOST) if n > 1]
    for customer_id, chain in changes.items():
        if [change["sequence"] for change in chain] != list(range(1, len(chain) + 1)):
            problems.append(f"sequences of {customer_id} are not 1, 2, 3 …")
        # Names may change between two changes, ids do not.
        if any(_id(after["from"]) != _id(before["to"]) for before, after in pairwise(chain)):
            problems.append(f"a change of {customer_id} does not begin where the one before ended")
        if any(_instant(after) < _instant(before) for before, after in pairwise(chain)):
            problems.append(f"time runs backwards for {customer_id}")
    return problems


def _instant(change: Change) -> int:
    found = parse_instant(change["as_of"])
    assert found is not None, change
    return found


def _id(segment: dict[str, str] | None) -> str | None:
    return None if segment is None else segment["id"]


def by_customer(values: list[bytes]) -> dict[str, list[Change]]:
    """Group change records by customer; the topic's name in `source` is the deployment's own."""
    changes: dict[str, list[Change]] = {}
    for value in values:
        change = json.loads(value)
        if change["source"] is not None:
            del change["source"]["topic"]
        changes.setdefault(change["customer_id"], []).append(change)
    return changes
