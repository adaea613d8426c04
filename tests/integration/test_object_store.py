"""Publishing to a server that speaks S3: many publishers at once, one wins. Needs s3fs and moto's server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_store.checks import MAX_BYTES
from model_store.errors import ModelRefused
from model_store.segment_model import SegmentModel
from model_store.store import Artefact, ModelStore
from stream_app.local.ports import free_ports
from tests.builders import a_model
from tests.integration.waiting import wait_for

pytest.importorskip("s3fs", reason="needs s3fs, which the extra objectstore brings")
pytest.importorskip("moto.server", reason="needs moto[server], an S3 server in Python")

SERVER = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
# One request at a time: moto looks whether an object is there, and then writes.
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""

PUBLISHER = """
import sys
from model_store.errors import ModelRefused
from model_store.store import ModelStore
from tests.integration.test_object_store import a_model_of, files_of
number = int(sys.argv[1])
store = ModelStore.at("s3://models/shop")
sys.stdin.readline()
try:
    print(store.publish(a_model_of(number), files_of(number)).sha256)
except ModelRefused as refused:
    print(refused.code)
"""


def a_model_of(publisher: int) -> SegmentModel:
    """Return a model that only this publisher could have made."""
    return a_model(version="v1", training={"publisher": publisher})


def files_of(publisher: int) -> dict[str, bytes]:
    """Return what it publishes beside the model."""
    return {"report.html": str(publisher).encode() * 10_000}


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    """Run a server that speaks S3, with the bucket `models`, and give this process and its children its address."""
    import s3fs

    [port] = free_ports(1)
    here = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    before = dict(os.environ)
    os.environ.update(here)
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stderr=subprocess.DEVNULL)
    try:
        files = s3fs.S3FileSystem()

        def makes_a_bucket() -> bool:
            try:
                files.mkdir("models")
            except (OSError, FileExistsError):
                return files.exists("models")
            return True

        wait_for("the server makes a bucket", makes_a_bucket)
        yield
    finally:
        server.kill()
        server.wait()
        os.environ.clear()
        os.environ.update(before)


def start(publisher: int) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(publisher)], cwd=root, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_of_many_publishers_at_once_one_wins_and_the_others_leave_nothing(s3: None) -> None:
    publishers = [start(number) for number in range(6)]
    store = ModelStore.at("s3://models/shop")

    with ThreadPoolExecutor(len(publishers)) as pool:
        said = [out.strip() for out, _ in pool.map(lambda p: p.communicate("go\n", timeout=120), publishers)]

    [winner] = [number for number, word in enumerate(said) if word != "MODEL_EXISTS"]
    assert said.count("MODEL_EXISTS") == len(said) - 1
    assert store.versions() == ["v1"]
    assert store.load("v1", said[winner]) == a_model_of(winner)
    assert store.file("v1", "report.html") == files_of(winner)["report.html"]
    assert len(store.place.client.find("models/shop")) == 3
    assert store.where("v1") == "s3://models/shop/models/segments/v1/model.json"


def test_a_bucket_that_is_not_there_is_said_to_be_so(s3: None) -> None:
    store = ModelStore.at("s3://nobodys/shop")

    with pytest.raises(ModelRefused) as caught:
        store.publish(a_model())

    assert caught.value.code == "MODEL_STORE_AWAY"
    assert "s3://nobodys/shop" in caught.value.cause


@pytest.mark.parametrize(("raw", "code"), [(b"", "MODEL_SHA256"), (b" " * (MAX_BYTES + 9), "MODEL_TOO_LARGE")])
def test_an_object_of_another_size_is_refused(s3: None, raw: bytes, code: str) -> None:
    store = ModelStore.at(f"s3://models/{code}")
    artefact: Artefact = store.publish(a_model())
    store.place.client.pipe_file(store.where(artefact.version), raw)

    with pytest.raises(ModelRefused, match=code):
        store.load(artefact.version, artefact.sha256)
