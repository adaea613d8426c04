"""Tables in Markdown: of throughput, of latency, of the bot, and what each contestant leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.contestant import Contestant
from bench.figures import paired_ratios, spread
from bench.throughput import Run

Latencies = Mapping[tuple[str, int], Sequence[tuple[float, float]]]
"""Per contestant's name and rate: p50 and p99 of each round, in milliseconds."""


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, the first column to the left and the others to the right."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def throughput_table(results: Mapping[str, Sequence[Run]]) -> str:
    """Return one line per contestant that ran."""
    head = ("", "orders", "orders/s", "CPU µs per order", "memory MB", "changes")
    return markdown(head, [(name, *_throughput_cells(runs)) for name, runs in results.items() if runs])


def _throughput_cells(runs: Sequence[Run]) -> tuple[str, ...]:
    return (
        f"{runs[-1].orders:,}",
        spread([run.orders_per_second for run in runs]),
        spread([run.cpu_us_per_order for run in runs], 1),
        spread([run.memory_mb for run in runs]),
        f"{runs[-1].changes:,}",
    )


def latency_table(results: Latencies) -> str:
    """Return one line per contestant and rate."""
    rows = [
        (name, f"{rate:,}", spread([p50 for p50, _ in rounds]), spread([p99 for _, p99 in rounds]))
        for (name, rate), rounds in results.items()
    ]
    return markdown(("", "orders/s", "p50 ms", "p99 ms"), rows)


def bot_table(results: Mapping[str, Sequence[float]], base: str) -> str:
    """Return each arm's p99 of the other customers, and the median of its ratios to the base, pair by pair."""
    rows = [
        (arm, spread(p99, 1), "" if arm == base else spread(paired_ratios(p99, results[base]), 2))
        for arm, p99 in results.items()
    ]
    return markdown(("", "p99 ms of the others", f"ratio to “{base}”"), rows)


def paired_table(base: str, other: str, results: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> str:
    """Return one line per name: what was measured in both arms, and the other as a part of the base, pair by pair."""
    rows = [
        (name, spread(bases), spread(values), spread(paired_ratios(values, bases), 3))
        for name, (bases, values) in results.items()
    ]
    return markdown(("", base, other, "ratio"), rows)


def omissions(contestants: Sequence[Contestant]) -> str:
    """Return one line for all contestants that leave out the same part of the work."""
    names: dict[str, list[str]] = {}
    for one in contestants:
        names.setdefault(one.lacks, []).append(one.name)
    return "\n".join(f"- {'; '.join(them)}: {lacks}." for lacks, them in names.items() if lacks)
