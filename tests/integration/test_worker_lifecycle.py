"""A worker says why it waits, ends with a reason when going on could break a promise, and pauses before it drowns."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from confluent_kafka.admin import AdminClient, NewPartitions

from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.operators import resume
from tests.builders import a_model, an_order_json
from tests.integration.deployment import Deployment
from tests.integration.shop import Sent
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

LINE = [{"product_id": "P1", "quantity": 1, "unit_price": 5}]


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path) as fresh:
        yield fresh


def an_order(partition: int, customer: str, order_id: str = "O1") -> Sent:
    """Return an order for a partition; the deployments here check no hash."""
    body = an_order_json(order_id=order_id, customer_id=customer, lines=LINE)
    return Sent(partition, customer.encode(), json.dumps(body).encode())


def ended(worker: WorkerProcess, code: str) -> bool:
    """Tell whether the worker ended with this reason; fail when it ended with another, or told it as a crash."""
    if worker.is_running():
        return False
    said = worker.said()
    assert code in said, said
    assert "Traceback" not in said, said
    assert not re.search(r"faust|\bmode\b|[Cc]rash", said), said
    return worker.wait() == 1


def test_it_waits_for_a_model_and_says_so(deployment: Deployment) -> None:
    deployment.create_topics(2)
    worker = deployment.worker()
    wait_for("it says what is missing", lambda: "no model is live" in str(worker.readyz()[1]))

    deployment.promote(a_model())

    assert wait_for("it is ready", worker.is_ready)


def test_it_waits_for_a_broker_whose_name_has_no_address_yet(deployment: Deployment) -> None:
    """With a hosts file of its own, which a user may mount only where the system lets users have name spaces."""
    may_mount = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*may_mount, "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "this system does not let users mount, and CI must"
        pytest.skip("this system does not let users mount a hosts file")
    deployment.create(2)
    hosts, said = deployment.folder / "hosts", deployment.folder / "worker.out"
    hosts.write_text("127.0.0.1 localhost\n")
    port = free_ports(1)[0]
    brokers = {"kafka_bootstrap_servers": f"later.invalid:{deployment.kafka.port}", "web_port": port}
    worker = Child.start(
        [*may_mount, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts), sys.executable, "-m",
         "stream_app.cli", "worker"],
        env=deployment.terminal(**brokers).env, stdout=said,
    )  # fmt: skip
    try:
        wait_for("it says what is missing", lambda: "later.invalid is a name without an address" in said.read_text())

        hosts.write_text(hosts.read_text() + "127.0.0.1 later.invalid\n")

        wait_for("it is ready", lambda: is_healthy(port), said=said.read_text)
        assert said.read_text().count("name without an address") == 1
    finally:
        worker.kill()


def is_healthy(port: int) -> bool:
    try:
        return bool(requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok)
    except requests.RequestException:
        return False


def test_its_start_says_in_four_lines_what_was_checked(deployment: Deployment) -> None:
    deployment.create(2)
    worker = deployment.worker()
    wait_for("it is ready", worker.is_ready, said=worker.said)

    lines = [json.loads(line) for line in worker.said().splitlines() if line.startswith("{")]
    checked = {line["what"]: line for line in lines if line["event"] == "checked"}

    assert list(checked) == ["Redis", "Kafka", "topics", "model"]
    assert checked["Redis"]["address"] == deployment.settings.redis_address
    assert (checked["Kafka"]["protocol"], checked["Kafka"]["user"]) == ("PLAINTEXT", "User:ANONYMOUS")
    assert checked["topics"]["partitions"] == 2
    assert checked["model"]["version"] == a_model().version


def test_it_refuses_a_model_of_another_window_and_says_so(deployment: Deployment) -> None:
    deployment.create(2, a_model(window_days=30))

    worker = deployment.worker()

    assert wait_for("it names the code", lambda: "MODEL_WINDOW" in str(worker.readyz()[1]))


def test_it_ends_when_topics_are_missing(deployment: Deployment) -> None:
    worker = deployment.worker()

    assert wait_for("it ends", lambda: ended(worker, "TOPICS_MISSING"))


def test_it_ends_when_topics_do_not_fit_together(deployment: Deployment) -> None:
    deployment.create(2)
    admin = AdminClient({"bootstrap.servers": deployment.settings.kafka_bootstrap_servers})
    admin.create_partitions([NewPartitions(deployment.topics.orders, 3)])[deployment.topics.orders].result(10)

    worker = deployment.worker()

    assert wait_for("it ends", lambda: ended(worker, "PARTITION_COUNT"))


def test_it_ends_when_the_currency_is_another_than_the_state_s(deployment: Deployment) -> None:
    deployment.create(1).send([an_order(0, "C1")])
    deployment.run_to_end(key_partitioner="any")

    worker = deployment.worker(key_partitioner="any", currency="USD")

    assert wait_for("it ends", lambda: ended(worker, "CURRENCY_CHANGED"))


def test_it_ends_when_redis_evicts(kafka: LocalKafka, tmp_path: Path) -> None:
    with LocalRedis(tmp_path / "redis") as redis, Deployment(kafka, redis, tmp_path) as deployment:
        deployment.create(1)
        deployment.redis.config_set("maxmemory-policy", "allkeys-lru")

        worker = deployment.worker()

        assert wait_for("it ends", lambda: ended(worker, "REDIS_EVICTS"))


def test_it_ends_when_another_process_takes_its_name(deployment: Deployment) -> None:
    deployment.create(2)
    first = deployment.worker("same", key_partitioner="any")
    wait_for("the first is ready", first.is_ready)

    second = deployment.worker("same", key_partitioner="any")
    wait_for("the second is ready", second.is_ready)
    deployment.send([an_order(p, f"C{p}", f"O{n}") for n in range(20) for p in range(2)])

    wait_for("the first ends", lambda: ended(first, "INSTANCE_TAKEN"))
    assert wait_for("the second does the work", lambda: deployment.shown.progress() == 40)


def test_mostly_bad_input_pauses_its_partition_until_it_is_resumed(deployment: Deployment) -> None:
    deployment.create(2)
    bad = [Sent(0, b"C0", b"{") for _ in range(150)]
    deployment.send([*bad, an_order(0, "C0"), *[an_order(1, "C1", f"O{n}") for n in range(50)]])

    worker = deployment.worker(key_partitioner="any")
    wait_for("it pauses", lambda: "partition 0 is paused: BREAKER" in str(worker.readyz()[1]))
    wait_for("the other partition goes on", lambda: deployment.shown.progress() == 150)
    worker.terminate()
    again = deployment.worker(key_partitioner="any")
    wait_for("it is still paused", lambda: "partition 0 is paused: BREAKER" in str(again.readyz()[1]))
    assert deployment.shown.progress() == 150

    resume(deployment.settings, 0, "the shop was mended")

    wait_for("it went on", lambda: deployment.shown.progress() == 201)
    assert again.is_running()
    assert deployment.results().dead_letters.total() == 150


def test_a_worker_tells_on_demand_where_its_threads_stand(deployment: Deployment) -> None:
    deployment.create_topics(2)
    worker = deployment.worker()
    wait_for("it waits for a model", lambda: "no model is live" in str(worker.readyz()[1]))

    told = worker.testimony()

    assert "_meet_model" in told or "_prepare" in told
    assert worker.is_running()
