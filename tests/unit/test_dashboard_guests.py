"""Who may see a dashboard with an identity provider, and what its settings have to say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from stream_app.core.errors import UsageError
from stream_app.dashboard.command import require_guard
from stream_app.dashboard.guests import SIGNED_IN_SECONDS, Standing, standing_of
from stream_app.dashboard.provider import CALLBACK, is_wanted, missing_in_secrets, secrets_of
from stream_app.settings import Settings, load_settings

NOW = 1_800_000_000.0
COMPLETE = {
    "dashboard_oidc_metadata_url": "https://login.example/.well-known/openid-configuration",
    "dashboard_oidc_client_id": "dashboard",
    "dashboard_oidc_client_secret": "the client's",
    "dashboard_oidc_redirect_uri": f"https://segments.example{CALLBACK}",
    "dashboard_oidc_cookie_secret": "a cookie's, of at least 32 characters",
    "dashboard_oidc_allowed": "@shop.example",
}


def settings_of(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg,arg-type]


def refusal(**values: object) -> UsageError:
    with pytest.raises(UsageError) as refused:
        require_guard(settings_of(**values))
    assert refused.value.code == "DASHBOARD_SIGN_IN"
    return refused.value


def standing(allowed: str = "@shop.example", *, trusts: bool = False, **claims: object) -> Standing:
    person = {"email": "ada@shop.example", "email_verified": True, "iat": NOW} | claims
    return standing_of(person, allowed, NOW, trusts_addresses=trusts)


@pytest.mark.parametrize(
    ("allowed", "email", "expected"),
    [
        ("ada@shop.example", "ADA@shop.example", Standing.WELCOME),
        ("bob@shop.example, @else.example", "ada@else.example", Standing.WELCOME),
        ("ada@shop.example", "ada@shop.example.else", Standing.STRANGER),
        ("@shop.example", "ada@sub.shop.example", Standing.STRANGER),
        ("@shop.example", "ada@else.example@shop.example", Standing.STRANGER),
        ("@shop.example", "@shop.example", Standing.STRANGER),
        ("@shop.example", "", Standing.STRANGER),
        ("@shop.example", None, Standing.STRANGER),
        ("@shop.example", ["ada@shop.example"], Standing.STRANGER),
        ("*", None, Standing.WELCOME),
        ("", "ada@shop.example", Standing.STRANGER),
    ],
)
def test_an_address_or_its_domain_must_be_on_the_list(allowed: str, email: object, expected: Standing) -> None:
    assert standing(allowed, email=email) is expected


@pytest.mark.parametrize(
    ("claims", "trusts", "expected"),
    [
        ({"email_verified": True}, False, Standing.WELCOME),
        ({"email_verified": "true"}, False, Standing.WELCOME),
        ({"email_verified": False}, False, Standing.UNPROVEN),
        ({"email_verified": False}, True, Standing.UNPROVEN),
        ({"email_verified": None}, True, Standing.UNPROVEN),
        ({}, False, Standing.UNPROVEN),
        ({}, True, Standing.WELCOME),
    ],
)
def test_an_address_counts_once_the_provider_has_verified_it(
    claims: dict[str, object], trusts: bool, expected: Standing
) -> None:
    person = {"email": "ada@shop.example", "iat": NOW} | claims

    assert standing_of(person, "@shop.example", NOW, trusts_addresses=trusts) is expected


def test_somebody_has_to_sign_in_again_after_half_a_day() -> None:
    assert standing(iat=NOW - SIGNED_IN_SECONDS) is Standing.WELCOME
    assert standing(iat=NOW - SIGNED_IN_SECONDS - 1) is Standing.STALE
    assert standing(iat=None) is Standing.STALE
    assert standing("*", iat=NOW - SIGNED_IN_SECONDS - 1) is Standing.STALE


def test_a_complete_provider_guards_the_dashboard_wherever_it_listens() -> None:
    pytest.importorskip("authlib", reason="needs Authlib, which the extra dashboard brings")
    settings = settings_of(dashboard_host="0.0.0.0", **COMPLETE)  # noqa: S104

    require_guard(settings)

    assert secrets_of(settings) == {
        "server_metadata_url": "https://login.example/.well-known/openid-configuration",
        "client_id": "dashboard",
        "client_secret": "the client's",
        "redirect_uri": "https://segments.example/oauth2callback",
        "cookie_secret": "a cookie's, of at least 32 characters",
    }


@pytest.mark.parametrize("forgotten", COMPLETE)
def test_what_is_forgotten_is_named_and_opens_nothing(forgotten: str) -> None:
    pytest.importorskip("authlib", reason="needs Authlib, which the extra dashboard brings")

    refused = refusal(**{name: value for name, value in COMPLETE.items() if name != forgotten})

    assert f"SEGSTREAM_{forgotten.upper()}" in refused.cause


@pytest.mark.parametrize("single", COMPLETE)
def test_a_single_setting_about_it_is_enough_to_want_it(single: str) -> None:
    assert is_wanted(settings_of(**{single: COMPLETE[single]}))
    assert not is_wanted(settings_of())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dashboard_token": "t"}, "both SEGSTREAM_DASHBOARD_TOKEN and an identity provider"),
        ({"dashboard_oidc_allowed": "shop.example"}, "'shop.example' is neither an address"),
        (
            {"dashboard_oidc_metadata_url": "http://login.example/x"},
            "SEGSTREAM_DASHBOARD_OIDC_METADATA_URL needs https",
        ),
        ({"dashboard_oidc_redirect_uri": f"http://segments.example{CALLBACK}"}, "REDIRECT_URI needs https"),
        ({"dashboard_oidc_redirect_uri": "https://segments.example/"}, "does not end with /oauth2callback"),
    ],
)
def test_what_cannot_work_is_refused_before_the_dashboard_starts(change: dict[str, object], words: str) -> None:
    pytest.importorskip("authlib", reason="needs Authlib, which the extra dashboard brings")

    refused = refusal(**COMPLETE | change)

    assert words.lower() in refused.cause.lower()
    assert "the client's" not in str(refused)
    assert "a cookie's" not in str(refused)


def test_a_short_cookie_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="at least 32") as refused:
        load_settings(dashboard_oidc_cookie_secret="short one")  # noqa: S106

    assert "short one" not in str(refused.value)


def test_streamlits_own_secrets_may_name_the_provider_if_they_are_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    told = [missing_in_secrets()]
    file = tmp_path / ".streamlit" / "secrets.toml"
    file.parent.mkdir()
    complete = (
        '[auth]\nserver_metadata_url="m"\nclient_id="i"\nclient_secret="s"\nredirect_uri="r"\ncookie_secret="c"\n'
    )
    for text in ('[other]\nkey="k"\n', "[auth", complete.replace('client_id="i"\n', ""), complete):
        file.write_text(text)
        told.append(missing_in_secrets())

    nothing, elsewhere, broken, partly, whole = told
    assert tomllib.loads(complete)["auth"]["client_id"] == "i"
    assert nothing == elsewhere == "[auth] in .streamlit/secrets.toml is set"
    assert "cannot be read" in broken
    assert partly == "client_id in [auth] of .streamlit/secrets.toml is set"
    assert whole == ""


def test_a_dashboard_that_knows_no_sign_in_refuses_to_be_told_of_one() -> None:
    with pytest.raises(UsageError, match="knows no sign-in"):
        require_guard(settings_of(**COMPLETE), can_sign_in=False)
