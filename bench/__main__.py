"""`make bench`: throughput, CPU, memory and latency of our worker and its peers, on a Kafka and a Valkey of its own."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import bot
from bench.beside import NewModel, TimerBacklog, latency_beside
from bench.contestant import Contestant
from bench.deployment import Servers
from bench.due import due_timers
from bench.latency import RATES, latencies
from bench.lineup import built, chosen, everybody
from bench.million import beside_a_crowd
from bench.predict import predictions
from bench.replay import Replaying, beside_live
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.size import sizes
from bench.switch import timers_on_and_off
from bench.table import bot_table, latency_table, omissions, throughput_table
from bench.throughput import Run, run
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis

Part = Callable[[list[Contestant], Servers, argparse.Namespace], tuple[str, str]]


def main() -> None:
    """Measure and print the tables."""
    options = _options()
    contestants = built(chosen(everybody(), options.only))
    with tempfile.TemporaryDirectory(prefix="segstream-bench-") as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka") as kafka, LocalRedis(folder / "redis", is_durable=False) as redis:
            servers = Servers(kafka.bootstrap, redis.url, folder)
            for part in options.parts:
                title, table = PARTS[part](contestants, servers, options)
                print(f"\n{title}, median of {options.runs} interleaved rounds (least to most)\n\n{table}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=300_000, help="orders a run")
    parser.add_argument("--runs", type=int, default=5, help="rounds; in each, every contestant runs once")
    parser.add_argument("--latency-seconds", type=float, default=10, help="seconds per rate and round")
    parser.add_argument("--due", type=int, default=200_000, help="customers who are due at once")
    parser.add_argument("--crowd", type=int, default=1_000_000, help="customers of whom nobody is due")
    parser.add_argument("--only", help="contestants by the beginnings of their keys, as in segstream,streams-eos")
    parser.add_argument("--parts", default=",".join(PARTS), help="what to measure, of %(default)s")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return options


def throughput(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Run everybody once a round."""
    results: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for contestant in interleaved(contestants, options.runs):
        found = run(contestant, servers, options.orders)
        say(f"{contestant.name}: {found.orders_per_second:,.0f} orders/s")
        results[contestant.name].append(found)
    notes = omissions(contestants)
    return "Throughput", throughput_table(results) + (f"\n\nWhat each does not do:\n\n{notes}" if notes else "")


def latency(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure from produce to a committed reader."""
    timed = [one for one in contestants if one.is_timed_by_order]
    results: dict[tuple[str, int], list[tuple[float, float]]] = {(c.name, rate): [] for c in timed for rate in RATES}
    for contestant in interleaved(timed, options.runs):
        for rate, found in latencies(contestant, servers, options.latency_seconds).items():
            say(f"{contestant.name}: p99 of {found[1]:.0f} ms at {rate:,} orders/s")
            results[contestant.name, rate].append(found)
    return "From produce to a committed reader", latency_table(results)


def bot_comparison(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure the other customers' latency with and without the bot, in pairs."""
    results: dict[str, list[float]] = {arm: [] for arm in bot.ARMS}
    ours = next(iter(_ours(contestants)), None)
    if ours is None:
        return "The bot", "segstream is not among the contestants."
    for arm in interleaved(list(bot.ARMS), options.runs):
        results[arm].append(bot.others_p99(ours, servers, arm))
        say(f"{arm}: p99 of {results[arm][-1]:.1f} ms")
    title = f"{bot.OTHERS:,} orders/s of others, and {bot.BOT_ORDERS:,} orders of one customer"
    return title, bot_table(results, bot.WITHOUT)


def due(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure how fast timers fire."""
    return due_timers(_ours(contestants), servers, options.due, options.runs)


def million(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure what customers cost of whom nobody is due."""
    with LocalRedis(servers.folder / "empty", is_durable=False) as redis:
        empty = Servers(servers.kafka, redis.url, servers.folder)
        return beside_a_crowd(_ours(contestants), servers, empty, options.crowd, options.orders, options.runs)


def switch(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure what timers cost while nobody is due."""
    del contestants
    return timers_on_and_off(servers, options.orders, options.runs)


def backlog(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure how long orders take beside a backlog of timers."""
    ours = _ours(contestants)
    return latency_beside(TimerBacklog(), ours, servers, options.due, options.latency_seconds, options.runs)


def promotion(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure how long orders take while everybody goes over to another model."""
    ours = _ours(contestants)
    return latency_beside(NewModel(), ours, servers, options.due, options.latency_seconds, options.runs)


def replay(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure how fast a replay is, beside the worker on the same orders."""
    return beside_live(_ours(contestants), servers, options.orders, options.runs)


def replaying(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure how long orders take beside a replay."""
    ours = _ours(contestants)[:1]
    return latency_beside(Replaying(ours[0]), ours, servers, options.due, options.latency_seconds, options.runs)


def predict(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure the API's predictions beside those of a pickled pipeline."""
    del contestants
    return predictions(servers, options.runs, options.latency_seconds)


def size(contestants: list[Contestant], servers: Servers, options: argparse.Namespace) -> tuple[str, str]:
    """Measure what a customer takes, and how long it takes to restore them."""
    return sizes(_ours(contestants), servers, options.orders, options.runs)


PARTS: dict[str, Part] = {
    "throughput": throughput,
    "latency": latency,
    "bot": bot_comparison,
    "due": due,
    "million": million,
    "switch": switch,
    "backlog": backlog,
    "promotion": promotion,
    "replay": replay,
    "replaying": replaying,
    "predict": predict,
    "size": size,
}


def _ours(contestants: list[Contestant]) -> list[Segstream]:
    return [one for one in contestants if isinstance(one, Segstream)]


if __name__ == "__main__":
    main()
