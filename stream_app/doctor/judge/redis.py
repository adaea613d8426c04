"""Judges Redis: reachable, new enough, one primary that forgets nothing and has room."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.doctor.facts import Endpoint, Reach, RedisFacts, Refusal, Refused
from stream_app.doctor.finding import Finding, ok, problem, skipped, warning

REACHABLE, VERSION, PRIMARY = "redis.reachable", "redis.version", "redis.primary"
EVICTION, PERSISTENCE, MEMORY, SCRIPTS = "redis.eviction", "redis.persistence", "redis.memory", "redis.scripts"
OLDEST = (6, 2)
FULL, NEARLY_FULL = 0.95, 0.8
_MIB = 1_048_576


def judge_redis(redis: RedisFacts) -> Iterator[Finding]:
    """Yield what is to be said of Redis."""
    yield _reachable(redis)
    if redis.is_usable:
        yield _version(redis)
        yield _primary(redis)
        yield _eviction(redis)
        yield _persistence(redis)
        yield _memory(redis)
        if not redis.has_scripts:
            yield problem(
                SCRIPTS,
                "This user may not run scripts, and every write of a worker is one.",
                f"Allow it: {cli(redis.endpoint)} ACL SETUSER <user> +@scripting",
            )


def _reachable(redis: RedisFacts) -> Finding:
    if not redis.endpoint.is_open:
        return problem(REACHABLE, _closed(redis.endpoint), _open_it(redis.endpoint))
    if redis.is_loading:
        return problem(REACHABLE, f"{redis.endpoint.address} is still loading its data.", "Wait, then look again.")
    if redis.refused is None:
        return ok(REACHABLE, f"{redis.endpoint.address} answers.")
    return _conversation(redis.endpoint, redis.refused)


def _conversation(endpoint: Endpoint, refused: Refused) -> Finding:
    said = refused.said
    if refused.why is Refusal.PLAINTEXT:
        return problem(REACHABLE, said, refused.mend)
    if refused.why is Refusal.LOGIN:
        return problem(
            REACHABLE,
            f"{endpoint.address} refuses the login: {said}.",
            "Put user and password into REDIS_URL: redis://user:password@host:6379/0",
        )
    if refused.why is Refusal.TLS:
        return problem(
            REACHABLE,
            f"No TLS connection with {endpoint.address}: {said}.",
            "rediss:// needs a TLS port, and REDIS_SSL_CA_LOCATION when the authority is your own.",
        )
    return problem(
        REACHABLE,
        f"Something listens at {endpoint.address}, but does not answer as Redis: {said}.",
        "Check the port in REDIS_URL, and that the server does not hang; one that wants TLS needs rediss://",
    )


def _closed(endpoint: Endpoint) -> str:
    return {
        Reach.NO_NAME: f"{endpoint.host} is a name that this machine does not know (REDIS_URL).",
        Reach.REFUSED: f"Nothing listens at {endpoint.address} (REDIS_URL).",
        Reach.SILENT: f"{endpoint.address} does not answer (REDIS_URL).",
    }[endpoint.reach]


def _open_it(endpoint: Endpoint) -> str:
    if endpoint.reach is Reach.SILENT:
        return "Look for a firewall between here and there, or a wrong address in REDIS_URL."
    return "Start Redis (docker compose up -d valkey, or segstream local), or set REDIS_URL to where it is."


def _version(redis: RedisFacts) -> Finding:
    name = "Valkey" if redis.is_valkey else "Redis"
    if not redis.is_valkey and numbers(redis.version) < OLDEST:
        return problem(
            VERSION,
            f"Redis {redis.version} is too old: 6.2 is the oldest that works.",
            "Install Redis 6.2 or newer, or Valkey.",
        )
    return ok(VERSION, f"{name} {redis.version}.")


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version.

    >>> numbers("7.2.4"), numbers("9.0.0-rc1")
    ((7, 2, 4), (9, 0, 0))
    """
    found: list[int] = []
    for part in version.split("."):
        digits = part[: next((at for at, letter in enumerate(part) if not letter.isdigit()), len(part))]
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)


def cli(endpoint: Endpoint) -> str:
    """Return how to call redis-cli for this server.

    >>> cli(Endpoint("localhost:6379", Reach.OPEN)), cli(Endpoint("cache:7000", Reach.OPEN))
    ('redis-cli', 'redis-cli -h cache -p 7000')
    """
    if endpoint.address.startswith("unix:"):
        return f"redis-cli -s {endpoint.address.removeprefix('unix:')}"
    if endpoint.address in ("localhost:6379", "127.0.0.1:6379"):
        return "redis-cli"
    return f"redis-cli -h {endpoint.host} -p {endpoint.address.rpartition(':')[2]}"


def _primary(redis: RedisFacts) -> Finding:
    if redis.mode == "cluster":
        return problem(
            PRIMARY,
            "It is a Redis Cluster, where a partition's keys and its position cannot move in one step.",
            "Use one primary per deployment, with Sentinel or a managed service.",
        )
    if redis.role != "master":
        return problem(PRIMARY, "It is a replica, which takes no writes.", "Set REDIS_URL to the primary.")
    return ok(PRIMARY, "It is a primary, and no cluster.")


def _eviction(redis: RedisFacts) -> Finding:
    if redis.eviction != "noeviction":
        return problem(
            EVICTION,
            f"It forgets customers when its memory is full (maxmemory-policy {redis.eviction}).",
            f"Run: {cli(redis.endpoint)} CONFIG SET maxmemory-policy noeviction",
        )
    return ok(EVICTION, "It forgets nothing when its memory is full (noeviction).")


def _persistence(redis: RedisFacts) -> Finding:
    if redis.failing_write:
        return problem(
            PERSISTENCE,
            f"Its last {redis.failing_write} failed, so it may refuse writes.",
            f"Make room on its disk, look at its log, then run: {cli(redis.endpoint)} BGSAVE",
        )
    if redis.is_append_only:
        return ok(PERSISTENCE, "It keeps an append-only file over a restart.")
    if redis.snapshots is None:
        return skipped(PERSISTENCE, "this user may not see the setting `save`")
    if redis.snapshots:
        return ok(PERSISTENCE, f"It keeps snapshots over a restart (save {redis.snapshots}).")
    return warning(
        PERSISTENCE,
        "It writes nothing to disk: after a restart the workers rebuild everything from Kafka, and readers wait.",
        f"Run: {cli(redis.endpoint)} CONFIG SET appendonly yes",
    )


def _memory(redis: RedisFacts) -> Finding:
    used = f"{redis.used_bytes / _MIB:,.0f} MiB"
    if not redis.max_bytes:
        return ok(MEMORY, f"It uses {used}, without a limit.")
    share = redis.used_bytes / redis.max_bytes
    says = f"It uses {used} of {redis.max_bytes / _MIB:,.0f} MiB ({share:.0%})"
    if share < NEARLY_FULL:
        return ok(MEMORY, f"{says}.")
    say = problem if share >= FULL else warning
    return say(
        MEMORY,
        f"{says}: when it is full, workers wait.",
        f"Give it more: {cli(redis.endpoint)} CONFIG SET maxmemory <bytes>",
    )
