"""Runs one process of a replay: the engine in a thread, and beside it whoever looks how far it has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from confluent_kafka.admin import AdminClient
from msgspec import Struct

from stream_app.contract.control import Replay
from stream_app.core.errors import OutageError
from stream_app.logs import set_up_logging
from stream_app.lookup import Lookup
from stream_app.settings import Settings
from stream_app.shadow.engine import HowFar, ShadowEngine, how_far
from stream_app.worker.health import Health
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals
from stream_app.worker.work import LaneWork

LOOK_SECONDS = 0.5
HALT_SECONDS = 30.0
BESIDE_LIVE = 2_000
"""Orders a second while a live worker runs, unless somebody says otherwise."""


class News(Struct):
    """What a person is told while a replay runs."""

    reached: HowFar
    seconds: float
    """Since this process began."""
    done_before: int
    problems: list[str]


class Rerun(Struct):
    """What one process did."""

    namespace: str
    orders: int
    """Folded by this process."""
    seconds: float
    is_done: bool
    """False: it was told to stop."""
    model: str
    ends: list[int]


def is_live(live: Settings) -> bool:
    """Tell whether a worker of the live deployment runs."""
    admin = AdminClient(connection(live, "admin"))
    with kafka_refusals(live):
        asked = admin.describe_consumer_groups([live.kafka_group_id], request_timeout=CALL_SECONDS)
        return bool(asked[live.kafka_group_id].result(CALL_SECONDS).members)


def run(
    shadow: Settings, replay: Replay, rate: int | None, show: Callable[[News], None],
    engine_class: type[ShadowEngine] = ShadowEngine,
) -> Rerun:  # fmt: skip
    """Replay until all is done or Ctrl-C; the error that ended the engine passes through."""
    set_up_logging(shadow.model_copy(update={"log_level": "error"}))
    health, lookup = Health(), Lookup(shadow)
    began, reached = time.monotonic(), how_far(lookup, replay)
    before = reached.done
    engine = engine_class(shadow, health, fold_at_once, replay, rate)
    with running(engine) as is_running:
        while is_running(LOOK_SECONDS):
            # The engine waits for a Redis that is away, and so does whoever looks.
            with suppress(OutageError):
                reached = how_far(lookup, replay)
            show(News(reached, time.monotonic() - began, before, health.problems()))
    seconds = time.monotonic() - began
    return Rerun(shadow.namespace, health.orders, seconds, engine.is_done, replay.version, replay.ends)


def fold_at_once(work: LaneWork) -> None:
    """Fold at once: there is no agent to wait for."""
    try:
        work.run()
    except BaseException as error:
        work.done.set_exception(error)
    else:
        work.done.set_result(None)


@contextmanager
def running(engine: ShadowEngine) -> Iterator[Callable[[float], bool]]:
    """Run the engine in a thread; yield what waits so many seconds and tells whether it still runs.

    Why the engine ended is raised, whatever the body made of it.
    """
    failures: list[BaseException] = []

    def body() -> None:
        try:
            engine.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=body)

    def is_running(seconds: float) -> bool:
        thread.join(seconds)
        return thread.is_alive()

    thread.start()
    try:
        yield is_running
    except KeyboardInterrupt:
        # What is in flight is committed; the same command goes on from there.
        pass
    finally:
        engine.halt()
        thread.join(HALT_SECONDS)
        if failures:
            raise failures[0]
