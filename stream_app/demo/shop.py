"""The demo's shop: completejourney's households, the first half as history, the rest as live orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from model_store.segment_model import SegmentModel
from stream_app.history.completejourney import completejourney_path
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.history import History
from stream_app.history.reading import open_history
from stream_app.operators import promote
from stream_app.settings import Settings
from trainer.train import TrainingPlan, learn, training_instant

SEGMENTS = 5
HISTORY_FRACTION = 0.5


@dataclass(frozen=True)
class Shop:
    """An open history, and the instant that divides its past from its present."""

    history: History
    plan: TrainingPlan
    cut_us: int
    households: int | None

    def past(self) -> Iterator[HistoricOrder]:
        """Yield the orders that are loaded as history."""
        return self._some(self.history.orders(until_us=self.cut_us))

    def live(self) -> Iterator[HistoricOrder]:
        """Yield the orders that are streamed."""
        return self._some(self.history.orders(from_us=self.cut_us))

    def _some(self, orders: Iterator[HistoricOrder]) -> Iterator[HistoricOrder]:
        if self.households is None:
            return orders
        return (order for order in orders if int(order.customer_id) <= self.households)

    def train(self) -> SegmentModel:
        """Train on the past of all households."""
        return learn(self.history, self.plan, trained_at=datetime.now(UTC))


def open_shop(households: int | None) -> Shop:
    """Open the package's transactions; close `history` at the end."""
    path = completejourney_path()
    plan = TrainingPlan(path, "completejourney", k=SEGMENTS, window_days=365, until_fraction=HISTORY_FRACTION)
    history = open_history(path, "completejourney")
    return Shop(history, plan, training_instant(history.report, plan), households)


def make_live(settings: Settings, model: SegmentModel) -> None:
    """Publish and promote: workers that wait for a model begin."""
    promote(settings, settings.models.publish(model))
