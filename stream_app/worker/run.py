"""Runs the worker as `segstream worker` does: until SIGTERM, or until it stops with a reason."""

from __future__ import annotations

import errno
import socket
import time

import faust
import structlog

from stream_app.core.errors import OutageError, StopError, UsageError
from stream_app.logs import set_up_logging
from stream_app.settings import Settings
from stream_app.worker.engine import Engine
from stream_app.worker.faust_app import Now, create_app
from stream_app.worker.patience import Patience
from stream_app.worker.plaintext import refuse_plaintext

log = structlog.get_logger("segstream.run")


def run_worker(settings: Settings, engine_class: type[Engine] = Engine, now: Now = time.time) -> int:
    """Run until stopped; return the exit code, or raise the StopError that ended the worker."""
    set_up_logging(settings)
    _meet_names(settings)
    _refuse_taken_port(settings)
    app = create_app(settings, engine_class, now)
    worker = faust.Worker(app, loglevel=None, redirect_stdouts=False, override_logging=False, quiet=True)
    # Its codes for the cursor would stand in front of the first line of the log.
    worker.spinner = None
    code = 0
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        code = int(end.code or 0)
    stop: StopError | None = app.health.stop
    if stop is not None:
        raise stop
    return code


def _meet_names(settings: Settings) -> None:
    """Raise UsageError rather than talk openly to other machines; wait for a name that has no address yet."""
    patience, said = Patience(), ""
    while True:
        try:
            refuse_plaintext(settings)
            return
        except OutageError as outage:
            if outage.cause != said:
                said = outage.cause
                log.warning("waiting", reason=outage.code, cause=said)
            time.sleep(patience.next_wait())


def _refuse_taken_port(settings: Settings) -> None:
    """Raise UsageError when another process listens where the pages should: Faust would end with a traceback."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.web_host, settings.web_port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return
            raise UsageError(
                f"another process listens on {settings.web_host}:{settings.web_port}, where the worker's pages should.",
                "Give this worker a port of its own: --web-port, or SEGSTREAM_WEB_PORT.",
            ) from error
