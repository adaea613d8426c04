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
from stream_app.local.ports import free_ports
from tests.builders import a_model
from tests.key_files import a_key
from tests.shop_files import COLUMNS, a_file

pytest.importorskip("cryptography", reason="needs cryptography, which the extra signature brings")

from model_store.signature import PrivateKey, PublicKey


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


def a_shop(folder: Path) -> Path:
    """Return a file with sixty customers, who differ in everything that a model looks at."""
    times = (f"2025-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in range(1, 21))
    return a_file(
        folder,
        [
            f"o{n}-{order},c{n},p{n % 7}-{order},{1 + n % 5},{1 + n},{time}"
            for n, time in enumerate(times)
            for order in range(1 + n % 6)
        ],
    )


def trained(folder: Path, *words: str) -> Result:
    """Train on a small shop, where no Kafka answers, into the folder's store."""
    (port,) = free_ports(1)
    columns = ",".join(f"{ours}={theirs}" for ours, theirs in COLUMNS.items())
    places = ["--model-uri", str(folder / "store"), "--kafka-bootstrap-servers", f"127.0.0.1:{port}"]
    return CliRunner().invoke(app, ["train", str(a_shop(folder)), "--columns", columns, "--k", "3", *places, *words])


def test_training_signs_what_it_publishes_and_a_worker_with_the_key_loads_it(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    store = ModelStore.at(str(tmp_path / "store"), public_key=public)

    done = trained(tmp_path, "--sign-with", str(private))

    assert done.exit_code == 0, done.output
    (version,) = store.versions()
    assert done.stdout == f"{version}\n"
    assert f"\n{version} is signed by the key {PublicKey(public).id}: " in done.stderr
    assert store.load(version, store.artefact(version).sha256).version == version


def test_training_without_a_key_signs_nothing(tmp_path: Path) -> None:
    _, public = a_key(tmp_path, "ours")
    store = ModelStore.at(str(tmp_path / "store"), public_key=public)

    done = trained(tmp_path)

    assert done.exit_code == 0, done.output
    (version,) = store.versions()
    with pytest.raises(ModelRefused, match="is not signed"):
        store.load(version, store.artefact(version).sha256)


@pytest.mark.parametrize(
    ("fault", "source"), [("gone", "file"), ("gone", "topic"), ("public", "topic"), ("library", "file")]
)
def test_a_key_that_cannot_sign_ends_a_training_before_anything_is_read(
    tmp_path: Path, fault: str, source: str
) -> None:
    private, public = a_key(tmp_path, "ours")
    key = {"gone": tmp_path / "gone.pem", "public": public, "library": private}[fault]
    code = """
import sys
if sys.argv.pop(1) == "library":
    sys.modules["cryptography"] = None
from stream_app.cli import main
main()
"""
    (port,) = free_ports(1)
    learn_from = {"file": str(tmp_path / "no-such-file.csv"), "topic": "--from-topic"}[source]
    places = ["--model-uri", str(tmp_path / "store"), "--kafka-bootstrap-servers", f"127.0.0.1:{port}"]

    words = [sys.executable, "-c", code, fault, "train", learn_from, "--sign-with", str(key), *places]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    expected = {
        "gone": "gone.pem cannot be read: No such file",
        "public": "holds no Ed25519 private key",
        "library": "Install segstream[signature].",
    }[fault]
    assert done.returncode == 1
    assert "MODEL_SIGNATURE" in done.stderr
    assert expected in " ".join(done.stderr.split())
    assert not (tmp_path / "store").exists()
