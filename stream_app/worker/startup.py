"""What a worker meets before it joins the group: a Redis that keeps all, its rights, topics that fit, a model."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from confluent_kafka.admin import AdminClient

from stream_app.contract.rights import Role
from stream_app.core.errors import StopError
from stream_app.core.instants import NO_CLOCK
from stream_app.core.rules import Rules
from stream_app.settings import Settings
from stream_app.worker.basis import ClockAndWindow
from stream_app.worker.cleaning import Cleaning, find_cleaning
from stream_app.worker.cluster import find_identity
from stream_app.worker.control import Control
from stream_app.worker.health import Health
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_rights import principal, refuse_missing_rights
from stream_app.worker.meta import Identity
from stream_app.worker.models import Models
from stream_app.worker.operator import refuse_moved
from stream_app.worker.redis_rights import user_of
from stream_app.worker.store import Store

CONTROL_SECONDS = 0.2

log = structlog.get_logger("segstream.startup")


class Startup:
    """Four steps; each is tried again until it answers True."""

    identity: Identity
    rules: Rules
    cleaning: Cleaning
    run_id: str

    def __init__(
        self, settings: Settings, store: Store, control: Control, models: Models, health: Health, nonce: str
    ) -> None:
        self._settings = settings
        self._store = store
        self._control = control
        self._models = models
        self._health = health
        self._nonce = nonce

    @property
    def clock_and_window(self) -> ClockAndWindow:
        """Where a partition stands that begins anew."""
        return NO_CLOCK, self._models.window_days()

    def look_at_windows(self) -> None:
        """See by which windows the partitions count, wherever they are: whoever begins anew, or reads, goes by that."""
        self._models.counted = self._store.windows(self.identity.partitions)

    def window_days_anew(self) -> int | None:
        """Return the window by which a partition begins that nobody has counted yet: that of the others now."""
        self.look_at_windows()
        return self._models.window_days()

    def steps(self) -> list[Callable[[], bool]]:
        """Return the steps in their order."""
        return [self._meet_redis, self._meet_rights, self._meet_kafka, self._meet_model]

    def _meet_redis(self) -> bool:
        self._store.refuse_missing_commands()
        self._store.refuse_eviction()
        self._store.write_nonce(self._settings.instance_id, self._nonce)
        self.run_id = self._store.run_id()
        address, user = self._settings.redis_address, user_of(self._settings)
        log.info(
            "checked", what="Redis", address=address, user=user, found="it evicts nothing, and allows what is needed"
        )
        return True

    def _meet_rights(self) -> bool:
        settings = self._settings
        refuse_missing_rights(settings, Role.WORKER)
        place = {"brokers": settings.kafka_bootstrap_servers, "protocol": settings.kafka_security_protocol}
        log.info("checked", what="Kafka", **place, user=principal(settings), found="it allows what is needed")
        return True

    def _meet_kafka(self) -> bool:
        settings = self._settings
        admin = AdminClient(connection(settings, "admin"))
        self.identity = find_identity(settings, admin)
        self.rules = settings.rules(self.identity.partitions)
        self.cleaning = find_cleaning(settings, admin)
        self._control.read_to_end()
        refuse_moved(self._control)
        self._require_erasure_key()
        cluster, partitions = self.identity.cluster_id, self.identity.partitions
        log.info("checked", what="topics", cluster=cluster, partitions=partitions, found="all five are there and fit")
        return True

    def _require_erasure_key(self) -> None:
        """Stop when people were erased and no key is set: their orders would bring them back.

        With a key, records under another one are passed over: whoever may write here could stop every worker by one. A
        partition on whose block list people are, or that meets a marker, finds out by itself whether the key is theirs.
        """
        keys = self._control.erasure_keys
        if keys and self._settings.erasure is None:
            raise StopError(
                f"People were erased by the key {', '.join(sorted(keys))}, and SEGSTREAM_ERASURE_KEY is not set.",
                "Set it to the key that `segstream erase` was run with.",
                code="ERASURE_KEY",
            )

    def _meet_model(self) -> bool:
        """Wait for a model; when the newest cannot be loaded, the one before may be what the state was scored by."""
        self._control.read(CONTROL_SECONDS)
        self.look_at_windows()
        scorer = self._models.any_at_hand()
        if scorer is None:
            self._wait(self._models.problem(*self.clock_and_window) or "the model is being loaded")
            return False
        self._health.problem = ""
        self._health.model = scorer.version
        log.info("checked", what="model", version=scorer.version, found="it is the file that was promoted, and fits")
        return True

    def _wait(self, cause: str) -> None:
        """Say why the worker waits, in the log once."""
        if self._health.problem != cause:
            log.warning("waiting", cause=cause)
        self._health.problem = cause
