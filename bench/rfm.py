"""`python -m bench.rfm`: time, memory and spilled bytes of the features' SQL over generated order lines."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from trainer.features import DAY_US, features_sql

SLICE = 10_000_000
LINES_PER_ORDER = 4
LINES_PER_CUSTOMER = 100
START_US = 1_735_689_600_000_000
SPAN_US = 364 * DAY_US
FILE_BYTES_PER_LINE = 12
SPILLED_BYTES_PER_LINE = 120
"""Of both more than was ever seen: what must be free before the first line is written."""


@dataclass(frozen=True)
class Found:
    """What one query took."""

    customers: int
    seconds: float
    peak_mb: float
    """Resident at most, of the whole process."""
    spilled_mb: float
    """In DuckDB's temporary files at most."""


def main() -> None:
    """Generate, measure in a process of its own, and print a table."""
    options = _options()
    if options.measure is not None:
        print(json.dumps(asdict(measure(options.measure, options.memory))))
        return
    with tempfile.TemporaryDirectory(prefix="segstream-rfm-") as name:
        folder = Path(name)
        check_space(folder, options.lines)
        started = time.monotonic()
        generate(folder, options.lines)
        megabytes = sum(file.stat().st_size for file in folder.glob("*.parquet")) / 1e6
        print(f"{options.lines:,} lines, {megabytes:,.0f} MB, generated in {time.monotonic() - started:.0f} s")
        print(table(options.lines, options.memory, in_a_child(folder, options.memory)))


def check_space(folder: Path, lines: int) -> None:
    """End the benchmark with a sentence where the disk is too small."""
    needed = lines * (FILE_BYTES_PER_LINE + SPILLED_BYTES_PER_LINE)
    free = shutil.disk_usage(folder).free
    if free < needed:
        sys.exit(f"{folder} has {free / 1e9:.0f} GB free, {lines:,} lines need {needed / 1e9:.0f}: lower --lines.")


def generate(folder: Path, lines: int) -> None:
    """Write slices of parquet: orders of 4 lines over 364 days, one in 25 a return, customers by density n^(-2/3).

    Hashes of the line's and the order's number stand for chance, so that every run writes the same lines.
    """
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        for first in range(0, lines, SLICE):
            connection.execute(_slice_sql(first, min(lines, first + SLICE), lines, folder))


def _slice_sql(first: int, end: int, lines: int, folder: Path) -> str:
    customers, orders = max(1, lines // LINES_PER_CUSTOMER), max(1, lines // LINES_PER_ORDER)
    return f"""
    COPY (
        SELECT
            'O' || number AS order_id,
            'C' || CAST(floor({customers} * pow(hash(number) % 1000003 / 1000003.0, 3)) AS BIGINT) AS customer_id,
            {START_US} + number * ({SPAN_US} // {orders}) AS ordered_at,
            CASE WHEN hash(number, 1) % 25 = 0 THEN 'return' ELSE 'order' END AS type,
            'P' || hash(line, 2) % 20000 AS product_id,
            CAST(hash(line, 3) % 9 AS BIGINT) AS quantity,
            CAST(hash(line, 3) % 9 * (hash(line, 4) % 2000) * 100 AS BIGINT) AS amount
        FROM (SELECT line, line // {LINES_PER_ORDER} AS number FROM range({first}, {end}) AS lines(line))
    ) TO '{folder}/{first:012}.parquet' (FORMAT parquet, COMPRESSION zstd)
    """


def in_a_child(folder: Path, memory: str) -> Found:
    """Measure in a new process, whose peak is the query's alone."""
    command = [sys.executable, "-m", "bench.rfm", "--measure", str(folder), "--memory", memory]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Found(**json.loads(done.stdout))


def measure(folder: Path, memory: str) -> Found:
    """Run the query over the folder's parquet with so much memory for DuckDB, and spill into the folder."""
    spill = folder / "spill"
    config = {"memory_limit": memory, "temp_directory": str(spill)}
    with duckdb.connect(config=config) as connection, _Watch(spill) as watch:
        connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{folder}/*.parquet')")
        started = time.monotonic()
        row = connection.execute(
            f"SELECT count(*), sum(monetary), sum(unique_products) FROM ({features_sql()})",
            {"as_of_us": START_US + SPAN_US, "window_us": 365 * DAY_US},
        ).fetchone()
        seconds = time.monotonic() - started
    assert row is not None
    return Found(row[0], seconds, _peak_mb(), watch.most_bytes / 1e6)


def _peak_mb() -> float:
    """Return the most memory that this process has had; `ru_maxrss` would be the parent's where that had more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class _Watch:
    """Looks ten times a second how much lies in a folder."""

    def __init__(self, folder: Path) -> None:
        self.most_bytes = 0
        self._folder = folder
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._is_over.wait(0.1):
            self.most_bytes = max(self.most_bytes, sum(map(_size, self._folder.glob("*"))))

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def table(lines: int, memory: str, found: Found) -> str:
    """Return the figures as Markdown."""
    return (
        "| lines | customers | limit | seconds | peak MB of the process | spilled MB |\n"
        "|--:|--:|--:|--:|--:|--:|\n"
        f"| {lines:,} | {found.customers:,} | {memory} | {found.seconds:,.0f} | {found.peak_mb:,.0f} "
        f"| {found.spilled_mb:,.0f} |"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rfm", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000_000, help="order lines to generate")
    parser.add_argument("--memory", default="2GB", help="DuckDB's memory_limit")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
