"""The jars of Apache Kafka: fetched once, and used only if each one is the file we pinned."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from stream_app.core.errors import LocalPartError

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
"""The binding without which the broker keeps the reason of a failed start to itself."""

PINS = Path(__file__).with_name("kafka-jars.sha256")

Marks = dict[str, list[int]]
"""Path of each checked jar: its size, and when anything about it last changed."""


def kafka_jars() -> list[Path]:
    """Return the class path of the pinned Kafka; the network is needed the first time only."""
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    stamp = cache / f"kafka-jars-{pins_id()}.json"
    with _locked(cache / "kafka-jars.lock"):
        return _stamped_jars(stamp) or _checked_jars(stamp)


def cache_dir() -> Path:
    """Return the folder for what can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "segstream"


def pins_id() -> str:
    """Return what names this set of jars."""
    return _sha256(PINS)[:16]


def read_pins(file: Path = PINS) -> dict[str, str]:
    """Return each pinned jar's file name and SHA-256, as `sha256sum` writes them."""
    lines = (line.split() for line in file.read_text().splitlines() if line)
    return {name: digest for digest, name in lines}


def check_jars(jars: Iterable[Path], pins: Mapping[str, str]) -> None:
    """Raise LocalPartError unless these are exactly the pinned jars, byte for byte."""
    found = {jar.name: jar for jar in jars}
    if missing := sorted(pins.keys() - found.keys()):
        raise LocalPartError(f"Kafka's jars are incomplete: {', '.join(missing)} missing.", f"Compare {PINS.name}.")
    if extra := sorted(found.keys() - pins.keys()):
        raise LocalPartError(f"Kafka came with jars nobody pinned: {', '.join(extra)}.", f"Compare {PINS.name}.")
    for name, jar in sorted(found.items()):
        if _sha256(jar) != pins[name]:
            # An interrupted download leaves half a jar in place; that is the harmless case.
            raise LocalPartError(
                f"{jar} is not the file we pinned: its SHA-256 differs.",
                "Delete it and start again: it will be fetched once more.",
            )


def _stamped_jars(stamp: Path) -> list[Path]:
    with suppress(OSError, ValueError):
        marks: Marks = json.loads(stamp.read_text())
        jars = [Path(path) for path in marks]
        if marks == _marks(jars):
            return jars
    return []


def _checked_jars(stamp: Path) -> list[Path]:
    jars = _fetched_jars()
    check_jars(jars, read_pins())
    half = stamp.with_suffix(".half")
    half.write_text(json.dumps(_marks(jars), indent=1))
    half.replace(stamp)
    return jars


def _marks(jars: Iterable[Path]) -> Marks:
    stats = {str(jar): jar.stat() for jar in jars}
    # The change time, not the modification time: the latter can be set to anything.
    return {path: [stat.st_size, stat.st_ctime_ns] for path, stat in stats.items()}


def _fetched_jars() -> list[Path]:
    try:
        import jgo
    except ImportError as error:
        raise LocalPartError(
            "The local Kafka needs the packages of the extra `local`.",
            "Run: pip install 'segstream[local]'",
        ) from error
    # Without any handler, logging prints warnings to the user's terminal.
    logging.getLogger("jgo").addHandler(logging.NullHandler())
    try:
        # Not jgo.build: that fetches a second Java (11) only to sort the jars. And not both in one
        # call: the parent of the logging binding would then choose an older kafka-clients.
        artifacts = [*jgo.resolve(KAFKA), jgo.resolve(LOGGING)[0]]
        return [Path(artifact.resolve()) for artifact in artifacts]
    except (OSError, RuntimeError, ValueError, SyntaxError) as error:
        raise LocalPartError(
            f"Kafka's jars cannot be fetched: {error}",
            "The first start needs the network (Maven Central, 45 MB); later starts do not.",
        ) from error


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
