"""How a CSV file is written: its encoding, its delimiter, and which line holds the names."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from stream_app.core.errors import UsageError

if TYPE_CHECKING:
    from _csv import Reader as Parser

HEAD_BYTES = 65_536
HEAD_RECORDS = 200
QUOTE = '"'
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
UTF_8, WINDOWS, LATIN = "utf-8-sig", "cp1252", "latin-1"
ENCODINGS = {UTF_8: "UTF-8", WINDOWS: "Windows-1252", LATIN: "Latin-1", "utf-16": "UTF-16"}
Fit = tuple[bool, bool, float, int]
"""Whether the wanted names are there, whether the first record looks like names, the share of records of one width,
and that width.
"""

_NUMBER = re.compile(r"\s*[-+]?[0-9]")
_ESCAPED_QUOTE = re.compile(r'\\"[^,;|\t\r\n"]')


@dataclass(frozen=True)
class Dialect:
    """How the records of a CSV file are told apart, and the names in the first of them."""

    encoding: str
    delimiter: str
    has_backslashes: bool
    r"""True: a quote inside a quoted text is written \" instead of doubled."""
    header_line: int
    """The last line of the header, counted from 1: what stands above the names belongs to no column."""
    names: tuple[str, ...]
    """One for every column; empty where the header names none."""
    rows: tuple[tuple[str, ...], ...]
    """The first records below the header."""

    def parser(self, lines: Iterable[str], *, is_strict: bool = False) -> Parser:
        """Return an iterator of each record's fields."""
        escape = "\\" if self.has_backslashes else None
        return csv.reader(lines, delimiter=self.delimiter, quotechar=QUOTE, escapechar=escape, strict=is_strict)


def is_packed(path: Path) -> bool:
    """Tell whether the file is compressed with gzip."""
    return path.name.lower().endswith(".gz")


def open_text(path: Path, encoding: str) -> IO[str]:
    """Open the file, unpacked, with any line ending read as one newline."""
    return cast(IO[str], (gzip.open if is_packed(path) else open)(path, "rt", encoding=encoding))


def find_dialect(path: Path, has_wanted: Callable[[list[str]], bool] = lambda _: False) -> Dialect:
    """Return the dialect in which a record has the wanted names, or else in which most of the first ones are alike."""
    head = _head(path)
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    lines = list(io.StringIO(text, newline=None))
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines.pop()
    has_backslashes = _ESCAPED_QUOTE.search(text) is not None
    found = [_fit(Dialect(encoding, mark, has_backslashes, 1, (), ()), lines, has_wanted) for mark in DELIMITERS]
    return max(found, key=lambda fit: fit[0])[1]


def _head(path: Path) -> bytes:
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Check the file.") from error


def _encoding(head: bytes) -> str:
    """Return the encoding that the first bytes tell; what they take for UTF-8 may turn out to be another one below."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if zeros and zeros.count(0) > len(zeros) // 2:
            return encoding
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError:
        return WINDOWS
    return UTF_8


def _fit(dialect: Dialect, lines: list[str], has_wanted: Callable[[list[str]], bool]) -> tuple[Fit, Dialect]:
    """Return how well the dialect fits the lines, and the dialect with what it finds in them."""
    records = list(_records(dialect, lines))
    widths = Counter(len(fields) for _, fields in records if len(fields) > 1)
    if not widths:
        return (False, False, 0.0, 0), replace(dialect, names=tuple(records[0][1]) if records else ())
    width, alike = widths.most_common(1)[0]
    wanted = [place for place, (_, fields) in enumerate(records) if has_wanted(fields)]
    wide = [place for place, (_, fields) in enumerate(records) if len(fields) >= max(2, width - 1)]
    first = [*wanted, *wide][0]
    header_line, header = records[first]
    rows = tuple(tuple(fields) for _, fields in records[first + 1 :] if len(fields) == width)
    has_names = not any(_NUMBER.match(name) for name in header)
    fit = (bool(wanted), has_names, alike / len(records), width)
    return fit, replace(dialect, header_line=header_line, names=_names(header, width), rows=rows)


def _records(dialect: Dialect, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first records that are not empty, each with the number of its last line."""
    parser = dialect.parser(lines)
    found = 0
    try:
        for fields in parser:
            if any(fields):
                yield parser.line_num, fields
                found += 1
            if found == HEAD_RECORDS:
                return
    except csv.Error:
        return


def _names(fields: list[str], width: int) -> tuple[str, ...]:
    """Return a name for each column: a delimiter at the end of every line makes one more without a name."""
    names = [field.strip() for field in fields]
    while len(names) > width and not names[-1]:
        names.pop()
    return tuple(names + [""] * (width - len(names)))
