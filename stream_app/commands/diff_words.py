"""What `segstream replay diff` says to people."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.shadow.compare import WORDS, Reason
from stream_app.shadow.tally import Comparison


def describe(found: Comparison) -> str:
    """Return the comparison in lines."""
    return "\n".join(_told(found))


def _told(found: Comparison) -> Iterator[str]:
    models = f"model {found.model}"
    if found.second_model != found.model:
        models = f"models {found.model} and {found.second_model}"
    yield f"{found.customers:,} customers of {found.first} and {found.second} at {found.at}, under {models}:"
    same = found.customers - found.different - found.moved_since
    yield f"  {same:,} are the same, {found.different:,} differ"
    if found.moved_since:
        yield f"  {found.moved_since:,} had orders that only one side has come to: not compared"
    if found.half_swapped:
        where = ", ".join(map(str, found.half_swapped))
        yield f"  a swap was given up in partitions {where} of live: swap a replay, so that all are of one count"
    for reason, count in sorted(found.reasons.items(), key=lambda pair: -pair[1]):
        yield f"{count:>8,}  {reason}: {WORDS[Reason(reason)]}"
    if found.fields:
        yield "by field:"
    for field, count in sorted(found.fields.items(), key=lambda pair: -pair[1]):
        yield f"{count:>8,}  {field}"
        for example in found.examples:
            if example.field == field:
                pair = f"{_text(example.first)}, {_text(example.second)}"
                yield f"            {example.customer}: {pair}  ({example.reason})"


def _text(value: str | float | None) -> str:
    return "none" if value is None or value == "" else str(value)
