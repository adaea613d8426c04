"""The model with which a partition goes on, whatever stood in its meta record when somebody took it over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from msgspec import UNSET
from msgspec.structs import asdict, replace

from model_store.scoring import Scorer
from model_store.store import Artefact, ModelStore
from stream_app.contract.control import GiveUp, Promotion, WindowSwap
from stream_app.core.measure import Measure
from stream_app.core.outcome import Progress
from stream_app.local.ports import free_ports
from stream_app.settings import Settings, load_settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.control import Control
from stream_app.worker.lane import HELD, Lane
from stream_app.worker.meta import Meta, decode_meta, encode_meta
from stream_app.worker.models import ModelAway, Models
from stream_app.worker.store import Lease
from stream_app.worker.swap import obey_swaps
from stream_app.worker.work import LaneWork
from tests.builders import NOW, a_basis, a_model
from tests.integration.waiting import wait_for

OLD, NEW = a_model(version="20250101T000000Z-aaaaaaaa"), a_model(version="20250201T000000Z-bbbbbbbb", window_days=90)
SECONDS = 10.0


class AtHand:
    """The model that comes with another window."""

    def of_swap(self, _: WindowSwap) -> Scorer | None:
        return Scorer(NEW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (port,) = free_ports(1)
    return load_settings(model_uri=str(tmp_path), kafka_bootstrap_servers=f"127.0.0.1:{port}")


@pytest.fixture
def control(settings: Settings) -> Iterator[Control]:
    """The control topic of a deployment that has heard nothing, on a Kafka that does not answer."""
    control = Control(settings)
    yield control
    control.close()


def published(settings: Settings) -> tuple[Artefact, Artefact]:
    store = ModelStore.at(settings.model_uri)
    return store.publish(OLD), store.publish(NEW)


def a_promotion(artefact: Artefact) -> Promotion:
    return Promotion(version=artefact.version, sha256=artefact.sha256, by="ops", at=NOW, window_days=365)


def a_window_swap(artefact: Artefact) -> WindowSwap:
    return WindowSwap(
        id=7, namespace="next", barriers=[4], clocks=[-1], by="ops", at=NOW,
        window_days=90, version=artefact.version, sha256=artefact.sha256,
    )  # fmt: skip


def amid_the_walk_after(swap: WindowSwap) -> Meta:
    """Return what a partition says of itself once a swap to 90 days was given up there."""
    lane = Lane(Lease(0, "claim"), Progress(0, source_position=4), ActiveModel(Scorer(OLD)), a_basis(), read_end=0)
    lane.paused = HELD
    for said in (swap, GiveUp(id=swap.id, namespace=swap.namespace, by="ops", at=NOW)):
        obey_swaps(lane, [said], AtHand(), is_patient=False)
    work = LaneWork(lane, [])
    work.run()
    assert work.write is not None
    return decode_meta(work.write.meta)


def once_at_hand(models: Models, meta: Meta | None, window_days: int | None) -> ActiveModel:
    """Return with what a partition goes on, once no model of it is away any more."""

    def active() -> ActiveModel | None:
        with suppress(ModelAway):
            return models.active(meta, 0, window_days)
        return None

    return cast(
        ActiveModel, wait_for("the models are at hand", active, SECONDS, lambda: models.problem(0, window_days))
    )


def test_whoever_takes_over_amid_the_walk_after_a_window_swap_was_given_up_goes_on_from_the_old_window(
    settings: Settings, control: Control
) -> None:
    old, new = published(settings)
    swap = a_window_swap(new)
    for said in (a_promotion(old), swap):
        control.promotions.hear(said)
    meta = amid_the_walk_after(swap)

    active = once_at_hand(Models(settings, control), meta, meta.identity.window_days)

    assert (meta.identity.window_days, active.scorer.version, active.adopting) == (90, NEW.version, None)
    assert active.switch is not None
    assert (active.switch.old.scorer.version, active.switch.old.window_days) == (OLD.version, 365)


def test_a_switch_that_an_earlier_release_began_stays_within_the_window(settings: Settings, control: Control) -> None:
    old, new = (a_promotion(each) for each in published(settings))
    other = replace(new, window_days=365)
    renewed = ModelStore.at(settings.model_uri).publish(a_model(version="20250301T000000Z-cccccccc"))
    for said in (old, replace(other, version=renewed.version, sha256=renewed.sha256)):
        control.promotions.hear(said)
    meta = amid_the_walk_after(a_window_swap(Artefact(NEW.version, new.sha256)))
    assert meta.switch is not None
    switch = replace(meta.switch, old_window_days=UNSET)
    identity = replace(meta.identity, window_days=365)
    earlier = decode_meta(encode_meta(replace(meta, identity=identity, model_version=renewed.version, switch=switch)))

    active = once_at_hand(Models(settings, control), earlier, 365)

    assert "old_window_days" not in encode_meta(earlier).decode()
    assert active.switch is not None
    assert active.switch.old == Measure.of(active.switch.old.scorer, 365)
    assert asdict(switch)["old_version"] == active.switch.old.scorer.version


def loaded(models: Models, clock: int, window_days: int | None) -> Scorer:
    """Return the model that is live, once it is at hand."""
    found = wait_for("the live model is at hand", lambda: models.live_at(clock, window_days), SECONDS)
    return cast(Scorer, found[0])


def test_no_worker_misses_a_model_after_a_window_swap_that_every_partition_refused(
    settings: Settings, control: Control
) -> None:
    old, new = published(settings)
    models = Models(settings, control)
    for said in (a_promotion(old), a_window_swap(new)):
        control.promotions.hear(said)

    models.counted = [365, 365]
    problem_of_all, begins_with = models.problem(0, 365), models.window_days()
    models.counted = [365, 90]
    problem_of_one = models.problem(0, 365)

    assert (problem_of_all, begins_with) == ("", 365)
    assert problem_of_one.startswith("MODEL_WINDOW")
    assert loaded(models, 0, 365).version == OLD.version


def test_a_worker_with_another_setting_goes_on_with_a_model_of_which_nobody_said_for_which_window_it_is(
    settings: Settings, control: Control
) -> None:
    old, _ = published(settings)
    control.promotions.hear(replace(a_promotion(old), window_days=UNSET))
    models = Models(settings.model_copy(update={"window_days": 90}), control)
    models.counted = [365]

    met = wait_for("a model is at hand", models.any_at_hand, SECONDS)

    assert met.version == OLD.version
    assert models.window_days() == 365
    begun = once_at_hand(models, None, models.window_days())
    assert begun.scorer.version == OLD.version


def test_the_setting_says_by_which_window_the_first_partition_of_all_begins(
    settings: Settings, control: Control
) -> None:
    models = Models(settings.model_copy(update={"window_days": 90}), control)

    assert models.window_days() == 90
