"""An object store of published models, through fsspec: a version is there once its `model.json` was created.

Objects cannot be renamed, so what belongs to a version is written first, under the hash of its model, where no other
publisher writes. The model comes last, created only if there is none: of several publishers the store lets one through.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from model_store.errors import ModelRefused
from model_store.place import MODEL_FILE, OnStep

CONDITIONAL = {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"}
"""Whose fsspec client creates an object only where there is none, in one request; others look first and then write."""
PROBE = ".exclusive"
"""An object that proves, by being refused a second time, that the server keeps the condition too."""


def object_store(uri: str, name: str) -> Objects:
    """Return the place at a URI; raises ModelRefused when its client is missing or cannot create conditionally."""
    scheme = uri.partition("://")[0]
    if scheme not in CONDITIONAL:
        raise ModelRefused(
            f"a model store cannot lie at {scheme}://.",
            f"Use a path, a file:/// URI, or one of {', '.join(sorted(CONDITIONAL))}.",
            code="MODEL_STORE",
        )
    try:
        from fsspec.core import url_to_fs

        client, root = url_to_fs(uri)
    except ImportError as error:
        raise ModelRefused(
            f"the client for {scheme}:// is not installed ({error.msg}).",
            "Install segstream[objectstore] for s3://, besides it gcsfs for gs:// or adlfs for abfs://.",
            code="MODEL_STORE",
        ) from error
    return Objects(client, root.rstrip("/"), name, scheme)


@dataclass(frozen=True)
class Objects:
    """The versions of the model `name` under a root in a bucket."""

    client: Any
    """The fsspec file system; fsspec ships no types."""
    root: str
    name: str
    scheme: str

    @property
    def _shelf(self) -> str:
        return f"{self.root}/models/{self.name}"

    def is_there(self) -> bool:
        """Tell whether the store answers."""
        with self._asking():
            self.versions()
        return True

    def versions(self) -> list[str]:
        """Return the names under which a model was created."""
        with self._asking():
            # Clients keep listings for minutes, and others publish meanwhile.
            self.client.invalidate_cache()
            paths = [path.split("/") for path in self.client.find(self._shelf)]
        depth = len(self._shelf.split("/")) + 2
        return [path[-2] for path in paths if path[-1] == MODEL_FILE and len(path) == depth]

    def publish(self, version: str, files: Mapping[str, bytes], on_step: OnStep) -> None:
        """Write what belongs to the model, then create the model: from that request on the version is there."""
        model = files[MODEL_FILE]
        beside = f"{self._shelf}/{version}/{_mark(model)}"
        with self._asking(is_version_due=False):
            self._prove_exclusive()
            on_step("proved")
            if self.client.exists(f"{self._shelf}/{version}/{MODEL_FILE}"):
                raise FileExistsError(version)
            for name, raw in files.items():
                if name != MODEL_FILE:
                    self._create(f"{beside}/{name}", raw)
                    on_step(f"{name} written")
            if not self._create(f"{self._shelf}/{version}/{MODEL_FILE}", model):
                self._take_back(version, beside, model)
                raise FileExistsError(version)
            on_step(f"{MODEL_FILE} created")

    def add(self, version: str, file: str, raw: bytes) -> None:
        """Create the object; raises FileExistsError when there is one."""
        with self._asking():
            self._prove_exclusive()
            if not self._create(self._path(version, file), raw):
                raise FileExistsError(file)

    def read(self, version: str, file: str, most_bytes: int) -> bytes:
        """Return the object's first bytes; raises FileNotFoundError."""
        # Not cat_file with limits: s3fs 2026.9 takes a start of 0 for none, and returns the end of the object.
        with self._asking(), self.client.open(self._path(version, file), "rb") as stream:
            raw: bytes = stream.read(most_bytes)
        return raw

    def files(self, version: str) -> list[str]:
        """Return the names of the objects that belong to the version's model."""
        if version not in self.versions():
            return []
        with self._asking():
            beside = self._path(version, "").rstrip("/")
            return [MODEL_FILE, *(path.rpartition("/")[2] for path in self.client.find(beside))]

    def where(self, version: str, file: str) -> str:
        """Return the object's URI."""
        with self._asking():
            return str(self.client.unstrip_protocol(self._path(version, file)))

    def mend_of_missing(self, version: str) -> str:  # noqa: ARG002  a folder looks for it
        """Return where to look; there never was another layout."""
        return "Check SEGSTREAM_MODEL_URI, SEGSTREAM_MODEL_NAME and the versions in the store."

    def _path(self, version: str, file: str) -> str:
        model = f"{self._shelf}/{version}/{MODEL_FILE}"
        if file == MODEL_FILE:
            return model
        return f"{self._shelf}/{version}/{_mark(self.client.cat_file(model))}/{file}"

    def _create(self, path: str, raw: bytes) -> bool:
        """Tell whether the object is ours; False: there is one already."""
        try:
            self.client.pipe_file(path, raw, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            # What s3fs makes of a 412 from servers that do not name the condition which failed.
            if error.errno != errno.EINVAL or not self.client.exists(path):
                raise
            return False
        return True

    def _prove_exclusive(self) -> None:
        probe = f"{self._shelf}/{PROBE}"
        if self._create(probe, b"") and self._create(probe, b""):
            raise ModelRefused(
                "the object store overwrites an object that was to be created only if there is none.",
                "Use a store that keeps If-None-Match, or a folder: publishers could overwrite each other here.",
                code="MODEL_STORE",
            )

    def _take_back(self, version: str, beside: str, model: bytes) -> None:
        """Remove what was written in vain; a publisher whose own success was answered by silence keeps it."""
        if self.client.cat_file(f"{self._shelf}/{version}/{MODEL_FILE}") != model and self.client.exists(beside):
            self.client.rm(beside, recursive=True)

    @contextmanager
    def _asking(self, *, is_version_due: bool = True) -> Iterator[None]:
        """Turn what the clients raise when the store is away or refuses us, each its own kind, into one failure."""
        try:
            yield
        except (FileExistsError, ModelRefused):
            raise
        except Exception as error:
            if is_version_due and isinstance(error, FileNotFoundError):
                raise
            raise ModelRefused(
                f"the model store at {self.scheme}://{self.root.lstrip('/')} does not serve us:"
                f" {type(error).__name__}: {error}.",
                "Check SEGSTREAM_MODEL_URI, the network, and the credentials that this process has.",
                code="MODEL_STORE_AWAY",
            ) from error


def _mark(model: bytes) -> str:
    return hashlib.sha256(model).hexdigest()[:16]
