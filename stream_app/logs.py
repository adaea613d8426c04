"""Logging of a service: readable on a terminal, JSON elsewhere; Faust's lines come out the same way."""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
from typing import Any

import structlog

from stream_app.core.errors import StopError
from stream_app.settings import Settings

SUPERVISORS = ("faust", "mode")
SUPERVISED = "stream_app.worker.faust_app"
"""Where Faust logs the comings and goings of our app and service, under their classes' module."""


class _Reason(logging.Filter):
    """Keeps an end with a reason in our words: Faust would tell it as a crash, in tracebacks, and more than once."""

    def __init__(self) -> None:
        super().__init__()
        self._is_told = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Let nothing of Faust's pass that carries the reason as an exception, nor what it says afterwards."""
        if record.name != SUPERVISED and record.name.partition(".")[0] not in SUPERVISORS:
            return True
        if record.exc_info and isinstance(record.exc_info[1], StopError):
            self._is_told = True
        return not self._is_told


def set_up_logging(settings: Settings) -> None:
    """Send every log line to stderr in the format that the settings ask for.

    SIGQUIT adds where each thread stands, the only way to learn it of a process that hangs; so does a crash in C code.
    """
    faulthandler.enable()
    faulthandler.register(signal.SIGQUIT)
    is_console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if is_console else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_Reason())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for noisy in (*SUPERVISORS, SUPERVISED, "aiokafka", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
