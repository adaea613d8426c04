"""Who may ask, how often, and from where: tokens, buckets, and the refusal to serve strangers."""

from __future__ import annotations

from hashlib import sha256

import pytest

from stream_app.api.limits import MOST_CLIENTS, Limits
from stream_app.api.places import decode_places, encode_places
from stream_app.api.run import refuse_strangers
from stream_app.api.tokens import Keyring, Scope, new_token, read_entries
from stream_app.core.errors import UsageError
from stream_app.settings import Settings


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[call-arg,arg-type]


def test_a_new_token_is_known_by_its_entry() -> None:
    token, entry = new_token(Scope.READ)
    keyring = Keyring(read_entries(entry, "a setting"))

    assert keyring.scope_of(f"Bearer {token}")[0] is Scope.READ
    assert keyring.scope_of(f"bearer  {token} ")[0] is Scope.READ
    for header in ("", token, f"Basic {token}", f"Bearer {token}x", "Bearer ", "Bearer é"):
        assert keyring.scope_of(header)[0] is None
    assert token not in entry


def test_a_token_of_both_scopes_is_an_admins() -> None:
    digest = sha256(b"t").hexdigest()

    for order in ("read:{0},admin:{0}", "admin:{0} read:{0}"):
        assert Keyring(read_entries(order.format(digest), "x")).scope_of("Bearer t")[0] is Scope.ADMIN


def test_a_file_of_entries_may_hold_comments_and_blank_lines() -> None:
    text = f"# the shop\nread:{'a' * 64}  # since June\n\nadmin:{'B' * 64}\n"

    assert [entry.scope for entry in read_entries(text, "a file")] == [Scope.READ, Scope.ADMIN]


def test_an_entry_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError) as caught:
        read_entries(f"read:{'a' * 64}, segstream_secret", "SEGSTREAM_API_TOKENS")

    assert "entry 2 of SEGSTREAM_API_TOKENS" in caught.value.cause
    assert "secret" not in str(caught.value)


def test_without_tokens_only_this_machine_is_served() -> None:
    entries = read_entries(f"read:{'a' * 64}", "x")

    for host in ("127.0.0.1", "::1", "localhost"):
        refuse_strangers(settings(api_host=host), [])
    refuse_strangers(settings(api_host="0.0.0.0"), entries)  # noqa: S104  it is the subject
    refuse_strangers(settings(api_host="0.0.0.0", api_allow_anonymous=True), [])  # noqa: S104
    for host in ("0.0.0.0", "::", "10.0.0.7", "api.example.com", ""):  # noqa: S104
        with pytest.raises(UsageError) as caught:
            refuse_strangers(settings(api_host=host), [])
        assert caught.value.code == "API_OPEN"


def test_a_bucket_holds_two_seconds_and_fills_steadily() -> None:
    limits = Limits(5)

    burst = [limits.wait("a", 100.0) for _ in range(11)]
    later = [limits.wait("a", 100.4), limits.wait("a", 100.4), limits.wait("a", 100.4)]

    assert burst == [0.0] * 10 + [pytest.approx(0.2)]
    assert later == [0.0, 0.0, pytest.approx(0.2)]
    assert limits.wait("b", 100.0) == 0.0


def test_no_limit_is_no_limit_and_keeps_nobody_in_mind() -> None:
    limits = Limits(0)

    assert {limits.wait("a", 1.0) for _ in range(10_000)} == {0.0}
    assert len(limits) == 0


def test_clients_are_forgotten_before_they_fill_the_memory() -> None:
    limits = Limits(1)

    for number in range(MOST_CLIENTS + 50):
        limits.wait(str(number), 1.0)

    assert len(limits) == MOST_CLIENTS


@pytest.mark.parametrize("offsets", [[0], [35, 36, 1_295, 1_296], [2**53, 0, 7]])
def test_a_place_is_read_back(offsets: list[int]) -> None:
    assert decode_places(encode_places(offsets)) == offsets


@pytest.mark.parametrize("text", ["", "1", "1-", "2-0", "1-A", "1-00", "1-٣", "1--1", "1-" + "z" * 13, "x" * 10_000])
def test_what_is_no_place_is_not_read(text: str) -> None:
    assert decode_places(text) is None
