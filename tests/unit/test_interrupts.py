"""Ctrl-C while the Kafka client's C code runs."""

from __future__ import annotations

import pytest

from stream_app.replay.send import interruptible


def test_ctrl_c_that_the_client_turned_into_a_system_error_is_ctrl_c_again() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()


def test_one_that_the_client_lost_on_the_way_is_ctrl_c_too() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise SystemError("<method 'poll' of 'cimpl.Producer' objects> returned NULL without setting an exception")


def test_any_other_system_error_stays_what_it_is() -> None:
    with pytest.raises(SystemError), interruptible():
        raise SystemError("a bug") from ValueError()
