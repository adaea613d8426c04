"""Runs the API as `segstream api` does: until SIGTERM."""

from __future__ import annotations

import signal
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from stream_app.api.app import create_app
from stream_app.api.door import Door
from stream_app.api.limits import Limits
from stream_app.api.parts import Parts
from stream_app.api.tokens import Entry, Keyring, load_entries
from stream_app.contract.rights import Role
from stream_app.core.errors import OutageError, UsageError
from stream_app.local.ports import is_loopback
from stream_app.logs import set_up_logging
from stream_app.settings import Settings
from stream_app.worker.kafka_rights import refuse_missing_rights

LEAVE_SECONDS = 5
KAFKA_SECONDS = 1.0


def run_api(settings: Settings) -> None:
    """Serve until SIGTERM; raises UsageError when it would serve strangers without anybody's word.

    Raises StopError when Kafka denies it what it needs.
    """
    entries = load_entries(settings)
    refuse_strangers(settings, entries)
    set_up_logging(settings)
    # With a Kafka that is away the API starts, and says on /readyz what it waits for.
    with suppress(OutageError):
        refuse_missing_rights(settings, Role.API, KAFKA_SECONDS)
    parts = Parts(settings)
    Server(parts, the_door(parts, entries)).run()


class Server(uvicorn.Server):
    """Ends the streams when it is told to stop: it would wait for them, and they for it."""

    def __init__(self, parts: Parts, app: Door | Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=parts.settings.api_host,
                port=parts.settings.api_port,
                log_config=None,
                # It would log paths, and customer ids are in them.
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=LEAVE_SECONDS,
            )
        )
        self._parts = parts

    def handle_exit(self, sig: int, _: FrameType | None) -> None:
        """End in order at the first signal, at once at a second Ctrl-C.

        The library would raise the signal once more at the end, and who started us would take that for a crash.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.end()

    def end(self) -> None:
        """End in order, as after a signal."""
        self._parts.streams.is_stopping = True
        self.should_exit = True


def the_door(parts: Parts, entries: list[Entry]) -> Door:
    """Return the whole application, behind its door."""
    settings = parts.settings
    return Door(
        create_app(parts),
        Keyring(entries),
        Limits(settings.api_requests_per_second),
        most_bytes=settings.api_max_body_bytes,
        is_anonymous=settings.api_allow_anonymous or not entries,
    )


def refuse_strangers(settings: Settings, entries: list[Entry]) -> None:
    """Raise UsageError when others than this machine could read without a token, and nobody said so."""
    if entries or settings.api_allow_anonymous or is_loopback(settings.api_host):
        return
    raise UsageError(
        f"Whoever reaches {settings.api_host} could read every customer: there are no tokens.",
        "Make one with `segstream api token --scope read` and set SEGSTREAM_API_TOKENS, "
        "or say SEGSTREAM_API_ALLOW_ANONYMOUS=1.",
        code="API_OPEN",
    )
