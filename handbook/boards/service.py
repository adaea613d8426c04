"""For whoever is on call: whether it is up, whether it is behind, and what waits for a decision."""

from __future__ import annotations

from handbook.boards.board import AMBER, RED, Board, Panel, Query, Row
from handbook.boards.questions import GROUP, counted, quantile

AGE = "segstream_event_age_seconds"
RECORDS = 'topic=~"$topic",result!="zero_lines"'
ORDERS = 'topic=~"$topic",result!~"tick|zero_lines"'
DAY = "24h"

NOW = Row(
    "Now",
    (
        Panel(
            "Workers ready",
            [Query("sum(segstream_ready)")],
            "How many workers say that they are ready; the others say why at /readyz.",
            kind="stat",
            width=4,
            height=4,
        ),
        Panel(
            "Orders a second",
            [Query(f"sum(rate(segstream_events_total{{{ORDERS}}}[1m]))")],
            "Order records of all kinds, refused ones included.",
            unit="cps",
            kind="stat",
            width=4,
            height=4,
        ),
        Panel(
            "Orders waiting",
            [Query(f"sum(kafka_consumergroup_lag{{{GROUP}}} >= 0)")],
            "Consumer lag of all partitions. Worry when it grows for five minutes.",
            kind="stat",
            width=4,
            height=4,
            limits=((10_000, AMBER), (50_000, RED)),
        ),
        Panel(
            "Age of orders",
            [Query(quantile(0.99, AGE))],
            "99 of 100 chunks hold no order older than this when they are committed.",
            unit="s",
            kind="stat",
            width=4,
            height=4,
            limits=((5, AMBER), (30, RED)),
        ),
        Panel(
            "Parked in a day",
            [Query(f"sum(increase(segstream_dead_letters_total[{DAY}])) or vector(0)")],
            "Dead letters: each counts for nobody until somebody mends it.",
            kind="stat",
            width=4,
            height=4,
            limits=((1, AMBER),),
        ),
        Panel(
            "Partitions paused",
            [Query("sum(segstream_partition_paused)")],
            "They take no orders until somebody decides.",
            kind="stat",
            width=4,
            height=4,
            limits=((1, RED),),
        ),
    ),
)

FLOW = Row(
    "Orders",
    (
        Panel(
            "What became of the records",
            [Query(f"sum by (result) (rate(segstream_events_total{{{RECORDS}}}[1m]))", "{{result}}")],
            "Folded, duplicates, late ones, ticks, refused ones. Worry when invalid grows.",
            unit="cps",
            width=12,
            is_stacked=True,
        ),
        Panel(
            "Orders waiting, by partition",
            [Query(f"kafka_consumergroup_lag{{{GROUP}}} >= 0", "{{partition}}")],
            "One partition alone: a hot key or a pause. All: a burst or a slow dependency.",
            width=12,
        ),
        Panel(
            "How old orders are when they count",
            [
                Query(quantile(0.5, AGE), "half"),
                Query(quantile(0.99, AGE), "99 of 100"),
            ],
            "From the broker's timestamp to the commit, the oldest order of each chunk.",
            unit="s",
            width=12,
        ),
        Panel(
            "Segment changes a second",
            [Query("sum by (cause) (rate(segstream_segment_changes_total[1m]))", "{{cause}}")],
            "What subscribers get. Worry when one cause floods.",
            unit="cps",
            width=12,
            is_stacked=True,
        ),
    ),
)

TROUBLE = Row(
    "Trouble",
    (
        Panel(
            "Parked orders, by reason",
            [Query(counted("segstream_dead_letters_total", "reason"), "{{reason}}")],
            "In the last five minutes. docs/reference/reason-codes.md says what mends each.",
            width=8,
        ),
        Panel(
            "Kafka and Redis",
            [Query("min by (dependency) (segstream_dependency_up)", "{{dependency}}")],
            "0 while a worker waits for it. Nothing is lost meanwhile.",
            kind="stat",
            width=8,
            limits=(),
            words={"0": "away", "1": "answers"},
        ),
        Panel(
            "Partitions taken over again",
            [Query(counted("segstream_takeovers_total", "reason"), "{{reason}}")],
            "Rebalances not counted. Worry when it goes on.",
            width=8,
        ),
        Panel(
            "Running",
            [Query("max by (instance, version, python) (segstream_build_info)")],
            "Which release runs where.",
            kind="table",
            width=12,
            height=6,
            hidden=("Time", "Value"),
        ),
        Panel(
            "Models that decide",
            [Query("count by (version, k) (segstream_model_info)")],
            "By how many workers. Two for long: a worker does not get the new one.",
            kind="table",
            width=12,
            height=6,
        ),
    ),
)

BOARD = Board(
    "segstream-service",
    "segstream: service health",
    "Is it up, is it behind, and what waits for a decision?",
    (NOW, FLOW, TROUBLE),
)
