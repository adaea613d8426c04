"""The folder of published models: `models/<version>/model.json`, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from model_store.checks import MAX_BYTES, VERSION, check_size
from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel, decode, encode

FILE_NAME = "model.json"


@dataclass(frozen=True)
class Artefact:
    """What the control topic says of a model: which one, and the proof that a file is that one."""

    version: str
    sha256: str


@dataclass(frozen=True)
class ModelStore:
    """All published models under one root."""

    root: Path

    @classmethod
    def at(cls, uri: str) -> ModelStore:
        """Return the store at a path or a `file:///…` URI; the folder need not exist yet."""
        parts = urlsplit(uri)
        if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
            return cls(Path(url2pathname(parts.path)))
        if uri and parts.scheme != "file" and "://" not in uri:
            return cls(Path(uri))
        raise ModelRefused(
            "the model store is neither a path nor a file:/// URI.",
            "Mount the folder and give its path.",
            code="MODEL_STORE",
        )

    def publish(self, model: SegmentModel) -> Artefact:
        """Write the model whole or not at all; a version that exists is refused, never replaced."""
        raw = encode(model)
        folder = self._folder(model.version)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _write_folder(folder, raw)
        return Artefact(model.version, hashlib.sha256(raw).hexdigest())

    def load(self, version: str, sha256: str) -> SegmentModel:
        """Return the checked model; `sha256` is the caller's, never read from beside the file."""
        raw = self._read(version)
        check_size(len(raw))
        if hashlib.sha256(raw).hexdigest() != sha256.lower():
            raise ModelRefused(
                f"the file of model {version} is not the one that was promoted.",
                "Publish the model under a new version and promote that.",
                code="MODEL_SHA256",
            )
        model = decode(raw)
        if model.version != version:
            raise ModelRefused(
                f"the file of model {version} says another version.",
                "Publish the model again.",
                code="MODEL_VERSION",
            )
        return model

    def peek(self, version: str) -> SegmentModel:
        """Return a model for its words alone: nobody proved that the file is the one that was promoted."""
        return decode(self._read(version))

    def versions(self) -> list[str]:
        """Return the published versions by name, which for trained models is by age."""
        files = (self.root / "models").glob(f"*/{FILE_NAME}")
        return sorted(f.parent.name for f in files if VERSION.fullmatch(f.parent.name))

    def _folder(self, version: str) -> Path:
        return self.root / "models" / version

    def _read(self, version: str) -> bytes:
        if not VERSION.fullmatch(version):
            raise _missing(version)
        try:
            with (self._folder(version) / FILE_NAME).open("rb") as file:
                # One byte more than allowed is enough to refuse a file of any size.
                return file.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise _missing(version) from None


def _missing(version: str) -> ModelRefused:
    return ModelRefused(
        f"model {version!r} is not in the store.",
        "Check the store's path and the versions in it.",
        code="MODEL_MISSING",
    )


def _write_folder(folder: Path, raw: bytes) -> None:
    """Write beside the target and rename: readers see the file whole or not, even after a crash."""
    temporary = Path(tempfile.mkdtemp(prefix=".publishing-", dir=folder.parent))
    try:
        with (temporary / FILE_NAME).open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        # mkdtemp makes it private, and the worker may run as another user.
        temporary.chmod(0o755)
        _rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _sync_entries(folder.parent)


def _rename(temporary: Path, folder: Path) -> None:
    """Rename fails on a folder that holds a file, so of two publishers at once one is refused."""
    try:
        temporary.rename(folder)
    except OSError as error:
        if not folder.exists():
            raise
        raise ModelRefused(
            f"version {folder.name} is already published.",
            "Publish under a new version.",
            code="MODEL_EXISTS",
        ) from error


def _sync_entries(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
