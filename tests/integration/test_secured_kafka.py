"""A Kafka with TLS, logins and access control: what the tables of rights list is enough, and each line is missed."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException

from stream_app.api.tokens import digest_of
from stream_app.contract.rights import Resource, Right, Role, rights_of
from stream_app.contract.topics import Topics
from stream_app.core.errors import StopError
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.local.valkey import LocalRedis
from stream_app.worker.kafka_config import connection, log_reader, transactional_producer
from stream_app.worker.kafka_rights import explain_denial, grant, refuse_missing_rights
from stream_app.worker.transaction import Transaction
from tests.builders import a_model, an_order_json
from tests.integration.api_process import ApiProcess
from tests.integration.certificates import Certificates, make_certificates
from tests.integration.deployment import Deployment
from tests.integration.secrets_search import command_line_of, keys_of, places_with, topics_of
from tests.integration.secured_kafka import ADMIN, SecuredKafka
from tests.integration.shop import Sent, a_log
from tests.integration.terminal import Terminal
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

WORKER_RIGHTS = rights_of(Role.WORKER, Topics("p."), "p.group")
FILE = """\
order,customer,day,product,quantity,price
o1,anna,2025-03-01,a,1,10
o2,bert,2025-03-02,b,2,5
o3,anna,2025-03-03,a,1,10
"""
COLUMNS = "order_id=order,customer_id=customer,ordered_at=day,product_id=product,quantity=quantity,unit_price=price"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[SecuredKafka]:
    with SecuredKafka(tmp_path_factory.mktemp("secured"), certificates) as broker:
        broker.add_users(*Role)
        yield broker


@pytest.fixture
def deployment(secured: SecuredKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(secured, valkey, tmp_path, **secured.settings_of(ADMIN)) as made:
        yield made


def rights(deployment: Deployment, role: Role) -> tuple[Right, ...]:
    return rights_of(role, deployment.topics, deployment.settings.kafka_group_id)


def given(command: str) -> Right:
    """Return the right that a `kafka-acls` command gives, read as the tool reads it."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for option in ("bootstrap-server", "command-config", "allow-principal", "operation"):
        parser.add_argument(f"--{option}", required=True)
    for resource in Resource:
        parser.add_argument(f"--{resource}")
    parser.add_argument("--resource-pattern-type", choices=["literal", "prefixed"], default="literal")
    parser.add_argument("--add", action="store_true", required=True)
    program, *words = shlex.split(command)
    assert program == "kafka-acls"
    said = vars(parser.parse_args(words))
    assert said["allow_principal"] == f"User:{Role.WORKER}"
    ((resource, name),) = [(r, said[r.replace("-", "_")]) for r in Resource if said[r.replace("-", "_")]]
    return Right(resource, name, said["operation"], is_prefix=said["resource_pattern_type"] == "prefixed")


def commands_in(mend: str) -> list[str]:
    return mend.removeprefix("Run as an administrator: ").split(" && ")


def test_everybody_works_with_the_rights_of_their_table(deployment: Deployment, secured: SecuredKafka) -> None:
    for role in (Role.OPERATOR, Role.WORKER, Role.API, Role.LOADER):
        secured.allow(role, rights(deployment, role))
    changes, _ = rights(deployment, Role.SUBSCRIBER)
    own_group = f"{deployment.settings.kafka_group_id}-reader"
    secured.allow(Role.SUBSCRIBER, [changes, Right(Resource.GROUP, own_group, "Read")])
    operator, loader = (deployment.terminal(**secured.settings_of(role)) for role in (Role.OPERATOR, Role.LOADER))
    (deployment.folder / "orders.csv").write_text(FILE)

    operator.ok("topics", "create", "--partitions", "2", "--replication", "1")
    operator.ok("topics", "check")
    deployment.partitions = 2
    model = a_model()
    deployment.settings.models.publish(model)
    operator.ok("models", "promote", model.version, "--force", "--why", "test")
    loader.ok("load", "orders.csv", "--columns", COLUMNS, "--history")
    worker = deployment.worker(**secured.settings_of(Role.WORKER))
    deployment.wait_done()
    with ApiProcess(deployment, **secured.settings_of(Role.API)) as api:
        api.ready()
        readyz, anna = api.get("/readyz"), api.get("/customers/anna")
    subscriber = subscribed(deployment, secured, own_group)
    examined = operator.run("doctor", "--json")

    assert (readyz.status, anna.status) == (200, 200), readyz.body
    assert {record.key() for record in subscriber} == {b"anna", b"bert"}
    assert '"KAFKA_DENIED"' not in examined.stdout
    assert worker.terminate() == 0, worker.said()


def subscribed(deployment: Deployment, secured: SecuredKafka, group: str) -> list[object]:
    """Return the two changes that a subscriber with a group of its own reads."""
    config = connection(deployment.settings_with(**secured.settings_of(Role.SUBSCRIBER)), "test")
    reading = {"group.id": group, "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
    consumer = Consumer(config | reading)
    consumer.subscribe([deployment.topics.changes])
    found: list[object] = []
    try:
        wait_for("two changes are read", lambda: found.extend(consumer.consume(10, 0.5)) or len(found) >= 2, 20)
    finally:
        consumer.close()
    return found


@pytest.mark.parametrize("right", WORKER_RIGHTS, ids=map(str, WORKER_RIGHTS))
def test_each_right_of_a_worker_is_missed_by_name(deployment: Deployment, secured: SecuredKafka, right: Right) -> None:
    deployment.create_topics(2)
    wanted = rights(deployment, Role.WORKER)
    missing = wanted[WORKER_RIGHTS.index(right)]
    secured.allow(Role.WORKER, [other for other in wanted if other != missing])

    refused = refusal(deployment, secured)
    told = [given(command) for command in commands_in(refused.mend)]
    secured.allow(Role.WORKER, told)

    assert refused.code == "KAFKA_DENIED"
    assert str(missing) in refused.cause
    assert told == [Right(missing.resource, missing.name, missing.operation, is_prefix=missing.is_prefix)]
    wait_for("what the command gives is enough", lambda: refusal(deployment, secured) is None, 10)


def refusal(deployment: Deployment, secured: SecuredKafka) -> StopError | None:
    """Return what a worker is told at its start: by the brokers' own list, and by opening its producer."""
    settings = deployment.settings_with(**secured.settings_of(Role.WORKER))
    consumer = Consumer(log_reader(settings, "test"))
    try:
        refuse_missing_rights(settings, Role.WORKER)
        Transaction(transactional_producer(settings, lambda _: None), settings.topics, consumer).start()
    except StopError as refused:
        return refused
    except KafkaException as error:
        with pytest.raises(StopError) as caught:
            explain_denial(settings, Role.WORKER, error.args[0])
        return caught.value
    finally:
        consumer.close()
    return None


def test_a_worker_without_a_right_ends_with_the_command_that_gives_it(
    deployment: Deployment, secured: SecuredKafka
) -> None:
    deployment.create(2)
    wanted = rights(deployment, Role.WORKER)
    changes = next(right for right in wanted if right.name == deployment.topics.changes)
    secured.allow(Role.WORKER, wanted)

    worker = deployment.worker(**secured.settings_of(Role.WORKER))
    wait_for("the worker is ready", worker.is_ready, said=worker.said)
    secured.withdraw(Role.WORKER, changes)
    deployment.send(a_log(2, orders=40, customers=5))
    lost = worker.wait(30)
    again = deployment.worker(**secured.settings_of(Role.WORKER))
    begun = again.wait(30)

    for code, said in ((lost, worker.said()), (begun, again.said())):
        assert code == 1, said
        last = said.splitlines()[-1]
        assert last.startswith("KAFKA_DENIED: "), said
        assert str(changes) in last
        assert grant(changes, deployment.settings_with(**secured.settings_of(Role.WORKER))) in last


@pytest.mark.parametrize(
    ("wrong", "cause", "mend"),
    [
        ({"kafka_sasl_password": "wr0ng"}, "refuses the login of User:worker", "KAFKA_SASL_PASSWORD"),
        ({"kafka_ssl_ca_location": ""}, "certificate that is not trusted", "KAFKA_SSL_CA_LOCATION"),
    ],
    ids=["password", "authority"],
)
def test_a_login_that_is_refused_is_no_outage(
    deployment: Deployment, secured: SecuredKafka, tmp_path: Path, wrong: dict[str, str], cause: str, mend: str
) -> None:
    strange = {name: value or str(make_certificates(tmp_path / "other").authority) for name, value in wrong.items()}
    settings = deployment.settings_with(**secured.settings_of(Role.WORKER) | strange)

    with pytest.raises(StopError) as refused:
        refuse_missing_rights(settings, Role.WORKER)

    assert refused.value.code == "KAFKA_CREDENTIALS"
    assert cause in refused.value.cause
    assert mend in refused.value.mend
    assert "wr0ng" not in str(refused.value)


@pytest.mark.long
def test_a_loader_and_an_operator_without_their_rights_are_told_so(
    deployment: Deployment, secured: SecuredKafka
) -> None:
    deployment.create_topics(2)
    model = a_model()
    deployment.settings.models.publish(model)
    (deployment.folder / "orders.csv").write_text(FILE)
    orders, control = deployment.topics.orders, deployment.topics.control
    secured.allow(Role.LOADER, [Right(Resource.TOPIC, orders, "Describe")])
    secured.allow(Role.OPERATOR, [Right(Resource.TOPIC, control, "Read"), Right(Resource.TOPIC, orders, "Describe")])
    loader = deployment.terminal(**secured.settings_of(Role.LOADER))
    operator = deployment.terminal(**secured.settings_of(Role.OPERATOR))

    load = loader.run("load", "orders.csv", "--columns", COLUMNS)
    promotion = operator.run("models", "promote", model.version, "--force", "--why", "test")
    hidden = loader.run("tail")

    assert (load.returncode, promotion.returncode, hidden.returncode) == (1, 1, 1)
    assert f"KAFKA_DENIED: Kafka at {secured.bootstrap} does not allow User:loader to: Write on topic {orders}." in (
        load.stderr
    )
    assert f"does not allow User:operator to: Write on topic {control}." in promotion.stderr
    assert f"does not allow to see {deployment.topics.changes}" in hidden.stderr


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at command lines in /proc")
def test_no_secret_is_ever_told(deployment: Deployment, secured: SecuredKafka, valkey: LocalRedis) -> None:
    secrets = {name: f"canary-{name}-7f3a" for name in ("kafka", "redis", "extra", "token", "board", "asker")}
    secrets |= {name: f"canary-{name}-7f3a" * 3 for name in ("erasure", "pseudonym", "client", "cookie")}
    secured.add_users("canary", password=secrets["kafka"])
    secured.allow("canary", rights(deployment, Role.WORKER) + rights(deployment, Role.API))
    deployment.redis.execute_command("ACL", "SETUSER", "canary", "reset", "on", f">{secrets['redis']}", "+@all", "~*")
    env = secret_environment(deployment, secured, valkey, secrets)
    deployment.create(2).send([*a_log(2, orders=60, customers=5), Sent(0, b"C1", b'{"order_id": '), *orders_of(PERSON)])
    terminal = Terminal(deployment.folder, env)

    with (
        WorkerProcess(deployment.folder, env | {"SEGSTREAM_LOG_LEVEL": "debug"}, WORKER) as worker,
        ApiProcess(deployment, env=env) as api,
    ):
        deployment.wait_done()
        bearer = f"Bearer {secrets['token']}"
        api.ready(bearer)
        answers = [api.get(path, authorization=bearer) for path in ("/readyz", "/metrics", "/openapi.json", "/nothing")]
        answers.append(api.get("/segments", authorization=f"{bearer}x"))
        person = api.get(f"/customers/{PERSON}", authorization=bearer)
        places = [("worker's metrics", worker.metrics().encode()), ("readyz", repr(worker.readyz()).encode())]
        places += [(f"answer {answer.status}", repr(answer).encode()) for answer in answers]
        places += [command_line_of(process.pid) for process in (worker, api)]
        places += [*topics_of(deployment), *keys_of(deployment.redis)]
        told = [said_by(terminal, *words) for words in TELLING]
    failed = [said_by(terminal, *words, **changes) for words, changes in failing(secrets)]
    places += [("where one is", (deployment.folder / "redis-url").read_bytes()), *told, *failed]
    places += [("worker's log", worker.said().encode()), ("API's log", api.said().encode())]
    deployment.redis.execute_command("ACL", "DELUSER", "canary")

    assert {answer.status for answer in answers} == {200, 401, 404}
    assert (person.status, PERSON in {name for _, name in places_with([PERSON], topics_of(deployment))}) == (200, True)
    operators = {"worker's metrics", "readyz", "answer 200", "worker's log", "API's log"}
    assert places_with([PERSON], [place for place in places if place[0] in operators]) == set()
    assert places_with(secrets.values(), places) == {("where one is", secrets["redis"])}
    assert {name.rpartition(" ")[2] for name, _ in failed} <= {"1", "2"}, failed
    assert b'"level": "debug"' in dict(places)["worker's log"]


PERSON = "canary-person-7f3a"
"""A customer whose id is in the topics, and may not be in a log or a metric."""
WORKER = ("stream_app.cli", "worker")
TELLING = (
    ("config", "show"), ("doctor", "--json"), ("--debug", "models", "list"),
)  # fmt: skip


def orders_of(person: str) -> list[Sent]:
    """Return an order of somebody, and one that is refused."""
    key = person.encode()
    partition = partition_of(key, 2, Partitioner.MURMUR2)
    assert partition is not None
    return [
        Sent(partition, key, value)
        for value in (json.dumps(an_order_json(customer_id=person)).encode(), b'{"order_id": ')
    ]


def failing(secrets: dict[str, str]) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """Return commands that must fail, each for another reason, with a secret in what is wrong."""
    return [
        (("--debug", "worker"), {"KAFKA_SASL_PASSWORD": f"{secrets['kafka']}-wrong"}),
        (("worker",), {"KAFKA_EXTRA": f'{{"no.such.option": "{secrets["extra"]}"}}'}),
        (("worker",), {"REDIS_URL": f"redis://canary:{secrets['redis']}@192.0.2.1/0"}),
        (("api",), {"SEGSTREAM_API_TOKENS": secrets["token"]}),
    ]


def said_by(terminal: Terminal, *words: str, **changes: str) -> tuple[str, bytes]:
    done = terminal.run(*words, **changes)
    return f"{' '.join(words)} {done.returncode}", (done.stdout + done.stderr).encode()


def secret_environment(
    deployment: Deployment, secured: SecuredKafka, valkey: LocalRedis, secrets: dict[str, str]
) -> dict[str, str]:
    """Return a worker's and an API's environment, half of the secrets in files."""
    url = deployment.folder / "redis-url"
    url.write_text(f"redis://canary:{secrets['redis']}@127.0.0.1:{valkey.port}/0\n")
    password = deployment.folder / "kafka-password"
    password.write_text(f"{secrets['kafka']}\n")
    tokens = deployment.folder / "tokens"
    tokens.write_text(f"read:{digest_of(secrets['token'])}\n")
    env = deployment.terminal(**secured.settings_of("canary")).env
    for name in ("SEGSTREAM_REDIS_URL", "SEGSTREAM_KAFKA_SASL_PASSWORD"):
        del env[name]
    return env | {
        "REDIS_URL_FILE": str(url),
        "KAFKA_SASL_PASSWORD_FILE": str(password),
        "SEGSTREAM_API_TOKENS_FILE": str(tokens),
        "KAFKA_EXTRA": json.dumps({"ssl.key.password": secrets["extra"], "log_level": "6"}),
        "SEGSTREAM_ERASURE_KEY": secrets["erasure"],
        "SEGSTREAM_PSEUDONYM_KEY": secrets["pseudonym"],
        "SEGSTREAM_DASHBOARD_TOKEN": secrets["board"],
        "SEGSTREAM_DASHBOARD_API_TOKEN": secrets["asker"],
        "SEGSTREAM_DASHBOARD_OIDC_CLIENT_SECRET": secrets["client"],
        "SEGSTREAM_DASHBOARD_OIDC_COOKIE_SECRET": secrets["cookie"],
    }
