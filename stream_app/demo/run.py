"""`segstream demo`: the whole service on one machine, from nothing to live segment changes."""

from __future__ import annotations

import shlex
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console

from stream_app.core.errors import SegstreamError
from stream_app.demo.parts import Parts, running_parts
from stream_app.demo.shop import Shop, open_shop
from stream_app.demo.watch import PARTITIONS, Watch
from stream_app.local.child import Child
from stream_app.replay.load import load
from stream_app.replay.send import Sender
from stream_app.topics import create_topics

CATCH_UP_SECONDS = 300.0
POLL_SECONDS = 0.1


def run_demo(*, until_done: bool, rate: float | None, households: int | None) -> int:
    """Run the demo until Ctrl-C, or until the data is processed; nothing is left running either way."""
    console = Console(highlight=False, soft_wrap=True)
    with _sigterm_as_ctrl_c(), tempfile.TemporaryDirectory(prefix="segstream-demo-") as name:
        try:
            _run(console, Path(name), rate=rate, households=households, until_done=until_done)
        except KeyboardInterrupt:
            console.print("Stopped; nothing is left running.")
    return 0


def _run(console: Console, folder: Path, *, rate: float | None, households: int | None, until_done: bool) -> None:
    console.print("[bold]segstream demo[/]: a real Kafka, a real Valkey, one worker, one shop. Ctrl-C stops all.")
    console.print("Starting Kafka and Valkey …")
    with running_parts(folder) as parts:
        kafka, redis = parts.kafka, parts.redis
        console.print(f"Kafka answers after {kafka.start_seconds:.1f} s, Valkey after {redis.start_seconds:.1f} s.")
        create_topics(parts.settings, PARTITIONS, 1)
        shop = open_shop(households)
        with shop.history:
            _stream(console, parts, shop, rate=rate)
            if not until_done:
                _hold(console, parts)


def _stream(console: Console, parts: Parts, shop: Shop, *, rate: float | None) -> None:
    report = shop.history.report
    console.print(
        f"The shop: {report.orders:,} baskets of {report.customers:,} households (completejourney, simulated)."
    )
    began = time.monotonic()
    model = shop.train(parts.settings)
    console.print(f"Trained model {model.version} on the first half in {time.monotonic() - began:.1f} s:")
    for segment in model.segments:
        console.print(f"  {segment.name:<18} {segment.description}", style="dim")
    watch = Watch(parts.settings, model, console)
    sender = Sender(parts.settings)
    with parts.worker() as worker:
        past = load(shop.past(), sender, is_history=True)
        console.print(f"Loaded {past.orders:,} baskets as history in {past.seconds:.1f} s; they are scored once.")
        sent = _send_live(shop, sender, watch, worker, rate=rate, before=past.orders + PARTITIONS)
        _summary(console, watch, sent)
        if parts.kafka.is_running():
            watch.close()


def _send_live(shop: Shop, sender: Sender, watch: Watch, worker: Child, *, rate: float | None, before: int) -> int:
    """Stream the rest, report while it goes, and wait until the worker has finished all of it."""
    orders = list(shop.live())
    began = time.monotonic()
    for number, order in enumerate(orders, start=1):
        sender.send(order.customer_id, order.to_json(), delivered=partial(watch.delivered, order.order_id))
        watch.report(before + number, before + len(orders))
        if rate is not None:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
    sender.flush()
    _wait_until_done(before + len(orders), watch, worker)
    return len(orders)


def _wait_until_done(target: int, watch: Watch, worker: Child) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while not watch.is_done(target):
        if worker.poll() is not None:
            raise SegstreamError(f"The worker ended with {worker.returncode}.", "Its last lines say why.")
        if time.monotonic() > deadline:
            raise SegstreamError("The worker does not catch up.", "Look at its log.")
        watch.report(target, target)
        time.sleep(POLL_SECONDS)


def _summary(console: Console, watch: Watch, sent: int) -> None:
    while watch.read(1.0):
        pass
    watch.report(sent, sent, is_forced=True)
    console.print(f"\nAll {sent:,} live baskets are processed. Households by segment:")
    watch.sizes()
    causes = ", ".join(f"{count:,} by {cause}" for cause, count in watch.causes.most_common())
    console.print(f"Changes: {causes}.\n")


def _hold(console: Console, parts: Parts) -> None:
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in parts.environment().items())
    console.print("Kafka and Valkey keep running until Ctrl-C. In another terminal:")
    console.print(exports)
    console.print("segstream customer 1042\nsegstream partitions list\nsegstream tail --from beginning --limit 5")
    while True:
        time.sleep(1)


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
