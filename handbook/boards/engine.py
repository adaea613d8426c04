"""For engineers: where a chunk's time goes, how timers keep up, and what Redis and Kafka cost."""

from __future__ import annotations

from handbook.boards.board import Board, Panel, Query, Row
from handbook.boards.questions import GROUP, counted, quantile

POSITIONS = f"kafka_consumergroup_current_offset{{{GROUP}}}"
CLOCKS = 'segstream_last_event_timestamp_seconds{topic=~"$topic"}'
LATENESS = "segstream_timer_lateness_seconds"
TO_RESTORE = "segstream_restore_remaining_records"
OURS = '{job=~"segstream.*"}'
PARTS = {"fold and score": "chunk", "Kafka transaction": "transaction", "write to Redis": "apply"}


def durations(share: float) -> list[Query]:
    """Return a quantile of each part of a chunk."""
    return [Query(quantile(share, f"segstream_{name}_duration_seconds"), words) for words, name in PARTS.items()]


CHUNKS = Row(
    "Chunks",
    (
        Panel(
            "Where the time goes",
            [Query(f"sum(rate(segstream_{name}_duration_seconds_sum[1m]))", words) for words, name in PARTS.items()],
            "Seconds of each second. Redis works beside the next chunk, so more than 1 is possible.",
            unit="percentunit",
            width=8,
            is_stacked=True,
        ),
        Panel("Half of the chunks take", durations(0.5), "By part.", unit="s", width=8),
        Panel("99 of 100 chunks take", durations(0.99), "By part. Worry above a second.", unit="s", width=8),
        Panel(
            "Records in a chunk",
            [
                Query(quantile(0.5, "segstream_chunk_records"), "half"),
                Query(quantile(0.99, "segstream_chunk_records"), "99 of 100"),
            ],
            "Small when idle, up to SEGSTREAM_CHUNK_RECORDS under load.",
            width=8,
        ),
        Panel(
            "Chunks a second",
            [Query("sum by (instance) (rate(segstream_chunk_records_count[1m]))", "{{instance}}")],
            "One Kafka transaction each.",
            unit="cps",
            width=8,
        ),
        Panel(
            "Orders a second, by partition",
            [Query(f"sum by (partition) (rate({POSITIONS}[1m]))", "{{partition}}")],
            "How fast positions move. One far above the others: a hot key.",
            unit="cps",
            width=8,
        ),
    ),
)

TIME = Row(
    "Time",
    (
        Panel(
            "Customers due",
            [Query("sum by (partition) (segstream_due_backlog)", "{{partition}}")],
            "At the partition's clock, and not served yet.",
            width=8,
        ),
        Panel(
            "Earliest boundary is late by",
            [Query(f"max by (partition) ({LATENESS})", "{{partition}}")],
            "By the partition's clock.",
            unit="s",
            width=8,
        ),
        Panel(
            "Clocks behind the time of day",
            [Query(f"time() - max by (partition) ({CLOCKS})", "{{partition}}")],
            "With SEGSTREAM_CLOCK=wall about a minute; with event, as long as no order came.",
            unit="s",
            width=8,
        ),
    ),
)

SAFETY = Row(
    "Restores and faults",
    (
        Panel(
            "Records to restore",
            [Query(f"sum by (partition) ({TO_RESTORE}) or vector(0)", "{{partition}}")],
            "Changelog still to be read before a partition runs.",
            width=8,
        ),
        Panel(
            "Partitions taken over again",
            [Query(counted("segstream_takeovers_total", "reason"), "{{reason}}")],
            "aborted, unsettled, lost, damaged, redis restarted.",
            width=8,
        ),
        Panel(
            "Failed Redis operations",
            [Query(counted("segstream_redis_errors_total", "error"), "{{error}}")],
            "In the last five minutes. Any is worth a look.",
            width=8,
        ),
    ),
)

PROCESS = Row(
    "Processes",
    (
        Panel(
            "Processor",
            [Query(f"rate(process_cpu_seconds_total{OURS}[1m])", "{{instance}}")],
            "Cores in use. A worker folds on one and writes to Redis beside it.",
            unit="percentunit",
            width=8,
        ),
        Panel(
            "Memory",
            [Query(f"process_resident_memory_bytes{OURS}", "{{instance}}")],
            "Resident. Grows up to SEGSTREAM_CACHED_CUSTOMERS.",
            unit="bytes",
            width=8,
        ),
        Panel(
            "Open files",
            [Query(f"process_open_fds{OURS}", "{{instance}}")],
            "Connections included.",
            width=8,
        ),
    ),
)

BOARD = Board(
    "segstream-engine",
    "segstream: engine internals",
    "Where a chunk's time goes, how timers keep up, and what Redis and Kafka cost.",
    (CHUNKS, TIME, SAFETY, PROCESS),
)
