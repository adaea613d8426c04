"""How a person says what a file of orders means: the options that `train` and `load` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.options import say

if TYPE_CHECKING:
    from stream_app.history.formats import Format
    from stream_app.history.source import Preview
    from stream_app.history.writing import Writing

TEMPLATE = ("order_id", "customer_id", "product_id", "quantity", "unit_price", "ordered_at")
SHOWN_VALUES = 3
SHOWN_CHARACTERS = 24
NO_FILE = Path()

FILE_HELP = "CSV (also .csv.gz, .tsv) or parquet, one row per order line; completejourney: the demonstration's."


def the_file(file: Path | None) -> Path | None:
    """Return the file that is meant by an argument."""
    from stream_app.history.completejourney import the_shop_or

    return None if file is None else the_shop_or(file)


File = Annotated[Path, typer.Argument(help=FILE_HELP, callback=the_file)]
FormatName = Annotated[
    str | None, typer.Option("--format", help="A known kind of file: completejourney, online-retail.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD=COLUMN,…",
        help="Your columns: order_id, customer_id, product_id, ordered_at, quantity with unit_price or amount "
        "(the line's total), type, currency. Proposed from the first lines when left out.",
    ),
]
Timezone = Annotated[str, typer.Option(help="Of times without a zone, for example Europe/Berlin.")]
DatesFlag = Annotated[str | None, typer.Option("--dates", metavar="dmy|mdy|ymd", help="When the dates leave it open.")]
DecimalFlag = Annotated[
    str | None, typer.Option("--decimal", metavar="comma|point", help="When the numbers leave it open.")
]
ReturnPrefix = Annotated[str | None, typer.Option(help="Order ids that begin so are returns.")]
ReturnTypes = Annotated[str | None, typer.Option(metavar="WORD,…", help="Values of type= that mean a return.")]


@dataclass(frozen=True)
class FileOptions:
    """What was said about one file."""

    file: Path
    """NO_FILE when none was named."""
    format: str | None
    columns: list[str] | None
    timezone: str
    dates: str | None
    decimal: str | None
    return_prefix: str | None
    return_types: str | None

    def writing(self, currency: str) -> Writing:
        """Return how the file writes times and numbers."""
        from stream_app.history.writing import Writing, dates_from, decimal_from

        return Writing(self.timezone, dates_from(self.dates), decimal_from(self.decimal), currency)

    def meaning(self) -> Meaning:
        """Return what the columns mean: as said, as recognised, or as proposed from the first lines."""
        from stream_app.core.errors import UsageError
        from stream_app.history.columns import parse_columns
        from stream_app.history.formats import find_format, recognise
        from stream_app.history.source import preview

        if self.format is not None and self.columns:
            raise UsageError("--format and --columns both say what the columns are.", "Give one of them.")
        if self.format is not None:
            return Meaning(self._unmarked(find_format(self.format)))
        if self.columns:
            return Meaning(self._own(parse_columns(",".join(self.columns))))
        seen = preview(self.file)
        if not seen.names:
            raise UsageError(f"{self.file} is empty.", "It should begin with a line of column names.")
        known = recognise(seen.names)
        if known is not None and self.return_prefix is None and self.return_types is None:
            say(f"Its columns are those of {known.name}: read like that (--columns says otherwise).")
            return Meaning(known)
        return self._proposed(seen)

    def _proposed(self, seen: Preview) -> Meaning:
        import shlex

        from stream_app.core.errors import UsageError
        from stream_app.history.columns import columns_text
        from stream_app.history.proposal import propose

        proposal = propose(seen)
        if proposal.doubts:
            say("\n".join([f"The columns of {self.file.name}, with their first values:", *_shown(seen)]))
            open_fields = {field: "…" for field in TEMPLATE if field not in proposal.chosen}
            template = columns_text({**open_fields, **proposal.chosen})
            raise UsageError(
                f"which column is which? {' '.join(proposal.doubts)}",
                f"Say it: --columns {shlex.quote(template)} (amount=… instead of unit_price=… for the line's total).",
            )
        return Meaning(self._own(proposal.chosen), proposal.chosen)

    def _own(self, chosen: dict[str, str]) -> Format:
        from stream_app.history.columns import own_format

        types = [word.strip() for word in (self.return_types or "").split(",") if word.strip()]
        return own_format(chosen, return_prefix=self.return_prefix or "", return_types=types)

    def _unmarked(self, known: Format) -> Format:
        from stream_app.core.errors import UsageError

        if self.return_prefix is not None or self.return_types is not None:
            raise UsageError("--format says already what a return is.", "Use --columns to say it yourself.")
        return known


@dataclass(frozen=True)
class Meaning:
    """What a file's columns mean."""

    format: Format
    proposed: dict[str, str] | None = None
    """The columns that nobody said and no known format has."""

    @property
    def columns_flag(self) -> str:
        """The words that say on the command line what was proposed."""
        import shlex

        from stream_app.history.columns import columns_text

        return f"--columns {shlex.quote(columns_text(self.proposed or {}))}"


def _shown(seen: Preview) -> list[str]:
    """Return a line for each column with its first different values."""
    width = max((len(name) for name in seen.names), default=0)
    lines = []
    for place, name in enumerate(seen.names):
        values = list(dict.fromkeys(seen.samples(place)))[:SHOWN_VALUES]
        lines.append(f"  {name:<{width}}  {'   '.join(shortened(value) for value in values)}")
    return lines


def shortened(text: str) -> str:
    """Return the text on one line, and not too long for a table."""
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else f"{flat[: SHOWN_CHARACTERS - 1]}…"
