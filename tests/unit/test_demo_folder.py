"""The demo's temporary folder: room for it, and none left behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stream_app.core.errors import LocalPartError
from stream_app.demo.folder import OWNER, PREFIX, demo_folder, full_disk, no_room_left, remove_abandoned, require_room

HOLD = """
import sys
from stream_app.demo.folder import demo_folder
with demo_folder(needed_bytes=0) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def a_demo_that_holds(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    """Return another process that owns a demo's folder until its input ends, and the folder."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], env={"TMPDIR": str(parent), "PYTHONPATH": ":".join(sys.path)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    return holder, Path(holder.stdout.readline().strip())


def test_a_folder_is_removed_with_its_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with demo_folder(needed_bytes=0) as folder:
        (folder / "kafka").mkdir()
        with tempfile.NamedTemporaryFile() as file:
            assert Path(file.name).parent == folder
        assert folder.parent == tmp_path

    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() == str(tmp_path)


def test_what_a_killed_demo_left_is_removed_and_a_living_one_keeps_its_folder(tmp_path: Path) -> None:
    killed, abandoned = a_demo_that_holds(tmp_path)
    living, kept = a_demo_that_holds(tmp_path)
    with killed, living:
        try:
            assert remove_abandoned(tmp_path) == []

            killed.kill()
            killed.wait()

            assert remove_abandoned(tmp_path) == [abandoned]
            assert list(tmp_path.iterdir()) == [kept]
        finally:
            killed.kill()
            living.kill()


def test_what_is_no_demos_folder_is_left_alone(tmp_path: Path) -> None:
    somewhere = tmp_path / "elsewhere"
    somewhere.mkdir()
    (somewhere / OWNER).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(somewhere)
    (tmp_path / f"{PREFIX}notes").mkdir()
    (tmp_path / f"{PREFIX}file").touch()

    assert remove_abandoned(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 4


def test_too_little_room_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    too_much = 10**18

    with pytest.raises(LocalPartError, match=rf"1,000,000,000,000 MB in {tmp_path}, and .* MB are free.*TMPDIR="):
        demo_folder(too_much).__enter__()
    assert list(tmp_path.iterdir()) == []
    require_room(tmp_path, 0)


def test_a_disk_that_ran_full_is_known_by_its_room_or_by_what_failed(tmp_path: Path) -> None:
    assert not no_room_left(tmp_path, OSError(errno.EIO, os.strerror(errno.EIO)))
    assert no_room_left(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "TMPDIR=" in full_disk(tmp_path / "folder").mend


def test_no_folder_to_write_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)

    with pytest.raises(LocalPartError, match="TMPDIR="):
        demo_folder().__enter__()
