"""A customer's Redis hash beside the state inside it: what strangers read must be what the state says. Pure."""

from __future__ import annotations

from typing import Final

from stream_app.core.state_record import read_header
from stream_app.shadow.compare import Reason
from stream_app.shadow.tally import Example
from stream_app.worker.rows import LOOK_UP, row_of

SHOWN: Final = ("valid_until", "recency_at", "frequency", "monetary", "unique_products", "model_version", "segment")
FIELDS: Final = ("state", *SHOWN)
_PLACES: Final = (2, 3, 4, 5, 6, 7, 10)
"""Of each of them in a row."""


def wrongly_shown(side: str, customer: str, held: list[bytes | None]) -> list[Example]:
    """Return the fields of a hash, as FIELDS names them, that differ from its state; none when it has no state."""
    record, *shown = held
    if record is None:
        return []
    fields, _ = row_of(read_header(record), record, LOOK_UP)
    found = []
    for name, place, value in zip(SHOWN, _PLACES, shown, strict=True):
        text = None if value is None else value.decode("utf-8", "replace")
        if text != str(fields[place]):
            found.append(Example(customer, f"{side}: shown {name}", text, str(fields[place]), Reason.SHOWN.value))
    return found
