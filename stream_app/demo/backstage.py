"""Opens the shop's data and trains on it in a thread of its own, while Kafka and the worker start."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from model_store.segment_model import SegmentModel
from stream_app.demo.board import Board
from stream_app.demo.drawing.snapshot import MODEL, SHOP, SegmentSize
from stream_app.demo.shop import Shop, make_live, open_shop
from stream_app.history.historic_order import HistoricOrder
from stream_app.settings import Settings


class Backstage:
    """What is being prepared, one after the other."""

    def __init__(self, pool: ThreadPoolExecutor, opened: ExitStack, board: Board, households: int | None) -> None:
        self._pool = pool
        self._opened = opened
        self._board = board
        self.shop: Future[Shop] = pool.submit(self._open, households)
        self._model: Future[SegmentModel] = pool.submit(self._train)

    def promote(self, settings: Settings) -> Future[None]:
        """Make the model the live one as soon as it is there."""
        return self._pool.submit(lambda: make_live(settings, self._model.result()))

    def live_orders(self) -> Future[list[HistoricOrder]]:
        """Read the orders that will be streamed."""
        return self._pool.submit(lambda: list(self.shop.result().live()))

    def _open(self, households: int | None) -> Shop:
        self._board.begin(SHOP, "reading the baskets of a year")
        shop = open_shop(households)
        report = self._opened.enter_context(shop.history).report
        self._board.end(SHOP, f"{report.orders:,} baskets of {report.customers:,} households, simulated")
        return shop

    def _train(self) -> SegmentModel:
        shop = self.shop.result()
        self._board.begin(MODEL, "learning segments from the first half of the year")
        model = shop.train()
        segments = tuple(SegmentSize(one.id, one.name, one.description) for one in model.segments)
        self._board.end(MODEL, f"{len(segments)} segments, learned from the first half of the year")
        self._board.change(segments=segments)
        return model


@contextmanager
def backstage(board: Board, households: int | None) -> Iterator[Backstage]:
    """Prepare while this lasts; what has begun is waited for at the end, for a few seconds at most."""
    with ExitStack() as opened:
        pool = ThreadPoolExecutor(1, "demo-backstage")
        try:
            yield Backstage(pool, opened, board, households)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
