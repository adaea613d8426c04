"""How a demo is interrupted: at once, once, and never in the middle of an import."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from stream_app.demo.interrupts import SIGNALS, interruptible


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_does_not_interrupt_the_tidying_up(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    tidied = 0
    with interruptible():
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            os.kill(os.getpid(), number)
            tidied += 1

    assert tidied == 1
    assert signal.getsignal(number) is before


def work_on(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


def import_and_work_on() -> None:
    with interruptible():
        importlib.import_module("interrupted_import")
        work_on(10)


def test_a_signal_amid_an_import_waits_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 may keep its import lock otherwise, and the demo's other threads wait for it without an end."""
    (tmp_path / "interrupted_import.py").write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\nend = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(KeyboardInterrupt):
        import_and_work_on()

    assert sys.modules.pop("interrupted_import").end == 1
