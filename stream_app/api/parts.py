"""What the routes answer from, started and stopped with the application."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from stream_app.api.asking import Asking
from stream_app.api.champion import Champion
from stream_app.api.figures import Figures
from stream_app.api.follower import KafkaFollower
from stream_app.api.readings import KafkaEnds, Rate
from stream_app.api.recent import KafkaRecent
from stream_app.api.sources import Sources
from stream_app.api.streams import Streams
from stream_app.settings import Settings


class Parts:
    """The live model, Redis and the changes of one deployment."""

    def __init__(self, settings: Settings, sources: Sources | None = None) -> None:
        """Without `sources` Kafka is asked."""
        sources = sources or _of_kafka(settings)
        self.settings = settings
        self.asking = Asking(settings)
        self.champion = sources.champion
        self.recent = sources.recent
        self.streams = Streams(settings, sources.follow)
        self.ends = sources.ends
        self.rate = Rate()
        self.figures: Figures | None = None
        """The last ones that were read; everybody who asks within a second shares them."""

    def start(self) -> None:
        """Begin to follow the deployment; nobody is waited for."""
        self.champion.start()
        self.recent.start()

    def stop(self) -> None:
        """Let go of the log and of Redis."""
        self.recent.stop()
        self.champion.stop()
        self.asking.close()


def _of_kafka(settings: Settings) -> Sources:
    return Sources(Champion(settings), KafkaRecent(settings), partial(KafkaFollower, settings), KafkaEnds(settings))


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(_parts)]
"""How a route comes by them."""
