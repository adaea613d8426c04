"""A visit to the dashboard: what a person sees, and what the browser complained about meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

WIDE, PHONE = 1280, 390
HEIGHT = 900
PAGES = ("Live", "Customer", "Predict", "Segments", "Model")
PATIENCE_MS = 30_000

# Streamlit looks for its server one folder below the page first; nothing is wrong with the answer 404 to that.
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")

EMBEDDING = ("Unrecognized feature:", "An iframe which has both allow-scripts and allow-same-origin")
"""What a browser says to the permissions that Streamlit gives each embedded page."""

# What lies behind another tab is drawn when it is opened.
IS_SETTLED = """
() => {
  const all = name => [...document.querySelectorAll(`[data-testid=${name}]`)];
  const shown = name => all(name).filter(one => one.getClientRects().length);
  return !shown('stStatusWidget').length && !shown('stSkeleton').length
    && shown('stVegaLiteChart').every(chart => chart.querySelector('svg, canvas'));
}
"""

BEYOND = """
() => Math.max(document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth)
  - window.innerWidth
"""

UNLABELLED = """
() => [...document.querySelectorAll('button, input, a[href], select, textarea, [role=img], iframe, svg[role]')]
  .filter(one => one.offsetParent !== null || one.getClientRects().length)
  .filter(one => one.type !== 'hidden' && !one.closest('[aria-hidden=true]'))
  .filter(one => !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.title
    || one.innerText?.trim() || one.labels?.length || one.getAttribute('alt') || one.querySelector('img[alt], title')))
  .map(one => one.outerHTML.slice(0, 160))
"""


@dataclass
class Visit:
    """One tab."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        """Go to an address and wait until all of it is there."""
        self.page.goto(path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has a heading, and nothing is being drawn."""
        expect(self.page.locator("h1").first).to_be_visible(timeout=PATIENCE_MS)
        self.page.wait_for_function(IS_SETTLED, timeout=PATIENCE_MS)

    def words(self) -> str:
        """Return what can be read."""
        return self.page.locator("[data-testid=stMain]").inner_text()

    def overflow(self) -> int:
        """Return how many pixels of the page lie beyond the right edge."""
        wide = (
            "Math.max(document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth)"
        )
        return int(self.page.evaluate(f"{wide} - window.innerWidth"))

    def unlabelled(self) -> list[str]:
        """Return the controls and pictures that a screen reader has no name for."""
        found: list[str] = self.page.evaluate(UNLABELLED)
        return found

    def silent_charts(self) -> int:
        """Return how many charts have no text alternative."""
        charts = self.page.locator("[data-testid=stVegaLiteChart]:visible")
        told = [charts.nth(n).locator("[aria-label]").count() for n in range(charts.count())]
        return told.count(0)


@contextmanager
def visiting(
    browser: Browser, url: str, width: int = WIDE, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Visit]:
    """Open a tab on the dashboard, and collect what goes wrong in it."""
    context = browser.new_context(base_url=url, viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    visit = Visit(context.new_page())

    def on_console(message: ConsoleMessage) -> None:
        is_probe = message.type == "error" and PROBE.search(str(message.location.get("url", "")))
        is_embedding = message.text.startswith(EMBEDDING)
        if message.type in ("error", "warning") and not is_probe and not is_embedding:
            visit.complaints.append(f"{message.type}: {message.text}")

    def on_response(answer: Response) -> None:
        if answer.status >= 400 and not PROBE.search(answer.url):
            visit.complaints.append(f"{answer.status} {answer.url}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((url, "data:", "blob:")):
            visit.complaints.append(f"asked elsewhere: {request.url}")

    visit.page.on("console", on_console)
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"error: {error}"))
    visit.page.on("response", on_response)
    visit.page.on("request", on_request)
    try:
        yield visit
    finally:
        context.close()
