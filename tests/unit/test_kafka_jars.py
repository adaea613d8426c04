"""Kafka's jars: only the pinned files are run."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

import pytest

from stream_app.core.errors import LocalPartError
from stream_app.local.kafka_jars import KAFKA, read_pins, settle


class Shelf:
    """Stands for the Maven repository: what it has, and what it fetches when something is missing."""

    def __init__(self, folder: Path, fetched: bytes) -> None:
        self.jar = folder / "broker-1.jar"
        self.fetched = fetched
        self.fetches = 0

    def fetch(self, _: PurePosixPath) -> Path:
        if not self.jar.exists():
            self.fetches += 1
            self.jar.write_bytes(self.fetched)
        return self.jar


PINS = {PurePosixPath("org/broker/1/broker-1.jar"): hashlib.sha256(b"the broker").hexdigest()}


def test_the_pinned_file_is_accepted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, b"the broker")

    assert settle(PINS, shelf.fetch) == settle(PINS, shelf.fetch) == [shelf.jar]
    assert shelf.fetches == 1


def test_half_a_file_from_an_interrupted_download_is_fetched_anew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, b"the broker")
    shelf.jar.write_bytes(b"the bro")

    assert settle(PINS, shelf.fetch) == [shelf.jar]
    assert shelf.jar.read_bytes() == b"the broker"


def test_a_file_that_stays_another_one_is_refused_by_its_path(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, b"something else")

    with pytest.raises(LocalPartError, match=rf"{shelf.jar} is not the file we pinned"):
        settle(PINS, shelf.fetch)
    assert shelf.fetches == 2


def test_pins_are_read_as_sha256sum_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "pins.sha256"
    file.write_text(f"{'0' * 64}  org/broker/1/broker-1.jar\n")

    assert read_pins(file) == {PurePosixPath("org/broker/1/broker-1.jar"): "0" * 64}


def test_each_pin_can_be_asked_for_by_group_name_and_version() -> None:
    for path in read_pins():
        *group, name, version, file = path.parts
        assert file == f"{name}-{version}.jar"
        assert group


def test_every_part_of_the_broker_is_pinned_in_one_version() -> None:
    paths = read_pins()

    brokers = [path for path in paths if path.parts[:3] == ("org", "apache", "kafka")]

    assert len(paths) == 46
    assert {path.parent.name for path in brokers} == {KAFKA.rpartition(":")[2]} == {"4.3.1"}
