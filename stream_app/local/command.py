"""`segstream local`: Kafka and Redis in the foreground until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stream_app.core.errors import LocalPartError
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis

_CHECK_SECONDS = 0.5


def run_local(kafka_port: int | None, redis_port: int | None, data_dir: Path | None, redis_binary: str | None) -> int:
    """Run both, print their addresses as shell exports, and stop them on Ctrl-C or SIGTERM."""
    with _sigterm_as_ctrl_c(), suppress(KeyboardInterrupt), _kept_or_temporary(data_dir) as base:
        redis = LocalRedis(base / "redis", redis_port, redis_binary)
        kafka = LocalKafka(base / "kafka", kafka_port)
        with redis, kafka:
            _announce(kafka, redis, None if data_dir is None else base)
            _wait_for_an_end(kafka, redis)
    return 0


def _announce(kafka: LocalKafka, redis: LocalRedis, kept: Path | None) -> None:
    print(f"export KAFKA_BOOTSTRAP_SERVERS={kafka.bootstrap}")
    print(f"export REDIS_URL={redis.url}", flush=True)
    where = f"in {kept}" if kept else "in a temporary folder, removed at the end"
    print(
        f"Kafka answers after {kafka.start_seconds:.1f} s, Redis after {redis.start_seconds:.1f} s;"
        f" their data is {where}. Ctrl-C stops both.",
        file=sys.stderr,
        flush=True,
    )


def _wait_for_an_end(*parts: LocalKafka | LocalRedis) -> None:
    """Return never: Ctrl-C interrupts it, and a part that ends by itself raises LocalPartError."""
    while True:
        for part in parts:
            if not part.is_running():
                raise LocalPartError(
                    f"The local {part.name} has ended by itself; it said: {part.last_words()}",
                    "Start again.",
                )
        time.sleep(_CHECK_SECONDS)


@contextmanager
def _kept_or_temporary(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        yield data_dir.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="segstream-local-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
