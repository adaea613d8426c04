"""A swap to another window that no partition carries out, on real servers: who it must not turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_store.errors import ModelRefused
from stream_app.api.champion import Champion
from stream_app.contract.control import WindowSwap
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.operators import live_model, model_before, promote, say_all
from stream_app.worker.control import read_control
from tests.builders import NOW, a_model
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log
from tests.integration.swapping import metas
from tests.integration.waiting import wait_for

OLD, NEXT = a_model(window_days=365), a_model(version="20260201T000000Z-nextnext", window_days=365)
SHORT = a_model(version="20260101T000000Z-shortsho", window_days=90)


def test_nobody_is_turned_by_a_window_swap_that_every_partition_refused(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, window_days=365) as live:
        # Given a deployment that counts by 365 days, and a swap to 90 days that met no partition
        live.create(PARTITIONS, OLD).send(a_log(PARTITIONS, orders=60, customers=10))
        live.worker()
        live.wait_done()
        settings, models = live.settings, live.settings.models
        short, next_ = (models.publish(model) for model in (SHORT, NEXT))
        said = WindowSwap(
            id=7, namespace="next", barriers=[0] * PARTITIONS, clocks=[-1] * PARTITIONS, by="ops", at=NOW,
            window_days=90, version=short.version, sha256=short.sha256,
        )  # fmt: skip
        say_all(settings, [said])
        heard = read_control(settings).position
        wait_for("all have refused", lambda: all(meta.control_position >= heard for meta in metas(live)))

        # When operators and readers, one of them with another setting, ask what is live and promote
        is_live = live_model(settings)
        elsewhere = settings.model_copy(update={"window_days": 90})
        with pytest.raises(ModelRefused) as caught:
            promote(elsewhere, short)
        promote(elsewhere, next_)
        champion = Champion(elsewhere)
        champion.start()
        try:
            wait_for("the API answers by it", lambda: champion.current and champion.current.model == NEXT)
        finally:
            champion.stop()

        # Then the window that is counted by is what counts
        assert is_live is not None
        assert (is_live.version, caught.value.code) == (OLD.version, "MODEL_WINDOW")
        assert model_before(elsewhere).version == OLD.version
        wait_for("it decides everywhere", lambda: {meta.model_version for meta in metas(live)} == {NEXT.version})
        assert {meta.identity.window_days for meta in metas(live)} == {365}
