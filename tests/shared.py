"""What the processes of one test run have in common: a folder filled by whoever asks first, and one Kafka."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that this run's processes share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first process to ask has filled; the others wait for it."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            half = folder.with_suffix(".half")
            half.mkdir()
            make(half)
            half.rename(folder)
    return folder


@contextmanager
def one_kafka(folder: Path) -> Iterator[LocalKafka]:
    """Yield the run's broker: who asks first starts it, and stops it when nobody uses it any more.

    Whoever uses it holds a shared lock, which also ends with a process that died.
    """
    address = folder.with_suffix(".port")
    with folder.with_suffix(".lock").open("w") as starting, folder.with_suffix(".used").open("w") as used:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(used, fcntl.LOCK_SH)
        is_ours = not address.exists()
        broker = LocalKafka(folder, is_brief=True) if is_ours else LocalKafka(folder, int(address.read_text()))
        if is_ours:
            broker.start()
            address.write_text(str(broker.port))
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield broker
        finally:
            if is_ours:
                fcntl.flock(used, fcntl.LOCK_EX)
                # Who asks from now on waits for this lock, and then starts it again.
                address.unlink()
                broker.stop()
