"""`segstream replay --into`, step by step: begin or go on, run, and say what came of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream_app.commands.failure import INTERRUPTED
from stream_app.commands.options import echo_json, say
from stream_app.commands.replay_screen import replay_screen

if TYPE_CHECKING:
    from stream_app.contract.control import Replay
    from stream_app.settings import Settings
    from stream_app.shadow.begin import Wish
    from stream_app.shadow.run import Rerun

BEGINNING, END = "beginning", "end"


@dataclass(frozen=True)
class Flags:
    """What was typed."""

    into: str | None
    first: str
    last: str
    model: str | None
    rate: int | None
    is_published: bool
    as_json: bool
    has_window: bool = False
    """True: a window was typed, and the settings say which."""

    def wish(self, live: Settings) -> Wish:
        """Return what is asked; raises UsageError when an edge cannot be read."""
        from msgspec import UNSET

        from stream_app.shadow.begin import Wish
        from stream_app.shadow.stretch import edge_from

        edges = edge_from(self.first, BEGINNING), edge_from(self.last, END)
        return Wish(*edges, self.model, self.is_published, live.window_days if self.has_window else UNSET)


def shadow_of(live: Settings, namespace: str | None) -> Settings:
    """Return the settings of a namespace; raises UsageError for what is no name of one."""
    from stream_app.core.errors import UsageError
    from stream_app.settings import NAMESPACE_WORDS, is_namespace

    if live.namespace:
        raise UsageError(
            f"SEGSTREAM_NAMESPACE is {live.namespace}: a replay begins from the live deployment.", "Unset it."
        )
    if namespace is None:
        raise UsageError("a replay needs a place.", "Name it: segstream replay --into NAMESPACE.")
    if not is_namespace(namespace):
        raise UsageError(f"{namespace} is no name of a namespace.", f"Take {NAMESPACE_WORDS}.")
    return live.within(namespace)


def run_replay(live: Settings, flags: Flags) -> int:
    """Replay until all is done or Ctrl-C; return the exit code."""
    shadow, wish = shadow_of(live, flags.into), flags.wish(live)
    from stream_app.shadow.begin import begin
    from stream_app.shadow.run import run

    replay, was_begun = begin(live, shadow, wish)
    rate = rate_beside(live, flags.rate)
    say(_beginning(shadow, replay, was_begun))
    with replay_screen() as show:
        done = run(shadow, replay, rate, show)
    if flags.as_json:
        echo_json(done)
    say(_ending(done))
    return 0 if done.is_done else INTERRUPTED


def rate_beside(live: Settings, rate: int | None) -> int | None:
    """Return how many records a second a replay may take, None for as many as it can."""
    from stream_app.shadow.run import BESIDE_LIVE, is_live

    if rate is None and is_live(live):
        rate = BESIDE_LIVE
        say(f"A live worker runs: {rate:,} orders a second. --rate says otherwise.")
    return rate


def _beginning(shadow: Settings, replay: Replay, was_begun: bool) -> str:
    total = sum(end - start for start, end in zip(replay.starts, replay.ends, strict=True))
    verb = "Going on with" if was_begun else "Replaying"
    return (
        f"{verb} {total:,} records of {shadow.topics.orders} into {shadow.namespace}, with model {replay.version}."
        f"{' Ctrl-C ends it; the same command goes on.' if sys.stderr.isatty() else ''}"
    )


def _ending(done: Rerun) -> str:
    speed = f"{done.orders:,} records in {done.seconds:,.1f} s"
    if not done.is_done:
        return f"Stopped after {speed}: the same command goes on from there."
    return f"Done: {speed} by this process. Compare with `segstream replay diff live {done.namespace}`."


def give_swap_up(live: Settings, namespace: str, why: str, *, as_json: bool) -> None:
    """Let what is live go on without a swap that is under way, and say where it had begun."""
    from stream_app.commands.load_screen import working
    from stream_app.shadow.give_up import give_up

    with working(f"Giving up the swap to {namespace}") as tell:
        half = give_up(live, namespace, why, tell)
    if as_json:
        echo_json({"namespace": namespace, "half_swapped": half})
    if half:
        where = ", ".join(map(str, half))
        say(f"Given up. In partitions {where} some customers are of {namespace}, others not: swap another replay.")
    else:
        say("Given up: no partition had begun.")
