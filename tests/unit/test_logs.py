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


STOPPING = """
import logging
from stream_app.core.errors import StopError
from stream_app.logs import set_up_logging
from stream_app.settings import load_settings

set_up_logging(load_settings())
for error in (ValueError("a fault"), StopError("the reason", code="REASON")):
    try:
        raise error
    except Exception:
        logging.getLogger("stream_app.worker.faust_app").exception("Crashed")
        logging.getLogger("mode.worker").critical("We experienced a crash!")
        logging.getLogger("segstream.api").exception("A request failed")
logging.getLogger("segstream.worker").error("last words")
"""


def test_an_end_with_a_reason_is_not_told_as_a_crash_and_a_fault_is() -> None:
    done = subprocess.run([sys.executable, "-c", STOPPING], capture_output=True, text=True, timeout=60, check=False)

    assert done.stderr.count("ValueError: a fault") == 2
    assert done.stderr.count("We experienced a crash!") == 1
    assert [line.count("A request failed") for line in done.stderr.splitlines() if "the reason" in line] == [1]
    assert done.stderr.splitlines()[-1].count("last words") == 1
