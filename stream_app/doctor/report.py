"""Shows the doctor's findings: marked and coloured on a terminal, in plain words elsewhere, as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream_app.doctor.finding import Finding, Status

_MARKS = {
    Status.OK: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.PROBLEM: ("✗", "bold red"),
    Status.SKIPPED: ("–", "dim"),
}
_NAMES = {Status.PROBLEM: "problem", Status.WARNING: "warning", Status.OK: "ok", Status.SKIPPED: "not checked"}


class Report:
    """Writes findings as they come, and the sum at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._counts: Counter[Status] = Counter()

    def show(self, name: str, findings: Iterable[Finding]) -> None:
        """Write one group of findings."""
        self._console.print(Text(name, style="bold"))
        for finding in findings:
            self._counts[finding.status] += 1
            self._show(finding)

    def _show(self, finding: Finding) -> None:
        if not self._console.is_terminal:
            self._console.print(f"  {finding.status:<8} {finding.says}", soft_wrap=True, markup=False, highlight=False)
            if finding.mend:
                self._console.print(f"           → {finding.mend}", soft_wrap=True, markup=False, highlight=False)
            return
        mark, style = _MARKS[finding.status]
        # A grid keeps the second line of a long sentence under its first.
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=3, justify="right", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(mark, style), Text(finding.says, "dim" if finding.status is Status.SKIPPED else ""))
        if finding.mend:
            grid.add_row("", Text(f"→ {finding.mend}", "cyan"))
        self._console.print(grid)

    def close(self, seconds: float) -> bool:
        """Write the sum, and return whether there was no problem."""
        parts = [_part(status, self._counts[status]) for status in _NAMES if self._counts[status]]
        line = Text(", ").join(parts)
        line.append(f" · {seconds:.1f} s", "dim")
        self._console.print()
        self._console.print(line, soft_wrap=True)
        return not self._counts[Status.PROBLEM]


def _part(status: Status, count: int) -> Text:
    plural = "s" if count != 1 and status in (Status.PROBLEM, Status.WARNING) else ""
    return Text(f"{count} {_NAMES[status]}{plural}", _MARKS[status][1])


def as_json(findings: Iterable[Finding]) -> str:
    """Return the findings as a JSON list of check, status, says and mend."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)
