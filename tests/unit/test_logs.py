"""What a service writes to stderr besides what it logs."""

from __future__ import annotations

import subprocess
import sys

HANGING = """
import signal
from stream_app.logs import set_up_logging
from stream_app.settings import load_settings

def hangs():
    signal.raise_signal(signal.SIGQUIT)
    print("goes on")

set_up_logging(load_settings())
hangs()
"""


def test_a_process_that_hangs_tells_on_demand_where_its_threads_stand() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "goes on\n")
    assert "(most recent call first)" in done.stderr
    assert "in hangs" in done.stderr


def test_a_crash_in_c_code_tells_where_it_happened() -> None:
    crashing = HANGING.replace("signal.SIGQUIT", "signal.SIGSEGV")

    done = subprocess.run([sys.executable, "-c", crashing], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == -11
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert "in hangs" in done.stderr
