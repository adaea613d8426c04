"""`make bench`: throughput, CPU, memory and latency of one worker on this machine's own Kafka and Valkey."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median

from bench.contestant import Contestant, Run
from bench.latency import latencies, percentile
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency-seconds", type=float, default=30)
    options = parser.parse_args()
    compiled = os.environ.get("SEGSTREAM_COMPILED")
    codes: dict[str, Path | None] = {"segstream": None}
    if compiled:
        codes["segstream, compiled core"] = Path(compiled)
    with tempfile.TemporaryDirectory(prefix="segstream-bench-") as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka") as kafka, LocalRedis(folder / "redis", is_durable=False) as redis:
            throughput(kafka.bootstrap, redis.url, folder, codes, options.orders, options.runs)
            latency(kafka.bootstrap, redis.url, folder, codes, options.latency_seconds)


def throughput(kafka: str, redis: str, folder: Path, codes: dict[str, Path | None], number: int, rounds: int) -> None:
    """Run every contestant once a round, so that the machine's moods hit all of them."""
    results: dict[str, list[Run]] = {name: [] for name in codes}
    for _ in range(rounds):
        for name, code in codes.items():
            contestant = Contestant(kafka, redis, folder, code)
            contestant.fill(number)
            results[name].append(contestant.run(number))
            contestant.redis.flushall()
    print(f"\n{number:,} orders, median of {rounds} interleaved runs (least to most)\n")
    print("| | orders/s | CPU µs per order | memory MB | changes |\n|---|---|---|---|---|")
    for name, runs in results.items():
        rates = [run.orders_per_second for run in runs]
        cpu = [run.cpu_us_per_order for run in runs]
        print(
            f"| {name} | {median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
            f"| {median(cpu):.1f} ({min(cpu):.1f} to {max(cpu):.1f}) "
            f"| {median(run.memory_mb for run in runs):,.0f} | {runs[-1].changes:,} |",
            flush=True,
        )


def latency(kafka: str, redis: str, folder: Path, codes: dict[str, Path | None], seconds: float) -> None:
    """Measure from produce to a committed reader at two rates."""
    print("\n| | orders/s | p50 ms | p99 ms | orders |\n|---|---|---|---|---|")
    for name, code in codes.items():
        for rate in (500, 3_000):
            contestant = Contestant(kafka, redis, folder, code)
            with contestant.worker():
                found = latencies(contestant, rate, seconds)
            print(
                f"| {name} | {rate:,} | {percentile(found, 0.5):.0f} | {percentile(found, 0.99):.0f} "
                f"| {len(found):,} |",
                flush=True,
            )
            contestant.redis.flushall()


if __name__ == "__main__":
    main()
