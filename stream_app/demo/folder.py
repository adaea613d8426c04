"""The demo's temporary folder: enough room in it, all of it in one place, and none left by a demo that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from pathlib import Path

from stream_app.core.errors import LocalPartError

PREFIX = "segstream-demo-"
OWNER = "owner.lock"
"""Locked by the demo that owns the folder, for as long as its process lives; a lock dies with its process."""

NEEDED_BYTES = 300_000_000
"""Kafka's logs come to 120 MB, the shop's database to 45; the rest is to spare."""

FULL_BYTES = 4_000_000
"""A disk with less is full: Kafka could not begin another file."""


@contextmanager
def demo_folder(needed_bytes: int = NEEDED_BYTES) -> Iterator[Path]:
    """Yield a folder of our own for all that is temporary, and remove it at the end."""
    parent = _parent()
    remove_abandoned(parent)
    require_room(parent, needed_bytes)
    # The folder gets the name by which it can be found and removed only when it is locked.
    new = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=parent))
    with (new / OWNER).open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        folder = new.rename(parent / new.name.removeprefix("."))
        before = tempfile.tempdir
        # What others make temporarily lies inside too, and goes with the rest.
        tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before
            shutil.rmtree(folder, ignore_errors=True)


def _parent() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise LocalPartError(
            "There is no folder for temporary files that can be written to.", "Name one: TMPDIR=/some/folder"
        ) from error


def remove_abandoned(parent: Path) -> list[Path]:
    """Remove the folders of demos that were killed, and return them."""
    found = [path for path in sorted(parent.glob(f"{PREFIX}*")) if _is_abandoned(path)]
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _is_abandoned(folder: Path) -> bool:
    """Tell whether this is a demo's folder, ours, and nobody's any more; without a lock in it, it is none."""
    with suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with (folder / OWNER).open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def require_room(folder: Path, needed_bytes: int) -> None:
    """Raise LocalPartError unless the disk has so many bytes left."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise LocalPartError(
            f"The demo needs {_megabytes(needed_bytes)} in {folder}, and {_megabytes(free)} are free.",
            "Make room, or name a folder on another disk: TMPDIR=/some/folder",
        )


def no_room_left(folder: Path, error: Exception) -> bool:
    """Tell whether the disk has run full, or had when this failed: DuckDB tidies up before it says so."""
    return shutil.disk_usage(folder).free < FULL_BYTES or os.strerror(ENOSPC) in str(error)


def full_disk(folder: Path) -> LocalPartError:
    """Return what to say when the disk has run full."""
    return LocalPartError(
        f"The disk of {folder.parent} is full, so the demo cannot go on.",
        f"Make room for {_megabytes(NEEDED_BYTES)}, or name a folder on another disk: TMPDIR=/some/folder",
    )


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"
