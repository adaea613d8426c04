"""What the dashboard shows where there is little to show: before the first order, after the last one has expired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from stream_app.core.instants import DAY_US
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.browser.service import Service, a_service_without_customers
from tests.browser.visit import PHONE, WIDE, visiting


@pytest.fixture(scope="module")
def quiet(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_service_without_customers(kafka, valkey, tmp_path_factory.mktemp("quiet")) as found:
        yield found


@pytest.fixture(scope="module")
def quiet_dashboard(quiet: Service) -> Iterator[str]:
    with quiet.dashboard() as url:
        yield url


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_before_the_first_order_every_page_says_what_comes_next(
    browser: Browser, quiet_dashboard: str, width: int
) -> None:
    words = {
        "": "No customers yet", "customer": "Whom do you look for?", "predict": "Place among the segments",
        "segments": "Nobody is in", "model": "Silhouette",
    }  # fmt: skip
    with visiting(browser, quiet_dashboard, width) as visit:
        for path, expected in words.items():
            visit.open(path)

            expect(visit.page.get_by_text(expected).first).to_be_visible(timeout=30_000)
            assert "Traceback" not in visit.words()
            assert visit.overflow() == 0, path
            assert visit.unlabelled() == [], path
        assert visit.complaints == []


def test_a_customer_whose_last_order_has_expired_is_shown_as_lapsed(
    browser: Browser, quiet: Service, quiet_dashboard: str
) -> None:
    order = quiet.held_back[0]
    quiet.sell(1)
    quiet.sender.tick(order.ordered_at_us + 366 * DAY_US)
    quiet.deployment.wait_done()

    with visiting(browser, quiet_dashboard) as visit:
        visit.open(f"customer?customer={order.customer_id}")

        expect(visit.page.get_by_text("No purchase is left in the window.")).to_be_visible(timeout=30_000)
        expect(visit.page.get_by_text("Lapsed", exact=True).first).to_be_visible()
        expect(visit.page.get_by_text("First seen").first).to_be_visible()
        assert "Why there" not in visit.words()
        assert visit.overflow() == 0
        assert visit.complaints == []
