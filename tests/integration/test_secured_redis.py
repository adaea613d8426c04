"""A Redis behind TLS whose users may do what docs/security.md lists: that is enough, and each command is missed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from stream_app.core.errors import StopError
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.redis_rights import READER_COMMANDS, WORKER_COMMANDS, acl_rules
from stream_app.worker.store import Store
from tests.builders import a_model
from tests.integration.api_process import ApiProcess
from tests.integration.certificates import Certificates, make_certificates
from tests.integration.deployment import Deployment
from tests.integration.shop import a_log
from tests.integration.tls_door import TlsDoor
from tests.integration.waiting import wait_for

PASSWORD = "correct-horse"  # noqa: S105  every user's, for the test
LUA = Path(__file__).parents[2] / "stream_app" / "worker" / "lua"
HANDSHAKE = {"script|load", "evalsha"}
"""Needed before any script runs: they are missed by name too, but not by the script that tries the others."""

READ = (
    "/readyz", "/customers/C1", "/segments", "/segments/s1/customers", "/segments/s1/distributions", "/model/scatter",
    "/activity", "/models/next/preview",
)  # fmt: skip


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    """A server of our own: users outlive a test."""
    with LocalRedis(tmp_path_factory.mktemp("own"), is_durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def door(own_valkey: LocalRedis, certificates: Certificates) -> Iterator[TlsDoor]:
    with TlsDoor(certificates, own_valkey.port) as made:
        yield made


@pytest.fixture
def deployment(kafka: LocalKafka, own_valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, own_valkey, tmp_path) as made:
        for user, commands in (("worker", WORKER_COMMANDS), ("reader", READER_COMMANDS)):
            rules = acl_rules(made.settings, commands).split()
            made.redis.execute_command("ACL", "SETUSER", user, "reset", "on", f">{PASSWORD}", *rules)
        yield made


def login(door: TlsDoor, certificates: Certificates, user: str = "worker", password: str = PASSWORD) -> dict[str, Any]:
    return {
        "redis_url": f"rediss://{user}:{password}@localhost:{door.port}/0",
        "redis_ssl_ca_location": str(certificates.authority),
    }


def refusal(deployment: Deployment, **changes: Any) -> StopError | None:
    """Return what a worker is told at its start."""
    store = Store(deployment.settings_with(**changes))
    try:
        store.refuse_missing_commands()
    except StopError as refused:
        return refused
    return None


def test_a_worker_and_the_api_work_with_the_rights_of_the_page(
    deployment: Deployment, door: TlsDoor, certificates: Certificates
) -> None:
    log = a_log(2, orders=200, customers=20)
    deployment.create(2).send(log)

    worker = deployment.worker(**login(door, certificates))
    deployment.wait_done()
    worker.kill()
    index = deployment.shown.key("due", 0)
    deployment.redis.delete(index)
    healed = deployment.worker(**login(door, certificates))
    wait_for("the index is there again", lambda: healed.is_ready() and deployment.redis.exists(index))
    deployment.settings.models.publish(a_model(version="next"))
    with ApiProcess(deployment, **login(door, certificates, "reader")) as api:
        api.ready()
        answers = {path: api.get(path).status for path in READ}
    results = deployment.results()

    assert healed.terminate() == 0, healed.said()
    assert results.hashes
    assert answers == dict.fromkeys(READ, 200)
    assert denials(deployment) == []


def denials(deployment: Deployment) -> list[str]:
    """Return what the server denied to our users; that a client may not name its library does no harm."""
    found = deployment.redis.acl_log()
    return [f"{each['username']}: {each['object']}" for each in found if each["object"] != "client|setinfo"]


@pytest.mark.parametrize(
    "command",
    [pytest.param(one, marks=() if at % 6 == 0 else pytest.mark.long) for at, one in enumerate(WORKER_COMMANDS)],
)
def test_each_command_of_a_worker_is_missed_by_name(
    deployment: Deployment, door: TlsDoor, certificates: Certificates, command: str
) -> None:
    deployment.redis.script_flush()
    deployment.redis.execute_command("ACL", "SETUSER", "worker", f"-{command}")

    refused = refusal(deployment, **login(door, certificates))
    assert refused is not None
    deployment.redis.execute_command(*refused.mend.removeprefix("Run as an administrator: ").split())

    assert refused.code == "REDIS_DENIED"
    assert refused.mend.endswith(f"ACL SETUSER worker +{command}")
    assert refusal(deployment, **login(door, certificates)) is None
    assert list(deployment.redis.scan_iter(f"{deployment.settings.redis_prefix}*")) == []


def test_keys_of_another_prefix_are_missed_by_name(
    deployment: Deployment, door: TlsDoor, certificates: Certificates
) -> None:
    refused = refusal(deployment, **login(door, certificates) | {"redis_prefix": "other:"})

    assert refused is not None
    assert refused.code == "REDIS_DENIED"
    assert refused.mend == "Run as an administrator: ACL SETUSER worker ~other:*"


def test_a_right_that_is_taken_away_ends_a_running_worker_and_wipes_nothing(
    deployment: Deployment, door: TlsDoor, certificates: Certificates
) -> None:
    deployment.create(2).send(a_log(2, orders=100, customers=10))
    worker = deployment.worker(**login(door, certificates))
    deployment.wait_done()
    before = deployment.shown.progress()

    deployment.redis.execute_command("ACL", "SETUSER", "worker", "-hset")
    deployment.send(a_log(2, orders=20, customers=10, seed=8))
    code = worker.wait(30)

    last = worker.said().splitlines()[-1]
    assert code == 1
    assert last.startswith("REDIS_DENIED: ")
    assert last.endswith("ACL SETUSER worker +hset")
    assert deployment.shown.progress() == before


@pytest.mark.parametrize(
    ("change", "cause"),
    [("password", "refuses the login of worker"), ("authority", "certificate that is not trusted")],
)
def test_a_login_that_redis_refuses_is_no_outage(
    deployment: Deployment, door: TlsDoor, certificates: Certificates, tmp_path: Path, change: str, cause: str
) -> None:
    other = make_certificates(tmp_path / "other") if change == "authority" else certificates

    refused = refusal(deployment, **login(door, other, password="wr0ng" if change == "password" else PASSWORD))

    assert refused is not None
    assert refused.code == "REDIS_CREDENTIALS"
    assert cause in refused.cause
    assert "wr0ng" not in str(refused)


def test_the_list_of_commands_is_what_the_code_sends() -> None:
    scripts = {file.stem: file.read_text() for file in LUA.glob("*.lua")}
    tried = {name.lower() for name in re.findall(r"\{ '([A-Z]+)'", scripts.pop("rights"))}
    in_scripts = {name.lower() for text in scripts.values() for name in re.findall(r"call\('([A-Z]+)'", text)}
    store = ast.parse((LUA.parent / "store.py").read_text())
    direct = {
        node.func.attr
        for node in ast.walk(store)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if ast.unparse(node.func.value) in {"self._redis", "pipe"}
    } - {"register_script", "pipeline", "execute"}  # of the client; the server sees the commands in a pipe

    assert in_scripts | direct == tried
    assert tried | HANDSHAKE == set(WORKER_COMMANDS)


def test_a_reader_may_not_write(deployment: Deployment, door: TlsDoor, certificates: Certificates) -> None:
    options = {"ssl_ca_certs": str(certificates.authority)}
    url = login(door, certificates, "reader")["redis_url"]

    with Redis.from_url(url, **options) as client:
        for words in (
            ("SET", "a", "1"),
            ("FLUSHALL",),
            ("CONFIG", "GET", "*"),
            ("KEYS", "*"),
            ("HGET", "foreign", "a"),
        ):
            with pytest.raises(Exception, match="permissions"):
                client.execute_command(*words)


def test_without_tls_nobody_hears_the_door(deployment: Deployment, door: TlsDoor) -> None:
    plain = f"redis://worker:{PASSWORD}@localhost:{door.port}/0"

    def asks() -> bool:
        with Redis.from_url(plain, socket_timeout=2) as client:
            return bool(client.ping())

    with pytest.raises(Exception, match=r"Connection|reset|closed"):
        wait_for("an answer that must not come", asks, 5)
