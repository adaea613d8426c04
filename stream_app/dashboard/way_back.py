"""Brings people who have signed in back to the page that they wanted, and keeps their cookies to https.

Streamlit sends everybody to the first page, and marks no cookie `Secure`: Safari would not keep one of http://localhost.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream_app.dashboard.provider import CALLBACK

COOKIE = "segstream_way_back"
SECONDS = 600
"""So long somebody may take at the provider, passwords and all."""
MOST = 2_000
"""Characters of a page's address; browsers keep cookies of 4,096 bytes."""
LOGIN = "/auth/login"
"""Streamlit's own path: the button leads to it, and it to the provider."""


def is_page(path: str) -> bool:
    """Tell whether a path with its query stays on this site, and is none of the paths of signing in.

    >>> [is_page(path) for path in ("/customer?customer=anna", "//elsewhere.example", "https://x", "")]
    [True, False, False, False]
    """
    if not path.startswith("/") or path.startswith("//") or len(path) > MOST:
        return False
    if "\\" in path or not path.isprintable():
        return False
    return not urlsplit(path).path.endswith((CALLBACK, LOGIN))


def page_of(referer: str, redirect_uri: str) -> str:
    """Return path and query of the page that somebody signs in from; empty where it is none of this dashboard's.

    >>> page_of("https://shop.example/customer?customer=anna", "https://shop.example/oauth2callback")
    '/customer?customer=anna'
    >>> page_of("https://elsewhere.example/customer", "https://shop.example/oauth2callback")
    ''
    """
    try:
        page, own = urlsplit(referer), urlsplit(redirect_uri)
    except ValueError:
        return ""
    if (page.scheme, page.netloc) != (own.scheme, own.netloc):
        return ""
    path = page._replace(scheme="", netloc="", fragment="").geturl()
    return path if is_page(path) else ""


class WayBack:
    """Around the dashboard's application: remembers the page in a cookie while its visitor is at the provider."""

    def __init__(self, app: ASGIApp, redirect_uri: str) -> None:
        self._app = app
        self._redirect_uri = redirect_uri
        own = urlsplit(redirect_uri)
        self._is_secure = own.scheme == "https"
        self._base = own.path.removesuffix(CALLBACK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, but for the headers of signing in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._direct(request, message["status"], headers)
                if self._is_secure:
                    _secure(headers)
            await send(message)

        await self._app(scope, receive, answer)

    def _direct(self, request: Request, status: int, headers: MutableHeaders) -> None:
        path = request.url.path
        if path == self._base + LOGIN:
            if page := page_of(request.headers.get("referer", ""), self._redirect_uri):
                self._set(headers, quote(page, safe=""), SECONDS)
        elif path == self._base + CALLBACK and COOKIE in request.cookies:
            page = unquote(request.cookies[COOKIE])
            if 300 <= status < 400 and is_page(page):
                headers["location"] = page
            self._set(headers, "", 0)

    def _set(self, headers: MutableHeaders, value: str, seconds: int) -> None:
        told = Response()
        told.set_cookie(COOKIE, value, max_age=seconds, path=self._base or "/", httponly=True, samesite="lax")
        headers.append("set-cookie", told.headers["set-cookie"])


def _secure(headers: MutableHeaders) -> None:
    """Mark every cookie as one that no connection without TLS may carry."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        words = {word.strip().lower() for word in cookie.split(";")}
        headers.append("set-cookie", cookie if "secure" in words else f"{cookie}; Secure")
