"""Why a line of a file or a record of the topic is left out, in words, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """What a code means to the person whose file it is."""

    words: str
    mend: str
    field: str
    """The column whose value shows it best."""


MALFORMED = "malformed"

REASONS = {
    MALFORMED: Reason(
        "not as many columns as the first line",
        "Look for a missing quote, or a delimiter inside a text without quotes.",
        "",
    ),
    "no_customer": Reason(
        "no customer", "Guests have no segment; nothing to do unless the customer stands in another column.", "order_id"
    ),
    "no_order": Reason("no order id", "A sum or a comment, perhaps; else fill it in.", "customer_id"),
    "no_product": Reason("no product", "Fill it in: a line without a product cannot be counted.", "order_id"),
    "id_damaged": Reason(
        "an id like 5.4E+12, as a spreadsheet shortens long numbers",
        "Export again with the column as text: its last digits are lost.",
        "",
    ),
    "id_too_long": Reason("an id of more than 256 bytes (customer) or 680", "Is that the column you mean?", ""),
    "bad_time": Reason(
        "a time that cannot be read",
        "Write it like 2025-12-31 14:05, 31.12.2025 14:05 or 12/31/2025 2:05 PM (say --dates dmy or mdy), or as "
        "seconds since 1970.",
        "ordered_at",
    ),
    "bad_quantity": Reason("a quantity that is no number", "Correct it, or see --decimal.", "quantity"),
    "quantity_fraction": Reason(
        "a quantity that is not whole",
        "Pieces are counted. For goods by weight name amount and leave quantity out: each line is one piece then.",
        "quantity",
    ),
    "bad_money": Reason("money that is no number", "Correct it, or see --decimal.", "money"),
    "quantity_sign": Reason(
        "a quantity whose sign does not fit",
        "With --columns instead of --format lines below zero are read as returns.",
        "quantity",
    ),
    "price_negative": Reason("money below zero where it makes no sense", "Corrections of the books, mostly.", "money"),
    "other_currency": Reason(
        "another currency than the deployment's", "Convert it, or set SEGSTREAM_CURRENCY to the file's.", "currency"
    ),
    "out_of_range": Reason(
        "a time before 1970, or a quantity or money above 1,000,000,000", "Correct it if it is a slip.", ""
    ),
    "order_too_large": Reason(
        "an order of more than 5,000 lines, 1,000,000,000 in money or 1 MB", "Is that the column of the order id?", ""
    ),
    "quantity_zero": Reason(
        "quantity 0: the line stays in its order and counts nowhere", "Nothing to do.", "product_id"
    ),
}
"""A file's in the order in which they are looked for: the first that holds is a line's reason. Then a topic's."""

STAYS_IN_ITS_ORDER = "quantity_zero"

_TOPIC = {
    "KEY_INVALID": ("a key that is missing, too long or not UTF-8", "Key each order by its customer id."),
    "KEY_MISMATCH": ("a key that is not the customer id", "Take both from the same field."),
    "WRONG_PARTITION": ("a record in another partition than its key's", "Check SEGSTREAM_KEY_PARTITIONER."),
    "NOT_UTF8": ("a value that is not UTF-8", "Write UTF-8 without a mark."),
    "NOT_JSON": ("a value that is not one JSON object", "Check the producer's serializer."),
    "NOT_FINITE": ("a number that is NaN, infinite or too large", "Send finite numbers."),
    "TOO_COMPLEX": ("too deep, too many fields or lines, or too large", "Split the order."),
    "MISSING": ("a field that is absent", "Send it."),
    "BAD_TYPE": ("a field of the wrong type", "Follow the schema."),
    "BAD_TIME": ("a time that is not RFC 3339 with a zone", "Write times with a zone."),
    "FUTURE_TIME": ("a time more than 24 hours after the record's own", "Check the shop's clock and zone."),
    "AMOUNT_RANGE": ("money below zero, too large or with more than 4 decimals", "Round to 4 decimals."),
    "CURRENCY": ("another currency than the deployment's", "Convert it, or set SEGSTREAM_CURRENCY to the topic's."),
    "ID_CONFLICT": ("an order id that is known with other content: the first counts", "Raise revision to correct it."),
    "TOO_OLD": ("a change of an order beyond the customer's newest 1,000", "None: usually a bot or a till."),
    "MARKER_INVALID": ("a marker of an erasure that the key did not make", "Use `segstream erase`."),
    "duplicate": ("the same order again: it counts once", "Nothing to do."),
    "superseded": ("an older revision than one that came before it", "Nothing to do."),
    "expired": ("out of the window before it came", "Nothing to do; --window-days says how long orders count."),
    "later": ("dated after the instant of the training", "Nothing to do; --as-of says which instant."),
    "erased": ("from somebody who was erased", "Nothing to do; `segstream unerase` lets later orders count again."),
    "ignored": ("without a value", "Nothing to do."),
}
"""What keeps a record of the orders topic from counting: dead letters, then what is no fault."""

REASONS |= {code: Reason(words, mend, "") for code, (words, mend) in _TOPIC.items()}


@dataclass(frozen=True)
class Remark:
    """What a code means that is said of lines that are kept."""

    words: str
    field: str


REMARKS = {
    "return": Remark("marked as a return or below zero: read as a return", "order_id"),
    "rounded": Remark("money with more than 4 decimals: rounded to 4, halves away from zero", "money"),
    "time_skipped": Remark("a time that the clocks skip in spring: moved on by the same step", "ordered_at"),
    "time_repeated": Remark("a time that the clocks show twice in autumn: read as the second one", "ordered_at"),
}
