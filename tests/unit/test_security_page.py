"""docs/security.md keeps its word: every test that it names exists, and the manifests give the rights that it lists."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from stream_app.contract.rights import Role, rights_of
from stream_app.contract.topics import Topics
from stream_app.worker.redis_rights import WORKER_COMMANDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = {file.name: file.read_text() for file in (ROOT / "tests").rglob("test_*.py")}


def test_every_test_that_the_page_names_exists() -> None:
    functions = re.findall(r"^def (test_\w+)", "\n".join(TESTS.values()), re.MULTILINE)
    files = {Path(name).name for name in re.findall(r"`([\w/]*test_\w+\.py)`", PAGE)}
    named = [name for name in re.findall(r"`(test_\w+…?)`", PAGE) if name.removesuffix("_…") != name or "…" not in name]

    assert files <= set(TESTS)
    assert len(named) >= 8
    for name in named:
        assert any(found.startswith(name.rstrip("…")) for found in functions), name


def test_the_users_of_the_manifest_have_what_worker_and_api_need_and_no_more() -> None:
    users = ROOT / "deploy" / "kubernetes" / "overlays" / "production" / "users.yaml"
    (user,) = yaml.safe_load_all(users.read_text())
    given = {
        (
            entry["resource"]["type"].lower().replace("transactionalid", "transactional-id"),
            entry["resource"]["name"],
            op,
        )
        for entry in user["spec"]["authorization"]["acls"]
        for op in entry["operations"]
    }
    needed = {
        (right.resource.value, right.name, right.operation)
        for role in (Role.WORKER, Role.API)
        for right in rights_of(role, Topics(), "segstream-worker")
    }

    assert needed <= given
    assert {(kind, name) for kind, name, _ in given} == {(kind, name) for kind, name, _ in needed}
    assert {one for one in given - needed if one[2] != "Describe"} == set()


def test_the_policy_counts_the_rights_as_they_are() -> None:
    policy = (ROOT / "SECURITY.md").read_text()

    assert len(rights_of(Role.WORKER, Topics(), "g")) == 8
    assert f"eight rights in Kafka and {len(WORKER_COMMANDS)} commands in Redis" in policy
