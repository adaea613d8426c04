"""Loads a shop's file into the orders topic, as live orders or as history."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stream_app.history.historic_order import HistoricOrder
from stream_app.replay.send import Sender

REPORT_EVERY = 500


@dataclass(frozen=True)
class Loaded:
    """What a load sent."""

    orders: int
    last_us: int | None
    seconds: float


def load(
    orders: Iterable[HistoricOrder],
    sender: Sender,
    *,
    is_history: bool,
    rate: float | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Loaded:
    """Send the orders in the order given, `rate` a second at most; history ends with a tick at its last instant.

    Without that tick nobody would be scored: a partition that saw only history has no clock. An order dated ahead of
    the time of day moves no clock.
    """
    began = time.monotonic()
    sent, last_us, now_us = 0, None, time.time_ns() // 1_000
    for order in orders:
        sender.send(order.customer_id, order.to_json(), is_history=is_history)
        sent += 1
        if order.ordered_at_us <= now_us:
            last_us = order.ordered_at_us if last_us is None else max(last_us, order.ordered_at_us)
        if sent % REPORT_EVERY == 0:
            on_progress(sent)
        if rate is not None:
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    sender.flush()
    if is_history and last_us is not None:
        sender.tick(last_us)
    on_progress(sent)
    return Loaded(sent, last_us, time.monotonic() - began)
