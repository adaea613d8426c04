"""The embedded Kafka and Valkey: they answer, keep their data, and never outlive us."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis
from redis.exceptions import RedisError

from stream_app.core.errors import LocalPartError
from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from tests.integration.waiting import wait_for

DEADLINE_SECONDS = 30.0
BOTH = """
import sys, time
from pathlib import Path
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis

base = Path(sys.argv[1])
with LocalRedis(base / "redis") as redis, LocalKafka(base / "kafka") as kafka:
    print(redis.pid, kafka.pid, flush=True)
    time.sleep(600)
"""
LOCAL = "import sys; from stream_app.local.command import run_local; "


def test_kafka_gives_back_a_record(kafka: LocalKafka) -> None:
    topic = a_topic(kafka)

    produce(kafka, topic, b"hello")

    assert read(kafka, topic) == [b"hello"]


def test_kafka_takes_a_dead_letter_larger_than_its_own_limit_where_the_topic_allows_it(
    kafka: LocalKafka,
) -> None:
    largest = 1_114_124
    topic = a_topic(kafka, {"max.message.bytes": str(largest)})
    value = b"x" * (largest - 1_000)

    produce(kafka, topic, value)

    assert read(kafka, topic) == [value]


@pytest.mark.long
def test_kafka_keeps_its_records_over_a_kill_and_a_stop(tmp_path: Path) -> None:
    with LocalKafka(tmp_path) as kafka:
        topic, address, first = a_topic(kafka), kafka.bootstrap, kafka.pid
        produce(kafka, topic, b"before the kill")

        kafka.kill()
        kafka.start()
        produce(kafka, topic, b"before the stop")
        kafka.stop()
        kafka.start()

        assert read(kafka, topic) == [b"before the kill", b"before the stop"]
        assert kafka.bootstrap == address
        assert kafka.pid != first
        assert not psutil.pid_exists(first)


def test_a_suspended_kafka_is_silent_until_resumed(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, is_brief=True) as kafka:
        topic = a_topic(kafka)

        kafka.suspend()
        wait_until(lambda: psutil.Process(kafka.pid).status() == psutil.STATUS_STOPPED)
        with pytest.raises(KafkaException):
            AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=0.5)
        kafka.resume()

        produce(kafka, topic, b"again")
        assert read(kafka, topic) == [b"again"]


def test_valkey_keeps_its_data_over_a_kill(tmp_path: Path) -> None:
    with LocalRedis(tmp_path) as server, Redis.from_url(server.url) as client:
        client.set("customer", "7")
        client.execute_command("WAITAOF", 1, 0, 5_000)

        server.kill()
        server.start()

        assert client.get("customer") == b"7"


def test_valkey_refuses_writes_rather_than_forget_a_customer(fresh_redis: Redis) -> None:
    assert fresh_redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert fresh_redis.config_get("appendonly") == {"appendonly": "yes"}


def test_a_suspended_valkey_does_not_answer_until_resumed(valkey: LocalRedis) -> None:
    with Redis.from_url(valkey.url, socket_timeout=0.2, retry=None) as client:
        valkey.suspend()
        with pytest.raises(RedisError):
            client.ping()
        valkey.resume()

        wait_until(lambda: answers(client))


def test_a_taken_port_is_named_with_what_to_do(valkey: LocalRedis, tmp_path: Path) -> None:
    with pytest.raises(LocalPartError, match=f"127.0.0.1:{valkey.port}.*--kafka-port"):
        LocalKafka(tmp_path, valkey.port).start()
    with pytest.raises(LocalPartError, match=f"127.0.0.1:{valkey.port}.*--redis-port"):
        LocalRedis(tmp_path, valkey.port).start()


@pytest.mark.long
def test_a_kafka_whose_port_is_taken_while_it_starts_takes_another(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path, is_brief=True)
    first = kafka.port

    with thief_of(kafka), kafka:
        assert kafka.port != first
        assert AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=5).brokers

    assert f"failed to bind to 127.0.0.1:{first}" in kafka.log.read_text()


def test_a_kafka_whose_given_port_is_taken_while_it_starts_says_so(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    kafka = LocalKafka(tmp_path, port, is_brief=True)

    with thief_of(kafka), pytest.raises(LocalPartError, match=f"127.0.0.1:{port}.*another process.*--kafka-port"):
        kafka.start()


@contextmanager
def thief_of(kafka: LocalKafka) -> Iterator[None]:
    """Listen on the port of a Kafka that is about to start, once it has looked whether the port is free."""
    with socket.socket() as server, ThreadPoolExecutor(1) as pool:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", kafka.port))
        stolen = pool.submit(wait_until_and, (kafka.data_dir / "server.properties").exists, server.listen)
        yield
        stolen.result()


def wait_until_and(is_so: Callable[[], bool], act: Callable[[], None]) -> None:
    wait_until(is_so)
    act()


def test_a_missing_redis_binary_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalPartError, match="no-such-server"):
        LocalRedis(tmp_path, binary="no-such-server").start()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(LocalPartError, match=r"process\.roles.*kafka\.out"):
        LocalKafka(tmp_path, properties={"process.roles": "cook"}).start()


def test_neither_server_outlives_a_killed_parent(tmp_path: Path) -> None:
    with running(BOTH, str(tmp_path)) as parent:
        pids = [int(word) for word in first_line(parent).split()]
        assert all(is_alive(pid) for pid in pids)

        parent.kill()

        wait_until(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_segstream_local_prints_addresses_and_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    kafka_port, redis_port = free_ports(2)
    code = LOCAL + f"sys.exit(run_local({kafka_port}, {redis_port}, None, None))"
    with running(code) as parent:
        lines = [first_line(parent), first_line(parent)]
        servers = psutil.Process(parent.pid).children(recursive=True)

        parent.send_signal(number)

        assert parent.wait(DEADLINE_SECONDS) == 0
        assert lines == [
            f"export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:{kafka_port}",
            f"export REDIS_URL=redis://127.0.0.1:{redis_port}/0",
        ]
        assert not [server for server in servers if is_alive(server.pid)]


def test_a_child_goes_with_its_killed_guardian(tmp_path: Path) -> None:
    child = Child.start(["sleep", "600"], env=None, stdout=tmp_path / "out")
    guardian = psutil.Process(child.pid).parent()
    assert guardian is not None

    guardian.kill()

    assert child.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    wait_until(lambda: not is_alive(child.pid))


def test_a_child_reports_its_own_return_code(tmp_path: Path) -> None:
    child = Child.start(["sh", "-c", "echo said; exit 7"], env=None, stdout=tmp_path / "out")

    assert child.wait(DEADLINE_SECONDS) == 7
    assert (tmp_path / "out").read_text() == "said\n"


def test_a_child_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    child = Child.start(["sh", "-c", deaf], env=None, stdout=tmp_path / "out")
    wait_until(lambda: "ready" in (tmp_path / "out").read_text())

    assert child.terminate(0.2) == -signal.SIGKILL


def test_a_suspended_child_can_be_ended_politely(tmp_path: Path) -> None:
    child = Child.start(["sleep", "600"], env=None, stdout=tmp_path / "out")
    child.suspend()

    assert child.terminate(DEADLINE_SECONDS) == -signal.SIGTERM


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalPartError, match="no-such-program"):
        Child.start(["no-such-program"], env=None, stdout=tmp_path / "out")


def a_topic(kafka: LocalKafka, config: dict[str, str] | None = None) -> str:
    name = f"local-parts-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    created = admin.create_topics([NewTopic(name, 1, 1, config=config or {})])
    created[name].result(DEADLINE_SECONDS)
    return name


def produce(kafka: LocalKafka, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 2_000_000})
    producer.produce(topic, value)
    assert producer.flush(DEADLINE_SECONDS) == 0


def read(kafka: LocalKafka, topic: str) -> list[bytes | None]:
    settings = {
        "bootstrap.servers": kafka.bootstrap,
        "group.id": topic,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
    }
    values: list[bytes | None] = []
    with closing(Consumer(settings)) as consumer:
        consumer.subscribe([topic])
        for message in polled(consumer):
            if message.error():
                break
            values.append(message.value())
    return values


def polled(consumer: Consumer) -> Iterator[Message]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if (message := consumer.poll(0.2)) is not None:
            yield message


@contextmanager
def running(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    wait_for("it is so", is_so, DEADLINE_SECONDS)
