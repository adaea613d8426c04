"""`make bench`: throughput, CPU, memory and latency of our worker and its peers, on a Kafka and a Valkey of its own."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from bench import bot
from bench.contestant import Contestant
from bench.deployment import Servers
from bench.latency import RATES, latencies
from bench.lineup import built, chosen, everybody
from bench.segstream import Segstream
from bench.table import bot_table, latency_table, omissions, throughput_table
from bench.throughput import Run, run
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis

Item = TypeVar("Item")
PARTS = ("throughput", "latency", "bot")


def main() -> None:
    """Measure and print the tables."""
    options = _options()
    contestants = built(chosen(everybody(), options.only))
    with tempfile.TemporaryDirectory(prefix="segstream-bench-") as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka") as kafka, LocalRedis(folder / "redis", is_durable=False) as redis:
            servers = Servers(kafka.bootstrap, redis.url, folder)
            for part in options.parts:
                _measure(part, contestants, servers, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=300_000, help="orders a run")
    parser.add_argument("--runs", type=int, default=5, help="rounds; in each, every contestant runs once")
    parser.add_argument("--latency-seconds", type=float, default=10, help="seconds per rate and round")
    parser.add_argument("--only", help="contestants by the beginnings of their keys, as in segstream,streams-eos")
    parser.add_argument("--parts", default=",".join(PARTS), help="what to measure, of %(default)s")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return options


def _measure(part: str, contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> None:
    title, table = {
        "throughput": lambda: throughput(contestants, servers, options.orders, options.runs),
        "latency": lambda: latency(contestants, servers, options.latency_seconds, options.runs),
        "bot": lambda: bot_comparison(contestants, servers, options.runs),
    }[part]()
    print(f"\n{title}, median of {options.runs} interleaved rounds (least to most)\n\n{table}", flush=True)


def throughput(contestants: list[Contestant], servers: Servers, number: int, rounds: int) -> tuple[str, str]:
    """Run everybody once a round, so that the machine's moods hit all of them."""
    results: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for contestant in _interleaved(contestants, rounds):
        found = run(contestant, servers, number)
        _say(f"{contestant.name}: {found.orders_per_second:,.0f} orders/s")
        results[contestant.name].append(found)
    notes = omissions(contestants)
    return "Throughput", throughput_table(results) + (f"\n\nWhat each does not do:\n\n{notes}" if notes else "")


def latency(contestants: list[Contestant], servers: Servers, seconds: float, rounds: int) -> tuple[str, str]:
    """Measure from produce to a committed reader."""
    timed = [one for one in contestants if one.is_timed_by_order]
    results: dict[tuple[str, int], list[tuple[float, float]]] = {(c.name, rate): [] for c in timed for rate in RATES}
    for contestant in _interleaved(timed, rounds):
        for rate, found in latencies(contestant, servers, seconds).items():
            _say(f"{contestant.name}: p99 of {found[1]:.0f} ms at {rate:,} orders/s")
            results[contestant.name, rate].append(found)
    return "From produce to a committed reader", latency_table(results)


def bot_comparison(contestants: list[Contestant], servers: Servers, rounds: int) -> tuple[str, str]:
    """Measure the other customers' latency with and without the bot, in pairs."""
    results: dict[str, list[float]] = {arm: [] for arm in bot.ARMS}
    ours = next((one for one in contestants if isinstance(one, Segstream)), None)
    if ours is None:
        return "The bot", "segstream is not among the contestants."
    for arm in _interleaved(list(bot.ARMS), rounds):
        results[arm].append(bot.others_p99(ours, servers, arm))
        _say(f"{arm}: p99 of {results[arm][-1]:.1f} ms")
    title = f"{bot.OTHERS:,} orders/s of others, and {bot.BOT_ORDERS:,} orders of one customer"
    return title, bot_table(results, bot.WITHOUT)


def _interleaved(items: Sequence[Item], rounds: int) -> Iterator[Item]:
    """Yield everything once a round; each round begins one place further, so that nobody always comes first."""
    for at in range(rounds):
        begin = at % max(1, len(items))
        yield from (*items[begin:], *items[:begin])


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
