"""Kafka's jars: only the pinned files are run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stream_app.core.errors import LocalPartError
from stream_app.local.kafka_jars import check_jars, read_pins


@pytest.fixture
def jars(tmp_path: Path) -> list[Path]:
    """Two files that stand for jars."""
    paths = [tmp_path / "broker-1.jar", tmp_path / "clients-1.jar"]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


@pytest.fixture
def pins(jars: list[Path], tmp_path: Path) -> dict[str, str]:
    """The pins of those two files, read from a file as they are in the package."""
    file = tmp_path / "pins.sha256"
    lines = (f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in jars)
    file.write_text("".join(lines))
    return read_pins(file)


def test_the_pinned_files_are_accepted(jars: list[Path], pins: dict[str, str]) -> None:
    check_jars(jars, pins)


def test_a_tampered_jar_is_refused_by_its_path(jars: list[Path], pins: dict[str, str]) -> None:
    jars[0].write_bytes(b"something else")

    with pytest.raises(LocalPartError, match=f"{jars[0]} is not the file we pinned.*Delete it"):
        check_jars(jars, pins)


def test_a_missing_jar_is_named(jars: list[Path], pins: dict[str, str]) -> None:
    with pytest.raises(LocalPartError, match=r"clients-1\.jar missing"):
        check_jars(jars[:1], pins)


def test_a_jar_nobody_pinned_is_named(jars: list[Path], pins: dict[str, str]) -> None:
    del pins["broker-1.jar"]

    with pytest.raises(LocalPartError, match=r"nobody pinned: broker-1\.jar"):
        check_jars(jars, pins)


def test_every_part_of_the_broker_is_pinned_in_one_version() -> None:
    pins = read_pins()

    brokers = [name for name in pins if name.startswith("kafka")]

    assert len(pins) == 46
    assert {name.removesuffix(".jar").rpartition("-")[2] for name in brokers} == {"4.3.1"}
