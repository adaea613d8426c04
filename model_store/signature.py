"""Ed25519 signatures of models: proof that a file comes from who holds the private key, whoever promoted it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from model_store.errors import ModelRefused

SIZE = 64


def signature_name(key_id: str) -> str:
    """Return the file beside a model with its signature by a key; a second key has a file of its own."""
    return f"model.{key_id}.sig"


class PublicKey:
    """What a worker trusts, from a PEM file; raises ModelRefused for a file that is none."""

    def __init__(self, file: Path) -> None:
        keys, serialization = _library(", or leave SEGSTREAM_MODEL_PUBLIC_KEY unset")
        try:
            key = serialization.load_pem_public_key(_read(file))
        except (ValueError, TypeError) as error:
            raise _no_key(file, "public") from error
        if not isinstance(key, keys.Ed25519PublicKey):
            raise _no_key(file, "public")
        self._key = key
        self.id = _id_of(key)

    def check(self, version: str, raw: bytes, signature: bytes | None) -> None:
        """Raise ModelRefused unless the signature is this key's for exactly these bytes."""
        from cryptography.exceptions import InvalidSignature

        mend = f"Have it signed: segstream models sign {version} --key FILE"
        if signature is None:
            raise ModelRefused(f"model {version} is not signed by the key {self.id}.", mend, code="MODEL_SIGNATURE")
        try:
            self._key.verify(signature, raw)
        except InvalidSignature:
            raise ModelRefused(
                f"the signature of model {version} by the key {self.id} does not fit its file.",
                "Publish the model under a new version and sign that.",
                code="MODEL_SIGNATURE",
            ) from None


class PrivateKey:
    """What signs, from a PEM file without a password; raises ModelRefused for a file that is none."""

    def __init__(self, file: Path) -> None:
        keys, serialization = _library()
        try:
            key = serialization.load_pem_private_key(_read(file), password=None)
        except (ValueError, TypeError) as error:
            raise _no_key(file, "private") from error
        if not isinstance(key, keys.Ed25519PrivateKey):
            raise _no_key(file, "private")
        self._key = key
        self.id = _id_of(key.public_key())

    def sign(self, raw: bytes) -> bytes:
        """Return the signature, the same each time."""
        signature: bytes = self._key.sign(raw)
        return signature


def _library(other_mend: str = "") -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ModelRefused(
            "signatures need the package cryptography, which is not installed.",
            f"Install segstream[signature]{other_mend}.",
            code="MODEL_SIGNATURE",
        ) from error
    return ed25519, serialization


def _id_of(key: Any) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelRefused(
            f"the key {file} cannot be read: {error.strerror}.", "Check its path.", code="MODEL_SIGNATURE"
        ) from error


def _no_key(file: Path, kind: str) -> ModelRefused:
    make = "openssl genpkey -algorithm ed25519 -out key.pem"
    if kind == "public":
        make += " && openssl pkey -in key.pem -pubout -out public.pem"
    return ModelRefused(
        f"{file} holds no Ed25519 {kind} key without a password.", f"Make one: {make}", code="MODEL_SIGNATURE"
    )
