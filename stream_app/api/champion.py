"""The live model: followed on the control topic in a thread of its own, and kept while a newer one cannot be loaded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from http import HTTPStatus

from confluent_kafka import KafkaException

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from model_store.segment_model import Segment, SegmentModel
from stream_app.api.problems import Problem
from stream_app.contract.control import Promotion
from stream_app.core.errors import SegstreamError
from stream_app.core.promotions import Promotions
from stream_app.lookup import counted_windows
from stream_app.operators import now_us
from stream_app.settings import Settings
from stream_app.worker.control import Control
from stream_app.worker.promoted import load_promoted

POLL_SECONDS = 0.2
AGAIN_SECONDS = 5.0
"""A model that could not be loaded is tried again after so long."""
LOOK_SECONDS = 1.0
"""So often partitions are asked by which windows they count, once models for several were promoted."""
OTHERS_KEPT = 8


class Live:
    """A model that answers, and who made it the live one."""

    def __init__(self, model: SegmentModel, promotion: Promotion) -> None:
        self.model = model
        self.scorer = Scorer(model)
        self.promotion = promotion
        self.segments: dict[str, Segment] = {segment.id: segment for segment in model.segments}


class Champion(threading.Thread):
    """Follows what operators say; `current` is swapped whole, so a request has one model from beginning to end."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="champion", daemon=True)
        self._settings = settings
        self._stopping = threading.Event()
        self._tried_at = 0.0
        self._looked_at = 0.0
        self._counted: list[int | None] = []
        self._others: OrderedDict[str, Live | None] = OrderedDict()
        self.current: Live | None = None
        self.refused: ModelRefused | None = None
        """Why the newest promotion is not what answers."""
        self.is_read = False
        """True once everything that was said has been heard."""
        self.away = ""
        """Why nobody can be heard; empty while all is well."""

    def run(self) -> None:
        """Read until stopped."""
        control: Control | None = None
        while not self._stopping.is_set():
            try:
                control = control or Control(self._settings)
                control.read(POLL_SECONDS)
                self.away = ""
                self._follow(control)
            except (SegstreamError, KafkaException) as error:
                # A fatal error of the client, or a name without an address as yet: only a new client reads on.
                self.away = str(error)
                _close(control)
                control = None
                self._stopping.wait(AGAIN_SECONDS)
        _close(control)

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join(5)

    def live(self) -> Live:
        """Return the live model; raises Problem while there is none."""
        if self.current is None:
            raise self.absence()
        return self.current

    def absence(self) -> Problem:
        """Return why no model answers."""
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if self.refused is not None:
            return Problem(status, self.refused.code, self.refused.cause, self.refused.mend)
        if not self.is_read:
            servers = self._settings.kafka_bootstrap_servers
            detail = f"Kafka at {servers} has not said yet which model is live. {self.away}".rstrip()
            return Problem(status, "MODEL_UNKNOWN", detail, "Try again, or ask `segstream doctor`.")
        hint = "Make one live: segstream models promote latest"
        return Problem(status, "MODEL_NONE", "No model is live.", hint)

    def scorer_of(self, version: str) -> Scorer | None:
        """Return the scorer of the model that scored a customer, None when its file is not at hand."""
        current = self.current
        if current is not None and current.model.version == version:
            return current.scorer
        if version not in self._others:
            self._others[version] = self._peek(version)
            if len(self._others) > OTHERS_KEPT:
                self._others.popitem(last=False)
        other = self._others.get(version)
        return None if other is None else other.scorer

    def _peek(self, version: str) -> Live | None:
        try:
            model = self._settings.models.peek(version)
        except (ModelRefused, OSError):
            return None
        return Live(model, Promotion(version=version, sha256="", by="", at="", why=""))

    def _followed(self, said: Promotions) -> Promotions:
        """Return the promotions that workers follow; while Redis does not answer, by the windows last seen."""
        if said.are_for_one_window:
            return said
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._counted = counted_windows(self._settings) or self._counted
        return said.followed(self._counted)

    def _follow(self, control: Control) -> None:
        self.is_read = self.is_read or control.is_read
        if not control.is_read:
            return
        promotion = self._followed(control.promotions).live(now_us())
        if promotion is None or (self.current is not None and self.current.promotion == promotion):
            self.refused = None if promotion is not None else self.refused
            return
        if time.monotonic() - self._tried_at < AGAIN_SECONDS and self.refused is not None:
            return
        self._tried_at = time.monotonic()
        try:
            model = load_promoted(self._settings, promotion.version, promotion.sha256, promotion.window_days)
        except ModelRefused as refused:
            self.refused = refused
        else:
            self.current, self.refused = Live(model, promotion), None


def _close(control: Control | None) -> None:
    if control is not None:
        control.close()
