"""A Spark of our own in a child process: local, quiet, with bounded memory, and gone without a trace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_app.core.errors import SegstreamError, UsageError
from trainer.spark.jdk import find_jdk

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_MEGABYTES = 512
"""Spark does not start with less than 450."""
GOODBYE_SECONDS = 10.0
LOG = "spark.log"
LOGGING = """
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %p %m%n
rootLogger.level = error
rootLogger.appenderRef.file.ref = file
"""
OURS = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "PYSPARK_SUBMIT_ARGS", "SPARK_LOCAL_DIRS", "SPARK_TESTING")
"""Variables of other Sparks on this machine, which would change ours."""


def check_memory(memory: str) -> str:
    """Return it; raises UsageError for what is no size, or too small for Spark to start."""
    found = re.fullmatch(r"([0-9]{1,6})([mg])", memory.lower())
    if found is None or int(found[1]) * (1024 if found[2] == "g" else 1) < LEAST_MEGABYTES:
        raise UsageError(f"{memory!r} is no memory for Spark.", f"Use {LEAST_MEGABYTES}m or more: 2g, for example.")
    return memory.lower()


def look_for_spark() -> Path:
    """Return the home of a Java that fits; raises SegstreamError when the packages or a Java are missing."""
    if not all(map(find_spec, ("pyspark", "sqlglot"))):
        raise SegstreamError(
            "--engine spark needs the packages of the extra `spark`.",
            "Run: pip install 'segstream[spark]'",
            code="SPARK_MISSING",
        )
    return find_jdk(os.environ)


@contextmanager
def spark_session(folder: Path, memory: str) -> Iterator[SparkSession]:
    """Yield a session on this machine's cores; whatever Spark writes is in the folder, and Java ends with the block.

    A failure of Spark becomes a SegstreamError. Ctrl-C during the first seconds counts once Java has started.
    """
    home = look_for_spark()
    import pyspark

    variables = {
        "JAVA_HOME": str(home),
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    (folder / "log4j2.properties").write_text(LOGGING.format(log=folder / LOG))
    try:
        with _java(folder, memory, variables) as gateway, _session(gateway) as session:
            yield session
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"pyspark", "py4j"}:
            raise
        raise SegstreamError(
            f"Spark failed: {_first_line(folder, error)}",
            f"It may need more memory than {memory} (--spark-memory) or more room for temporary files; "
            "without --engine spark DuckDB computes the same.",
            code="SPARK_FAILED",
        ) from error


def _first_line(folder: Path, error: Exception) -> str:
    log = folder / LOG
    said = f"{error}\n{log.read_text(errors='replace') if log.exists() else ''}"
    if "OutOfMemoryError" in said:
        return "its memory is full."
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    for name in OURS:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _configuration(folder: Path, memory: str) -> dict[str, str]:
    return {
        "spark.app.name": "segstream",
        "spark.master": "local[*]",
        "spark.driver.memory": memory,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={folder}" -XX:-UsePerfData',
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": "32",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


@contextmanager
def _java(folder: Path, memory: str, variables: dict[str, str]) -> Iterator[Any]:
    """Yield py4j's gateway to a Java child that lives no longer than the block."""
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    conf = SparkConf(loadDefaults=False)
    for name, value in _configuration(folder, memory).items():
        conf.set(name, value)
    gateway = None
    try:
        # In the middle of it the child would be known to nobody.
        with (folder / "java.out").open("wb") as said, interrupts_held(), _environment(variables):
            gateway = launch_gateway(conf, {"stdout": said, "stderr": said})
        yield gateway
    finally:
        if gateway is not None:
            _end(gateway)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keep a Ctrl-C until the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held = []
    before = signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


@contextmanager
def _session(gateway: Any) -> Iterator[SparkSession]:
    """Yield a session on it."""
    from pyspark import SparkConf, SparkContext

    before = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings():
        # It says that its own imports do not know the newest pandas, which nobody here uses.
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        context = SparkContext(gateway=gateway, conf=SparkConf(loadDefaults=False))
        session = SparkSession(context)
    if threading.current_thread() is threading.main_thread():
        # Spark's own handler asks Java to cancel, and would wait for the answer.
        signal.signal(signal.SIGINT, before)
    try:
        yield session
    except BaseException:
        # In the middle of an answer nothing can be asked any more.
        gateway.proc.kill()
        raise
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.stop()


def _end(gateway: Any) -> None:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    child: subprocess.Popen[bytes] = gateway.proc
    with suppress(Exception):
        gateway.shutdown()
    if child.stdin is not None:
        # Java ends when nobody can speak to it any more.
        child.stdin.close()
    try:
        child.wait(GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    # Both keep what they were given in their classes, and a second session would talk to the dead.
    for name in ("_gateway", "_jvm", "_active_spark_context"):
        setattr(SparkContext, name, None)
    for name in ("_instantiatedSession", "_activeSession"):
        setattr(SparkSession, name, None)
