"""A directory of published models, `models/<name>/<version>/`: each version appears by one rename.

What a killed publish leaves is named `.publishing-…`, which no version can be called. The next publish removes it
once it is an hour old and nobody holds its lock; the lock ends with the process that took it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from model_store.place import MODEL_FILE, OnStep

PREFIX = ".publishing-"
LEFT_AFTER_SECONDS = 3_600
"""A publish takes well under a second; an hour also covers machines whose locks we cannot see."""


@dataclass(frozen=True)
class Folder:
    """The versions of the model `name` under a root, which need not exist yet."""

    root: Path
    name: str

    @property
    def _shelf(self) -> Path:
        return self.root / "models" / self.name

    def is_there(self) -> bool:
        """Tell whether the root is a directory."""
        return self.root.is_dir()

    def versions(self) -> list[str]:
        """Return the folders that hold a model; those of a publish under way among them have a dot in front."""
        return [file.parent.name for file in self._shelf.glob(f"*/{MODEL_FILE}")]

    def publish(self, version: str, files: Mapping[str, bytes], on_step: OnStep) -> None:
        """Write beside the target, then rename: readers see all files or none, even after a crash."""
        target = self._shelf / version
        if (target / MODEL_FILE).exists():
            raise FileExistsError(target)
        _make_folder(self._shelf)
        on_step("shelf made")
        _sweep(self._shelf)
        temporary = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._shelf))
        try:
            with _opened(temporary) as descriptor:
                # Without locks (some network file systems) the leftovers of a crash stay; publishing still works.
                with suppress(OSError):
                    _lock(descriptor)
                on_step("folder made")
                _fill(temporary, files, on_step)
                _rename(temporary, target)
                on_step("renamed")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _sync_entries(self._shelf)
        on_step("rename synced")

    def add(self, version: str, file: str, raw: bytes) -> None:
        """Write under another name, then link: a link is never made over a file."""
        folder = self._shelf / version
        descriptor, temporary = tempfile.mkstemp(prefix=PREFIX, dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(raw)
                stream.flush()
                os.fchmod(stream.fileno(), 0o644)
                os.fsync(stream.fileno())
            os.link(temporary, folder / file)
        finally:
            os.unlink(temporary)
        _sync_entries(folder)

    def read(self, version: str, file: str, most_bytes: int) -> bytes:
        """Return the file's first bytes; raises FileNotFoundError."""
        try:
            with (self._shelf / version / file).open("rb") as stream:
                return stream.read(most_bytes)
        except NotADirectoryError as error:
            raise FileNotFoundError(file) from error

    def files(self, version: str) -> list[str]:
        """Return the names of the files in the version's folder."""
        return [file.name for file in (self._shelf / version).glob("[!.]*") if file.is_file()]

    def where(self, version: str, file: str) -> str:
        """Return the file's path."""
        return str(self._shelf / version / file)

    def mend_of_missing(self, version: str) -> str:
        """Return the command that moves a version to its place, if it lies where there were no names yet."""
        old = self.root / "models" / version
        if (old / MODEL_FILE).is_file():
            return f"It lies where models had no name yet. Run: mkdir -p {self._shelf} && mv {old} {self._shelf}"
        return "Check SEGSTREAM_MODEL_URI, SEGSTREAM_MODEL_NAME and the versions in the store."


def _fill(folder: Path, files: Mapping[str, bytes], on_step: OnStep) -> None:
    for name, raw in files.items():
        with (folder / name).open("xb") as file:
            file.write(raw)
            on_step(f"{name} written")
            file.flush()
            os.fsync(file.fileno())
        on_step(f"{name} synced")
    # mkdtemp makes it private, and the worker may run as another user.
    folder.chmod(0o755)
    _sync_entries(folder)
    on_step("folder synced")


def _rename(temporary: Path, target: Path) -> None:
    """Rename fails on a folder that holds a file, so of two publishers at once one is refused."""
    try:
        temporary.rename(target)
    except OSError as error:
        if target.exists():
            raise FileExistsError(target) from error
        raise


def _sweep(shelf: Path) -> None:
    """Remove what killed publishers left; whatever cannot be removed does no harm."""
    newest = time.time() - LEFT_AFTER_SECONDS
    for leftover in shelf.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if leftover.stat().st_mtime < newest:
                with _opened(leftover) as descriptor:
                    _lock(descriptor)
                    shutil.rmtree(leftover, ignore_errors=True)


def _lock(descriptor: int) -> None:
    """Take a folder's lock for as long as it is open; raises BlockingIOError while another process has it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that each survives a power cut."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_entries(folder.parent)


def _sync_entries(folder: Path) -> None:
    """Make what was made or renamed in a folder survive a power cut."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
