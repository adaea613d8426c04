"""Everybody who can take part on this machine, and those whom one wants to see."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.contestant import Contestant
from bench.peers import streams
from bench.peers.plain_faust import PlainFaust
from bench.peers.streams import KafkaStreams
from bench.segstream import Segstream


def everybody() -> list[Contestant]:
    """Return all contestants, ours first; none is built yet."""
    return [*_ours(), *_faust(), *_streams()]


def chosen(contestants: Sequence[Contestant], only: str | None) -> list[Contestant]:
    """Return those whose key begins with one of the names in a comma-separated list; all without a list."""
    if only is None:
        return list(contestants)
    names = tuple(name.strip() for name in only.split(","))
    if unknown := [name for name in names if not any(one.key.startswith(name) for one in contestants)]:
        raise SystemExit(f"Nobody is called {', '.join(unknown)}; there are {', '.join(c.key for c in contestants)}.")
    return [one for one in contestants if one.key.startswith(names)]


def built(contestants: Sequence[Contestant]) -> list[Contestant]:
    """Return those who can run, having built Kafka Streams if it is among them; say who is left out, and why."""
    if not any(isinstance(one, KafkaStreams) for one in contestants):
        return list(contestants)
    try:
        streams.build()
    except streams.NotBuilt as error:
        print(f"Kafka Streams is left out: {error}.", flush=True)
        return [one for one in contestants if not isinstance(one, KafkaStreams)]
    return list(contestants)


def _ours() -> Iterator[Contestant]:
    yield Segstream("segstream", "segstream")
    if compiled := os.environ.get("SEGSTREAM_COMPILED"):
        yield Segstream("segstream-compiled", "segstream, compiled core", Path(compiled))


def _faust() -> Iterator[Contestant]:
    # Their rate does not depend on the number of orders, so that these few say the same in less time.
    yield PlainFaust("faust", "plain Faust, predict", "predict", most_orders=5_000)
    yield PlainFaust("faust-folded", "plain Faust, folded numpy", "folded", most_orders=20_000)


def _streams() -> Iterator[Contestant]:
    for guarantee, words in (("at_least_once", "at-least-once"), ("exactly_once_v2", "exactly-once")):
        for threads in (1, 2):
            key = f"streams-{'eos' if guarantee == 'exactly_once_v2' else 'alo'}-{threads}"
            name = f"Kafka Streams, {words}, {threads} thread{'s' if threads > 1 else ''}"
            is_timed = guarantee == "exactly_once_v2" and threads == 1
            yield KafkaStreams(key, name, guarantee, threads, is_timed)
