"""What a load writes down beside the file, so that it can stop anywhere and go on with the same bytes.

Before a stretch of orders is sent, their number and a digest of all bytes up to there are written:
every order that may be in the topic is covered, whenever the process dies. Afterwards the orders that
Kafka has confirmed without a gap are counted. Going on means: make the orders anew from the file, compare
the digest, and send from the first one that is not confirmed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from stream_app.core.errors import UsageError
from stream_app.replay.send import Target

SUFFIX = ".segstream-load"
TARGET_DIGITS = 8


class Facts(Struct, frozen=True):
    """What must be the same for a load to go on."""

    file: str
    sha256: str
    reading: dict[str, str]
    """The flags that decide what an order says, by name."""
    is_history: bool
    target: Target


class Entry(Struct, frozen=True):
    """How far a load has come."""

    facts: Facts
    total: int
    """Orders in the file."""
    began_at: str
    planned: int = 0
    """So many of the first orders may have been sent."""
    digest: str = ""
    """Of their bytes."""
    confirmed: int = 0
    """So many of the first orders are in the topic."""
    is_done: bool = False
    """All are, and for history the tick behind them."""


_decode_entry = msgspec.json.Decoder(Entry).decode


class Journal:
    """The file that holds one load's entry."""

    def __init__(self, path: Path, entry: Entry) -> None:
        self.path = path
        self.entry = entry

    def plan(self, planned: int, digest: str) -> None:
        """Write down what is about to be sent, and be sure that it is on the disk."""
        self._save(planned=planned, digest=digest)

    def confirm(self, confirmed: int) -> None:
        """Write down what is in the topic."""
        if confirmed != self.entry.confirmed:
            self._save(confirmed=confirmed)

    def finish(self) -> None:
        """Write down that nothing is left to do."""
        self._save(is_done=True)

    def _save(self, **changes: Any) -> None:
        self.entry = msgspec.structs.replace(self.entry, **changes)
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            with beside.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self.entry)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be written ({error.strerror}): without it the load could not be resumed.",
                "Name a place for it: --journal orders-load.json",
            ) from error


def journal_path(file: Path, target: Target) -> Path:
    """Return where the load of a file into one orders topic is written down: loads into others know nothing of it."""
    where = "\0".join((target.cluster_id, target.topic, target.topic_id))
    digits = hashlib.sha256(where.encode()).hexdigest()[:TARGET_DIGITS]
    return file.with_name(f"{file.name}{SUFFIX}-{digits}.json")


def read_entry(path: Path) -> Entry | None:
    """Return what was written down, None when nothing was."""
    try:
        return _decode_entry(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"{path} does not read as what a load writes down: {error}",
            "If no load of this file is to be resumed, remove it.",
        ) from error


def sha256_of(file: Path) -> str:
    """Return the digest of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
