"""`segstream doctor` on real deployments, each with one thing wrong: the line that says so, its mend, the exit code."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from msgspec.structs import replace
from redis import Redis

from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.doctor.examination import Examination
from stream_app.doctor.finding import Finding, Status
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings
from tests.builders import a_model, an_order_json
from tests.integration.deployment import Deployment
from tests.integration.shop import Sent
from tests.integration.terminal import Terminal, clean_environment
from tests.integration.waiting import wait_for

PARTITIONS = 4


def examined(settings: Settings) -> list[Finding]:
    """Return the findings of one round, within the time that a person waits."""
    began = time.monotonic()
    findings = [finding for group in Examination(settings).groups() for finding in group.findings]
    assert time.monotonic() - began < 15
    return findings


def the(findings: Iterable[Finding], check: str) -> Finding:
    """Return the one finding of a check."""
    (finding,) = [finding for finding in findings if finding.check == check]
    return finding


def problems(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the mends of what must be mended, by check."""
    return {finding.check: finding.mend for finding in findings if finding.status is Status.PROBLEM}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without .env and segstream.toml."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with topics, a model and orders, and no worker."""
    with Deployment(kafka, valkey, tmp_path) as deployment:
        yield filled(deployment)


@pytest.fixture(scope="module")
def lasting(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The same, for tests that leave it as they found it."""
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("lasting")) as deployment:
        yield filled(deployment)


def filled(deployment: Deployment) -> Deployment:
    """Return a deployment with what a shop's has before its first worker."""
    deployment.create_topics(PARTITIONS)
    deployment.promote(a_model())
    deployment.send(orders_placed(Partitioner.MURMUR2))
    return deployment


def orders_placed(hash: Partitioner, **changes: Any) -> list[Sent]:
    """Return an order of each of 30 customers, in the partition where a hash puts them."""
    names = [f"C{number}" for number in range(30)]
    bodies = [an_order_json(customer_id=name, order_id=f"{hash}-{name}", **changes) for name in names]
    return [
        Sent(partition_of(name.encode(), PARTITIONS, hash) or 0, name.encode(), json.dumps(body).encode())
        for name, body in zip(names, bodies, strict=True)
    ]


def terminal_of(deployment: Deployment) -> Terminal:
    """Return a terminal whose environment names the deployment."""
    settings = deployment.settings
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "KAFKA_GROUP_ID": settings.kafka_group_id,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
        "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
        "SEGSTREAM_MODEL_URI": settings.model_uri,
        "SEGSTREAM_CLOCK": settings.clock,
        "SEGSTREAM_WEB_PORT": str(free_ports(1)[0]),
    }
    return Terminal(deployment.folder, clean_environment() | env)


def test_with_nothing_running_each_server_has_its_line_and_the_rest_is_not_guessed(tmp_path: Path) -> None:
    kafka, redis = free_ports(2)
    env = {"KAFKA_BOOTSTRAP_SERVERS": f"localhost:{kafka}", "REDIS_URL": f"redis://localhost:{redis}/0"}

    done = Terminal(tmp_path, clean_environment() | env).run("doctor")

    assert done.returncode == 1
    assert f"Nothing listens at localhost:{kafka}" in done.stdout
    assert f"Nothing listens at localhost:{redis}" in done.stdout
    assert "segstream local" in done.stdout
    assert done.stdout.count("Not checked: Kafka does not answer.") == 5
    assert done.stdout.splitlines()[-1].startswith("3 problems")
    assert done.stderr == ""


def test_a_healthy_deployment_passes_with_a_worker_and_warns_without(shop: Deployment) -> None:
    terminal = terminal_of(shop)
    idle = terminal.run("doctor")

    worker = shop.worker()
    shop.wait_done()
    busy = terminal.run("doctor", "--json")
    other = examined(shop.settings.model_copy(update={"window_days": 90, "web_port": free_ports(1)[0]}))

    assert idle.returncode == 0, idle.stdout
    assert "No worker is in the group" in idle.stdout
    assert "→ Run: segstream worker" in idle.stdout
    findings = json.loads(busy.stdout)
    assert busy.returncode == 0
    assert worker.is_running()
    assert {tuple(finding) for finding in findings} == {("check", "status", "says", "mend")}
    assert {finding["check"]: finding["says"] for finding in findings if finding["status"] != "ok"} == {}
    said = {finding["check"]: finding["says"] for finding in findings}
    assert "All 30 keys lie where murmur2 puts them" in said["orders.partitioner"]
    assert said["workers.lag"] == "No record waits."
    assert "Redis holds every partition, and 30 customers." in said["workers.partitions"]
    assert problems(other) == {}
    assert the(other, "model.window").says == "It was trained with the window that counts: 365 days."
    assert the(other, "workers.window").status is Status.WARNING
    assert the(other, "workers.window").mend.startswith("Set SEGSTREAM_WINDOW_DAYS=365")


def test_a_deployment_to_which_no_order_came_yet_is_well(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(PARTITIONS)
        worker = deployment.worker()
        wait_for("the worker is ready", worker.is_ready)
        terminal = terminal_of(deployment)

        done, listed = terminal.run("doctor"), terminal.run("partitions", "list")

    assert done.returncode == 0, done.stdout
    assert "is paused" not in done.stdout
    assert len(listed.stdout.splitlines()) == PARTITIONS
    assert "no clock yet  running" in listed.stdout


def test_keys_placed_by_another_hash_name_the_setting(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create_topics(PARTITIONS)
        deployment.promote(a_model())
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "partitioner": "consistent_random"})
        for sent in orders_placed(Partitioner.ANY):
            producer.produce(deployment.topics.orders, sent.value, sent.key)
        assert producer.flush(20) == 0

        done = terminal_of(deployment).run("doctor")
        told = the(examined(deployment.settings.model_copy(update={"key_partitioner": Partitioner.CRC32})),
                   "orders.partitioner")  # fmt: skip

    assert done.returncode == 1
    assert "crc32 puts all of them there" in done.stdout
    assert "→ Set SEGSTREAM_KEY_PARTITIONER=crc32" in done.stdout
    assert told.status is Status.OK


def test_orders_that_become_dead_letters_are_told_by_code_and_currency(shop: Deployment) -> None:
    shop.send(orders_placed(Partitioner.MURMUR2, currency="USD"))

    findings = examined(shop.settings)

    assert the(findings, "orders.readable").status is Status.PROBLEM
    assert "30 CURRENCY" in the(findings, "orders.readable").says
    assert "SEGSTREAM_CURRENCY=USD" in the(findings, "orders.currency").mend


def test_a_missing_topic_is_named_with_the_command(shop: Deployment) -> None:
    admin = AdminClient({"bootstrap.servers": shop.kafka.bootstrap, "log_level": 0})
    for future in admin.delete_topics([shop.topics.control]).values():
        future.result(10)

    findings = examined(shop.settings)

    assert problems(findings) == {"topics.exist": f"Run: segstream topics create --partitions {PARTITIONS}"}
    assert f"{shop.topics.control} is missing." in the(findings, "topics.exist").says
    assert the(findings, "model.live").status is Status.SKIPPED


def test_wrong_topic_settings_are_mended_by_the_command_that_the_doctor_names(lasting: Deployment) -> None:
    change = ConfigEntry("retention.ms", "604800000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, lasting.topics.orders, incremental_configs=[change])
    admin = AdminClient({"bootstrap.servers": lasting.kafka.bootstrap, "log_level": 0})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(10)
    terminal = terminal_of(lasting)

    before = examined(lasting.settings)
    checked = terminal.run("topics", "check")
    mended = terminal.ok("topics", "mend")

    assert "retention.ms is 604800000 instead of -1" in the(before, "topics.settings").says
    assert the(before, "topics.settings").mend == "Run: segstream topics mend"
    assert checked.returncode == 1
    assert "Run: segstream topics mend" in checked.stdout
    assert mended == f"{lasting.topics.orders}: retention.ms is -1 now.\n"
    assert the(examined(lasting.settings), "topics.settings").status is Status.OK


def test_unequal_partition_counts_are_a_problem(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        for future in admin.create_topics([NewTopic(deployment.topics.changes, 6, 1)]).values():
            future.result(10)
        deployment.create_topics(2)

        finding = next(f for f in examined(deployment.settings) if f.check == "topics.exist")

    assert finding.says == f"{deployment.topics.changes} has 6 partitions instead of 2."
    assert "SEGSTREAM_TOPIC_PREFIX" in finding.mend


@pytest.fixture
def changed_redis(valkey: LocalRedis) -> Iterator[Redis]:
    """A client whose changes to the server's settings are taken back."""
    with Redis.from_url(valkey.url, decode_responses=True) as client:
        before: Mapping[str, str] = client.config_get("maxmemory*", "appendonly", "save")
        yield client
        client.config_set("appendonly", before["appendonly"])
        client.config_set("maxmemory", before["maxmemory"])
        client.config_set("maxmemory-policy", before["maxmemory-policy"])


def test_a_redis_that_forgets_and_keeps_nothing_has_a_line_for_each(lasting: Deployment, changed_redis: Redis) -> None:
    changed_redis.config_set("maxmemory-policy", "allkeys-lru")
    changed_redis.config_set("appendonly", "no")
    changed_redis.config_set("maxmemory", changed_redis.info("memory")["used_memory"] + 100_000)
    port = lasting.valkey.port

    findings = examined(lasting.settings)
    done = terminal_of(lasting).run("doctor")

    call = f"redis-cli -h 127.0.0.1 -p {port} CONFIG SET"
    assert the(findings, "redis.eviction").mend == f"Run: {call} maxmemory-policy noeviction"
    assert the(findings, "redis.persistence").status is Status.WARNING
    assert the(findings, "redis.persistence").mend == f"Run: {call} appendonly yes"
    assert f"{call} maxmemory" in the(findings, "redis.memory").mend
    assert done.returncode == 1
    assert f"→ Run: {call} maxmemory-policy noeviction" in done.stdout


def test_a_redis_that_wants_another_login_is_told_from_one_that_is_away(
    lasting: Deployment, changed_redis: Redis
) -> None:
    login = {"redis_url": f"redis://nobody:s3cret@127.0.0.1:{lasting.valkey.port}/0"}

    findings = examined(Settings(_env_file=None, **(lasting.settings.model_dump() | login)))  # type: ignore[call-arg]

    finding = the(findings, "redis.reachable")
    assert "refuses the login" in finding.says
    assert "REDIS_URL" in finding.mend
    assert not [f for f in findings if "s3cret" in f.says + f.mend]
    assert the(findings, "workers.partitions").status is Status.SKIPPED
    assert the(findings, "orders.partitioner").status is Status.OK


def test_without_a_model_the_training_is_named(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create_topics(1)

        found = problems(examined(deployment.settings))

    assert set(found) == {"model.store"}
    assert "segstream train FILE … --promote" in found["model.store"]


def test_a_model_file_that_was_changed_is_not_the_promoted_one(lasting: Deployment) -> None:
    file = next(Path(lasting.settings.model_uri).glob("models/*/*/model.json"))
    promoted = file.read_text()
    file.write_text(promoted.replace("Champions", "Losers"))
    altered = examined(lasting.settings)
    file.unlink()
    gone = examined(lasting.settings)
    file.write_text(promoted)

    assert "MODEL_SHA256" in the(altered, "model.usable").says
    assert "new version" in the(altered, "model.usable").mend
    assert "MODEL_MISSING" in the(gone, "model.usable").says


def test_the_newest_promotion_counts_and_what_nobody_can_read_is_passed(lasting: Deployment) -> None:
    producer = Producer({"bootstrap.servers": lasting.kafka.bootstrap})
    producer.produce(lasting.topics.control, b"nonsense")
    assert producer.flush(20) == 0
    right = lasting.promotion(a_model())
    lasting.say(replace(right, sha256="0" * 64))
    lasting.say(replace(right, version="20260101T000000Z-nowhere", effective_at="2999-01-01T00:00:00Z"))

    assert the(examined(lasting.settings), "model.usable").status is Status.OK

    lasting.say(replace(right, version="20260101T000000Z-nowhere"))

    assert "MODEL_MISSING" in the(examined(lasting.settings), "model.usable").says

    lasting.say(right)

    assert the(examined(lasting.settings), "model.usable").status is Status.OK


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A broker with three listeners: one right, one that advertises a name nobody knows, one that wants a login."""
    right, wrong, login, controller = free_ports(4)
    listeners = {"PLAINTEXT": right, "WRONG": wrong, "LOGIN": login}
    addresses = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
    properties = {
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"{addresses},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": addresses.replace(f"127.0.0.1:{wrong}", "kafka.invalid:19092"),
        "listener.security.protocol.map":
            "PLAINTEXT:PLAINTEXT,WRONG:PLAINTEXT,LOGIN:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.login.plain.sasl.jaas.config":
            "org.apache.kafka.common.security.plain.PlainLoginModule required user_shop=right;",
    }  # fmt: skip
    with LocalKafka(tmp_path_factory.mktemp("doors"), right, properties):
        yield {name: f"127.0.0.1:{port}" for name, port in listeners.items()}


LOGIN = {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "PLAIN", "kafka_sasl_username": "shop"}


@pytest.mark.parametrize(
    ("door", "changes", "check", "said", "mend"),
    [
        ("WRONG", {}, "kafka.advertised", "kafka.invalid:19092, a name that this machine does not know",
         "advertised.listeners=PLAINTEXT://127.0.0.1:"),
        ("LOGIN", LOGIN | {"kafka_sasl_password": "wrong"}, "kafka.login", "Invalid username or password",
         "KAFKA_SASL_PASSWORD"),
        ("LOGIN", LOGIN | {"kafka_sasl_password": "right", "kafka_sasl_mechanism": "SCRAM-SHA-256"}, "kafka.login",
         "Unsupported SASL mechanism", "Set KAFKA_SASL_MECHANISM to what it supports: PLAIN"),
        ("LOGIN", {}, "kafka.login", "does not answer as Kafka over PLAINTEXT", "SASL_SSL"),
        ("PLAINTEXT", {"kafka_security_protocol": "SSL"}, "kafka.login", "No TLS connection",
         "KAFKA_SECURITY_PROTOCOL=PLAINTEXT"),
        ("PLAINTEXT", LOGIN | {"kafka_sasl_password": "right"}, "kafka.login", "refuses the login", "takes no login"),
        ("PLAINTEXT", {"kafka_extra": {"client.racks": "a"}}, "kafka.login", "client.racks", "segstream config show"),
    ],
)  # fmt: skip
def test_a_broker_that_cannot_be_used_says_why_and_what_mends_it(
    doors: dict[str, str], valkey: LocalRedis, door: str, changes: dict[str, Any], check: str, said: str, mend: str
) -> None:
    values = {"kafka_bootstrap_servers": doors[door], "redis_url": valkey.url} | changes

    findings = examined(Settings(_env_file=None, **values))  # type: ignore[arg-type]

    assert the(findings, check).status is Status.PROBLEM
    assert said in the(findings, check).says
    assert mend in the(findings, check).mend
    assert the(findings, "topics.exist").status is Status.SKIPPED
    assert the(findings, "redis.reachable").status is Status.OK


def test_a_right_login_lets_the_doctor_in(doors: dict[str, str], valkey: LocalRedis) -> None:
    values = LOGIN | {
        "kafka_sasl_password": "right",
        "redis_url": valkey.url,
        "kafka_bootstrap_servers": doors["LOGIN"],
    }

    findings = examined(Settings(_env_file=None, **values))  # type: ignore[arg-type]

    assert the(findings, "kafka.advertised").status is Status.OK
    assert "None of the five topics exists" in the(findings, "topics.exist").says
