"""Models are published once, whole, and loaded only if they are the file that was promoted."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_store.errors import ModelRefused
from model_store.folder import Folder
from model_store.segment_model import Profile, Segment, SegmentModel
from model_store.store import Artefact, ModelStore


def a_model(version: str = "v1", *, mean: float = 1.0) -> SegmentModel:
    profile = Profile(customers=1, share=1.0, recency_days=0, frequency=1, monetary=1, unique_products=1)
    return SegmentModel(
        version=version,
        window_days=365,
        scaler_mean=(mean, 1.0, 1.0, 1.0),
        scaler_scale=(1.0, 1.0, 1.0, 1.0),
        pca_mean=(0.0, 0.0, 0.0, 0.0),
        pca_components=((1.0, 0.0, 0.0, 0.0),),
        centroids=((0.0,),),
        segments=(Segment(id="s1", name="All", description="", action="", profile=profile),),
        training={},
    )


def refusal(store: ModelStore, version: str, sha256: str) -> str:
    with pytest.raises(ModelRefused) as caught:
        store.load(version, sha256)
    return caught.value.code


def test_a_published_model_is_loaded_by_version_and_sha256(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path / "not" / "there" / "yet"))

    artefact = store.publish(a_model())

    assert store.load(artefact.version, artefact.sha256) == a_model()
    assert store.load(artefact.version, artefact.sha256.upper()) == a_model()


def test_the_file_lies_where_the_promise_says_and_others_may_read_it(tmp_path: Path) -> None:
    artefact = ModelStore.at(str(tmp_path)).publish(a_model("v1"))

    file = tmp_path / "models" / "segments" / "v1" / "model.json"
    assert artefact == Artefact("v1", hashlib.sha256(file.read_bytes()).hexdigest())
    assert file.parent.stat().st_mode & 0o755 == 0o755


def test_what_lies_beside_a_model_is_published_with_it(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))

    store.publish(a_model(), {"report.html": b"<p>", "MODEL_CARD.md": b"# Card"})

    folder = tmp_path / "models" / "segments" / "v1"
    assert sorted(os.listdir(folder)) == ["MODEL_CARD.md", "model.json", "report.html"]
    assert store.where("v1", "report.html") == str(folder / "report.html")
    assert (store.file("v1", "report.html"), store.file("v1", "other.html")) == (b"<p>", None)
    assert store.file("v1", "../v1/report.html") is None


@pytest.mark.parametrize("name", ["model.json", "../report.html", "a/b", ".hidden", ""])
def test_a_file_of_another_than_a_plain_name_is_not_published(tmp_path: Path, name: str) -> None:
    store = ModelStore.at(str(tmp_path))

    with pytest.raises(ModelRefused) as caught:
        store.publish(a_model(), {name: b""})

    assert caught.value.code == "MODEL_FILES"
    assert store.versions() == []


def test_names_keep_their_versions_apart(tmp_path: Path) -> None:
    one, other = ModelStore.at(str(tmp_path), "shop-a"), ModelStore.at(str(tmp_path), "shop-b")

    artefact = one.publish(a_model())

    assert (one.versions(), other.versions()) == (["v1"], [])
    assert refusal(other, "v1", artefact.sha256) == "MODEL_MISSING"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".publishing-1"])
def test_a_name_that_is_no_plain_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        ModelStore.at(str(tmp_path), name)

    assert caught.value.code == "MODEL_STORE"


def test_a_model_that_lies_where_models_had_no_name_is_refused_with_the_command_that_moves_it(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model())
    shelf = tmp_path / "models" / "segments"
    (shelf / "v1").rename(tmp_path / "models" / "v1")
    shelf.rmdir()

    with pytest.raises(ModelRefused) as caught:
        store.load("v1", artefact.sha256)
    command = caught.value.mend.partition("Run: ")[2]
    subprocess.run(command, shell=True, check=True)  # noqa: S602  a person runs it in a shell too

    assert caught.value.code == "MODEL_MISSING"
    assert store.load("v1", artefact.sha256) == a_model()


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model(mean=1.0))

    with pytest.raises(ModelRefused) as caught:
        store.publish(a_model(mean=2.0))

    assert caught.value.code == "MODEL_EXISTS"
    assert store.load(artefact.version, artefact.sha256) == a_model(mean=1.0)


def test_publishing_leaves_nothing_else_behind(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))

    store.publish(a_model())
    with pytest.raises(ModelRefused):
        store.publish(a_model())

    assert os.listdir(tmp_path / "models" / "segments") == ["v1"]


def test_versions_are_listed_in_order_without_what_is_half_written(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    for version in ("20270101", "20261122"):
        store.publish(a_model(version))
    half_written = tmp_path / "models" / "segments" / ".publishing-x"
    half_written.mkdir()
    (half_written / "model.json").write_bytes(b"{")
    (tmp_path / "models" / "segments" / "empty").mkdir()

    assert store.versions() == ["20261122", "20270101"]


def test_a_store_without_models_lists_none(tmp_path: Path) -> None:
    assert ModelStore.at(str(tmp_path)).versions() == []


def test_a_file_changed_by_one_byte_is_refused(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model())
    file = tmp_path / "models" / "segments" / "v1" / "model.json"

    file.write_bytes(file.read_bytes().replace(b"365", b"366"))

    assert refusal(store, "v1", artefact.sha256) == "MODEL_SHA256"


def test_a_file_under_another_models_version_is_refused(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model())

    (tmp_path / "models" / "segments" / "v1").rename(tmp_path / "models" / "segments" / "v2")

    assert refusal(store, "v2", artefact.sha256) == "MODEL_VERSION"


def test_a_huge_file_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model())

    os.truncate(tmp_path / "models" / "segments" / "v1" / "model.json", 1 << 40)

    assert refusal(store, "v1", artefact.sha256) == "MODEL_TOO_LARGE"


@pytest.mark.parametrize("version", ["v2", "", ".", "..", "../v1", "/etc", "v1/../v1", "v1\0"])
def test_a_version_that_is_not_in_the_store_is_missing(tmp_path: Path, version: str) -> None:
    store = ModelStore.at(str(tmp_path))
    artefact = store.publish(a_model())

    assert refusal(store, version, artefact.sha256) == "MODEL_MISSING"


def test_a_store_is_named_by_a_path_or_a_file_uri(tmp_path: Path) -> None:
    folder = tmp_path / "with space"

    assert ModelStore.at(str(folder)) == ModelStore(Folder(folder, "segments"))
    assert ModelStore.at(folder.as_uri()) == ModelStore(Folder(folder, "segments"))
    assert ModelStore.at("models", "vip") == ModelStore(Folder(Path("models"), "vip"))


@pytest.mark.parametrize("uri", ["", "http://host/models", "file://host/models", "file:", "file://"])
def test_any_other_place_is_refused(uri: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        ModelStore.at(uri)

    assert caught.value.code == "MODEL_STORE"


@pytest.mark.parametrize("uri", ["ftp://host/models", "hdfs://host/models", "github://owner/models"])
def test_a_place_whose_client_cannot_create_conditionally_is_refused_with_those_that_can(uri: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        ModelStore.at(uri)

    assert caught.value.code == "MODEL_STORE"
    assert "s3" in caught.value.mend


def test_an_object_store_without_its_client_is_refused_with_what_to_install() -> None:
    code = """
import sys
sys.modules["fsspec"] = None
from model_store.errors import ModelRefused
from model_store.store import ModelStore
try:
    ModelStore.at("s3://bucket/models")
except ModelRefused as refused:
    print(refused)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("MODEL_STORE: the client for s3:// is not installed")
    assert "Install segstream[objectstore]" in done.stdout
