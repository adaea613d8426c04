"""CSV files as programs write them, and files that are damaged: one bad line costs itself and nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from stream_app.core.errors import UsageError
from stream_app.history.dialect import find_dialect
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.source import preview
from tests.shop_files import COLUMNS, read

HEADER = "order;customer;product;pieces;price;time;comment"
LINE = "ö1;c;p;2;12,50;15.01.2025;gut"
ORDER = HistoricOrder("ö1", "c", 1_736_899_200_000_000, "order", [("p", 2, 250_000)])


def a_file(folder: Path, *lines: str, newline: str = "\n", encoding: str = "utf-8", name: str = "shop.csv") -> Path:
    path = folder / name
    data = newline.join([*lines, ""]).encode(encoding)
    path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    return path


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be"])
def test_delimiters_and_encodings_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = [line.replace(";", delimiter) for line in (HEADER, LINE)]

    orders, report = read(a_file(tmp_path, *lines, encoding=encoding))

    assert orders == [ORDER]
    assert report.skipped == {}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(tmp_path: Path, newline: str) -> None:
    orders, _ = read(a_file(tmp_path, HEADER, LINE, newline=newline))

    assert orders == [ORDER]


def test_line_ends_may_be_mixed_and_the_last_one_missing(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEADER)
    path.write_bytes(f"{HEADER}\r\n{LINE}\n{LINE}\r\n{LINE}".encode())

    (order,), report = read(path)

    assert len(order.lines) == report.lines_read == 3


@pytest.mark.parametrize("name", ["shop.CSV.GZ", "shop.tsv", "shop.tsv.gz"])
def test_packed_files_are_read(tmp_path: Path, name: str) -> None:
    orders, _ = read(a_file(tmp_path, HEADER, LINE, name=name))

    assert orders == [ORDER]


def test_one_letter_far_below_tells_that_it_is_not_utf_8(tmp_path: Path) -> None:
    plain = "o1;c;p;2;12,50;15.01.2025;good"
    path = a_file(tmp_path, HEADER, *[plain] * 5_000, LINE, encoding="cp1252")

    orders, report = read(path)

    assert [order.order_id for order in orders] == ["o1", "ö1"]
    assert report.written == "semicolons, Windows-1252"


@pytest.mark.parametrize(
    ("head", "first_line"),
    [(["sep=;"], 3), (["Orders of May, 2025", ""], 4), (["", ""], 4), (["Report;2025", "all shops"], 4)],
)
def test_what_stands_above_the_names_is_passed_over(tmp_path: Path, head: list[str], first_line: int) -> None:
    bad = LINE.replace("15.01.2025", "someday")

    orders, report = read(a_file(tmp_path, *head, HEADER, bad, LINE))

    assert orders == [ORDER]
    assert [example.first_line for example in report.examples] == [first_line]


def test_texts_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    quoted = '"o""1";"c;1";"p\n1";"2";"12,50";"15.01.2025";"a\n\n""b"""'
    bad = LINE.replace("15.01.2025", "someday")

    (order,), report = read(a_file(tmp_path, HEADER, quoted, bad))

    assert (order.order_id, order.customer_id, order.lines[0][0]) == ('o"1', "c;1", "p\n1")
    assert [example.first_line for example in report.examples] == [6]


def test_quotes_may_be_escaped_by_backslashes(tmp_path: Path) -> None:
    line = LINE.replace(";p;", ';"12\\" pipe";')

    (order,), _ = read(a_file(tmp_path, HEADER, line))

    assert order.lines[0][0] == '12" pipe'


def test_a_quote_within_a_text_is_a_quote(tmp_path: Path) -> None:
    (order,), report = read(a_file(tmp_path, HEADER, LINE.replace(";p;", ';12" pipe;')))

    assert order.lines[0][0] == '12" pipe'
    assert report.skipped == {}


@pytest.mark.parametrize(
    "bad",
    [
        "ö1;c;p;2;12,50",
        "ö1;c;p;2;12,50;15.01.2025;good;better",
        'ö1;"c;p;2;12,50;15.01.2025;good',
        'ö1;c;p;2;12,50;15.01.2025;"good',
        "ö1;" + "x" * 1_000_001 + ";p;2;12,50;15.01.2025;good",
    ],
    ids=lambda text: text[:40],
)
def test_a_broken_line_costs_itself_and_is_shown(tmp_path: Path, bad: str) -> None:
    path = a_file(tmp_path, HEADER, LINE, bad, LINE, LINE.replace("gut", '"a ""b"""'), *[LINE] * 150)

    (order,), report = read(path)

    (example,) = report.examples
    assert (len(order.lines), report.skipped) == (153, {"malformed": 1})
    assert example.first_line == 3
    assert bad.startswith(example.value)


def test_odd_quotes_in_one_text_are_passed_over_where_all_columns_are_there(tmp_path: Path) -> None:
    (order,), report = read(a_file(tmp_path, HEADER, LINE.replace("gut", '"good "or not"'), LINE))

    assert (len(order.lines), report.skipped) == (2, {})


def test_a_delimiter_at_the_end_of_every_line_makes_no_column(tmp_path: Path) -> None:
    orders, report = read(a_file(tmp_path, HEADER, f"{LINE};", f"{LINE};;"))

    assert len(orders[0].lines) == 2
    assert report.skipped == {}


def test_the_columns_that_are_asked_for_decide_what_divides_them(tmp_path: Path) -> None:
    columns = COLUMNS | {"order_id": "No., intern"}
    header = HEADER.replace("order", "No., intern")

    orders, _ = read(a_file(tmp_path, header, LINE), columns=columns)

    assert orders == [ORDER]


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is empty"):
        read(a_file(tmp_path, ""))


def test_a_file_that_only_begins_as_utf_16_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEADER, LINE, encoding="utf-16")
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(UsageError, match="not the UTF-16"):
        read(path)


def test_a_preview_shows_names_and_first_values(tmp_path: Path) -> None:
    seen = preview(a_file(tmp_path, HEADER, LINE, LINE.replace("c;", ";")))

    assert seen.names == HEADER.split(";")
    assert seen.samples(1) == ["c"]
    assert find_dialect(tmp_path / "shop.csv").delimiter == ";"
