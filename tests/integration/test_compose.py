"""What Compose would start works: each service's command line and environment, on the embedded Kafka and Valkey.

The topics are made by our own command: the script that the Kafka image runs needs tools that the embedded Kafka lacks,
and what it would ask of them is tested beside the file of topics.
"""

from __future__ import annotations

from pathlib import Path

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.composed import Composed

ORDERS = 300


def test_the_services_of_the_compose_file_work_together(tmp_path: Path) -> None:
    with LocalKafka(tmp_path / "kafka") as kafka, LocalRedis(tmp_path / "valkey") as valkey:
        addresses = {"kafka:19092": kafka.bootstrap, "valkey:6379": f"127.0.0.1:{valkey.port}"}
        composed = Composed(tmp_path, addresses)
        composed.create_topics()

        assert composed.completed("trainer") == 0, composed.said("trainer")
        with composed.running("worker"), composed.running("api"), composed.running("dashboard"):
            assert composed.completed("loader", "--limit", str(ORDERS)) == 0, composed.said("loader")
            composed.look()

        assert composed.completed("trainer") == 0, composed.said("trainer")
        assert "is live already" in composed.said("trainer")
