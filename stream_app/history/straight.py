"""Rewrites a CSV file of any dialect as one that cannot be misread: a line number first, then the fields.

Quotes are followed record by record, so that one missing quote costs its own line and not the rest of the file.
"""

from __future__ import annotations

import csv
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from stream_app.core.errors import UsageError
from stream_app.history.dialect import LATIN, QUOTE, UTF_8, WINDOWS, Dialect, open_text

MAX_RECORD_LINES = 100
"""A quoted text that runs over more lines has lost its closing quote."""
MAX_RECORD_CHARACTERS = 1_000_000
SHOWN_CHARACTERS = 60
FALLBACKS = {UTF_8: WINDOWS, WINDOWS: LATIN}

NumberedLine = tuple[int, str]


@dataclass(frozen=True)
class Malformed:
    """Records that could not be rewritten."""

    lines: int
    first_line: int
    example: str


def straighten(path: Path, dialect: Dialect, target: Path) -> tuple[str, Malformed | None]:
    """Write the records below the header to `target`, in UTF-8; return the encoding, and what was left out."""
    try:
        with open_text(path, dialect.encoding) as source, target.open("w", encoding="utf-8", newline="") as out:
            rewriter = _Rewriter(dialect, enumerate(source, start=1), out)
            rewriter.run()
    except UnicodeDecodeError:
        # Only the whole file tells: a name in line 400,000 may be the first that is not UTF-8.
        if dialect.encoding not in FALLBACKS:
            raise UsageError(f"{path} is not the UTF-16 it begins as.", "Save it as UTF-8.") from None
        return straighten(path, replace(dialect, encoding=FALLBACKS[dialect.encoding]), target)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Check the file.") from error
    return dialect.encoding, rewriter.malformed


class _Rewriter:
    def __init__(self, dialect: Dialect, lines: Iterator[NumberedLine], out: TextIO) -> None:
        self._dialect = dialect
        self._lines = lines
        self._again: deque[NumberedLine] = deque()
        """Lines that were read as the rest of a record and are none."""
        self._out = out
        self._writer = csv.writer(out, delimiter=dialect.delimiter, quotechar=QUOTE, lineterminator="\n")
        self._width = len(dialect.names)
        self._is_open = False
        """Whether the record at hand ended inside quotes."""
        self.malformed: Malformed | None = None

    def run(self) -> None:
        delimiter, breaks = self._dialect.delimiter, self._width - 1
        write, header_line = self._out.write, self._dialect.header_line
        for number, line in self._lines:
            if number <= header_line:
                continue
            if QUOTE not in line and line.count(delimiter) == breaks and len(line) < MAX_RECORD_CHARACTERS and breaks:
                write(f"{number}{delimiter}{line}" if line[-1] == "\n" else f"{number}{delimiter}{line}\n")
            else:
                self._take(number, line)
                while self._again:
                    self._take(*self._again.popleft())

    def _take(self, number: int, line: str) -> None:
        """Write the record that begins here, if it is one."""
        if line.isspace():
            return
        rest: list[NumberedLine] = []
        fields = self._fields(line, rest)
        if fields is None or not self._fits(fields):
            self._leave_out(number, line)
            self._again.extendleft(reversed(rest))
        else:
            self._writer.writerow([number, *fields[: self._width]])

    def _fields(self, line: str, rest: list[NumberedLine]) -> list[str] | None:
        """Return the record's fields, and in `rest` the further lines that it took; None when its quotes are wrong."""
        if len(line) >= MAX_RECORD_CHARACTERS:
            return None
        self._is_open = False
        try:
            fields = next(self._dialect.parser(self._follow(line, rest)))
            if rest:
                # A quote that was lost is closed by the next one, lines below: only then is the text after it odd.
                next(self._dialect.parser([line, *(text for _, text in rest)], is_strict=True))
        except csv.Error:
            return None
        return None if self._is_open else fields

    def _follow(self, line: str, rest: list[NumberedLine]) -> Iterator[str]:
        """Yield the line, and further ones as long as a quote is open."""
        yield line
        while len(rest) < MAX_RECORD_LINES:
            following = self._again.popleft() if self._again else next(self._lines, None)
            if following is None:
                break
            rest.append(following)
            yield following[1]
        self._is_open = True

    def _fits(self, fields: list[str]) -> bool:
        return len(fields) == self._width or (len(fields) > self._width and not any(fields[self._width :]))

    def _leave_out(self, number: int, line: str) -> None:
        if self.malformed is None:
            self.malformed = Malformed(0, number, line.strip()[:SHOWN_CHARACTERS])
        self.malformed = replace(self.malformed, lines=self.malformed.lines + 1)
