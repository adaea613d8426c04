"""The real Kafka and the real Valkey, started once for the whole test run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.figures import FIGURE, Figures
from tests.shared import one_kafka, run_folder


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """One broker for all tests of all processes: each makes topics and groups with names of its own."""
    with one_kafka(run_folder(tmp_path_factory) / "kafka") as broker:
        yield broker


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    """One Valkey for all tests; take `fresh_redis` to find it empty."""
    with LocalRedis(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def fresh_redis(valkey: LocalRedis) -> Iterator[Redis]:
    """A client of an empty Redis."""
    with Redis.from_url(valkey.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Takes sentences that shall be read when all tests have ended, in whatever process they ran."""
    return Figures(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that the proofs have measured."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    lines = [
        value
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == FIGURE and report.when == "call"
    ]
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(str(line))
