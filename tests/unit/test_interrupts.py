"""Ctrl-C while C code runs that does not bear it: the Kafka client's, and a COPY of DuckDB."""

from __future__ import annotations

import signal

import pytest

from stream_app.replay.send import interruptible
from trainer.spark.session import interrupts_held


def test_ctrl_c_that_the_client_turned_into_a_system_error_is_ctrl_c_again() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()


def test_one_that_the_client_lost_on_the_way_is_ctrl_c_too() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise SystemError("<method 'poll' of 'cimpl.Producer' objects> returned NULL without setting an exception")


def test_any_other_system_error_stays_what_it_is() -> None:
    with pytest.raises(SystemError), interruptible():
        raise SystemError("a bug") from ValueError()


def be_interrupted(done: list[str]) -> None:
    with interrupts_held():
        signal.raise_signal(signal.SIGINT)
        done.append("all")


def test_ctrl_c_amid_what_must_not_be_interrupted_counts_at_its_end() -> None:
    done: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        be_interrupted(done)

    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
