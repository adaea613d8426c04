"""What the demo shows while orders stream: speed, lag, segment sizes and the latest changes in words."""

from __future__ import annotations

import time
from collections import Counter, deque

from rich.console import Console
from rich.markup import escape

from model_store.segment_model import SegmentModel
from stream_app.contract.segment_change import ChangeMessage, decode_change
from stream_app.lookup import Lookup
from stream_app.settings import Settings
from stream_app.tail import Changes
from stream_app.words import describe_change

PARTITIONS = 4
REPORT_SECONDS = 2.0
SHOWN = 3
KEPT_IDS = 100_000
BAR_WIDTH = 30


class Watch:
    """Follows one demo from outside, as any subscriber could."""

    def __init__(self, settings: Settings, model: SegmentModel, console: Console) -> None:
        self._lookup = Lookup(settings)
        self._changes = Changes(settings)
        self._model = model
        self._console = console
        self._names: dict[tuple[int, int], str] = {}
        self._order_ids: deque[tuple[int, int]] = deque()
        self._latest: deque[ChangeMessage] = deque(maxlen=SHOWN)
        self._reported_at = time.monotonic()
        self._done_before = 0
        self.causes: Counter[str] = Counter()

    def delivered(self, order_id: str, partition: int, offset: int) -> None:
        """Remember which order stands where, so that a change can name it."""
        self._names[(partition, offset)] = order_id
        self._order_ids.append((partition, offset))
        if len(self._order_ids) > KEPT_IDS:
            del self._names[self._order_ids.popleft()]

    def read(self, wait_seconds: float = 0.0) -> bool:
        """Take in the changes that were published since; return whether there were any."""
        found = list(self._changes.read(wait_seconds))
        for value in found:
            change = decode_change(value)
            self.causes["history" if change.replay else change.cause] += 1
            if not change.replay:
                self._latest.append(change)
        return bool(found)

    def is_done(self, target: int) -> bool:
        """Tell whether the worker has finished so many records and everybody who was due."""
        return self.processed() >= target and self._lookup.due_backlog(PARTITIONS) == 0

    def processed(self) -> int:
        """Return how many order records the worker has finished."""
        return sum(status.source_position for status in self._lookup.partitions(PARTITIONS))

    def report(self, sent: int, total: int, *, is_forced: bool = False) -> None:
        """Write a block of lines, at most every two seconds."""
        now = time.monotonic()
        if not is_forced and now - self._reported_at < REPORT_SECONDS:
            return
        done = self.processed()
        rate = (done - self._done_before) / (now - self._reported_at)
        self._reported_at, self._done_before = now, done
        self.read()
        write = self._console.print
        write(f"[bold]{sent:>8,}[/] of {total:,} orders sent · {rate:,.0f} orders/s · lag {max(0, sent - done):,}")
        for change in self._latest:
            write(f"          {escape(self._words(change))}", style="dim")

    def _words(self, change: ChangeMessage) -> str:
        source = change.source
        place = None if source is None else (int(source["partition"]), int(source["offset"]))
        return f"household {describe_change(change, self._names.get(place) if place else None)}"

    def sizes(self) -> None:
        """Write how many households each segment has, as bars."""
        ids = [segment.id for segment in self._model.segments]
        sizes = self._lookup.sizes(ids, PARTITIONS)
        most = max([*sizes.values(), 1])
        for segment in self._model.segments:
            size = sizes[segment.id]
            bar = "█" * round(BAR_WIDTH * size / most)
            self._console.print(f"  {segment.name:<18} {bar:<{BAR_WIDTH}} {size:>6,}")

    def close(self) -> None:
        """Leave the brokers."""
        self._changes.close()
