"""Puts a chunk's moves into the words that subscribers get: Move → SegmentChange."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import ChangeMessage, event_id
from stream_app.core.features import Features
from stream_app.core.instants import rfc3339
from stream_app.core.move import NO_OFFSET, Move
from stream_app.core.rules import Rules


def announce(moves: list[Move], partition: int, scorer: Scorer, rules: Rules) -> list[ChangeMessage]:
    """Describe the moves, in their order.

    For a chunk at once: the margins of many customers take numpy a tenth of the time of one by one.
    """
    scored = [(move.index, move.after) for move in moves if move.after is not None]
    margins = iter(
        scorer.margins(
            [index for index, _ in scored],
            [(f.recency_days, f.frequency, f.monetary, f.unique_products) for _, f in scored],
        )
    )
    places = [{"id": id_, "name": name} for id_, name in zip(scorer.ids, scorer.names, strict=True)]
    return [
        ChangeMessage(
            event_id(rules.deployment, move.customer_id, move.sequence),
            move.customer_id,
            move.sequence,
            {"id": move.old_id, "name": move.old_name} if move.old_id else None,
            None if move.after is None else places[move.index],
            move.cause,
            move.as_of,
            {"before": _fields(move.before), "after": _fields(move.after)},
            scorer.version,
            None if move.after is None else next(margins),
            None if move.due_at is None else rfc3339(move.due_at),
            None if move.source_offset == NO_OFFSET else _source(rules.orders_topic, partition, move.source_offset),
            move.is_history,
        )
        for move in moves
    ]


def _source(topic: str, partition: int, offset: int) -> dict[str, str | int]:
    return {"topic": topic, "partition": partition, "offset": offset}


def _fields(features: Features | None) -> dict[str, int | float] | None:
    if features is None:
        return None
    return {
        "recency_days": features.recency_days,
        "frequency": features.frequency,
        "monetary": features.monetary / MONEY_SCALE,
        "unique_products": features.unique_products,
    }
