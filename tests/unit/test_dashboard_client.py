from __future__ import annotations

import json

import pytest

from stream_app.core.errors import UsageError
from stream_app.dashboard.access import MOST_TRIES, Tries, is_token
from stream_app.dashboard.api_client import AWAY, TOKEN_REFUSED, ApiClient, ApiFailed, failure
from stream_app.dashboard.command import environment, flags, require_guard
from stream_app.local.ports import HOST, free_ports
from stream_app.settings import Settings


def settings_of(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg,arg-type]


def test_an_api_that_is_away_is_told_with_its_address_and_what_to_do() -> None:
    url = f"http://{HOST}:{free_ports(1)[0]}"

    with pytest.raises(ApiFailed) as failed:
        ApiClient(url, "secret").segments()

    assert failed.value.code == AWAY
    assert url in failed.value.cause
    assert "SEGSTREAM_API_URL" in failed.value.mend
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_the_api_refuses_is_told_as_the_dashboards_own(status: int) -> None:
    refused = failure(status, b'{"detail": "no", "code": "TOKEN"}')

    assert refused.code == TOKEN_REFUSED
    assert "SEGSTREAM_DASHBOARD_API_TOKEN" in refused.mend


def test_what_the_api_says_of_a_failure_is_passed_on_in_its_words() -> None:
    body = json.dumps({"title": "Not Found", "detail": "Nobody has this id.", "hint": "Mind capitals.", "code": "X"})

    told = failure(404, body.encode())

    assert (told.cause, told.mend, told.code) == ("Nobody has this id.", "Mind capitals.", "X")


def test_an_answer_that_is_no_problem_document_still_makes_a_sentence() -> None:
    told = failure(502, b"<html>Bad gateway</html>")

    assert told.cause == "The API answered with status 502 and no reason."


def test_a_token_is_right_only_as_a_whole() -> None:
    assert is_token("tökën", "tökën")
    assert not is_token("tök", "tökën")
    assert not is_token("", "tökën")


def test_after_many_wrong_tokens_nobody_may_try_for_a_while() -> None:
    tries = Tries()

    for second in range(MOST_TRIES):
        assert tries.wait_seconds(float(second)) == 0
        tries.fail(float(second))

    assert tries.wait_seconds(10.0) == 50
    assert tries.wait_seconds(60.0) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "dashboard.example.com"])  # noqa: S104
def test_the_dashboard_is_not_open_to_others_by_accident(host: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_guard(settings_of(dashboard_host=host))

    assert refused.value.code == "DASHBOARD_OPEN"
    require_guard(settings_of(dashboard_host=host, dashboard_token="t"))  # noqa: S106
    require_guard(settings_of(dashboard_host=host, dashboard_allow_anonymous=True))
    require_guard(settings_of(dashboard_host="127.0.0.1"))


def test_flags_of_the_command_reach_the_script_and_secrets_reach_no_command_line() -> None:
    settings = settings_of(
        api_url="https://api.example.com/",
        dashboard_port=8600,
        dashboard_token="t0k",  # noqa: S106
        dashboard_api_token="ap1",  # noqa: S106
    )

    said = list(flags(settings))

    assert dict(environment(settings))["SEGSTREAM_API_URL"] == "https://api.example.com"
    assert "--server.port=8600" in said
    assert "--browser.gatherUsageStats=false" in said
    assert "--theme.headingFontWeights=[700,650,650]" in said
    assert not [flag for flag in said if "t0k" in flag or "ap1" in flag]
