"""Ctrl-C during a training: a sentence, exit code 130, and nothing in the store."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stream_app.history.completejourney import completejourney_path
from tests.integration.terminal import clean_environment
from tests.integration.waiting import wait_for


@pytest.mark.parametrize("is_reading", [False, True], ids=["just begun", "reading"])
def test_ctrl_c_publishes_nothing_and_says_so(tmp_path: Path, is_reading: bool) -> None:
    command = ["train", str(completejourney_path()), "--model-uri", str(tmp_path / "store")]
    with subprocess.Popen(
        [sys.executable, "-m", "stream_app.cli", *command],
        env=clean_environment() | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as training:  # fmt: skip
        assert training.stderr is not None
        begun = training.stderr.readline()
        if is_reading:
            wait_for("the file is read", lambda: list(tmp_path.glob("segstream-history-*/*")))

        training.send_signal(signal.SIGINT)
        out, rest = training.communicate(timeout=60)

    assert begun.startswith("Its columns are those of completejourney")
    assert (training.returncode, out) == (130, "")
    assert rest == "Interrupted: no model was published.\n"
    assert list(tmp_path.iterdir()) == []
