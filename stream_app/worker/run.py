"""Runs the worker as `segstream worker` does: until SIGTERM, or until it stops with a reason."""

from __future__ import annotations

import time

import faust

from stream_app.core.errors import StopError
from stream_app.logs import set_up_logging
from stream_app.settings import Settings
from stream_app.worker.engine import Engine
from stream_app.worker.faust_app import Now, create_app


def run_worker(settings: Settings, engine_class: type[Engine] = Engine, now: Now = time.time) -> int:
    """Run until stopped; return the exit code, or raise the StopError that ended the worker."""
    set_up_logging(settings)
    app = create_app(settings, engine_class, now)
    worker = faust.Worker(app, loglevel=None, redirect_stdouts=False, override_logging=False, quiet=True)
    code = 0
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        code = int(end.code or 0)
    stop: StopError | None = app.health.stop
    if stop is not None:
        raise stop
    return code
