"""What says that a dead letter was sent again: a record of its own in the same partition of the dead-letter topic.

It stands in the transaction that sent the order, so that both happened or neither.
"""

from __future__ import annotations

from stream_app.contract.dead_letter import CODE_HEADER, Headers

REPLAYED_HEADER = "segstream.replayed"
"""The offset of the letter, in the mark's own partition."""
REPLAYED_AT_HEADER = "segstream.replayed_at"
REPLAYED_BY_HEADER = "segstream.replayed_by"
ORIGIN_HEADER = "segstream.dead_letter"
"""On the order that was sent again: `partition:offset` of the letter that it was."""


def mark_headers(offset: int, code: str, *, at: str, by: str) -> Headers:
    """Return the headers of a mark; its value is null and its key the letter's."""
    texts = {REPLAYED_HEADER: str(offset), CODE_HEADER: code, REPLAYED_AT_HEADER: at, REPLAYED_BY_HEADER: by}
    return [(name, text.encode()) for name, text in texts.items()]
