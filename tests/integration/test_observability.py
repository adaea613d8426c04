"""A real Prometheus that scrapes a running worker answers every dashboard's and every alert's question."""

from __future__ import annotations

from pathlib import Path

from handbook.observation.answers import unanswered
from handbook.observation.prometheus import Prometheus
from handbook.observation.questions import questions
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import Deployment
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

SECONDS = 60.0


def test_every_question_is_answered_while_orders_stream(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(4)
        worker = deployment.worker()
        with Prometheus(tmp_path / "prometheus", {"segstream-worker": worker.port}) as prometheus:
            wait_for("the worker is scraped", lambda: prometheus.healthy_targets() == {"segstream-worker"})
            with deployment.trickle(a_log(4), seconds=SECONDS):
                left = unanswered(prometheus, questions(), SECONDS)

            assert [(question.place, question.expr) for question in left] == []
            assert prometheus.rule_problems() == []
