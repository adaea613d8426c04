"""What the routes answer from, started and stopped with the application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from stream_app.api.asking import Asking
from stream_app.api.champion import Champion
from stream_app.api.figures import Figures
from stream_app.api.readings import Ends, Rate
from stream_app.api.recent import Recent
from stream_app.api.streams import Streams
from stream_app.settings import Settings


class Parts:
    """The live model, Redis and the changes of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.champion = Champion(settings)
        self.asking = Asking(settings)
        self.recent = Recent(settings)
        self.streams = Streams(settings)
        self.ends = Ends(settings)
        self.rate = Rate()
        self.figures: Figures | None = None
        """The last ones that were read; everybody who asks within a second shares them."""

    def start(self) -> None:
        """Begin to follow the deployment; nobody is waited for."""
        self.champion.start()
        self.recent.start()

    def stop(self) -> None:
        """Let go of Kafka and Redis."""
        self.recent.stop()
        self.champion.stop()
        self.asking.close()


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(_parts)]
"""How a route comes by them."""
