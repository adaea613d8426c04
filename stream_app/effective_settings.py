"""What the settings are in effect, each with the place it comes from, and as a schema; secrets are masked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from stream_app.settings import Settings, load_settings, variable_of
from stream_app.settings_sources import SETTINGS_FILE, Origin, UnknownName, origins, unknown_names

MASK = "***"
_SECRET_KEY = re.compile(r"password|secret|token|credential|jaas|\.pem$|oauthbearer\.config$", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)([^:@/]*):.*@")
"""To the last @: a password that should have been encoded is masked whole."""
_QUERY_PASSWORD = re.compile(r"(?<=[?&]password=)[^&]*")


@dataclass(frozen=True)
class EffectiveSetting:
    """One setting as it is in force."""

    name: str
    """As `segstream.toml` spells it."""
    variable: str
    value: Any
    """Ready for JSON; what is secret is masked."""
    origin: Origin


def effective_settings(**flags: Any) -> list[EffectiveSetting]:
    """Return every setting in the order of the reference page; raises UsageError when one is wrong."""
    settings = load_settings(**flags)
    places = origins(Settings, flags)
    return [
        EffectiveSetting(field, variable_of(field), shown(field, getattr(settings, field)), places[field])
        for field in Settings.model_fields
    ]


def shown(field: str, value: Any) -> Any:
    """Return a value as anybody may see it.

    >>> shown("redis_url", SecretStr("rediss://shop:p4ss@redis:6379/0"))
    'rediss://shop:***@redis:6379/0'
    >>> shown("kafka_extra", {"ssl.key.password": "p4ss", "client.rack": "a"})
    {'ssl.key.password': '***', 'client.rack': 'a'}
    """
    if field == "window_days" and value is None:
        return "none"
    if field == "redis_url":
        return mask_url(value.get_secret_value())
    if field == "kafka_extra":
        return {key: MASK if _SECRET_KEY.search(key) else text for key, text in value.items()}
    return MASK if isinstance(value, SecretStr) else value


def mask_url(url: str) -> str:
    """Return a Redis URL without its password."""
    return _QUERY_PASSWORD.sub(MASK, _URL_PASSWORD.sub(rf"\1:{MASK}@", url))


def settings_lines(settings: list[EffectiveSetting]) -> Iterator[tuple[str, bool]]:
    """Yield a line for each setting, and whether it merely has its default."""
    wide = max(len(setting.variable) for setting in settings)
    places = [_place(setting) for setting in settings]
    for setting, place in zip(settings, places, strict=True):
        line = f"{setting.variable:<{wide}}  {_words(setting.value):<28}  {place}"
        yield line, setting.origin.place == "default"


def _place(setting: EffectiveSetting) -> str:
    """Return where the value comes from, and the name there when it is not the usual one."""
    origin = setting.origin
    is_usual = origin.place == "flag" or origin.name in ("", setting.variable, setting.name)
    place = origin.place if is_usual else f"{origin.place} ({origin.name})"
    return f"{place}, over {origin.over}" if origin.over else place


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return {"None": "unset", "": "empty"}.get(str(value), str(value))


def settings_as_json(settings: list[EffectiveSetting], unknown: list[UnknownName]) -> dict[str, Any]:
    """Return the same for programs, and the variables that nobody reads."""
    return {
        "settings": [
            {"name": setting.name, "variable": setting.variable, "value": setting.value, "from": setting.origin.place}
            for setting in settings
        ],
        "unknown": [{"name": name.name, "in": name.place, "nearest": name.nearest} for name in unknown],
    }


def unknown_variables() -> list[UnknownName]:
    """Return the variables that look like settings and are none: most are typing errors."""
    return unknown_names(Settings)


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of `segstream.toml`; each setting names the variable that wins over it."""
    schema = Settings.model_json_schema(by_alias=False)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SETTINGS_FILE,
        "description": "Settings of a segstream deployment. The environment and .env win over this file.",
        "type": "object",
        "additionalProperties": False,
        "properties": {field: _property(field, setting) for field, setting in schema["properties"].items()},
        "$defs": schema["$defs"],
    }


def _property(field: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Return a setting's part of the schema as TOML can have it: without null, and with its true default."""
    choices = setting.pop("anyOf", [])
    real = [choice for choice in choices if choice != {"type": "null"}]
    setting |= real[0] if len(real) == 1 else {"anyOf": real} if real else {}
    default = Settings.model_fields[field].default
    # The host's name is another one on every machine.
    if default is None or field == "instance_id":
        del setting["default"]
    elif isinstance(default, SecretStr):
        setting["default"] = default.get_secret_value()
    setting.pop("title", None)
    return setting | {"x-environment-variable": variable_of(field)}
