"""What a worker's user must be allowed in Redis, tried at the start, and which ACL command gives what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from urllib.parse import unquote, urlsplit

import redis

from stream_app.core.errors import StopError
from stream_app.settings import Settings

WORKER_COMMANDS = (
    "del", "evalsha", "exists", "get", "hdel", "hget", "hgetall", "hkeys", "hlen", "hmget", "hscan", "hset", "hsetnx",
    "info", "ping", "script|load", "set", "time", "type", "zadd", "zcard", "zcount", "zrange", "zrangebyscore", "zrank",
    "zrem", "zremrangebyrank", "zscore",
)  # fmt: skip
"""On keys that begin with the deployment's prefix."""

READER_COMMANDS = (
    "exec", "hget", "hgetall", "hkeys", "hmget", "multi", "ping", "zcard", "zcount", "zrange", "zscan", "zscore",
)  # fmt: skip
"""What the API, the lookups of the command and `stream_app.client` use, on the same keys."""

_COMMAND = re.compile(r"run the '([^']+)' command")
_KEY = "access a key"
_OLD = "can't run this command"
"""Redis 6.2 names the command nowhere."""


def rights_script() -> str:
    """Return the script that tries every command."""
    return (files("stream_app.worker") / "lua" / "rights.lua").read_text()


def refuse_missing_commands(client: redis.Redis, settings: Settings) -> None:
    """Raise StopError with every command that this user may not run, or with the keys that it may not touch."""
    keys = [f"{settings.redis_prefix}rights:{kind}" for kind in ("hash", "sorted", "string")]
    try:
        denied: list[bytes] = client.register_script(rights_script())(keys=keys)
    except redis.AuthenticationError as error:
        raise StopError(
            f"Redis at {settings.redis_address} refuses the login of {user_of(settings)} ({error}).",
            "Check user and password in REDIS_URL: rediss://user:password@host:6380/0",
            code="REDIS_CREDENTIALS",
        ) from error
    except redis.ConnectionError as error:
        if "certificate verify failed" in str(error):
            raise StopError(
                f"Redis at {settings.redis_address} shows a certificate that is not trusted here.",
                "Set REDIS_SSL_CA_LOCATION to the file with the certificate of the authority that signed it.",
                code="REDIS_CREDENTIALS",
            ) from error
        raise
    texts = [text.decode(errors="replace") for text in denied]
    missing = sorted({rule for name, said in _pairs(texts) for rule in _rules(settings, said, name)})
    if missing:
        raise denied_by_redis(settings, missing)


def denial_of(settings: Settings, error: redis.RedisError) -> StopError | None:
    """Return the refusal that an error speaks of; None when it is about something else."""
    rules = _rules(settings, str(error), "")
    return denied_by_redis(settings, rules) if rules else None


def denied_by_redis(settings: Settings, rules: Sequence[str]) -> StopError:
    """Return the refusal that names the missing rules and the command that gives them."""
    user = user_of(settings)
    return StopError(
        f"Redis at {settings.redis_address} does not allow {user}: {' '.join(rules)}.",
        f"Run as an administrator: ACL SETUSER {user} {' '.join(rules)}",
        code="REDIS_DENIED",
    )


def acl_rules(settings: Settings, commands: Iterable[str]) -> str:
    """Return the rules of a user who may run these commands and no others."""
    return " ".join(["-@all", *(f"+{command}" for command in commands), _keys(settings)])


def user_of(settings: Settings) -> str:
    """Return the name of the user that REDIS_URL logs in as."""
    return unquote(urlsplit(settings.redis_url.get_secret_value()).username or "default")


def _keys(settings: Settings) -> str:
    return f"~{settings.redis_prefix}*"


def _pairs(texts: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(texts[::2], texts[1::2], strict=True)


def _rules(settings: Settings, said: str, command: str) -> list[str]:
    """Return the rule that is missing by the server's words; none when they are about something else."""
    if found := _COMMAND.search(said):
        return [f"+{found[1]}"]
    if _KEY in said or "access at least one of the keys" in said:
        return [_keys(settings)]
    return [f"+{command}"] if command and _OLD in said else []
