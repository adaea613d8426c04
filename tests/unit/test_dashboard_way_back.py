"""Signing in ends where it began, never elsewhere, and leaves cookies that only https carries."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from stream_app.dashboard.way_back import COOKIE, WayBack, is_page

SHOP = "https://segments.shop.example"
PAGE = "/customer?customer=anna&as=%C3%BC"


def to_the_provider(_: Request) -> Response:
    answer = RedirectResponse("https://id.example/authorize")
    answer.set_cookie("session", "1", httponly=True)
    return answer


def back_again(request: Request) -> Response:
    answer = (
        RedirectResponse("/", status_code=302) if "failed" not in request.query_params else Response(status_code=400)
    )
    answer.set_cookie("user", "ada", secure="secured" in request.query_params)
    return answer


def a_visitor(shop: str = SHOP) -> TestClient:
    """Return a browser at a site with Streamlit's two paths of signing in."""
    routes = [
        Route("/auth/login", to_the_provider),
        Route("/oauth2callback", back_again),
        Route("/customer", lambda _: PlainTextResponse("anna")),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(WayBack, redirect_uri=f"{shop}/oauth2callback")])
    return TestClient(app, base_url=shop, follow_redirects=False)


def test_who_signs_in_on_a_page_comes_back_to_it() -> None:
    visitor = a_visitor()

    asked = visitor.get("/auth/login", headers={"referer": SHOP + PAGE})
    back = visitor.get("/oauth2callback")
    later = visitor.get("/oauth2callback")

    assert asked.headers["location"] == "https://id.example/authorize"
    assert back.headers["location"] == PAGE
    assert COOKIE not in visitor.cookies
    assert later.headers["location"] == "/"


@pytest.mark.parametrize(
    "referer",
    ["", "https://elsewhere.example/customer", f"{SHOP}.evil.example/", "http://segments.shop.example/x", "https://[x",
     f"{SHOP}//elsewhere.example", f"{SHOP}/oauth2callback?code=1", f"{SHOP}/{'x' * 2_000}"],
)  # fmt: skip
def test_nobody_is_sent_to_where_they_did_not_come_from(referer: str) -> None:
    visitor = a_visitor()

    visitor.get("/auth/login", headers={"referer": referer})

    assert visitor.get("/oauth2callback").headers["location"] == "/"


@pytest.mark.parametrize(
    "page", ["//elsewhere.example", "https://elsewhere.example", r"/\elsewhere", "/a\r\nX: y", "a"]
)
def test_a_cookie_that_somebody_planted_leads_nowhere(page: str) -> None:
    assert not is_page(page)


def test_a_failed_sign_in_is_told_as_it_was() -> None:
    visitor = a_visitor()
    visitor.get("/auth/login", headers={"referer": SHOP + PAGE})

    failed = visitor.get("/oauth2callback?failed=1")

    assert (failed.status_code, "location" in failed.headers) == (400, False)


def test_behind_https_no_cookie_travels_without_it() -> None:
    visitor = a_visitor()

    answers = [
        visitor.get("/auth/login", headers={"referer": SHOP + PAGE}),
        visitor.get("/oauth2callback"),
        visitor.get("/oauth2callback?secured=1"),
    ]

    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert len(cookies) == 5
    assert [cookie.lower().count("; secure") for cookie in cookies] == [1] * 5
    assert all("httponly" in cookie.lower() for cookie in cookies if cookie.startswith(COOKIE))


def test_on_this_machine_without_https_cookies_stay_as_they_are() -> None:
    here = "http://localhost:8501"
    visitor = a_visitor(here)

    asked = visitor.get("/auth/login", headers={"referer": f"{here}/customer"})

    assert "secure" not in asked.headers["set-cookie"].lower()
    assert visitor.get("/oauth2callback").headers["location"] == "/customer"
