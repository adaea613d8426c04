"""Twenty publishers at once, and publishers killed at every step: never half a model, never two under one version."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from model_store.errors import ModelRefused
from model_store.folder import LEFT_AFTER_SECONDS
from model_store.segment_model import SegmentModel, decode
from model_store.store import Artefact, ModelStore
from tests.builders import a_model
from tests.forks import FORKS, forked

PUBLISHERS, ROUNDS = 20, 5


def a_model_of(publisher: int, version: str = "v1") -> SegmentModel:
    """Return a model that only this publisher could have made."""
    return a_model(version=version, training={"publisher": publisher})


def files_of(publisher: int) -> dict[str, bytes]:
    """Return the files beside it: large enough that writing them takes more than one call."""
    return {"report.html": f"{publisher} ".encode() * 50_000, "MODEL_CARD.md": str(publisher).encode()}


def is_whole(store: ModelStore, version: str) -> bool:
    """Tell whether model and files of a version are all of one publisher; raises when the model is not readable."""
    publisher = store.peek(version).training["publisher"]
    assert isinstance(publisher, int)
    return all(store.file(version, name) == raw for name, raw in files_of(publisher).items())


# At once -----------------------------------------------------------------------------------------------------------


def publish_in_rounds(root: str, publisher: int, barrier: Barrier, said: multiprocessing.Queue[object]) -> None:
    """In each round publish the same version as everybody else; say for each how it went."""
    store = ModelStore.at(root)
    for round_number in range(ROUNDS):
        version = f"v{round_number}"
        model, files = a_model_of(publisher, version), files_of(publisher)
        barrier.wait(60)
        try:
            said.put((version, publisher, store.publish(model, files)))
        except ModelRefused as refused:
            said.put((version, publisher, refused.code))


def test_of_twenty_publishers_at_once_one_wins_and_readers_never_see_half_a_model(tmp_path: Path) -> None:
    barrier, said = FORKS.Barrier(PUBLISHERS), FORKS.Queue()
    store = ModelStore.at(str(tmp_path))
    reads = 0

    publishers = [forked(publish_in_rounds, str(tmp_path), number, barrier, said) for number in range(PUBLISHERS)]
    while any(process.is_alive() for process in publishers):
        for version in store.versions():
            assert is_whole(store, version)
            reads += 1
        if said.qsize() == PUBLISHERS * ROUNDS:
            break
    results = [said.get(timeout=30) for _ in range(PUBLISHERS * ROUNDS)]
    for process in publishers:
        process.join(30)

    for version in (f"v{number}" for number in range(ROUNDS)):
        said_of_it = [(publisher, how) for said_of, publisher, how in results if said_of == version]
        [(winner, artefact)] = [(publisher, how) for publisher, how in said_of_it if how != "MODEL_EXISTS"]
        assert isinstance(artefact, Artefact)
        assert store.load(version, artefact.sha256) == a_model_of(winner, version)
        assert is_whole(store, version)
    assert reads > 0
    assert sorted(os.listdir(tmp_path / "models" / "segments")) == store.versions()


# Killed ------------------------------------------------------------------------------------------------------------


def steps(root: Path) -> list[str]:
    """Return what a whole publish of a model with its files says on the way."""
    heard: list[str] = []
    ModelStore.at(str(root)).publish(a_model_of(1), files_of(1), on_step=heard.append)
    return heard


def publish_until_killed(root: str, fatal: int) -> None:
    """Publish, and die without a word at a step."""
    heard: list[str] = []

    def die_at(step: str) -> None:
        heard.append(step)
        if len(heard) == fatal + 1:
            os.kill(os.getpid(), signal.SIGKILL)

    ModelStore.at(root).publish(a_model_of(1), files_of(1), on_step=die_at)


def test_a_publish_names_every_effect_so_that_the_kills_miss_none(tmp_path: Path) -> None:
    assert steps(tmp_path) == [
        "shelf made", "folder made", "report.html written", "report.html synced", "MODEL_CARD.md written",
        "MODEL_CARD.md synced", "model.json written", "model.json synced", "folder synced", "renamed", "rename synced",
    ]  # fmt: skip


@pytest.mark.parametrize("fatal", range(11))
def test_a_publisher_killed_at_any_step_leaves_a_whole_model_or_none(tmp_path: Path, fatal: int) -> None:
    store = ModelStore.at(str(tmp_path))

    process = forked(publish_until_killed, str(tmp_path), fatal)
    process.join(60)

    assert process.exitcode == -signal.SIGKILL
    assert all(is_whole(store, version) for version in store.versions())
    assert store.versions() == (["v1"] if fatal >= 9 else [])
    if store.versions():
        with pytest.raises(ModelRefused, match="MODEL_EXISTS"):
            store.publish(a_model_of(2), files_of(2))
    else:
        store.publish(a_model_of(2), files_of(2))
    assert is_whole(store, "v1")


# What the killed left ----------------------------------------------------------------------------------------------


def a_leftover(root: Path, name: str, *, age_seconds: float) -> Path:
    """Return the folder of a publisher that was killed so long ago."""
    leftover = root / "models" / "segments" / f".publishing-{name}"
    leftover.mkdir(parents=True)
    (leftover / "model.json").write_bytes(b"{")
    then = time.time() - age_seconds
    os.utime(leftover, (then, then))
    return leftover


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, as its writer does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_the_next_publish_removes_what_is_old_and_has_no_writer(tmp_path: Path) -> None:
    old = a_leftover(tmp_path, "old", age_seconds=LEFT_AFTER_SECONDS + 60)
    young = a_leftover(tmp_path, "young", age_seconds=LEFT_AFTER_SECONDS - 60)
    written = a_leftover(tmp_path, "written", age_seconds=LEFT_AFTER_SECONDS + 60)

    with held(written):
        ModelStore.at(str(tmp_path)).publish(a_model_of(1))

    assert [folder.exists() for folder in (old, young, written)] == [False, True, True]
    assert ModelStore.at(str(tmp_path)).versions() == ["v1"]


def test_a_publisher_holds_its_folder_until_it_is_renamed(tmp_path: Path) -> None:
    shelf = tmp_path / "models" / "segments"
    free: list[tuple[str, bool]] = []

    def look(step: str) -> None:
        for folder in shelf.glob(".publishing-*"):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free.append((step, True))
            except BlockingIOError:
                free.append((step, False))
            finally:
                os.close(descriptor)

    ModelStore.at(str(tmp_path)).publish(a_model_of(1), on_step=look)

    assert free == [("folder made", False), ("model.json written", False), ("model.json synced", False),
                    ("folder synced", False)]  # fmt: skip


def test_a_version_is_published_again_beside_the_remains_of_a_killed_publisher(tmp_path: Path) -> None:
    a_leftover(tmp_path, "v1-half", age_seconds=1)

    artefact = ModelStore.at(str(tmp_path)).publish(a_model_of(1))

    raw = (tmp_path / "models" / "segments" / "v1" / "model.json").read_bytes()
    assert decode(raw) == a_model_of(1)
    assert artefact.version == "v1"
