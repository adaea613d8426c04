"""Where a setting comes from, and which names in the environment nobody reads.

Flags win over the environment, the environment over `.env`, `.env` over `segstream.toml`.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, InitSettingsSource

from stream_app.core.errors import UsageError

SETTINGS_FILE = "segstream.toml"
OURS = "SEGSTREAM_"
SHARED = ("KAFKA_", "REDIS_")
"""Names that other programs use as well, so only one that nearly is ours is worth a word."""

NOT_SETTINGS = frozenset({"SEGSTREAM_IMAGE", "SEGSTREAM_PROVE", "SEGSTREAM_UCI_PARQUET", "SEGSTREAM_COMPILED"})
"""Read by the Compose file of `segstream init` and by the project's own tests and benchmarks."""

FROM_FILES = (
    "redis_url", "kafka_sasl_password", "kafka_extra", "dashboard_token", "dashboard_api_token",
    "dashboard_oidc_client_secret", "dashboard_oidc_cookie_secret", "erasure_key", "pseudonym_key",
)  # fmt: skip
"""Secrets that may lie in a file: the variable's name with _FILE behind it says where."""
FILE = "_FILE"

NEAR = 0.6
NEARLY_OURS = 0.88


@dataclass(frozen=True)
class Origin:
    """Which place a setting's value was taken from, and under what name it stands there."""

    place: str
    """`flag`, `environment`, `.env`, `segstream.toml` or `default`."""
    name: str = ""
    over: str = ""
    """A place that says something too, and is not heard."""

    @property
    def words(self) -> str:
        """Where to look for it."""
        return f"flag {self.name}" if self.place == "flag" else the_place(self.place)


def the_place(place: str) -> str:
    """Return a place as a sentence names it."""
    return "the environment" if place == "environment" else place


@dataclass(frozen=True)
class UnknownName:
    """A variable that looks like a setting and is none."""

    name: str
    place: str
    nearest: str
    """The setting that was probably meant; empty when none is like it."""

    def __str__(self) -> str:
        hint = f" Did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.says}{hint}"

    @property
    def says(self) -> str:
        """The sentence about it."""
        return f"{self.name} in {the_place(self.place)} is no setting: nothing reads it."


class SettingsFile(InitSettingsSource):
    """`segstream.toml` of the working folder: settings by their names in lower case, every one checked."""

    def __init__(self, settings_class: type[BaseSettings]) -> None:
        self.values = read_settings_file(Path(SETTINGS_FILE), list(settings_class.model_fields))
        super().__init__(settings_class, init_kwargs=self.values)


class SecretFiles(InitSettingsSource):
    """Secrets in files, as orchestrators hand them out; raises UsageError for one that cannot be read."""

    def __init__(self, settings_class: type[BaseSettings], variables: EnvSettingsSource) -> None:
        found = {field: file_of(settings_class, field, variables) for field in FROM_FILES}
        values = {field: read_secret(*where) for field, where in found.items() if where is not None}
        super().__init__(settings_class, init_kwargs=values)


def file_of(settings_class: type[BaseSettings], field: str, variables: EnvSettingsSource) -> tuple[str, str] | None:
    """Return the variable that names a secret's file, and its path; None when there is none."""
    for name in names_of(settings_class, field) if field in FROM_FILES else ():
        path = variables.env_vars.get(f"{name}{FILE}".lower())
        if path:
            return f"{name}{FILE}", path
    return None


def read_secret(variable: str, path: str) -> Any:
    """Return what a file holds, without the line's end that editors put there; JSON for KAFKA_EXTRA."""
    try:
        text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        return json.loads(text) if "KAFKA_EXTRA" in variable else text
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{path}, named by {variable}, cannot be read: {reason}.", "Make it readable.") from None
    except json.JSONDecodeError:
        raise UsageError(
            f"{path}, named by {variable}, is no JSON.", "KAFKA_EXTRA is a JSON object of texts."
        ) from None


def read_settings_file(file: Path, known: list[str]) -> dict[str, Any]:
    """Return what the file sets, nothing when there is none; raises UsageError for a name that is no setting."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Make it readable, or take it away.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is not TOML: {error}.", 'Write each setting like: currency = "EUR"') from None
    for name in values:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {near}?" if near else "Run: segstream config schema"
            raise UsageError(f"{file} sets {name}, which is no setting.", hint)
    return values


def nearest(name: str, known: Iterable[str], cutoff: float = NEAR) -> str:
    """Return the known name that is most like a name, empty when none is.

    >>> nearest("window_day", ["window_days", "currency"])
    'window_days'
    """
    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), "")


def names_of(settings_class: type[BaseSettings], field: str) -> tuple[str, ...]:
    """Return the environment variables that set a field, the one that wins first."""
    alias = settings_class.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (f"{OURS}{field.upper()}",)


def origins(settings_class: type[BaseSettings], flags: Mapping[str, object]) -> dict[str, Origin]:
    """Return where each setting's value comes from."""
    places = {"environment": EnvSettingsSource(settings_class), ".env": DotEnvSettingsSource(settings_class)}
    file = SettingsFile(settings_class).values
    found = {}
    for field in settings_class.model_fields:
        names = names_of(settings_class, field)
        seen = [Origin("flag", f"--{field.replace('_', '-')}")] if flags.get(field) is not None else []
        for place, source in places.items():
            seen += [Origin(place, name) for name in names if source.env_vars.get(name.lower()) is not None][:1]
            seen += [Origin(place, where[0]) for where in [file_of(settings_class, field, source)] if where is not None]
        seen += [Origin(SETTINGS_FILE, field)] if field in file else []
        found[field] = replace(seen[0], over=seen[1].place if len(seen) > 1 else "") if seen else Origin("default")
    return found


def unknown_names(settings_class: type[BaseSettings]) -> list[UnknownName]:
    """Return the variables of the environment and of `.env` that were probably meant to be settings."""
    known = [name for field in settings_class.model_fields for name in names_of(settings_class, field)]
    known += [f"{name}{FILE}" for field in FROM_FILES for name in names_of(settings_class, field)]
    dotenv = DotEnvSettingsSource(settings_class).env_vars
    return [*strangers(os.environ, "environment", known), *strangers(dotenv, ".env", known)]


def strangers(names: Iterable[str], place: str, known: list[str]) -> Iterator[UnknownName]:
    """Yield the names that are no settings but look like one."""
    for name in sorted(name.upper() for name in names):
        if name in known or name in NOT_SETTINGS:
            continue
        if name.startswith(OURS):
            yield UnknownName(name, place, nearest(name, known))
        elif name.startswith(SHARED) and (near := nearest(name, known, NEARLY_OURS)):
            yield UnknownName(name, place, near)
