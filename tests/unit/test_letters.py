"""Dead letters and their marks are read back, counted, mended and judged without a broker."""

from __future__ import annotations

import json

import pytest

from stream_app.contract.code_words import CODE_WORDS
from stream_app.contract.dead_letter import Code, Headers, Refusal, letter_headers
from stream_app.contract.replay_mark import mark_headers
from stream_app.core.erasure import ERASE_HEADER, ErasureKey
from stream_app.core.errors import UsageError
from stream_app.dead_letters.export import as_json
from stream_app.dead_letters.fix import read_fix
from stream_app.dead_letters.letter import Letter, Mark, Place, place_from, read_letter
from stream_app.dead_letters.outlook import outlook
from stream_app.dead_letters.plan import Wish, plan, shares_of
from stream_app.dead_letters.send import order_headers
from stream_app.dead_letters.summary import count
from tests.builders import NOW_MS, an_order_json, rules


def a_letter(
    value: bytes | None = b"{}",
    code: Code = Code.MISSING,
    *,
    offset: int = 7,
    own: Headers | None = None,
    at_ms: int = 5,
) -> Letter:
    """Return a letter as a worker would have parked it."""
    headers = letter_headers(
        Refusal(code, "why"), own or [], topic="orders.v1", partition=0, offset=40 + offset, version="1"
    )
    letter = read_letter(Place(0, offset), at_ms, b"C1", value, headers)
    assert isinstance(letter, Letter)
    return letter


def a_mark(letter: Letter) -> Mark:
    headers = mark_headers(letter.place.offset, letter.code, at="2025-06-01T12:00:00Z", by="ann")
    mark = read_letter(Place(letter.place.partition, 99), 9, b"C1", None, headers)
    assert isinstance(mark, Mark)
    return mark


@pytest.mark.parametrize("count_of_own", [0, 1, 32, 40])
def test_a_letter_is_read_back_as_it_was_written(count_of_own: int) -> None:
    own: Headers = [(f"h{n}", b"v") for n in range(count_of_own)]

    letter = a_letter(b"{}", Code.BAD_TIME, own=own)

    assert (letter.code, letter.reason, letter.topic, letter.partition, letter.offset) == (
        "BAD_TIME", "why", "orders.v1", 0, 47,
    )  # fmt: skip
    assert letter.headers == own[:32]
    assert letter.is_cut == (count_of_own > 32)


def test_headers_of_our_names_on_an_order_deceive_nobody() -> None:
    own: Headers = [("segstream.code", b"NOT_JSON"), ("segstream.replayed", b"3"), ("segstream.headers_cut", b"true")]

    letter = a_letter(own=own)

    assert letter.code == "MISSING"
    assert letter.headers == own


def test_records_of_others_are_nothing() -> None:
    assert read_letter(Place(0, 1), 0, None, b"x", []) is None
    assert read_letter(Place(0, 1), 0, None, b"x", [("segstream.replayed", b"soon")]) is None


def test_an_order_that_was_sent_again_names_only_its_last_letter() -> None:
    first = order_headers(a_letter(own=[("trace", b"t")]))

    again = order_headers(a_letter(own=first, offset=8))

    assert first == [("segstream.dead_letter", b"0:7"), ("trace", b"t")]
    assert again == [("segstream.dead_letter", b"0:8"), ("trace", b"t")]


def test_an_order_with_no_room_for_its_origin_goes_without() -> None:
    assert order_headers(a_letter(b"x" * 1_000_001)) == []


def test_letters_are_counted_by_reason_without_those_sent_again() -> None:
    letters = [a_letter(offset=n, at_ms=1_000 + n) for n in range(3)] + [a_letter(code=Code.NOT_JSON, offset=9)]

    missing, other = count([*letters, a_mark(letters[1])])

    assert (missing.code, missing.waiting, missing.replayed) == ("MISSING", 2, 1)
    assert (missing.first_ms, missing.last_ms, missing.newest) == (1_000, 1_002, "0:2")
    assert (other.code, other.waiting) == ("NOT_JSON", 1)


def test_marks_of_letters_before_the_instant_do_not_count() -> None:
    old, new = a_letter(offset=1, at_ms=10), a_letter(offset=2, at_ms=20)

    (found,) = count([old, new, a_mark(old)], since_ms=15)

    assert (found.waiting, found.replayed) == (1, 0)


FIX = """
[rename]
nr = "order_id"
[default]
currency = "EUR"
[lines.rename]
sku = "product_id"
[lines.default]
quantity = 1
"""


def mended(text: str, order: object) -> object:
    return json.loads(read_fix(text, "fix.toml").mend(json.dumps(order).encode()) or b"")


def test_a_fix_renames_and_fills_in() -> None:
    order = {"nr": "A", "lines": [{"sku": "tea"}, {"sku": "mug", "quantity": 3}], "x": None}

    assert mended(FIX, order) == {
        "order_id": "A", "currency": "EUR", "x": None,
        "lines": [{"product_id": "tea", "quantity": 1}, {"product_id": "mug", "quantity": 3}],
    }  # fmt: skip


def test_a_fix_overwrites_nothing_and_fills_null() -> None:
    order = {"nr": "A", "order_id": "B", "currency": None, "lines": []}

    assert mended(FIX, order) == {"nr": "A", "order_id": "B", "currency": "EUR", "lines": []}


@pytest.mark.parametrize("value", [b"{", b"[1]", b"\xff", b'{"a": NaN}', None])
def test_what_is_no_object_comes_back_as_it_is(value: bytes | None) -> None:
    assert read_fix(FIX, "fix.toml").mend(value) == value


def test_bytes_are_the_same_when_there_was_nothing_to_mend() -> None:
    value = b'{ "order_id" : "A", "currency":"EUR", "lines" : [] }'

    assert read_fix(FIX, "fix.toml").mend(value) is value


def test_a_fix_in_json_is_the_same() -> None:
    text = '{"rename": {"nr": "order_id"}, "default": {"currency": "EUR"}, "lines": {"rename": {"sku": "product_id"}, '
    text += '"default": {"quantity": 1}}}'

    assert read_fix(text, "fix.json") == read_fix(FIX, "fix.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "changes nothing"),
        ("[renames]\na = 'b'", "unknown field `renames`"),
        ("[rename]\na = 'orderid'", "[rename] names orderid, which is no field"),
        ("[rename]\na = 'order_id'\nb = 'order_id'", "makes order_id of several fields"),
        ("[rename]\ntype = 'order_id'", "takes type, which is a right name"),
        ("[lines.default]\ncolour = 'red'", "[lines.default] names colour"),
        ("[lines.default]\nquantity = '1'", "default of lines.quantity cannot be used"),
        ("[default]\ntype = 'gift'", "default of type cannot be used"),
        ("[default]\ncurrency = 7", "default of currency cannot be used"),
        ("[default]\nordered_at = 2025-01-01T00:00:00Z", "$.default"),
        ("rename = 3", "$.rename"),
        ("[rename", "TOML"),
    ],
)
def test_a_fix_that_no_order_can_take_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_fix(text, "fix.toml")

    if problem != "TOML":
        assert problem in refused.value.cause


def test_the_outlook_is_what_a_worker_would_say() -> None:
    good = json.dumps(an_order_json()).encode()
    letter = a_letter(good)

    assert outlook(letter, b"{}", rules(), NOW_MS) is None
    refusal = outlook(letter.with_value(b"{"), b"{", rules(), NOW_MS)
    assert refusal is not None
    assert refusal.code == Code.NOT_JSON


def test_an_order_of_the_future_is_right_when_its_day_has_come() -> None:
    letter = a_letter(json.dumps(an_order_json()).encode(), Code.FUTURE_TIME)

    early = outlook(letter, letter.value, rules(), NOW_MS - 25 * 3_600_000)

    assert early is not None
    assert early.code == Code.FUTURE_TIME
    assert outlook(letter, letter.value, rules(), NOW_MS) is None


@pytest.mark.parametrize("code", [Code.ID_CONFLICT, Code.TOO_OLD])
def test_what_the_state_refused_needs_another_content(code: Code) -> None:
    good = json.dumps(an_order_json()).encode()
    letter = a_letter(good, code)

    unchanged = outlook(letter, good, rules(), NOW_MS)

    assert unchanged == Refusal(code, "why")
    assert outlook(letter, b"another", rules(), NOW_MS) is None


def test_a_marker_needs_the_key_that_made_it() -> None:
    proof = ErasureKey(b"a secret of some other deployment").header_of("C1")
    letter = a_letter(None, Code.MARKER_INVALID, own=[(ERASE_HEADER, proof)])

    refusal = outlook(letter, b"another", rules(), NOW_MS)

    assert refusal is not None
    assert refusal.code is Code.MARKER_INVALID


def test_only_the_letters_that_are_meant_are_planned() -> None:
    good = json.dumps(an_order_json()).encode()
    letters = [a_letter(good, offset=1), a_letter(b"{", Code.NOT_JSON, offset=2), a_letter(good, offset=3, at_ms=90)]
    wishes = {
        "all": Wish(),
        "code": Wish(codes=frozenset({"NOT_JSON"})),
        "place": Wish(places=frozenset({place_from("0:3")})),
        "since": Wish(since_ms=50),
    }

    found = {
        name: [each.letter.place.offset for each in plan(letters, wish, None, rules(), NOW_MS)]
        for name, wish in wishes.items()
    }

    assert found == {"all": [1, 2, 3], "code": [2], "place": [3], "since": [3]}


def test_shares_tell_what_is_ready_and_what_stays() -> None:
    good, bad = json.dumps(an_order_json()).encode(), b"{"
    letters = [a_letter(value, offset=n) for n, value in enumerate((good, bad, bad))]

    (share,) = shares_of(plan(letters, Wish(), None, rules(), NOW_MS))

    assert (share.code, share.ready) == ("MISSING", 1)
    (stay,) = share.stay.values()
    assert (stay.code, stay.count, stay.place) == ("NOT_JSON", 2, "0:1")


@pytest.mark.parametrize("text", ["3", "3:", ":4", "a:b", "3:4:5", "-1:3"])
def test_a_wrong_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        place_from(text)


def test_an_exported_letter_keeps_every_byte() -> None:
    line = json.loads(as_json(a_letter(b"\xff", own=[("h", None), ("i", b"\xfe")])))

    assert line["value"] == {"text": "/w==", "encoding": "base64"}
    assert line["key"] == {"text": "C1"}
    assert line["headers"] == [["h", None], ["i", {"text": "/g==", "encoding": "base64"}]]


def test_every_code_has_words() -> None:
    assert set(CODE_WORDS) == set(Code)
    assert all(words.cause.endswith(".") and words.mend.endswith(".") for words in CODE_WORDS.values())
