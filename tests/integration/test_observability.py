"""A real Prometheus that scrapes a running worker answers every dashboard's and every alert's question."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from handbook.observation.answers import unanswered
from handbook.observation.prometheus import Prometheus
from handbook.observation.questions import questions
from model_store.drift import baseline_of
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import a_model
from tests.integration.deployment import Deployment
from tests.integration.shop import a_log
from tests.system_tools import system_tool

SECONDS = 45.0


def test_every_question_is_answered_while_orders_stream(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    customers = [[float(n % 50), 1.0 + n % 7, 20.0 + n, 1.0 + n % 11] for n in range(200)]
    model = replace(a_model(), baseline=baseline_of([list(column) for column in zip(*customers, strict=True)]))
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(4, model)
        worker = deployment.worker()
        program = system_tool("prometheus", "usr/bin/prometheus")
        with Prometheus(program, tmp_path / "prometheus", {"segstream-worker": worker.port}) as prometheus:
            prometheus.wait_for_targets()
            with deployment.trickle(a_log(4), seconds=SECONDS):
                left = unanswered(prometheus, questions(), SECONDS)

            assert [(question.place, question.expr) for question in left] == []
            assert prometheus.rule_problems() == []
