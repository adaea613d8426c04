"""A formatted Kafka data directory: made once by Kafka's own tool, copied for each new broker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from stream_app.core.errors import LocalPartError
from stream_app.local.child import Child
from stream_app.local.kafka_jars import cache_dir, pins_id

CLUSTER_ID = "c2Vnc3RyZWFtLWxvY2FsMQ"
"""A UUID as Kafka writes it, and `segstream-local1` in base64."""

FORMAT_SECONDS = 60.0

# All that the tool looks at: the result is the same for every port and every setting of ours.
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:1
listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1
controller.listener.names=CONTROLLER
"""


def require_format(log_dir: Path, java: Sequence[str]) -> None:
    """Make this directory one that Kafka takes as its own, unless it is one."""
    if (log_dir / "meta.properties").exists():
        return
    # The tool takes more than a second, the copy none.
    template = cache_dir() / f"kafka-format-{pins_id()}-{CLUSTER_ID}"
    if not template.exists():
        _make(template, java)
    half = log_dir.with_name("log.half")
    shutil.copytree(template, half, dirs_exist_ok=True)
    half.rename(log_dir)


def _make(template: Path, java: Sequence[str]) -> None:
    template.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=template.parent) as name:
        work = Path(name)
        config = work / "format.properties"
        config.write_text(f"{SETTINGS}log.dirs={work / 'log'}\n")
        _run_tool([*java, "kafka.tools.StorageTool"], config, work / "format.out")
        # Another process may have been faster; its result is as good.
        with suppress(OSError):
            (work / "log").rename(template)


def _run_tool(tool: Sequence[str], config: Path, output: Path) -> None:
    command = [*tool, "format", "--cluster-id", CLUSTER_ID, "--config", str(config)]
    child = Child.start(command, env=None, stdout=output)
    try:
        returncode = child.wait(FORMAT_SECONDS)
    except TimeoutError:
        returncode = child.kill()
    if returncode != 0:
        said = output.read_text(errors="replace").strip()
        raise LocalPartError(f"Kafka's format tool failed ({returncode}); it said: {said}")
