"""What a worker meets before it joins the group: a Redis that keeps everything, topics that fit, a live model."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from stream_app.contract.control import Promotion
from stream_app.core.rules import Rules
from stream_app.settings import Settings
from stream_app.worker.cluster import find_identity
from stream_app.worker.control import Control
from stream_app.worker.health import Health
from stream_app.worker.meta import Identity
from stream_app.worker.store import Store

CONTROL_SECONDS = 0.2

log = structlog.get_logger("segstream.startup")


class Startup:
    """Three steps; each is tried again until it answers True."""

    identity: Identity
    rules: Rules
    scorer: Scorer
    run_id: str

    def __init__(self, settings: Settings, store: Store, control: Control, health: Health, nonce: str) -> None:
        self._settings = settings
        self._store = store
        self._control = control
        self._health = health
        self._nonce = nonce

    def steps(self) -> list[Callable[[], bool]]:
        """Return the steps in their order."""
        return [self._meet_redis, self._meet_kafka, self._meet_model]

    def _meet_redis(self) -> bool:
        self._store.refuse_eviction()
        self._store.write_nonce(self._settings.instance_id, self._nonce)
        self.run_id = self._store.run_id()
        return True

    def _meet_kafka(self) -> bool:
        settings = self._settings
        self.identity = find_identity(settings)
        self.rules = settings.rules(self.identity.partitions)
        self._control.read_to_end()
        return True

    def _meet_model(self) -> bool:
        self._control.read(CONTROL_SECONDS)
        promotion = self._control.promotion()
        if promotion is None:
            self._wait("no model is live: run segstream train … --promote")
            return False
        try:
            model = self._load(promotion)
        except ModelRefused as refused:
            self._wait(str(refused))
            return False
        self.scorer = Scorer(model)
        self._health.problem = ""
        self._health.model = model.version
        return True

    def _wait(self, cause: str) -> None:
        """Say why the worker waits, in the log once."""
        if self._health.problem != cause:
            log.warning("waiting", cause=cause)
        self._health.problem = cause

    def _load(self, promotion: Promotion) -> SegmentModel:
        """Return the promoted model; raises ModelRefused when it is not the one, or counts other orders than we do."""
        model = self._settings.models.load(promotion.version, promotion.sha256)
        if model.window_days != self._settings.window_days:
            raise ModelRefused(
                f"Model {model.version} was trained with window_days {model.window_days}.",
                "Set SEGSTREAM_WINDOW_DAYS to it, or train again.",
                code="MODEL_WINDOW",
            )
        return model
