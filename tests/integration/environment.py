"""The environment of a worker or a terminal: a deployment's settings, and nothing of this process' own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr


def environment_of(values: dict[str, Any]) -> dict[str, str]:
    """Return the settings as the environment variables that the worker reads."""
    env = {}
    for name, value in values.items():
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if name == "window_days" and text is None:
            text = "none"
        if text is not None:
            env[f"SEGSTREAM_{name.upper()}"] = text if isinstance(text, str) else msgspec.json.encode(text).decode()
    return env


def outer_environment() -> dict[str, str]:
    ours = ("SEGSTREAM_", "KAFKA_", "REDIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_by(code: Path | None) -> dict[str, str]:
    """Return what lets a program run the code of the release in a folder, wherever it is started; None: ours."""
    return {} if code is None else {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}
