"""Signing in with an identity provider: who is on the list sees the pages, and nobody else sees anything of them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from stream_app.local.ports import HOST, free_ports
from tests.browser.identity import CLIENT_SECRET, COOKIE_SECRET, an_identity_provider, sign_in_settings
from tests.browser.service import Service, a_dashboard, dashboard_process
from tests.browser.visit import PHONE, WIDE, Visit, visiting
from tests.integration.environment import environment_of

INSIDE = "The API is away"
"""What the pages say: there is no API here, and what is asked of one needs none."""
OUTSIDE = "Sign in"
MS = 20_000


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with an_identity_provider(tmp_path_factory.mktemp("identity")) as url:
        yield url


@pytest.fixture(scope="module")
def front_door(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard with the provider, and without an API."""
    port, nowhere = free_ports(2)
    settings = sign_in_settings(provider, port) | {"api_url": f"http://{HOST}:{nowhere}"}
    with a_dashboard(tmp_path_factory.mktemp("door"), port, environment_of(settings)) as url:
        yield url


def sign_in(visit: Visit, person: str) -> None:
    """Go to the provider and be somebody there."""
    visit.page.get_by_role("button", name="Sign in").click()
    visit.page.get_by_role("link", name=person, exact=True).click()
    visit.settle()


@pytest.mark.parametrize("width", [WIDE, pytest.param(PHONE, marks=pytest.mark.long)])
def test_who_is_on_the_list_is_let_in_and_can_leave_again(browser: Browser, front_door: str, width: int) -> None:
    with visiting(browser, front_door, width) as visit:
        visit.open("model?version=v1")
        assert INSIDE not in visit.words()

        sign_in(visit, "ada")
        expect(visit.page.get_by_text(INSIDE).first).to_be_visible(timeout=MS)
        expect(visit.page.get_by_text("Ada@shop.example")).to_be_visible()
        assert visit.page.url == f"{front_door}/model?version=v1"
        assert visit.overflow() == 0
        assert visit.unlabelled() == []
        visit.open("segments")
        expect(visit.page.get_by_text(INSIDE).first).to_be_visible(timeout=MS)
        visit.page.get_by_role("button", name="Sign out").click()

        expect(visit.page.get_by_role("button", name=OUTSIDE)).to_be_visible(timeout=MS)
        visit.open("segments")
        expect(visit.page.get_by_role("button", name=OUTSIDE)).to_be_visible(timeout=MS)
        assert INSIDE not in visit.words()


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("mallory", "mallory@not-shop.example is not on the list"),
        ("forged", OUTSIDE),
        pytest.param("eve", "does not say that ada@shop.example is yours", marks=pytest.mark.long),
        pytest.param("stale", "more than twelve hours ago", marks=pytest.mark.long),
    ],
)
def test_who_is_not_let_in_is_told_why(browser: Browser, front_door: str, person: str, told: str) -> None:
    with visiting(browser, front_door) as visit:
        visit.open()

        sign_in(visit, person)

        expect(visit.page.get_by_text(told).last).to_be_visible(timeout=MS)
        for page in ("", "customer?customer=C0001", "segments"):
            visit.open(page)
            expect(visit.page.get_by_text(told).last).to_be_visible(timeout=MS)
            assert INSIDE not in visit.words()


@pytest.mark.long
def test_who_was_refused_can_come_back_as_somebody_else(browser: Browser, front_door: str) -> None:
    with visiting(browser, front_door) as visit:
        visit.open()
        sign_in(visit, "mallory")
        expect(visit.page.get_by_text("is not on the list").first).to_be_visible(timeout=MS)

        visit.page.get_by_role("button", name="Sign out").click()
        expect(visit.page.get_by_role("button", name=OUTSIDE)).to_be_visible(timeout=MS)
        sign_in(visit, "ada")

        expect(visit.page.get_by_text(INSIDE).first).to_be_visible(timeout=MS)


@pytest.mark.skipif(sys.platform != "linux", reason="reads other processes' command lines in /proc")
def test_no_secret_of_the_provider_is_on_a_command_line(front_door: str) -> None:
    assert front_door
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]

    shown = [line for line in lines if CLIENT_SECRET.encode() in line or COOKIE_SECRET.encode() in line]

    assert [line for line in lines if b"run_with_provider" in line]
    assert shown == []


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_ends_it_in_order_although_a_page_is_open(
    browser: Browser, provider: str, tmp_path: Path, number: signal.Signals
) -> None:
    port = free_ports(1)[0]
    environment = environment_of(sign_in_settings(provider, port))
    with dashboard_process(tmp_path, port, environment) as (url, child), visiting(browser, url) as visit:
        visit.open()

        os.kill(child.pid, number)

        assert child.wait(10) == 0


@pytest.mark.long
def test_streamlits_own_secrets_may_name_the_provider(browser: Browser, provider: str, tmp_path: Path) -> None:
    port, nowhere = free_ports(2)
    ours = sign_in_settings(provider, port)
    names = ("client_id", "client_secret", "redirect_uri", "cookie_secret")
    lines = [f'{name} = "{ours[f"dashboard_oidc_{name}"]}"' for name in names]
    lines.append(f'server_metadata_url = "{ours["dashboard_oidc_metadata_url"]}"')
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text("\n".join(["[auth]", *lines, ""]))
    settings = {"dashboard_oidc_allowed": "ada@shop.example", "api_url": f"http://{HOST}:{nowhere}"}

    with (
        a_dashboard(tmp_path, port, environment_of(settings) | {"HOME": str(tmp_path)}) as url,
        visiting(browser, url) as visit,
    ):
        visit.open()
        assert INSIDE not in visit.words()
        sign_in(visit, "ada")

        expect(visit.page.get_by_text(INSIDE).first).to_be_visible(timeout=MS)


@pytest.mark.long
def test_nothing_of_the_customers_leaves_the_server_before_somebody_is_let_in(
    browser: Browser, service: Service, provider: str, tmp_path: Path
) -> None:
    port = free_ports(1)[0]
    environment = service.environment(**sign_in_settings(provider, port))
    with a_dashboard(tmp_path, port, environment) as url, visiting(browser, url) as visit:
        received: list[bytes] = []
        visit.page.on(
            "websocket",
            lambda socket: socket.on(
                "framereceived", lambda frame: received.append(frame if isinstance(frame, bytes) else frame.encode())
            ),
        )
        for path in ("", "segments", "customer?customer=C0001"):
            visit.open(path)
        sign_in(visit, "mallory")
        before = b"".join(received)
        received.clear()

        visit.page.get_by_role("button", name="Sign out").click()
        expect(visit.page.get_by_role("button", name=OUTSIDE)).to_be_visible(timeout=MS)
        sign_in(visit, "ada")
        expect(visit.page.get_by_text("Customers in a segment")).to_be_visible(timeout=MS)

        assert b"Customers in a segment" not in before
        assert b"C0001" not in before
        assert b"Customers in a segment" in b"".join(received)
