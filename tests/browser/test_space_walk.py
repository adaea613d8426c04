"""A walk through the Space in Chromium: the dashboard and the API's documentation on one port, while orders stream."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visit import PHONE, WIDE, visiting
from tests.integration.space_process import SpaceProcess, running_space

LAST = {
    "live": "Latest changes", "predict": "Place among the segments", "segments": "All of them as CSV",
    "model": "Silhouette",
}  # fmt: skip
ROWS = "Recency,Frequency,Monetary,Unique_Products\n3,40,900,80\n90,1,20,3\n"
SCREENS = os.environ.get("SEGSTREAM_SPACE_SCREENS")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceProcess]:
    with running_space(tmp_path_factory, DAY_SECONDS="5") as space:
        yield space


@contextmanager
def a_page_around(url: str) -> Iterator[str]:
    """Serve a page of another site that shows an address in a frame; yield its own address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{url}" style="width: 1200px; height: 1200px"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.long
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_page_of_the_space_is_complete_and_fits_its_screen(
    browser: Browser, space: SpaceProcess, width: int
) -> None:
    with visiting(browser, space.url, width) as visit:
        for path, last in LAST.items():
            visit.open("" if path == "live" else path)
            expect(visit.page.get_by_text(last).last).to_be_attached(timeout=30_000)
            visit.settle()
            words = visit.words()
            if SCREENS:
                visit.page.set_viewport_size({"width": width, "height": 2_600})
                visit.page.wait_for_timeout(4_000)
                visit.page.screenshot(path=Path(SCREENS) / f"space-{path}-{width}.png")
                visit.page.set_viewport_size({"width": width, "height": 900})

            assert "Nothing to show" not in words
            assert "Traceback" not in words
            assert visit.overflow() == 0, path
        assert visit.complaints == []


@pytest.mark.long
def test_changes_arrive_in_the_feed_of_the_space(browser: Browser, space: SpaceProcess) -> None:
    with visiting(browser, space.url) as visit:
        visit.open()
        expect(visit.page.get_by_text("went from").first).to_be_visible(timeout=30_000)
        before = visit.page.locator("[data-testid=stMain] .s-feed").inner_text()

        visit.page.wait_for_function(
            "before => document.querySelector('[data-testid=stMain] .s-feed')?.innerText !== before",
            arg=before, timeout=30_000,
        )  # fmt: skip

        assert visit.complaints == []


@pytest.mark.long
def test_a_file_can_be_uploaded_where_the_space_is_shown_inside_another_page(
    browser: Browser, space: SpaceProcess
) -> None:
    # Another site than 127.0.0.1 to the browser, so that the frame gets no cookies: as at Hugging Face.
    with a_page_around(f"{space.url}/predict") as outer, visiting(browser, outer) as visit:
        visit.page.goto(outer)
        inside = visit.page.frame_locator("iframe").first
        expect(inside.get_by_text("Place among the segments")).to_be_attached(timeout=30_000)

        inside.get_by_role("tab", name="A file").click()
        inside.locator("input[type=file]").set_input_files(
            {"name": "two.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
        )

        expect(inside.get_by_text("2 rows have a segment.")).to_be_visible(timeout=30_000)
