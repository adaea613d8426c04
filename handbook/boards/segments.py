"""For marketers: how large the segments are, who moves where, and why."""

from __future__ import annotations

from handbook.boards.board import AMBER, RED, Board, Panel, Query, Row

NAMES = "on (segment) group_right max by (segment, name) (segstream_segment_info)"
MOVES = "segstream_segment_changes_total"


def named(expr: str, label: str = "segment") -> str:
    """Return the sums of an expression by a label that holds segment ids, with the segments' names beside them."""
    summed = f"sum by ({label}) ({expr})"
    by_segment = summed if label == "segment" else f'label_replace({summed}, "segment", "$1", "{label}", "(.+)")'
    return f"sum by (segment, name) ({by_segment} * {NAMES})"


def arrivals(time: str) -> str:
    """Return who came into each segment."""
    return named(f'increase({MOVES}{{to_segment!=""}}[{time}])', "to_segment")


def leavers(time: str) -> str:
    """Return who left each segment."""
    return named(f'increase({MOVES}{{from_segment!=""}}[{time}])', "from_segment")


SIZES = Row(
    "How large",
    (
        Panel(
            "Customers",
            [Query(f"sort_desc({named('segstream_customers')})", "{{name}}")],
            "Everybody with a purchase in the window, by segment.",
            kind="bargauge",
            width=8,
        ),
        Panel(
            "Money",
            [Query(f"sort_desc({named('segstream_customers_monetary')})", "{{name}}")],
            "Net amounts in the window, in currency units, by segment.",
            kind="bargauge",
            width=8,
        ),
        Panel(
            "In no segment",
            [Query('sum(segstream_customers{segment=""}) or vector(0)')],
            "Customers whose last purchase has left the window.",
            kind="stat",
            width=8,
        ),
        Panel(
            "Customers over time",
            [Query(named("segstream_customers"), "{{name}}")],
            "By segment.",
            width=24,
            is_stacked=True,
        ),
    ),
)

MOVING = Row(
    "Who moves",
    (
        Panel(
            "Arrivals in an hour",
            [Query(arrivals("1h"), "{{name}}")],
            "Customers who came into each segment, from another one or for the first time.",
            width=12,
            is_stacked=True,
        ),
        Panel(
            "Leavers in an hour",
            [Query(leavers("1h"), "{{name}}")],
            "Customers who left each segment, for another one or for good.",
            width=12,
            is_stacked=True,
        ),
        Panel(
            "Why, in an hour",
            [Query(f"sum by (cause) (increase({MOVES}[1h]))", "{{cause}}")],
            "An order, a return, a correction, time (aging, expiry), or a new model.",
            width=12,
            is_stacked=True,
        ),
        Panel(
            "From where to where, over the chosen time",
            [Query(f"sort_desc(sum by (from_segment, to_segment, cause) (increase({MOVES}[$__range])) > 0)")],
            "Segment ids; an empty one is a customer who is new, or who lapsed.",
            kind="table",
            width=12,
        ),
    ),
)

MODEL = Row(
    "The model",
    (
        Panel(
            "Drift",
            [Query("max by (feature) (segstream_drift_psi)", "{{feature}}")],
            "How far customers are from those of the training: stable below 0.1, time to train again above 0.25.",
            width=12,
            limits=((0.1, AMBER), (0.25, RED)),
        ),
        Panel(
            "Names",
            [Query("count by (segment, name) (segstream_segment_info)")],
            "What the ids are called by the models that decide.",
            kind="table",
            width=8,
            hidden=("Time", "Value"),
        ),
        Panel(
            "Going over to a new model",
            [Query("sum(segstream_model_switching)")],
            "Partitions whose customers are on their way, or are owed the event of it.",
            kind="stat",
            width=4,
        ),
    ),
)

BOARD = Board(
    "segstream-segments",
    "segstream: segments and migrations",
    "How large the segments are, who moves where, and why.",
    (SIZES, MOVING, MODEL),
)
