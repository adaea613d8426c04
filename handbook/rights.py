"""Who may do what in Kafka and in Redis, from the lists that the worker checks at its start."""

from __future__ import annotations

from handbook.table import table
from stream_app.contract.rights import Right, Role, rights_of
from stream_app.contract.topics import Topics
from stream_app.settings import Settings
from stream_app.worker.redis_rights import READER_COMMANDS, WORKER_COMMANDS, acl_rules

_WHO = {
    Role.WORKER: "worker",
    Role.API: "API",
    Role.LOADER: "loader, shop",
    Role.SUBSCRIBER: "subscriber",
    Role.OPERATOR: "operator",
}


def kafka_table() -> str:
    """Return a row per right of each role; rights of one purpose share a row."""
    settings = Settings(_env_file=None)
    rows = []
    for role, who in _WHO.items():
        grouped: dict[tuple[str, str], list[Right]] = {}
        for right in rights_of(role, Topics(), settings.kafka_group_id):
            grouped.setdefault((right.operation, right.purpose), []).append(right)
        for (operation, purpose), rights in grouped.items():
            rows.append((who, operation, ", ".join(map(_name, rights)), purpose))
    return table(("Who", "Operation", "On", "To"), rows)


def _name(right: Right) -> str:
    kind = "" if right.resource == "topic" else f"{right.resource.replace('-', ' ')} "
    return f"{kind}`{right.name}`{' and what begins so' if right.is_prefix else ''}"


def redis_rules() -> str:
    """Return the two commands that make the users of Redis."""
    settings = Settings(_env_file=None, redis_prefix="shop-a:")
    lines = ["", "```text"]
    for user, commands in (("segstream", WORKER_COMMANDS), ("segstream-reader", READER_COMMANDS)):
        lines.append(f"ACL SETUSER {user} on ><password> {acl_rules(settings, commands)}")
    return "\n".join([*lines, "```", "", ""])
