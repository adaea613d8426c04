"""What every request passes: who asks, how often, how much; and what every answer gets: safe headers, a measurement."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from stream_app import metrics
from stream_app.api.limits import Limits
from stream_app.api.problems import Problem, answer_of
from stream_app.api.tokens import Keyring, Scope

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"})
"""What nobody needs a token for: no customer is in it."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="segstream"'}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class Door:
    """Stands before the application; `is_anonymous`: who has no token may read."""

    def __init__(self, app: App, keyring: Keyring, limits: Limits, *, most_bytes: int, is_anonymous: bool) -> None:
        self._app = app
        self._keyring = keyring
        self._limits = limits
        self._most_bytes = most_bytes
        self._is_anonymous = is_anonymous

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = Watch(scope, send)
        try:
            self._let_in(scope)
        except Problem as problem:
            await answer_of(problem)(scope, receive, watch.send)
            return
        await self._app(scope, self._bounded(receive), watch.send)

    def _let_in(self, scope: Message) -> None:
        headers = {name: value for name, value in scope["headers"] if name in (b"authorization", b"content-length")}
        client = self._who(scope, headers.get(b"authorization", b"").decode("latin-1"))
        wait = self._limits.wait(client, time.monotonic())
        if wait:
            retry = {"Retry-After": str(math.ceil(wait))}
            hint = "Ask more slowly, or many rows at once with POST /predict/batch."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY", "Too many requests.", hint, headers=retry)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._most_bytes:
            raise self._too_long()

    def _who(self, scope: Message, header: str) -> str:
        """Return a name for the client; raises Problem for one who may not ask this."""
        known, bearer = self._keyring.scope_of(header)
        scope["segstream.scope"] = known
        if known is None and _path_of(scope) not in OPEN and (header or not self._is_anonymous):
            hint = "Send `Authorization: Bearer <token>`; an operator makes one with `segstream api token`."
            detail = "The token is not known." if header else "This needs a token."
            raise Problem(HTTPStatus.UNAUTHORIZED, "TOKEN_NEEDED", detail, hint, headers=CHALLENGE)
        return bearer if known is not None else str((scope.get("client") or ("",))[0])

    def _bounded(self, receive: Receive) -> Receive:
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most_bytes:
                raise self._too_long()
            return message

        return bounded

    def _too_long(self) -> Problem:
        detail = f"The body is longer than {self._most_bytes:,} bytes."
        hint = "Send fewer rows at once, or raise SEGSTREAM_API_MAX_BODY_BYTES."
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LONG", detail, hint)


def _path_of(scope: Message) -> str:
    """Return the path below the place at which the application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def needs_admin(scope: Message) -> None:
    """Raise Problem unless the request's token is an admin's: without tokens nobody is."""
    known = scope.get("segstream.scope")
    if known is Scope.ADMIN:
        return
    detail = "This changes the deployment, and needs a token of the scope admin."
    hint = "An operator makes one with `segstream api token --scope admin`."
    if known is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "TOKEN_NEEDED", detail, hint, headers=CHALLENGE)
    challenge = {"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="insufficient_scope", scope="admin"'}
    raise Problem(HTTPStatus.FORBIDDEN, "ADMIN_NEEDED", detail, hint, headers=challenge)


class Watch:
    """Adds headers to one answer and measures it: to its end, a stream of events to its beginning."""

    def __init__(self, scope: Message, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._since = time.perf_counter()
        self._status = 0

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        is_over = message["type"] == "http.response.body" and not message.get("more_body", False)
        if message["type"] == "http.response.start":
            self._status = message["status"]
            said = dict(message.get("headers", ()))
            message["headers"] = [*said.items(), *((name, value) for name, value in SAFE_HEADERS if name not in said)]
            is_over = said.get(b"content-type", b"").startswith(b"text/event-stream")
        if is_over and self._status:
            self._measure()
        await self._send(message)

    def _measure(self) -> None:
        route = self._scope.get("route")
        handler = getattr(route, "path", "") or "none"
        method = self._scope["method"] if self._scope["method"] in METHODS else "other"
        seconds = time.perf_counter() - self._since
        metrics.HTTP_SECONDS.labels(method, handler, str(self._status)).observe(seconds)
        self._status = 0
