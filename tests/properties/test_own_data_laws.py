"""A shop's orders, written to a file in any dialect, are read back exactly, or refused with what to say."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from stream_app.core.errors import UsageError
from stream_app.history.columns import FIELDS, columns_text, own_format, parse_columns
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from stream_app.history.words import NOTHING
from stream_app.history.writing import Dates, DecimalMark, Writing

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
SECOND, MINUTE = 1_000_000, 60_000_000
STYLES: dict[str, tuple[str, int, Dates | None]] = {
    "iso": ("%Y-%m-%d %H:%M:%S.%f", 1, None),
    "iso_t": ("%Y-%m-%dT%H:%M:%S", SECOND, None),
    "dotted": ("%d.%m.%Y %H:%M", MINUTE, "dmy"),
    "dotted_short": ("%d.%m.%y, %H:%M:%S", SECOND, "dmy"),
    "british": ("%d/%m/%Y %H:%M:%S.%f", 1, "dmy"),
    "american": ("%m/%d/%Y %I:%M %p", MINUTE, "mdy"),
    "dashed_short": ("%y-%m-%d %H:%M", MINUTE, "ymd"),
    "named": ("%d-%b-%Y %H:%M:%S", SECOND, None),
    "named_american": ("%B %d, %Y %I:%M:%S %p", SECOND, None),
    "compact": ("%Y%m%d%H%M%S", SECOND, None),
    "slashed": ("%Y/%m/%d %H:%M", MINUTE, None),
}
"""How a time is written, in microseconds how finely, and what --dates would say."""

TEXT = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8)
NAMES = TEXT.map(str.strip).filter(bool)


def is_an_id(text: str) -> bool:
    is_plain = text == text.strip().strip("\xa0") and text.casefold() not in NOTHING
    return bool(text) and is_plain and not text.endswith(".0") and "+" not in text and len(text.encode()) < 200


IDS = TEXT.filter(is_an_id)


@dataclass(frozen=True)
class Style:
    """How one shop writes its file."""

    delimiter: str
    encoding: str
    newline: str
    quoting: int
    mark: DecimalMark
    thousands: str
    currency: str
    time: str
    zone: str
    is_unit_price: bool
    decimals: int
    """At least so many are written."""
    columns: tuple[str, ...]
    """Names of FIELDS that are written, then of one that is only in the way."""
    has_flags: bool

    @property
    def writing(self) -> Writing:
        if not self.has_flags:
            return Writing(self.zone)
        return Writing(self.zone, STYLES[self.time][2], self.mark)


@st.composite
def styles(draw: st.DrawFn) -> Style:
    mark: DecimalMark = draw(st.sampled_from(["comma", "point"]))
    return Style(
        delimiter=draw(st.sampled_from(",;\t|")),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        newline=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        mark=mark,
        thousands=draw(st.sampled_from(["", " ", "\u00a0", "'", "." if mark == "comma" else ","])),
        currency=draw(st.sampled_from(["{}", "{} €", "€{}", "USD {}", "{} kr"])),
        time=draw(st.sampled_from(sorted(STYLES))),
        zone=draw(st.sampled_from(ZONES)),
        is_unit_price=draw(st.booleans()),
        decimals=draw(st.sampled_from([0, 2, 4])),
        columns=tuple(draw(st.lists(NAMES, min_size=7, max_size=7, unique_by=str.casefold))),
        has_flags=draw(st.booleans()),
    )


@dataclass(frozen=True)
class Bought:
    """One line: money is ten-thousandths, of a piece or of the line."""

    product: str
    quantity: int
    money: int
    is_returned: bool
    comment: str


LINES = st.builds(
    Bought,
    IDS,
    st.integers(0, 20_000),
    st.integers(0, 3_000_000).map(lambda money: money * 10) | st.integers(0, 99_999),
    st.booleans(),
    st.text(st.characters(codec="cp1252", exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12),
)
TIMES = st.datetimes(datetime(2001, 9, 10), datetime(2035, 12, 31))  # noqa: DTZ001
ORDERS = st.lists(
    st.tuples(IDS, IDS, TIMES, st.lists(LINES, min_size=1, max_size=4)), max_size=6, unique_by=lambda order: order[0]
)
Shop = list[tuple[str, str, datetime, list[Bought]]]


def written_number(value: int, style: Style, currency: str = "{}") -> str:
    """Write ten-thousandths as the shop does."""
    whole, part = divmod(abs(value), 10_000)
    digits = f"{part:04d}".rstrip("0").ljust(style.decimals, "0")
    grouped = f"{whole:,}".replace(",", style.thousands)
    mark = "," if style.mark == "comma" else "."
    return ("-" if value < 0 else "") + currency.format(f"{grouped}{mark}{digits}" if digits else grouped)


def written_time(local: datetime, style: Style) -> str:
    return local.strftime(STYLES[style.time][0])


def write(shop: Shop, style: Style, path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.delimiter, quoting=style.quoting, lineterminator=style.newline)
    writer.writerow(style.columns)
    for order_id, customer_id, local, lines in shop:
        for line in lines:
            sign = -1 if line.is_returned else 1
            quantity = written_number(sign * line.quantity * 10_000, replace(style, decimals=0))
            money = written_number(line.money * (1 if style.is_unit_price else sign), style, style.currency)
            at = written_time(local, style)
            writer.writerow([order_id, customer_id, line.product, quantity, money, at, line.comment])
    data = text.getvalue().encode(style.encoding)
    # Some texts in Windows-1252 are UTF-8 as well: nobody can tell then.
    assume(style.encoding != "cp1252" or text.getvalue().isascii() or not is_utf8(data))
    path.write_bytes(data)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def instant_of(local: datetime, style: Style) -> int:
    """Return the later instant of a time that is shown twice; a time that is skipped is moved on."""
    micros = STYLES[style.time][1]
    zone = ZoneInfo(style.zone)
    both = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC) for fold in (0, 1))
    return max(int(since / timedelta(microseconds=1)) for since in both) // micros * micros


def expected(shop: Shop, style: Style) -> list[HistoricOrder]:
    orders = []
    for order_id, customer_id, local, lines in shop:
        parts: dict[str, list[tuple[str, int, int]]] = {}
        for line in lines:
            shows_sign = line.quantity or (line.money and not style.is_unit_price)
            kind = "return" if line.is_returned and shows_sign else "order"
            money = line.money * line.quantity if style.is_unit_price else line.money
            parts.setdefault(kind, []).append((line.product, line.quantity, money))
        for kind, found in parts.items():
            suffix = "/return" if kind == "return" and len(parts) == 2 else ""
            at = instant_of(local, style)
            orders.append(HistoricOrder(order_id + suffix, customer_id, at, kind, found))
    return sorted(orders, key=lambda order: (order.ordered_at_us, order.order_id, order.customer_id, order.type))


@settings(max_examples=settings.default.max_examples // 4)
@given(ORDERS, styles())
def test_what_a_shop_wrote_is_read_back_exactly_or_refused_with_the_flag_that_decides(shop: Shop, style: Style) -> None:
    chosen = dict(zip(fields_of(style), style.columns, strict=False))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.csv"
        write(shop, style, path)
        refused = None

        try:
            with open_history(path, own_format(chosen), writing=style.writing) as history:
                got = list(history.orders())
                report = history.report
        except UsageError as error:
            event("refused")
            refused = error.mend

    if refused is not None:
        assert not style.has_flags
        assert refused.startswith("Say --d")
        return
    assert got == expected(shop, style)
    assert report.lines_read == sum(len(lines) for *_, lines in shop)
    assert set(report.skipped) <= {"quantity_zero"}


def fields_of(style: Style) -> list[str]:
    money = "unit_price" if style.is_unit_price else "amount"
    return ["order_id", "customer_id", "product_id", "quantity", money, "ordered_at"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(min_size=1).filter(str.strip)))
def test_columns_written_as_text_are_read_back_as_the_same(chosen: dict[str, str]) -> None:
    assert parse_columns(columns_text(chosen)) == chosen
