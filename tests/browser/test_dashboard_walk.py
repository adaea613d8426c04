"""A walk through the dashboard in Chromium, against the real running service."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from stream_app.history.historic_order import HistoricOrder
from tests.browser.service import DOOR_TOKEN, Service
from tests.browser.visit import HEIGHT, PAGES, PHONE, WIDE, Visit, visiting

PICTURES = Path(__file__).parents[2] / "docs" / "images" / "dashboard"
LOWEST = """
() => Math.ceil(document.querySelector('[data-testid=stMainBlockContainer] > *').getBoundingClientRect().bottom)
"""
LAST = {
    "Live": "Latest changes", "Customer": "The newest ones.", "Predict": "Place among the segments",
    "Segments": "All of them as CSV", "Model": "Silhouette",
}  # fmt: skip
"""What stands lowest on a page: all of it is there when this is."""
FADED = """
one => { one.dataset.stale = 'true'; one.style.opacity = 0.33; return getComputedStyle(one).opacity }
"""
"""What Streamlit does to an element whose next state is awaited."""
PATHS = {"Live": "", "Customer": "customer", "Predict": "predict", "Segments": "segments", "Model": "model"}


def somebody(service: Service) -> str:
    """Return a customer with a history."""
    changes = service.ask("/changes/recent?limit=50")["changes"]
    assert isinstance(changes, list)
    return str(next(change["customer_id"] for change in changes if change["to"]))


def picture(visit: Visit, name: str) -> None:
    """Keep what is to be seen, where that was asked for."""
    if not os.environ.get("SEGSTREAM_SCREENSHOTS"):
        return
    width = visit.page.evaluate("window.innerWidth")
    visit.page.set_viewport_size({"width": width, "height": 3_000})
    # Two rounds of the live parts, so that the small curves have something to show.
    visit.page.wait_for_timeout(5_000)
    low = visit.page.evaluate(LOWEST)
    visit.page.set_viewport_size({"width": width, "height": min(3_000, max(700, low + 40))})
    visit.page.wait_for_timeout(1_500)
    PICTURES.mkdir(parents=True, exist_ok=True)
    visit.page.screenshot(path=PICTURES / f"{name}.png")
    visit.page.set_viewport_size({"width": width, "height": HEIGHT})


def test_a_deep_link_may_be_the_first_thing_that_anybody_opens(browser: Browser, service: Service) -> None:
    with service.dashboard() as fresh, visiting(browser, fresh) as visit:
        visit.open(f"customer?customer={somebody(service)}")

        expect(visit.page.get_by_text("Segments over time")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    ("width", "scheme"), [(WIDE, "light"), (PHONE, "light"), pytest.param(WIDE, "dark", marks=pytest.mark.long)]
)
def test_every_page_is_complete_and_fits_its_screen(
    browser: Browser, service: Service, dashboard: str, width: int, scheme: str
) -> None:
    customer = somebody(service)
    with visiting(browser, dashboard, width, "dark" if scheme == "dark" else "light") as visit:
        for name in PAGES:
            visit.open(PATHS[name] + (f"?customer={customer}" if name == "Customer" else ""))
            expect(visit.page.get_by_text(LAST[name]).last).to_be_attached(timeout=30_000)
            visit.settle()
            words = visit.words()
            if scheme == "light" or name == "Live":
                picture(visit, f"{name.lower()}-{width}{'-dark' if scheme == 'dark' else ''}")

            assert "Nothing to show" not in words, words
            assert "Traceback" not in words
            assert visit.overflow() == 0, name
            assert visit.unlabelled() == [], name
            assert visit.silent_charts() == 0, name
            assert name in visit.page.title()
        assert visit.complaints == []


def test_what_is_being_renewed_does_not_fade(browser: Browser, dashboard: str) -> None:
    with visiting(browser, dashboard) as visit:
        visit.open()

        opacity = visit.page.locator("[data-testid=stElementContainer]").first.evaluate(FADED)

        assert opacity == "1"


def test_a_change_arrives_in_the_feed_while_one_looks(browser: Browser, service: Service, dashboard: str) -> None:
    with visiting(browser, dashboard) as visit:
        visit.open()
        last = service.held_back[0]
        newcomer = HistoricOrder("LIVE-1", "Newcomer", last.ordered_at_us, "order", last.lines)

        service.sender.send(newcomer.customer_id, newcomer.to_json())
        service.sender.flush()

        expect(visit.page.get_by_text("Newcomer")).to_be_visible(timeout=20_000)
        assert visit.complaints == []


def test_the_pages_are_reached_by_their_names(browser: Browser, dashboard: str) -> None:
    with visiting(browser, dashboard) as visit:
        visit.open()
        for name in reversed(PAGES):
            visit.page.get_by_role("link", name=name, exact=True).first.click()

            expect(visit.page.locator("h1.s-title")).to_have_text(name)


def test_the_model_shows_its_plane_another_model_and_its_training_report(browser: Browser, dashboard: str) -> None:
    with visiting(browser, dashboard) as visit:
        visit.open("model")

        visit.page.get_by_role("tab", name="Customers in its plane").click()
        expect(visit.page.get_by_label(re.compile("^Scatter of")).first).to_be_visible(timeout=30_000)
        visit.page.get_by_role("tab", name="Another model").click()
        expect(visit.page.get_by_text("Who would go where")).to_be_visible(timeout=30_000)
        visit.page.get_by_role("tab", name="Training report").click()
        report = visit.page.frame_locator("iframe[title]").first
        expect(report.locator("h1")).to_be_visible(timeout=30_000)
        assert visit.complaints == []


def test_a_row_of_a_segment_leads_to_its_customer(browser: Browser, service: Service, dashboard: str) -> None:
    with visiting(browser, dashboard) as visit:
        visit.open("segments")
        table = visit.page.get_by_test_id("stDataFrame").first
        table.scroll_into_view_if_needed()
        box = table.bounding_box()
        assert box

        visit.page.mouse.click(box["x"] + 15, box["y"] + 55)

        expect(visit.page.locator("h1.s-title")).to_have_text("Customer", timeout=15_000)
        assert "customer=C" in visit.page.url


def test_whoever_does_not_know_the_token_sees_nothing(browser: Browser, guarded_dashboard: str) -> None:
    with visiting(browser, guarded_dashboard) as visit:
        visit.open()
        assert "Customers in a segment" not in visit.words()

        visit.page.get_by_label("Token", exact=True).fill("let me in, please")
        visit.page.get_by_role("button", name="Open").click()
        expect(visit.page.get_by_text("That is not the token")).to_be_visible(timeout=15_000)
        visit.page.get_by_label("Token", exact=True).fill(DOOR_TOKEN)
        visit.page.get_by_role("button", name="Open").click()

        expect(visit.page.get_by_text("Customers in a segment")).to_be_visible(timeout=15_000)
