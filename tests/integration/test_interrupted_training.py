"""Ctrl-C during a training: a sentence, exit code 130, and nothing in the store."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream_app.history.completejourney import completejourney_path
from tests.integration.terminal import clean_environment


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.5])
def test_ctrl_c_publishes_nothing_and_says_so(tmp_path: Path, seconds: float) -> None:
    command = ["train", str(completejourney_path()), "--model-uri", str(tmp_path / "store")]
    with subprocess.Popen(
        [sys.executable, "-m", "stream_app.cli", *command],
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as training:  # fmt: skip
        assert training.stderr is not None
        # Given that it has begun to read
        begun = training.stderr.readline()
        # The only thing that time stands for here is another place of the interruption
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and training.poll() is None:
            signal.sigtimedwait([], 0.01)

        training.send_signal(signal.SIGINT)
        out, rest = training.communicate(timeout=60)

    assert begun.startswith("Its columns are those of completejourney")
    assert (training.returncode, out) == (130, "")
    assert rest == "Interrupted: no model was published.\n"
    assert not list(tmp_path.rglob("*.json"))
