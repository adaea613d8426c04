"""Looks at the Redis server: knocks, logs in, and asks it to describe itself."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import redis

from stream_app.core.errors import SegstreamError
from stream_app.doctor.facts import RedisFacts, Refusal, Refused
from stream_app.doctor.look.reach import knock_all
from stream_app.settings import Settings
from stream_app.worker.store import connect

CALL_SECONDS = 3.0
DEFAULT_PORT = 6379


def look_at_redis(settings: Settings) -> RedisFacts:
    """Return what can be said of Redis within a few seconds, however it fails."""
    (endpoint,) = knock_all([_address(settings.redis_url.get_secret_value())])
    if not endpoint.is_open:
        return RedisFacts(endpoint)
    try:
        client = connect(settings, socket_timeout=CALL_SECONDS, retry=None)
    except SegstreamError as refused:
        return RedisFacts(endpoint, refused=Refused(Refusal.PLAINTEXT, refused.cause, refused.mend))
    try:
        return RedisFacts(endpoint, **_described(client))
    except redis.exceptions.BusyLoadingError:
        return RedisFacts(endpoint, is_loading=True)
    except (redis.RedisError, OSError) as error:
        return RedisFacts(endpoint, refused=_refused(error))
    finally:
        client.close()


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix:{parts.path}"
    return f"{parts.hostname or 'localhost'}:{parts.port or DEFAULT_PORT}"


def _refused(error: Exception) -> Refused:
    said = str(error).rstrip(".")
    if isinstance(error, redis.exceptions.AuthenticationError | redis.exceptions.NoPermissionError):
        return Refused(Refusal.LOGIN, said)
    return Refused(Refusal.TLS if "SSL" in said or "certificate" in said else Refusal.MUTE, said)


def _described(client: redis.Redis) -> dict[str, Any]:
    info: dict[str, Any] = client.info()
    return {
        "version": str(info.get("valkey_version") or info["redis_version"]),
        "is_valkey": "valkey_version" in info or info.get("server_name") == "valkey",
        "mode": info.get("redis_mode") or info.get("server_mode", "standalone"),
        "role": info.get("role", "master"),
        "eviction": info.get("maxmemory_policy", "noeviction"),
        "is_append_only": bool(info.get("aof_enabled")),
        "failing_write": _failing(info),
        "used_bytes": int(info.get("used_memory", 0)),
        "max_bytes": int(info.get("maxmemory", 0)),
        "is_loading": bool(info.get("loading")),
        "snapshots": _snapshots(client),
        "has_scripts": _has_scripts(client),
        "ahead_seconds": _ahead(client),
    }


def _failing(info: dict[str, Any]) -> str:
    if info.get("aof_enabled") and info.get("aof_last_write_status", "ok") != "ok":
        return "write of the append-only file"
    return "snapshot" if info.get("rdb_last_bgsave_status", "ok") != "ok" else ""


def _snapshots(client: redis.Redis) -> str | None:
    """Return the `save` setting; managed services often hide it."""
    try:
        return str(client.config_get("save").get("save", ""))
    except redis.ResponseError:
        return None


def _has_scripts(client: redis.Redis) -> bool:
    try:
        # As a worker does it: a user may have the right to this and none to send a script each time.
        client.register_script("return 1")()
    except redis.ResponseError:
        return False
    return True


def _ahead(client: redis.Redis) -> float:
    """Return how far its clock is before ours, as of the middle of the question."""
    asked = time.time()
    seconds, micros = client.time()
    return float(seconds + micros / 1e6 - (asked + time.time()) / 2)
