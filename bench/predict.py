"""How many predictions a second one process answers, and how late they are: the API beside a pickled pipeline."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from bench.deployment import Deployment, Servers
from bench.figures import percentile, spread
from bench.http_load import Line, as_fast_as_it_goes, at_a_rate, requests_of
from bench.peers.plain_fastapi import pickled
from bench.rounds import interleaved, say
from bench.table import markdown
from bench.workload import as_model
from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from stream_app.operators import promote

CONNECTIONS = 32
RATE = 200
OURS, PEER = "segstream api", "FastAPI and a pickled pipeline"
NAMES = ("Recency", "Frequency", "Monetary", "Unique_Products")


def predictions(servers: Servers, rounds: int, seconds: float) -> tuple[str, str]:
    """Ask both in turns, one process each, with the same requests and the same model."""
    rows = _customers()
    requests = requests_of(
        "/predict", [msgspec.json.encode(dict(zip(NAMES, _plain(row), strict=True))) for row in rows]
    )
    deployment = Deployment(servers)
    pipeline = pickled(rows, deployment.folder / "pipeline.pickle")
    promote(deployment.settings, deployment.settings.models.publish(as_model(pipeline, "20260101T000000Z-bench")))
    found: dict[str, list[tuple[float, float, float]]] = {OURS: [], PEER: []}
    for name in interleaved([OURS, PEER], rounds):
        with _serving(name, deployment) as port:
            found[name].append(asyncio.run(_measure(port, requests, seconds)))
            say(f"{name}: {found[name][-1][0]:,.0f} predictions/s")
    head = ("", "predictions/s", f"p50 ms at {RATE}/s", f"p99 ms at {RATE}/s")
    body = [(name, *(spread(column, digits) for column, digits in zip(zip(*runs, strict=True), (0, 1, 1), strict=True)))
            for name, runs in found.items()]  # fmt: skip
    return f"POST /predict, one process, {CONNECTIONS} connections", markdown(head, body)


async def _measure(port: int, requests: list[bytes], seconds: float) -> tuple[float, float, float]:
    await as_fast_as_it_goes(port, requests, CONNECTIONS, 1.0)
    rate = await as_fast_as_it_goes(port, requests, CONNECTIONS, seconds)
    late = await at_a_rate(port, requests, RATE, CONNECTIONS, seconds)
    return rate, percentile(late, 0.5), percentile(late, 0.99)


@contextmanager
def _serving(name: str, deployment: Deployment) -> Iterator[int]:
    """Run one of the two until its first answer, and end it."""
    port = free_ports(1)[0]
    if name == OURS:
        argv, own = [sys.executable, "-m", "stream_app.cli", "api"], _environment(deployment, port)
    else:
        argv = [
            sys.executable,
            "-m",
            "bench.peers.plain_fastapi",
            str(deployment.folder / "pipeline.pickle"),
            str(port),
        ]
        own = {}
    child = Child.start(argv, env={**os.environ, **own}, stdout=deployment.output)
    try:
        asyncio.run(_first_answer(port))
        yield port
    finally:
        child.terminate(20)


async def _first_answer(port: int) -> None:
    request = requests_of("/predict", [msgspec.json.encode(dict(zip(NAMES, (1, 1, 1.0, 1), strict=True)))])[0]
    deadline = time.monotonic() + 60
    while True:
        try:
            line = await Line.open(port)
            await line.ask(request)
        except (OSError, AssertionError, asyncio.IncompleteReadError):
            assert time.monotonic() < deadline, "no answer in a minute"
            await asyncio.sleep(0.1)
        else:
            line.close()
            return


def _environment(deployment: Deployment, port: int) -> Mapping[str, str]:
    settings = deployment.settings
    return {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
        "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
        "SEGSTREAM_MODEL_URI": str(Path(settings.model_uri).resolve()),
        "SEGSTREAM_API_PORT": str(port),
        "SEGSTREAM_API_REQUESTS_PER_SECOND": "0",
        "SEGSTREAM_LOG_FORMAT": "json",
    }


def _customers() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    dice = np.random.default_rng(1)
    money = np.exp(dice.normal(5.5, 1.4, 2_000)).round(2)
    columns = (dice.integers(0, 400, 2_000), 1 + dice.geometric(0.2, 2_000), money, 1 + dice.geometric(0.05, 2_000))
    return np.stack(columns, axis=1)


def _plain(row: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[int, int, float, int]:
    recency, frequency, monetary, products = row.tolist()
    return int(recency), int(frequency), monetary, int(products)
