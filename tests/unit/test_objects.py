"""A store of objects keeps the promises of a folder; fsspec's own store in memory stands for the large ones."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import pytest

from model_store.errors import ModelRefused
from model_store.objects import Objects
from model_store.segment_model import encode
from model_store.store import Artefact, ModelStore
from tests.builders import a_model

fsspec = pytest.importorskip("fsspec", reason="needs fsspec, which the extra objectstore brings")

REPORT = {"report.html": b"<p>"}


@pytest.fixture
def uri() -> str:
    """Return a root that no other test uses."""
    return f"memory://{uuid.uuid4().hex}/shop"


def objects_of(uri: str) -> list[str]:
    """Return the names of all objects under a root."""
    files = fsspec.filesystem("memory")
    root = files._strip_protocol(uri)
    return sorted(path.removeprefix(f"{root}/") for path in files.find(root))


def mark_of(version: str) -> str:
    """Return the folder of what lies beside a model."""
    return hashlib.sha256(encode(a_model(version=version))).hexdigest()[:16]


def test_a_model_published_as_an_object_is_loaded_with_what_lies_beside_it(uri: str) -> None:
    store = ModelStore.at(uri, "vip")

    artefact = store.publish(a_model(version="v1"), REPORT)

    assert store.load("v1", artefact.sha256) == a_model(version="v1")
    assert store.file("v1", "report.html") == b"<p>"
    assert (store.is_there(), store.versions()) == (True, ["v1"])
    assert store.where("v1").endswith("/shop/models/vip/v1/model.json")
    assert objects_of(uri) == [
        "models/vip/.exclusive", f"models/vip/v1/{mark_of('v1')}/report.html", "models/vip/v1/model.json"
    ]  # fmt: skip


def test_a_version_that_exists_is_refused_and_what_was_written_for_it_is_taken_back(uri: str) -> None:
    store = ModelStore.at(uri)
    rival = a_model(version="v1", training={"by": "a rival"})

    def publish_first(step: str) -> None:
        if step == "report.html written":
            store.publish(rival, {"report.html": b"the rival's"})

    with pytest.raises(ModelRefused) as caught:
        store.publish(a_model(version="v1"), REPORT, on_step=publish_first)

    assert caught.value.code == "MODEL_EXISTS"
    assert store.peek("v1") == rival
    assert store.file("v1", "report.html") == b"the rival's"
    assert len(objects_of(uri)) == 3


class Killed(BaseException):
    """Ends a publish as a kill does: no line of it runs afterwards that would clean up."""


@pytest.mark.parametrize("fatal", ["proved", "report.html written", "card.md written", "model.json created"])
def test_a_publisher_killed_at_any_step_leaves_a_whole_model_or_none(uri: str, fatal: str) -> None:
    store = ModelStore.at(uri)
    files = {"report.html": b"<p>", "card.md": b"#"}

    def die(step: str) -> None:
        if step == fatal:
            raise Killed

    with pytest.raises(Killed):
        store.publish(a_model(version="v1"), files, on_step=die)

    if fatal == "model.json created":
        with pytest.raises(ModelRefused, match="MODEL_EXISTS"):
            store.publish(a_model(version="v1"), files)
    else:
        assert store.versions() == []
        store.publish(a_model(version="v1"), files)
    assert store.versions() == ["v1"]
    assert {name: store.file("v1", name) for name in files} == files


def test_a_publisher_whose_success_was_answered_by_silence_does_not_undo_it(uri: str) -> None:
    store = ModelStore.at(uri)

    def succeed_unheard(step: str) -> None:
        if step == "report.html written":
            store.publish(a_model(version="v1"), REPORT)

    with pytest.raises(ModelRefused, match="MODEL_EXISTS"):
        store.publish(a_model(version="v1"), REPORT, on_step=succeed_unheard)

    assert store.file("v1", "report.html") == b"<p>"


def test_a_changed_or_huge_or_missing_object_is_refused(uri: str) -> None:
    store = ModelStore.at(uri)
    artefact = store.publish(a_model(version="v1"))
    files = fsspec.filesystem("memory")
    codes = []

    for raw in (b"", b"{", b" " * 2_000_000):
        files.pipe_file(store.where("v1").removeprefix("memory:/"), raw)
        with pytest.raises(ModelRefused) as caught:
            store.load("v1", artefact.sha256)
        codes.append(caught.value.code)
    with pytest.raises(ModelRefused) as caught:
        store.load("v2", artefact.sha256)

    assert codes == ["MODEL_SHA256", "MODEL_SHA256", "MODEL_TOO_LARGE"]
    assert (caught.value.code, caught.value.mend[:11]) == ("MODEL_MISSING", "Check SEGST")
    assert store.file("v2", "report.html") is None


class Overwriting(fsspec.get_filesystem_class("memory")):  # type: ignore[misc]
    """A server that takes no notice of conditions."""

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:  # noqa: ARG002  not noticed
        super().pipe_file(path, value, mode="overwrite", **more)


class Unreachable(fsspec.get_filesystem_class("memory")):  # type: ignore[misc]
    """A server that answers nobody."""

    def pipe_file(self, *_: Any, **__: Any) -> None:
        raise ConnectionError("no route")

    find = open = pipe_file


def test_a_server_that_overwrites_is_found_out_before_anything_is_published(uri: str) -> None:
    store = ModelStore(Objects(Overwriting(skip_instance_cache=True), f"/{uri[9:]}", "segments", "memory"))

    with pytest.raises(ModelRefused) as caught:
        store.publish(a_model(version="v1"))

    assert caught.value.code == "MODEL_STORE"
    assert "overwrites" in caught.value.cause
    assert store.versions() == []


def test_a_server_that_is_away_is_said_to_be_so(uri: str) -> None:
    store = ModelStore(Objects(Unreachable(skip_instance_cache=True), f"/{uri[9:]}", "segments", "memory"))

    for ask in (store.is_there, store.versions, lambda: store.publish(a_model()), lambda: store.peek("v1")):
        with pytest.raises(ModelRefused) as caught:
            ask()
        assert caught.value.code == "MODEL_STORE_AWAY"
        assert "ConnectionError: no route" in caught.value.cause


def test_the_artefact_is_the_same_in_a_folder_and_in_an_object_store(uri: str, tmp_path: Any) -> None:
    here: Artefact = ModelStore.at(str(tmp_path)).publish(a_model())

    assert ModelStore.at(uri).publish(a_model()) == here
