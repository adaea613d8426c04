"""What a dead letter's code means to a person: its cause and what mends it."""

from __future__ import annotations

from typing import Final, NamedTuple

from stream_app.contract.dead_letter import Code


class CodeWords(NamedTuple):
    """Two sentences; backticks mark names."""

    cause: str
    mend: str


CODE_WORDS: Final = {
    Code.KEY_INVALID: CodeWords(
        "The key is missing, longer than 256 bytes, not UTF-8, or holds a NUL.",
        "Key each order by its customer id.",
    ),
    Code.KEY_MISMATCH: CodeWords(
        "`customer_id` differs from the key.",
        "Take both from the same field.",
    ),
    Code.WRONG_PARTITION: CodeWords(
        "The key's hash belongs to another partition.",
        "Set the producer's partitioner to murmur2, or `SEGSTREAM_KEY_PARTITIONER` to what the shop uses.",
    ),
    Code.NOT_UTF8: CodeWords(
        "The value is not UTF-8, starts with a byte order mark, or holds half of a surrogate pair.",
        "Write UTF-8 without a mark.",
    ),
    Code.NOT_JSON: CodeWords(
        "The value is not one JSON object: cut off, something after it, or another type.",
        "Check the producer's serializer.",
    ),
    Code.NOT_FINITE: CodeWords(
        "A number is NaN, infinite or too large to be one.",
        "Send finite numbers.",
    ),
    Code.TOO_COMPLEX: CodeWords(
        "More than 32 levels, 64 fields in one object, 5,000 lines, 4 KiB in one string, or 1 MiB in all.",
        "Split the order, or leave out what nobody reads.",
    ),
    Code.MISSING: CodeWords(
        "A field is absent; the message names it.",
        "Send the field.",
    ),
    Code.BAD_TYPE: CodeWords(
        "A field has the wrong type: a number as text, a quantity that is negative or has a fraction, `returns` on a "
        "purchase.",
        "Follow the schema.",
    ),
    Code.BAD_TIME: CodeWords(
        "A time is not RFC 3339, has no zone, or lies outside 1970 to 9998; also a malformed tick.",
        "Write times with a zone.",
    ),
    Code.FUTURE_TIME: CodeWords(
        "`ordered_at` is more than 24 hours after the broker's timestamp.",
        "Check the shop's clock and zone.",
    ),
    Code.AMOUNT_RANGE: CodeWords(
        "Money is negative, above 1,000,000,000, or has more than 4 decimals; or the order's total is above that.",
        "Round to 4 decimals; send returns as returns.",
    ),
    Code.CURRENCY: CodeWords(
        "The order names another currency than the deployment's.",
        "Convert, or run one deployment per currency.",
    ),
    Code.ID_CONFLICT: CodeWords(
        "The id is known with other content: the same revision with other lines, or a revision with another "
        "time, type or `returns`. The first one counts.",
        "Raise `revision` to correct an order; use a new id for a new one.",
    ),
    Code.TOO_OLD: CodeWords(
        "A revision or return of an order that is kept only as part of a day's sum, beyond the customer's "
        "newest 1,000.",
        "None in the stream: such customers are usually bots or tills.",
    ),
    Code.MARKER_INVALID: CodeWords(
        "A marker of an erasure whose hash is not the one that the erasure key gives.",
        "Use `segstream erase`; if you did, find out who else writes to the orders topic.",
    ),
}
