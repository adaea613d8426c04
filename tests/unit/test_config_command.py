"""Settings: which place wins, what `segstream config` shows of them, and what it never shows."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.core.errors import UsageError
from stream_app.effective_settings import EffectiveSetting, effective_settings, mask_url, settings_schema
from stream_app.settings import SECRETS, Settings, load_settings, variable_of
from stream_app.settings_sources import FROM_FILES, nearest, strangers

EVERY_NAME = [variable_of(field) for field in Settings.model_fields]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment without any setting."""
    for name in os.environ:
        if name.startswith(("SEGSTREAM_", "KAFKA_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(field: str, **flags: Any) -> EffectiveSetting:
    """Return one setting as `config show` has it."""
    return next(setting for setting in effective_settings(**flags) if setting.name == field)


def config(*words: str) -> str:
    """Return what `segstream config` prints."""
    done = CliRunner().invoke(app, ["config", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_each_place_wins_over_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [shown("window_days")]
    (folder / "segstream.toml").write_text("window_days = 100\n")
    seen.append(shown("window_days"))
    (folder / ".env").write_text("SEGSTREAM_WINDOW_DAYS=200\n")
    seen.append(shown("window_days"))
    monkeypatch.setenv("SEGSTREAM_WINDOW_DAYS", "300")
    seen.append(shown("window_days"))
    seen.append(shown("window_days", window_days="none"))

    assert [(setting.value, setting.origin.place) for setting in seen] == [
        (365, "default"),
        (100, "segstream.toml"),
        (200, ".env"),
        (300, "environment"),
        ("none", "flag"),
    ]


@pytest.mark.parametrize("field", [f for f in Settings.model_fields if f != "clock"])
def test_the_origin_shown_is_where_the_value_comes_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    values = {
        "kafka_security_protocol": ("SSL", "SASL_SSL"), "kafka_extra": ('{"a":"1"}', '{"a":"2"}'),
        "redis_url": ("redis://a", "redis://b"), "key_partitioner": ("crc32", "any"), "log_format": ("json", "console"),
        "api_allow_anonymous": ("0", "1"), "erasure_key": ("a" * 32, "b" * 32), "pseudonym_key": ("a" * 32, "b" * 32),
        "kafka_allow_plaintext": ("0", "1"), "redis_allow_plaintext": ("0", "1"),
        "api_url": ("http://a", "http://b"), "dashboard_allow_anonymous": ("0", "1"),
        "dashboard_oidc_metadata_url": ("https://a/x", "https://b/x"), "dashboard_oidc_trust_addresses": ("0", "1"),
        "otel_exporter_otlp_endpoint": ("http://a", "http://b"),
        "dashboard_oidc_redirect_uri": ("https://a/x", "https://b/x"),
        "dashboard_oidc_cookie_secret": ("a" * 32, "b" * 32),
    }  # fmt: skip
    low, high = values.get(field, ("0.2", "0.3") if field.startswith("gate_") else ("2001", "2002"))
    (folder / ".env").write_text(f"{variable_of(field)}='{low}'\n")
    from_dotenv = shown(field)
    monkeypatch.setenv(f"SEGSTREAM_{field.upper()}", high)
    from_environment = shown(field)

    assert (from_dotenv.origin.place, from_environment.origin.place) == (".env", "environment")
    assert (from_dotenv.origin.over, from_environment.origin.over) == ("", ".env")
    if field not in SECRETS - {"redis_url", "kafka_extra"}:
        assert from_dotenv.value != from_environment.value


def test_the_short_name_wins_over_the_long_one_in_one_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGSTREAM_KAFKA_GROUP_ID", "long")
    only_long = shown("kafka_group_id")
    monkeypatch.setenv("KAFKA_GROUP_ID", "short")

    assert (only_long.value, only_long.origin.name) == ("long", "SEGSTREAM_KAFKA_GROUP_ID")
    assert (shown("kafka_group_id").value, shown("kafka_group_id").origin.name) == ("short", "KAFKA_GROUP_ID")


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        ("window_day = 3\n", "sets window_day, which is no setting", "Did you mean window_days?"),
        ("frobnication = 3\n", "sets frobnication, which is no setting", "config schema"),
        ("window_days = \n", "is not TOML", 'currency = "EUR"'),
        ("window_days = 0\n", "SEGSTREAM_WINDOW_DAYS is 0 (segstream.toml)", "config schema"),
        ("[kafka_extra]\na = 1\n", "KAFKA_EXTRA (segstream.toml)", "config schema"),
    ],
)
def test_a_wrong_settings_file_is_refused_with_its_mend(folder: Path, text: str, said: str, mend: str) -> None:
    (folder / "segstream.toml").write_text(text)

    with pytest.raises(UsageError) as refused:
        load_settings()

    assert said in refused.value.cause
    assert mend in refused.value.mend


def test_a_table_in_the_settings_file_holds_client_options(folder: Path) -> None:
    (folder / "segstream.toml").write_text('window_days = "none"\n[kafka_extra]\n"client.rack" = "a"\n')

    settings = load_settings()

    assert settings.window_days is None
    assert settings.kafka_extra == {"client.rack": "a"}


def test_no_secret_is_ever_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://shop:s3cret@cache:6379/0?password=s3cret")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "s3cret")
    monkeypatch.setenv("KAFKA_EXTRA", '{"ssl.key.password": "s3cret", "sasl.oauthbearer.client.secret": "s3cret"}')

    assert "s3cret" not in repr(load_settings())
    for words in (["show"], ["show", "--json"]):
        text = config(*words)
        assert "s3cret" not in text
        assert "rediss://shop:***@cache:6379/0?password=***" in text


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:p%40ss@h:1/0", "redis://:***@h:1/0"),
        ("redis://me@h", "redis://me@h"),
        ("redis://me:p@ss/word@h", "redis://me:***@h"),
        ("unix:///run/redis.sock?db=1&password=p", "unix:///run/redis.sock?db=1&password=***"),
    ],
)
def test_passwords_inside_urls_are_masked(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_every_setting_is_shown_with_its_variable_and_place(folder: Path) -> None:
    lines = config("show").splitlines()

    assert [line.split()[0] for line in lines] == EVERY_NAME
    assert all(line.endswith("default") for line in lines)


def test_programs_get_settings_and_strangers_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGSTREAM_WINDOW_DAY", "3")
    (folder / ".env").write_text("KAFKA_BOOTSTRAP_SERVER=b:9092\nKAFKA_HEAP_OPTS=-Xmx1g\nSEGSTREAM_IMAGE=x\n")

    said = json.loads(config("show", "--json"))

    assert [setting["variable"] for setting in said["settings"]] == EVERY_NAME
    assert said["unknown"] == [
        {"name": "SEGSTREAM_WINDOW_DAY", "in": "environment", "nearest": "SEGSTREAM_WINDOW_DAYS"},
        {"name": "KAFKA_BOOTSTRAP_SERVER", "in": ".env", "nearest": "KAFKA_BOOTSTRAP_SERVERS"},
    ]


@pytest.mark.parametrize("name", ["KAFKA_HOME", "KAFKA_CLIENT_ID", "REDIS_HOST", "PATH", "SEGSTREAM_IMAGE"])
def test_names_that_belong_to_others_are_left_alone(name: str) -> None:
    assert list(strangers([name], "environment", EVERY_NAME)) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [("SEGSTREAM_CURENCY", "SEGSTREAM_CURRENCY"), ("SEGSTREAM_PARTITIONER", "SEGSTREAM_KEY_PARTITIONER"),
     ("SEGSTREAM_MODEL_URL", "SEGSTREAM_MODEL_URI"), ("SEGSTREAM_QQQQQQQQQQQQQQQQ", "")],
)  # fmt: skip
def test_the_nearest_setting_is_proposed(written: str, meant: str) -> None:
    (found,) = strangers([written], "environment", EVERY_NAME)

    assert found.nearest == meant == nearest(written, EVERY_NAME)


def test_the_schema_accepts_the_defaults_and_refuses_what_the_settings_refuse() -> None:
    schema = json.loads(config("schema"))
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)

    defaults = {field: setting["default"] for field, setting in schema["properties"].items() if "default" in setting}
    assert validator.is_valid(defaults)
    for wrong in ({"window_days": 0}, {"window_days": "never"}, {"window_day": 3}, {"key_partitioner": "md5"}):
        assert not validator.is_valid(wrong), wrong
    assert validator.is_valid({"window_days": "none", "kafka_extra": {"client.rack": "a"}})


def test_the_schema_describes_every_setting_and_names_its_variable() -> None:
    properties = settings_schema()["properties"]

    assert [setting["x-environment-variable"] for setting in properties.values()] == EVERY_NAME
    assert all(len(setting["description"]) > 10 for setting in properties.values())


@pytest.mark.parametrize("field", FROM_FILES)
def test_a_secret_may_lie_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    secret = {"redis_url": "redis://me:s3cret@h:1/0", "kafka_extra": '{"ssl.key.password": "s3cret"}'}.get(
        field, "s3cret" * 6
    )
    (folder / "secret").write_text(f"{secret}\n")
    monkeypatch.setenv(f"{variable_of(field)}_FILE", str(folder / "secret"))

    value = getattr(load_settings(), field)
    seen = shown(field)
    told = config("show")

    assert (value if isinstance(value, dict) else value.get_secret_value()) == (
        json.loads(secret) if field == "kafka_extra" else secret
    )
    assert (seen.origin.place, seen.origin.name) == ("environment", f"{variable_of(field)}_FILE")
    assert "s3cret" not in told
    assert "is no setting" not in told


def test_a_secrets_file_gives_way_to_its_variable_and_wins_over_what_is_farther(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "near").write_text("near")
    (folder / "far").write_text("far")
    (folder / ".env").write_text("KAFKA_SASL_PASSWORD_FILE=far\n")
    seen = [load_settings().kafka_sasl_password]
    (folder / ".env").write_text("KAFKA_SASL_PASSWORD=dotenv\n")
    monkeypatch.setenv("SEGSTREAM_KAFKA_SASL_PASSWORD_FILE", "near")
    seen.append(load_settings().kafka_sasl_password)
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "variable")
    seen.append(load_settings().kafka_sasl_password)

    assert [password.get_secret_value() for password in seen if password is not None] == ["far", "near", "variable"]


@pytest.mark.parametrize(
    ("variable", "content", "said"),
    [
        ("KAFKA_SASL_PASSWORD", None, "cannot be read"),
        ("KAFKA_EXTRA", b"{s3cret", "is no JSON"),
        ("REDIS_URL", b"\xff", "no text"),
    ],
)
def test_a_secrets_file_that_cannot_be_used_is_named_without_its_content(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (folder / "secret").write_bytes(content)
    monkeypatch.setenv(f"{variable}_FILE", str(folder / "secret"))

    with pytest.raises(UsageError, match=said) as refused:
        load_settings()

    assert f"{variable}_FILE" in refused.value.cause
    assert "s3cret" not in str(refused.value)


def test_every_secret_may_come_from_a_file() -> None:
    # The tokens of the API have a setting of their own for it.
    assert {*FROM_FILES, "api_tokens"} == SECRETS


@pytest.mark.parametrize("words", [("init",), ("config", "show"), ("worker",)])
@pytest.mark.parametrize("url", ["rediss://me:s3cret@cache:6380/0", "unix:///run/r.sock?password=s3cret"])
def test_a_password_on_the_command_line_is_refused(folder: Path, words: tuple[str, ...], url: str) -> None:
    done = CliRunner().invoke(app, [*words, "--redis-url", url])

    assert isinstance(done.exception, UsageError)
    assert done.exception.code == "PASSWORD_SHOWN"
    assert "s3cret" not in str(done.exception)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://me:s3cret@127.0.0.1:bad/0"),
        ("REDIS_URL", "http://me:s3cret@127.0.0.1/0"),
        ("KAFKA_EXTRA", '{"ssl.key.password": "s3cret"'),
        ("KAFKA_EXTRA", '{"ssl.key.password": ["s3cret"]}'),
        ("SEGSTREAM_ERASURE_KEY", "s3cret"),
        ("SEGSTREAM_PSEUDONYM_KEY", "s3cret"),
    ],
)
def test_a_wrong_secret_is_refused_without_being_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(UsageError) as refused:
        load_settings()

    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in "".join(traceback.format_exception(refused.value))
