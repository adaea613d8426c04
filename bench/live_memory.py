"""`python -m bench.live_memory`: what the Live page holds after an hour, in the dashboard's process and in the browser.

Many tabs for some minutes stand for one tab for an hour: each tab is a session of its own, with its own fragments.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests
from playwright.sync_api import Browser, Page

from stream_app.local.child import Child
from stream_app.local.ports import HOST, free_ports
from tests.browser.browser import a_browser

MEGA = 1_000_000
START_SECONDS = 120.0
DAY_SECONDS = 5.0


def main() -> None:
    """Run it and print a line for each reading."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_memory", description=__doc__)
    parser.add_argument("--tabs", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--readings", type=int, default=6)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        a_shop(Path(name)) as api,
        a_dashboard(Path(name), api) as (url, pid),
        a_browser() as browser,
    ):
        tabs = [opened(browser, url) for _ in range(options.tabs)]
        print("minutes of one tab | dashboard's process, MB | a tab's heap, MB (largest) | nodes (largest)")
        began = time.monotonic()
        for reading in range(options.readings + 1):
            wait(tabs[0], began + reading * options.minutes * 60 / options.readings)
            minutes = (time.monotonic() - began) / 60 * options.tabs
            heaps, nodes = zip(*map(held, tabs), strict=True)
            resident = psutil.Process(pid).memory_info().rss / MEGA
            print(f"{minutes:18.0f} | {resident:23.0f} | {max(heaps) / MEGA:26.1f} | {max(nodes):15.0f}", flush=True)


def opened(browser: Browser, url: str) -> Page:
    """Open the Live page and wait for its feed."""
    page = browser.new_page()
    page.goto(url)
    page.get_by_text("went from").first.wait_for(timeout=60_000)
    return page


def wait(page: Page, until: float) -> None:
    """Let the tabs live until then."""
    page.wait_for_timeout(max(0.0, until - time.monotonic()) * 1_000)


def held(page: Page) -> tuple[float, float]:
    """Return the bytes that a tab's objects take once nothing superfluous is left, and how many nodes it has."""
    tab = page.context.new_cdp_session(page)
    tab.send("HeapProfiler.collectGarbage")
    tab.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in tab.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"], metrics["Nodes"]


@contextmanager
def a_shop(folder: Path) -> Iterator[str]:
    """Run the demonstration without Kafka, a day in five seconds; yield the address of its API."""
    store, port = folder / "store", free_ports(1)[0]
    learning = started(folder, "train", "completejourney", "--until", "0.5", "--k", "5", "--model-uri", str(store))
    assert learning.wait(START_SECONDS) == 0
    words = ("space", "--port", str(port), "--model-uri", str(store), "--day-seconds", str(DAY_SECONDS))
    child = started(folder, *words)
    try:
        wait_for_answer(f"http://{HOST}:{port}/healthz")
        yield f"http://{HOST}:{port}/api"
    finally:
        child.kill()


@contextmanager
def a_dashboard(folder: Path, api: str) -> Iterator[tuple[str, int]]:
    """Run a dashboard in a process of its own; yield its address and its process id."""
    (port,) = free_ports(1)
    child = started(folder, "dashboard", "--api-url", api, "--port", str(port))
    try:
        wait_for_answer(f"http://{HOST}:{port}/_stcore/health")
        yield f"http://{HOST}:{port}", child.pid
    finally:
        child.kill()


def started(folder: Path, verb: str, *words: str) -> Child:
    command = [sys.executable, "-m", "stream_app.cli", verb, *words]
    return Child.start(command, env=dict(os.environ), stdout=folder / f"{verb}.out")


def wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
