"""What the API of a Space reads in the place of Kafka: a model that stays, the log in memory, and the orders' end."""

from __future__ import annotations

from functools import partial

from model_store.renaming import trained_at
from stream_app.api.champion import Champion, Live
from stream_app.api.sources import Sources
from stream_app.contract.control import Promotion
from stream_app.core.errors import UsageError
from stream_app.settings import Settings
from stream_app.space.change_log import ChangeLog, LogFollower
from stream_app.space.partition import Partition
from stream_app.worker.promoted import load_promoted

BY = "the image's build"


class SettledChampion(Champion):
    """One model from beginning to end: nobody can promote another where there is no control topic."""

    def __init__(self, settings: Settings, live: Live) -> None:
        super().__init__(settings)
        self.current = live
        self.is_read = True

    def run(self) -> None:
        """Nothing is to be followed."""


class LogEnd:
    """How many orders the shop has sent."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition

    def ends(self, partitions: list[int]) -> dict[int, int]:
        """Return the next offset of each partition."""
        return dict.fromkeys(partitions, self._partition.end)

    def problem(self) -> str:
        """Return nothing: what is in this process cannot be away."""
        return ""


def first_model(settings: Settings) -> Live:
    """Return the store's oldest model; raises UsageError when there is none, ModelRefused when it cannot be used."""
    versions = settings.models.versions()
    if not versions:
        raise UsageError(
            f"There is no model in {settings.model_uri}.",
            "Train one: segstream train completejourney --until 0.5 --k 3-8 --model-uri ./store",
        )
    artefact = settings.models.artefact(versions[0])
    model = load_promoted(settings, artefact.version, artefact.sha256, settings.window_days)
    return Live(model, Promotion(version=artefact.version, sha256=artefact.sha256, by=BY, at=trained_at(model)))


def sources_of(settings: Settings, live: Live, log: ChangeLog, partition: Partition) -> Sources:
    """Return all of them."""
    return Sources(SettledChampion(settings, live), log, partial(LogFollower, log), LogEnd(partition))
