"""A worker that was given a public key loads nothing without its signature, even if somebody promoted it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from model_store.errors import ModelRefused
from model_store.store import ModelStore
from stream_app.cli import app
from tests.builders import a_model

pytest.importorskip("cryptography", reason="needs cryptography, which the extra signature brings")

from model_store.signature import PrivateKey, PublicKey


def a_key(folder: Path, name: str) -> tuple[Path, Path]:
    """Return the PEM files of a new private key and its public one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def refusal(store: ModelStore, sha256: str) -> ModelRefused:
    with pytest.raises(ModelRefused) as caught:
        store.load("v1", sha256)
    assert caught.value.code == "MODEL_SIGNATURE"
    return caught.value


def test_a_signed_model_is_loaded_and_an_unsigned_one_refused_with_how_to_sign_it(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    store = ModelStore.at(str(tmp_path), public_key=public)
    artefact = store.publish(a_model(version="v1"))

    unsigned = refusal(store, artefact.sha256)
    names = {store.sign("v1", PrivateKey(private)) for _ in range(2)}

    assert unsigned.mend == "Have it signed: segstream models sign v1 --key FILE"
    assert store.load("v1", artefact.sha256) == a_model(version="v1")
    assert store.files("v1") == list(names)
    assert store.artefact("v1") == artefact


def test_the_signature_of_another_key_does_not_count_and_several_keys_may_sign(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    theirs, _ = a_key(tmp_path, "theirs")
    store = ModelStore.at(str(tmp_path), public_key=public)
    artefact = store.publish(a_model(version="v1"))

    store.sign("v1", PrivateKey(theirs))
    refused = refusal(store, artefact.sha256)
    store.sign("v1", PrivateKey(private))

    assert PublicKey(public).id in refused.cause
    assert store.load("v1", artefact.sha256).version == "v1"


@pytest.mark.parametrize("forge", ["of another file", "by another key", "cut", "longer", "empty"])
def test_a_signature_that_does_not_fit_is_refused(tmp_path: Path, forge: str) -> None:
    private, public = a_key(tmp_path, "ours")
    theirs, _ = a_key(tmp_path, "theirs")
    store = ModelStore.at(str(tmp_path), public_key=public)
    artefact = store.publish(a_model(version="v1"))
    file = Path(store.where("v1", store.sign("v1", PrivateKey(private))))
    raw = Path(store.where("v1")).read_bytes()
    good = file.read_bytes()

    file.write_bytes(
        {
            "of another file": PrivateKey(private).sign(raw + b" "),
            "by another key": PrivateKey(theirs).sign(raw),
            "cut": good[:-1],
            "longer": good + b"x",
            "empty": b"",
        }[forge]
    )

    assert "does not fit its file" in refusal(store, artefact.sha256).cause


def test_a_file_that_is_no_key_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    (tmp_path / "text").write_text("no key")

    for read, file in ((PublicKey, private), (PublicKey, tmp_path / "text"), (PrivateKey, public)):
        with pytest.raises(ModelRefused) as caught:
            read(file)
        assert "openssl genpkey -algorithm ed25519" in caught.value.mend
    with pytest.raises(ModelRefused, match="cannot be read: No such file"):
        PublicKey(tmp_path / "gone")


def test_without_the_library_a_worker_with_a_key_refuses_and_says_what_to_install(tmp_path: Path) -> None:
    _, public = a_key(tmp_path, "ours")
    artefact = ModelStore.at(str(tmp_path)).publish(a_model(version="v1"))
    code = """
import sys
from pathlib import Path
sys.modules["cryptography"] = None
from model_store.errors import ModelRefused
from model_store.store import ModelStore
store = ModelStore.at(sys.argv[1], public_key=Path(sys.argv[2]))
try:
    store.load("v1", sys.argv[3])
except ModelRefused as refused:
    print(refused)
"""

    words = [sys.executable, "-c", code, str(tmp_path), str(public), artefact.sha256]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert "Install segstream[signature]" in done.stdout


def signed(*words: str) -> Result:
    return CliRunner().invoke(app, ["models", "sign", *words])


def test_the_command_signs_what_a_store_with_the_public_key_then_loads(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    store = ModelStore.at(str(tmp_path / "store"), public_key=public)
    artefact = store.publish(a_model(version="v1"))
    unsigned = refusal(store, artefact.sha256)

    done = signed("v1", "--key", str(private), "--model-uri", str(tmp_path / "store"))

    assert unsigned.code == "MODEL_SIGNATURE"
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert done.stderr.startswith(f"v1 is signed by the key {PublicKey(public).id}: ")
    assert store.load("v1", artefact.sha256) == a_model(version="v1")


def test_the_command_refuses_a_key_that_cannot_sign_and_leaves_nothing(tmp_path: Path) -> None:
    _, public = a_key(tmp_path, "ours")
    store = ModelStore.at(str(tmp_path / "store"), public_key=public)
    store.publish(a_model(version="v1"))

    done = signed("v1", "--key", str(public), "--model-uri", str(tmp_path / "store"))

    assert isinstance(done.exception, ModelRefused)
    assert done.exception.code == "MODEL_SIGNATURE"
    assert store.files("v1") == []
