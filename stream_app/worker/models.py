"""The promoted models, as far as this worker could load them."""

from __future__ import annotations

import time

import structlog

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from stream_app.contract.control import Promotion
from stream_app.core.errors import OutageError
from stream_app.core.model_switch import ModelSwitch
from stream_app.settings import Settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.control import Control
from stream_app.worker.meta import Meta
from stream_app.worker.place import Place

RETRY_SECONDS = 1.0
NONE_LIVE = "no model is live: run segstream train … --promote"

log = structlog.get_logger("segstream.models")


class Models:
    """Loads each promoted model once; one that cannot be loaded is tried again, and the one before goes on."""

    def __init__(self, settings: Settings, control: Control) -> None:
        self._settings = settings
        self._control = control
        self._loaded: dict[Promotion, Scorer] = {}
        self._refused: dict[Promotion, str] = {}
        self._tried_at: dict[Promotion, float] = {}

    @property
    def problem(self) -> str:
        """Why the newest promoted model cannot be loaded, as a sentence; empty when it can, or was not tried yet."""
        newest = self._control.promotion()
        return NONE_LIVE if newest is None else self._refused.get(newest, "")

    def live_at(self, clock: int) -> tuple[Scorer, Promotion] | None:
        """Return the model that is live at a partition's clock; None when there is none that could be loaded."""
        promotion = self._control.promotion_at(clock)
        scorer = None if promotion is None else self._get(promotion)
        return None if promotion is None or scorer is None else (scorer, promotion)

    def load_newest(self) -> Scorer | None:
        """Return the first model in the order of newness that can be loaded, None when there is none."""
        scorers = (self._get(promotion) for promotion in self._control.promotions())
        return next((scorer for scorer in scorers if scorer is not None), None)

    def active(self, meta: Meta | None, clock: int) -> ActiveModel:
        """Return the model with which a partition goes on; raises OutageError while it cannot be loaded."""
        if meta is None or not meta.model_version:
            live = self.live_at(clock)
            if live is None:
                raise OutageError(self.problem or NONE_LIVE, code="MODEL_AWAY")
            return ActiveModel(live[0])
        scorer, switch = self._named(meta.model_version), meta.switch
        owing = None if meta.owing is None else Place(*meta.owing)
        if switch is None:
            return ActiveModel(scorer, owing=owing)
        old = self._named(switch.old_version)
        tags = {"is_quiet": switch.is_quiet, "is_patient": switch.is_patient}
        under_way = ModelSwitch(old, switch.instant, **tags)
        return ActiveModel(scorer, under_way, Place(switch.walked_due, switch.walked_id))

    def _named(self, version: str) -> Scorer:
        promotion = self._control.promotion_of(version)
        if promotion is None:
            raise OutageError(
                f"The state was scored by model {version}, which the control topic does not name.", code="MODEL_AWAY"
            )
        scorer = self._get(promotion)
        if scorer is None:
            raise OutageError(self._refused.get(promotion, "").rstrip("."), code="MODEL_AWAY")
        return scorer

    def _get(self, promotion: Promotion) -> Scorer | None:
        now = time.monotonic()
        is_wanted = promotion not in self._loaded and now - self._tried_at.get(promotion, 0.0) >= RETRY_SECONDS
        if is_wanted:
            self._tried_at[promotion] = now
            try:
                self._loaded[promotion] = Scorer(self._load(promotion))
                self._refused.pop(promotion, None)
            except ModelRefused as refused:
                self._refuse(promotion, str(refused))
        return self._loaded.get(promotion)

    def _refuse(self, promotion: Promotion, cause: str) -> None:
        if self._refused.get(promotion) != cause:
            log.warning("model refused", model=promotion.version, cause=cause)
        self._refused[promotion] = cause

    def _load(self, promotion: Promotion) -> SegmentModel:
        """Return the promoted model; raises ModelRefused when it is not the one, or counts other orders than we do."""
        try:
            model = self._settings.models.load(promotion.version, promotion.sha256)
        except OSError as error:
            raise ModelRefused(
                f"the file of model {promotion.version} cannot be read ({error.strerror}).",
                "Let the worker's user read the model store.",
                code="MODEL_UNREADABLE",
            ) from error
        if model.window_days != self._settings.window_days:
            raise ModelRefused(
                f"Model {model.version} was trained with window_days {model.window_days}.",
                "Set SEGSTREAM_WINDOW_DAYS to it, or train again.",
                code="MODEL_WINDOW",
            )
        return model
