"""What a person is told about a file that was read: how it was understood, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from stream_app.commands.file_options import Meaning, shortened
from stream_app.commands.options import say

if TYPE_CHECKING:
    from stream_app.history.report import Example, ReadReport, Understood

_DATES = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def tell_of_file(report: ReadReport, meaning: Meaning, timezone: str, *, has_table: bool = False) -> None:
    """Say how the file was read and what was left out; what was only proposed is shown, to be seen and said."""
    if meaning.proposed is not None:
        say("No --columns was given. From the names and the first values:")
    if has_table or meaning.proposed is not None:
        say("\n".join([*understood_lines(report, timezone), ""]))
    say("\n".join(report_lines(report)))


def understood_lines(report: ReadReport, timezone: str) -> Iterator[str]:
    """Yield a table: our field, their column, its first value and what it means."""
    rows = [(c.field, c.column, shortened(c.written), _meaning(c, report, timezone)) for c in report.columns]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for ours, theirs, written, meaning in rows:
        arrow = typer.style("←", dim=True)
        yield (
            f"  {ours:<{widths[0]}} {arrow} {theirs:<{widths[1]}}  "
            f"{typer.style(f'{written:<{widths[2]}}', dim=True)}  {meaning}"
        ).rstrip()
    if not any(c.field == "quantity" for c in report.columns):
        yield f"  {'quantity':<{widths[0]}}   no column: each line is one piece"


def _meaning(column: Understood, report: ReadReport, timezone: str) -> str:
    notes = []
    if column.field == "ordered_at":
        notes += [_DATES[report.decided["dates"]]] if "dates" in report.decided else []
        notes += [timezone]
    if column.field in {"unit_price", "amount"} and "decimal" in report.decided:
        notes.append(f"decimal {report.decided['decimal']}")
    return f"{shortened(column.meaning)} ({', '.join(notes)})" if notes else shortened(column.meaning)


def report_lines(report: ReadReport) -> Iterator[str]:
    """Yield how much was read, then every reason for lines that were left out, with what to do about it."""
    from stream_app.history.reasons import REASONS, REMARKS, STAYS_IN_ITS_ORDER

    yield _headline(report)
    left_out = sum(e.lines for e in report.examples if e.code != STAYS_IN_ITS_ORDER)
    if left_out:
        yield f"Left out {left_out:,} {report.place}{'' if left_out == 1 else 's'}:"
    for example in report.examples:
        reason = REASONS[example.code]
        yield f"  {example.lines:>9,}  {reason.words} {_where(example, report.place)}"
        yield typer.style(f"             {reason.mend}", dim=True)
    if report.remarks:
        yield f"Rules that were applied to {report.place}s:"
    for remark in report.remarks:
        yield f"  {remark.lines:>9,}  {REMARKS[remark.code].words} {_where(remark, report.place)}"


def backfill_lines(report: ReadReport, *, sent: int, already_there: int) -> Iterator[str]:
    """Yield what became of a file's orders and lines, each kind with its number."""
    from stream_app.history.reasons import STAYS_IN_ITS_ORDER

    ignored = report.skipped.get(STAYS_IN_ITS_ORDER, 0)
    rejected = sum(e.lines for e in report.examples if e.code != STAYS_IN_ITS_ORDER)
    numbers = [
        (sent, "orders", "sent by this run"),
        (already_there, "orders", "there already"),
        (report.orders - sent - already_there, "orders", "still to be sent"),
        (rejected, f"{report.place}s", "rejected, for the reasons above"),
        (ignored, f"{report.place}s", "skipped: quantity 0"),
    ]
    yield "Of the file:"
    for number, things, words in numbers:
        if number or words.startswith("sent"):
            yield f"  {number:>9,}  {things.removesuffix('s') if number == 1 else things} {words}"
    yield f"  {report.customers:>9,}  customers{_span(report)}"


def _headline(report: ReadReport) -> str:
    written = f" ({report.written})" if report.written else ""
    return (
        f"Read {report.lines_read:,} {report.place}s{written}: {report.orders:,} orders of "
        f"{report.customers:,} customers{_span(report)}."
    )


def _span(report: ReadReport) -> str:
    if report.first_us is None or report.last_us is None:
        return ""
    from stream_app.core.instants import rfc3339

    return f", {rfc3339(report.first_us)[:10]} to {rfc3339(report.last_us)[:10]}"


def _where(example: Example, place: str) -> str:
    value = f": {shortened(example.value)}" if example.value else ""
    return f"(first in {place} {example.first_line:,}{value})"
