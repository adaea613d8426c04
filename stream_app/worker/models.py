"""The promoted models, as far as this worker could load them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import structlog

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from stream_app.contract.control import Promotion
from stream_app.core.errors import PartitionWaits
from stream_app.core.instants import NO_CLOCK
from stream_app.core.model_switch import ModelSwitch
from stream_app.settings import Settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.adopting import adopting_of
from stream_app.worker.control import Control
from stream_app.worker.meta import Meta
from stream_app.worker.place import Place
from stream_app.worker.promoted import load_promoted

RETRY_SECONDS = 1.0
NONE_LIVE = "no model is live: run segstream train … --promote"

log = structlog.get_logger("segstream.models")


class ModelAway(PartitionWaits):
    """The model by which a partition has to be scored is not at hand."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, code="MODEL_AWAY")


class Models:
    """Loads each promoted model once, in a thread of its own: a store that hangs must not hold up the orders.

    One that cannot be loaded is tried again, and the one before goes on.
    """

    def __init__(self, settings: Settings, control: Control) -> None:
        self._settings = settings
        self._control = control
        self._loaded: dict[Promotion, Scorer] = {}
        self._refused: dict[Promotion, str] = {}
        self._tried_at: dict[Promotion, float] = {}
        self._loading: set[Promotion] = set()

    def live_at(self, clock: int) -> tuple[Scorer, Promotion] | None:
        """Return the model that is live at a partition's clock; None when there is none, or not at hand."""
        promotion = self._control.promotions.live(clock)
        scorer = None if promotion is None else self._get(promotion)
        return None if promotion is None or scorer is None else (scorer, promotion)

    def first_at(self, clock: int) -> Scorer | None:
        """Return the newest model at a clock that is at hand: a partition without a past takes what there is."""
        scorers = (self._get(promotion) for promotion in self._control.promotions.come(clock))
        return next((scorer for scorer in scorers if scorer is not None), None)

    def problem(self, clocks: Iterable[int] = ()) -> str:
        """Return why a model that is live at one of the clocks is not at hand, as a sentence; empty if all are."""
        live = {self._control.promotions.live(clock) for clock in clocks or (NO_CLOCK,)}
        if None in live:
            return NONE_LIVE
        return next((found for promotion in live if promotion and (found := self._refused.get(promotion))), "")

    def active(self, meta: Meta | None, clock: int) -> ActiveModel:
        """Return the model with which a partition goes on; raises ModelAway while it is not at hand."""
        if meta is None or not meta.model_version:
            scorer = self.first_at(clock)
            if scorer is None:
                raise ModelAway(self.problem((clock,)) or "The model is being loaded")
            return ActiveModel(scorer)
        scorer, switch = self._named(meta.model_version), meta.switch
        if meta.adoption is not None:
            found = meta.adoption
            return ActiveModel(scorer, walked=Place(found.walked_due, found.walked_id), adopting=adopting_of(found))
        if switch is None:
            return ActiveModel(scorer, owing=None if meta.owing is None else Place(*meta.owing))
        old = self._named(switch.old_version)
        under_way = ModelSwitch(old, switch.instant, is_quiet=switch.is_quiet, is_patient=switch.is_patient)
        return ActiveModel(scorer, under_way, Place(switch.walked_due, switch.walked_id))

    def _named(self, version: str) -> Scorer:
        promotion = self._control.promotions.of(version)
        if promotion is None:
            raise ModelAway(f"The state was scored by model {version}, which the control topic does not name.")
        scorer = self._get(promotion)
        if scorer is None:
            raise ModelAway(self._refused.get(promotion, f"Model {version} is being loaded."))
        return scorer

    def _get(self, promotion: Promotion) -> Scorer | None:
        if promotion not in self._loaded and promotion not in self._loading:
            now = time.monotonic()
            if now - self._tried_at.get(promotion, -RETRY_SECONDS) >= RETRY_SECONDS:
                self._tried_at[promotion] = now
                self._loading.add(promotion)
                # Not a pool: its threads would keep a process alive that is asked to end.
                threading.Thread(target=self._load, args=(promotion,), daemon=True).start()
        return self._loaded.get(promotion)

    def _load(self, promotion: Promotion) -> None:
        """Load in a thread of its own; a bug in it is told like any refusal, and tried again."""
        try:
            self._loaded[promotion] = Scorer(load_promoted(self._settings, promotion.version, promotion.sha256))
            self._refused.pop(promotion, None)
        except ModelRefused as refused:
            self._refuse(promotion, str(refused))
        except Exception as error:
            self._refuse(promotion, f"model {promotion.version} could not be loaded ({type(error).__name__}: {error})")
            raise
        finally:
            self._loading.discard(promotion)

    def _refuse(self, promotion: Promotion, cause: str) -> None:
        if self._refused.get(promotion) != cause:
            log.warning("model refused", model=promotion.version, cause=cause)
        self._refused[promotion] = cause
