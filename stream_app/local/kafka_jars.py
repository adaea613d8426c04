"""The jars of Apache Kafka: fetched once, and used only if each one is the file we pinned."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stream_app.core.errors import LocalPartError

if TYPE_CHECKING:
    from jgo.maven import MavenContext

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
"""The binding without which the broker keeps the reason of a failed start to itself."""

PINS = Path(__file__).with_name("kafka-jars.sha256")
"""One line per jar: its SHA-256 and its path in a Maven repository, written by pin_kafka.py."""

JARS_BYTES = 45_035_715
"""All of them together."""

OnFetch = Callable[[int], None]
"""Takes how many bytes are here; called only when something has to be fetched."""

Marks = dict[str, list[int]]
"""Path of each checked jar: its size, and when anything about it last changed."""


def kafka_jars(on_fetch: OnFetch = lambda _: None) -> list[Path]:
    """Return the class path of the pinned Kafka; the network is needed the first time only."""
    cache = cache_dir()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        stamp = cache / f"kafka-jars-{pins_id()}.json"
        # Two first starts at the same time: the second one waits for what the first one fetches.
        with _locked(cache / "kafka-jars.lock"):
            return _stamped_jars(stamp) or _checked_jars(stamp, on_fetch)
    except OSError as error:
        reason = f"{error.strerror or type(error).__name__}"
        raise LocalPartError(
            f"{error.filename or cache} cannot be written ({reason}), and Kafka's jars are kept there.",
            f"Make room for {JARS_BYTES // 1_000_000} MB, or name other folders in XDG_CACHE_HOME and M2_REPO.",
        ) from error


def cache_dir() -> Path:
    """Return the folder for what can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "segstream"


def pins_id() -> str:
    """Return what names this set of jars."""
    return _sha256(PINS)[:16]


def read_pins(file: Path = PINS) -> dict[PurePosixPath, str]:
    """Return each pinned jar's path and SHA-256, as `sha256sum` writes them."""
    lines = (line.split() for line in file.read_text().splitlines() if line)
    return {PurePosixPath(path): digest for digest, path in lines}


def settle(jars: Mapping[PurePosixPath, str], fetch: Callable[[PurePosixPath], Path]) -> list[Path]:
    """Return where each pinned jar is, byte for byte what was pinned; a file that differs is fetched anew, once."""
    return [_settled(path, digest, fetch) for path, digest in jars.items()]


def _settled(path: PurePosixPath, digest: str, fetch: Callable[[PurePosixPath], Path]) -> Path:
    jar = fetch(path)
    if _sha256(jar) == digest:
        return jar
    # An interrupted download leaves half a jar in place.
    jar.unlink()
    jar = fetch(path)
    if _sha256(jar) != digest:
        raise LocalPartError(
            f"{jar} is not the file we pinned, not even after it was fetched anew: its SHA-256 differs.",
            "Ask whoever runs the mirror or the proxy in between; nothing of it was run.",
        )
    return jar


def _stamped_jars(stamp: Path) -> list[Path]:
    with suppress(OSError, ValueError):
        marks: Marks = json.loads(stamp.read_text())
        jars = [Path(path) for path in marks]
        if marks == _marks(jars):
            return jars
    return []


def _checked_jars(stamp: Path, on_fetch: OnFetch) -> list[Path]:
    jars = _fetched_jars(on_fetch)
    half = stamp.with_suffix(".half")
    half.write_text(json.dumps(_marks(jars), indent=1))
    half.replace(stamp)
    return jars


def _marks(jars: Iterable[Path]) -> Marks:
    stats = {str(jar): jar.stat() for jar in jars}
    # The change time, not the modification time: the latter can be set to anything.
    return {path: [stat.st_size, stat.st_ctime_ns] for path, stat in stats.items()}


def _fetched_jars(on_fetch: OnFetch) -> list[Path]:
    try:
        from jgo.config import GlobalSettings
        from jgo.maven import MavenContext
        from requests import RequestException
    except ImportError as error:
        raise LocalPartError(
            "The local Kafka needs the packages of the extra `local`.",
            "Run: pip install 'segstream[local]'",
        ) from error
    # Without any handler, logging prints warnings to the user's terminal.
    logging.getLogger("jgo").addHandler(logging.NullHandler())
    repository = MavenContext(repo_cache=GlobalSettings.load().repo_cache)
    try:
        return settle(read_pins(), _fetcher(repository, on_fetch))
    except (RequestException, RuntimeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
            raise
        raise LocalPartError(
            f"Kafka's jars cannot be fetched from Maven Central ({type(error).__name__}).",
            "The first start needs the network for 45 MB, later starts do not. Behind a proxy, set HTTPS_PROXY.",
        ) from error


def _fetcher(repository: MavenContext, on_fetch: OnFetch) -> Callable[[PurePosixPath], Path]:
    """Return what gets one jar: from the Maven repository on this machine, or from the network into it."""
    here = 0

    def fetch(path: PurePosixPath) -> Path:
        nonlocal here
        # Not by resolving the project files: those are eighty more files, and two thirds of the time.
        *group, name, version, _ = path.parts
        component = repository.project(".".join(group), name).at_version(version)
        jar = Path(component.artifact().resolve())
        here += jar.stat().st_size
        on_fetch(here)
        return jar

    return fetch


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
