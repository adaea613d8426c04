"""The published models of one name: each version is written whole, once, and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit
from urllib.request import url2pathname

from model_store.checks import FILE_NAME, MAX_BYTES, VERSION, check_files, check_size
from model_store.errors import ModelRefused
from model_store.folder import Folder
from model_store.objects import object_store
from model_store.place import MODEL_FILE, OnStep, Place, unheard
from model_store.segment_model import SegmentModel, decode, encode
from model_store.signature import SIZE as SIGNATURE_BYTES
from model_store.signature import PrivateKey, PublicKey, signature_name

DEFAULT_NAME = "segments"
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class Artefact:
    """What the control topic says of a model: which one, and the proof that a file is that one."""

    version: str
    sha256: str


@dataclass(frozen=True)
class ModelStore:
    """All published versions of the models that share a name."""

    place: Place
    public_key: Path | None = None
    """Whose signature a model must have to be loaded: a PEM file; None: the hash alone is the proof."""

    @classmethod
    def at(cls, uri: str, name: str = DEFAULT_NAME, public_key: Path | None = None) -> ModelStore:
        """Return the store at a path, a `file:///…` URI or in an object store; a folder need not exist yet."""
        if not VERSION.fullmatch(name):
            raise ModelRefused(
                f"{name!r} is no name for a model.",
                "Use up to 128 of A-Z, a-z, 0-9, dot, _ and -, and set SEGSTREAM_MODEL_NAME to it.",
                code="MODEL_STORE",
            )
        parts = urlsplit(uri)
        if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
            return cls(Folder(Path(url2pathname(parts.path)), name), public_key)
        if not uri or parts.scheme == "file":
            raise ModelRefused(
                "the model store is neither a path nor a file:/// URI.",
                "Mount the folder and give its path.",
                code="MODEL_STORE",
            )
        return cls(object_store(uri, name) if "://" in uri else Folder(Path(uri), name), public_key)

    def is_there(self) -> bool:
        """Tell whether the place of the store can be looked into."""
        return self.place.is_there()

    def publish(
        self, model: SegmentModel, files: Mapping[str, bytes] = NO_FILES, *, on_step: OnStep = unheard
    ) -> Artefact:
        """Make the model and the files beside it visible at once; a version that exists is refused, never replaced."""
        raw = encode(model)
        check_files(files)
        try:
            self.place.publish(model.version, {**files, MODEL_FILE: raw}, on_step)
        except FileExistsError as error:
            raise ModelRefused(
                f"version {model.version} is already published.",
                "Publish under a new version.",
                code="MODEL_EXISTS",
            ) from error
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
        if self.public_key is not None:
            key = PublicKey(self.public_key)
            key.check(version, raw, self._signature(version, key.id))
        return _model_of(version, raw)

    def peek(self, version: str) -> SegmentModel:
        """Return a model for its words alone: nobody proved that the file is the one that was promoted."""
        return decode(self._read(version))

    def artefact(self, version: str) -> Artefact:
        """Return what a promotion would say of a model; raises ModelRefused when it could not be used."""
        raw = self._read(version)
        _model_of(version, raw)
        return Artefact(version, hashlib.sha256(raw).hexdigest())

    def sign(self, version: str, key: PrivateKey) -> str:
        """Put a signature beside a model, if this key has not signed it yet, and return its file's name."""
        raw = self._read(version)
        _model_of(version, raw)
        name = signature_name(key.id)
        with suppress(FileExistsError):
            self.place.add(version, name, key.sign(raw))
        return name

    def _signature(self, version: str, key_id: str) -> bytes | None:
        try:
            return self.place.read(version, signature_name(key_id), SIGNATURE_BYTES + 1)
        except FileNotFoundError:
            return None

    def versions(self) -> list[str]:
        """Return the published versions by name, which for trained models is by age."""
        return sorted(filter(VERSION.fullmatch, self.place.versions()))

    def file(self, version: str, name: str) -> bytes | None:
        """Return a file that was published beside a model, None when there is none of that name."""
        if not VERSION.fullmatch(version) or not FILE_NAME.fullmatch(name):
            return None
        try:
            return self.place.read(version, name, most_bytes=-1)
        except FileNotFoundError:
            return None

    def files(self, version: str) -> list[str]:
        """Return the names of what lies beside a model."""
        if not VERSION.fullmatch(version):
            return []
        return sorted(name for name in self.place.files(version) if name != MODEL_FILE)

    def where(self, version: str, name: str = MODEL_FILE) -> str:
        """Return the path or URI under which a person finds a file of a version."""
        return self.place.where(version, name)

    def _read(self, version: str) -> bytes:
        if not VERSION.fullmatch(version):
            raise _missing(version, "Check the version.")
        try:
            # One byte more than allowed is enough to refuse a file of any size.
            return self.place.read(version, MODEL_FILE, MAX_BYTES + 1)
        except FileNotFoundError:
            raise _missing(version, self.place.mend_of_missing(version)) from None


def _model_of(version: str, raw: bytes) -> SegmentModel:
    """Return the model in a file; raises ModelRefused when it is none, or the one of another version."""
    model = decode(raw)
    if model.version != version:
        raise ModelRefused(
            f"the file of model {version} says another version.",
            "Publish the model again.",
            code="MODEL_VERSION",
        )
    return model


def _missing(version: str, mend: str) -> ModelRefused:
    return ModelRefused(f"model {version!r} is not in the store.", mend, code="MODEL_MISSING")
