"""The worker without timers, to be measured against: no customer has a boundary, and nobody asks who is due.

Its recency and its window stand still between a customer's orders, so nobody but a benchmark wants it.
Run as `python -m bench.timerless worker`.
"""

from __future__ import annotations

from stream_app import cli
from stream_app.core import evaluation
from stream_app.worker.lane import Lane


def leave_out_timers() -> None:
    """Take the timers out of this process; works on the core as installed, not on a compiled one."""
    evaluation.next_day = lambda *_: None
    evaluation.next_boundary = lambda *_: None
    Lane.may_have_due = property(lambda _: False)


if __name__ == "__main__":
    leave_out_timers()
    cli.main()
