"""`segstream space`: the demonstration in one process behind one port, with a Valkey of its own and without Kafka."""

from __future__ import annotations

import os
from collections.abc import Callable

from pydantic import SecretStr
from streamlit.web.bootstrap import load_config_options

from stream_app.api.parts import Parts
from stream_app.api.run import Server, refuse_strangers, the_door
from stream_app.dashboard.command import environment, options, require_guard
from stream_app.demo.folder import demo_folder
from stream_app.demo.guard import Guard
from stream_app.local.ports import require_free
from stream_app.local.valkey import LocalRedis
from stream_app.logs import set_up_logging
from stream_app.settings import Settings
from stream_app.space.application import API, create_space
from stream_app.space.change_log import ChangeLog
from stream_app.space.partition import Partition
from stream_app.space.replay import Replay
from stream_app.space.sources import first_model, sources_of

Failure = Callable[[], Exception | None]
"""What has ended a part, None while all run."""

NOTE = (
    "A simulated shop's year 2017, of which a day lasts {:g} seconds here; afterwards it begins anew. "
    f"The same answers for programs: [{API}/docs]({API}/docs)."
)

NEEDED_BYTES = 150_000_000
"""The shop's database is 45 MB; Redis writes nothing."""


def run_space(settings: Settings, day_seconds: float) -> None:
    """Serve until SIGTERM; raises SegstreamError when it cannot begin, or when Redis or the replay ends before that."""
    refuse_strangers(settings, [])
    require_guard(settings, can_sign_in=False)
    require_free(settings.api_port, "The Space", "Choose another port: --port.")
    set_up_logging(settings)
    live = first_model(settings)
    with demo_folder(NEEDED_BYTES) as folder, LocalRedis(folder / "redis", is_durable=False) as redis:
        note = settings.dashboard_note or NOTE.format(day_seconds)
        settings = settings.model_copy(update={"redis_url": SecretStr(redis.url), "dashboard_note": note})
        log = ChangeLog()
        partition = Partition(settings, live.scorer, log)
        parts = Parts(settings, sources_of(settings, live, log, partition))
        replay = Replay(partition, day_seconds)
        guard = Guard()
        with guard.over("Redis", redis.poll, redis.last_words):
            replay.start()
            try:
                # Redis first: its end is what makes the replay fail.
                _serve(parts, lambda: replay.failure and (guard.failure_soon() or replay.failure))
            finally:
                replay.stop()


def _serve(parts: Parts, failure: Failure) -> None:
    settings = parts.settings
    # The dashboard's script reads its settings where every dashboard's does.
    os.environ.update(environment(settings))
    # A page inside another, as Hugging Face shows it, gets no cookies: the check would refuse every upload.
    load_config_options({**options(settings), "server.enableXsrfProtection": False})
    server = SpaceServer(parts, failure)
    server.run()
    if server.failure is not None:
        raise server.failure


class SpaceServer(Server):
    """Ends when a part of the Space has ended: a page that shows yesterday for ever would be worse."""

    def __init__(self, parts: Parts, failure: Failure) -> None:
        super().__init__(parts, create_space(parts, the_door(parts, [])))
        self._look = failure
        self.failure: Exception | None = None

    async def on_tick(self, counter: int) -> bool:
        """Look after the parts ten times a second."""
        if self.failure is None and (failure := self._look()) is not None:
            self.failure = failure
            self.end()
        return await super().on_tick(counter)
