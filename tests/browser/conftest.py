"""One running service, one dashboard and one browser for all tests of a process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.browser.browser import a_browser
from tests.browser.service import DOOR_TOKEN, Service, running_service
from tests.integration.conftest import kafka, valkey
from trainer.selection import KRange

__all__ = ["kafka", "valkey"]

FEW, MANY = 160, 1_500
"""Customers: enough to see, and enough for a picture."""


@pytest.fixture(scope="session")
def service(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Everything but the dashboard, with customers in every segment."""
    is_picture = bool(os.environ.get("SEGSTREAM_SCREENSHOTS"))
    customers, ks = (MANY, KRange(2, 8)) if is_picture else (FEW, KRange(4, 5))
    with running_service(kafka, valkey, tmp_path_factory.mktemp("service"), customers, ks) as found:
        yield found


@pytest.fixture(scope="session")
def dashboard(service: Service) -> Iterator[str]:
    """The address of a dashboard without a token."""
    with service.dashboard() as url:
        yield url


@pytest.fixture(scope="session")
def guarded_dashboard(service: Service) -> Iterator[str]:
    """The address of a dashboard with a token."""
    with service.dashboard(dashboard_token=DOOR_TOKEN) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; its client runs an event loop, and other tests want to run theirs."""
    with a_browser() as found:
        yield found
