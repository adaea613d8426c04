"""The whole service for the dashboard's tests: Kafka, Valkey, a worker, the API and the dashboard, as processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from stream_app.cli import main
from stream_app.history.columns import own_format
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import HOST, free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.operators import promote
from stream_app.replay.load import load
from stream_app.replay.send import Sender
from tests.browser.shop_year import COLUMNS, a_year
from tests.forks import Fork
from tests.integration.deployment import Deployment
from tests.integration.environment import environment_of, outer_environment
from tests.integration.waiting import wait_for
from trainer.selection import KRange
from trainer.train import TrainingPlan, train

API_TOKEN = "segstream_the-dashboards-own"  # noqa: S105
DOOR_TOKEN = "let me in"  # noqa: S105
HISTORY_FRACTION = 0.8


@dataclass
class Service:
    """A deployment with customers, and where its API and its dashboard listen."""

    deployment: Deployment
    sender: Sender
    held_back: list[HistoricOrder]
    """Orders that were not sent yet, the oldest first."""
    api_port: int
    folder: Path

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.api_port}"

    def environment(self, **settings: object) -> dict[str, str]:
        """Return the variables of a dashboard on this service."""
        return environment_of({"api_url": self.api_url, "dashboard_api_token": API_TOKEN} | settings)

    @contextmanager
    def dashboard(self, **settings: object) -> Iterator[str]:
        """Run a dashboard, and yield its address."""
        with a_dashboard(self.folder, free_ports(1)[0], self.environment(**settings)) as url:
            yield url

    def ask(self, path: str) -> dict[str, object]:
        """Return what the API answers to a reader."""
        answer = requests.get(self.api_url + path, headers={"Authorization": f"Bearer {API_TOKEN}"}, timeout=10)
        found: dict[str, object] = answer.json()
        return found

    def sell(self, orders: int) -> None:
        """Let the shop's customers go on ordering."""
        now, self.held_back = self.held_back[:orders], self.held_back[orders:]
        load(now, self.sender, is_history=False)
        self.deployment.wait_done()


@contextmanager
def a_dashboard(folder: Path, port: int, environment: dict[str, str]) -> Iterator[str]:
    """Run a dashboard with these variables, and yield its address; what it says is in the folder."""
    with dashboard_process(folder, port, environment) as (url, _):
        yield url


@contextmanager
def dashboard_process(folder: Path, port: int, environment: dict[str, str]) -> Iterator[tuple[str, Child]]:
    """Run a dashboard as `a_dashboard` does, and yield its process as well."""
    said = folder / f"dashboard-{port}.out"
    command = [sys.executable, "-m", "stream_app.cli", "dashboard", "--port", str(port)]
    child = Child.start(command, env=outer_environment() | environment, stdout=said)
    try:
        url = f"http://{HOST}:{port}"
        wait_for("the dashboard answers", lambda: answers(f"{url}/_stcore/health"), said=said.read_text)
        yield url, child
    finally:
        child.kill()


def answers(url: str) -> bool:
    """Tell whether somebody answers there."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


@contextmanager
def running_service(
    kafka: LocalKafka, valkey: LocalRedis, folder: Path, customers: int, ks: KRange
) -> Iterator[Service]:
    """Train on a shop's past, load it, stream some of the rest, and serve it all."""
    with Deployment(kafka, valkey, folder, chunk_records=5_000) as deployment:
        deployment.create_topics(2)
        deployment.worker()
        plan = TrainingPlan(a_year(folder, customers), own_format(COLUMNS), k=ks, until_fraction=HISTORY_FRACTION)
        store = deployment.settings.models
        live = train(plan, store=store, trained_at=datetime(2025, 6, 1, tzinfo=UTC))
        other = TrainingPlan(plan.path, plan.format, k=3, until_fraction=HISTORY_FRACTION, champion=live.model)
        train(other, store=store, trained_at=datetime(2025, 6, 2, tzinfo=UTC))
        promote(deployment.settings, live.artefact)
        with open_history(plan.path, plan.format) as history:
            orders = list(history.orders())
        cut = int(len(orders) * HISTORY_FRACTION)
        sender = Sender(deployment.settings)
        load(orders[:cut], sender, is_history=True)
        with _api(deployment, folder) as port:
            service = Service(deployment, sender, orders[cut:], port, folder)
            service.sell(int(len(service.held_back) * 0.6))
            wait_for("the API has figures", lambda: "segments" in service.ask("/segments"))
            yield service


@contextmanager
def a_service_without_customers(kafka: LocalKafka, valkey: LocalRedis, folder: Path) -> Iterator[Service]:
    """Serve a deployment that has a model, and that no order has reached; `held_back` is a shop's year."""
    with Deployment(kafka, valkey, folder) as deployment:
        deployment.create_topics(1)
        deployment.worker()
        plan = TrainingPlan(a_year(folder, 120), own_format(COLUMNS), k=4)
        live = train(plan, store=deployment.settings.models, trained_at=datetime(2025, 6, 1, tzinfo=UTC))
        promote(deployment.settings, live.artefact)
        with open_history(plan.path, plan.format) as history:
            orders = list(history.orders())
        with _api(deployment, folder) as port:
            service = Service(deployment, Sender(deployment.settings), orders, port, folder)
            wait_for("the API has a model", lambda: "segments" in service.ask("/segments"))
            yield service


@contextmanager
def _api(deployment: Deployment, folder: Path) -> Iterator[int]:
    from stream_app.api.tokens import digest_of

    port, said = free_ports(1)[0], folder / "api.out"
    values = deployment.settings.model_dump() | {
        "api_port": port, "api_tokens": f"read:{digest_of(API_TOKEN)}", "api_requests_per_second": 0,
    }  # fmt: skip
    child = Fork.start(main, ["api"], env=outer_environment() | environment_of(values), stdout=said)
    try:
        wait_for("the API answers", lambda: answers(f"http://{HOST}:{port}/healthz"), said=said.read_text)
        yield port
    finally:
        child.kill()
