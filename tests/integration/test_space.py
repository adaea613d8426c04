"""The Space as Hugging Face would run it: one process, one port, nothing written but to TMPDIR, no Kafka."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from model_store.scoring import Scorer
from model_store.store import ModelStore
from stream_app.core.instants import DAY_US, parse_instant
from stream_app.history.completejourney import completejourney_path
from stream_app.history.reading import open_history
from tests.integration.api_process import GOOD, Subscriber
from tests.integration.space_process import SpaceProcess, running_space
from tests.integration.waiting import wait_for
from trainer.features import features

LIVE = {"DAY_SECONDS": "5"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceProcess]:
    with running_space(tmp_path_factory, **LIVE) as space:
        yield space


def test_dashboard_api_documentation_and_health_share_one_port(space: SpaceProcess) -> None:
    page, docs, document = space.get("/"), space.get("/api/docs"), space.get("/api/openapi.json")

    assert page.status == 200
    assert b"streamlit" in page.body.lower()
    assert "x-frame-options" not in page.headers, "Hugging Face shows a Space inside a page of its own"
    assert space.get("/_stcore/health").body == b"ok"
    assert docs.status == 200
    assert b"/api/openapi.json" in docs.body
    assert document.json["servers"] == [{"url": "/api"}]
    assert space.get("/api").headers["location"] == "/api/docs"
    assert space.get("/api/").headers["location"] == "/api/docs"
    assert space.get("/healthz").json == space.get("/api/healthz").json == {"status": "ok"}
    assert space.get("/readyz").json["ready"] is True


def test_a_prediction_is_that_of_the_model_that_the_build_has_learned(space: SpaceProcess) -> None:
    store = ModelStore.at(str(space.store))
    model = store.peek(store.versions()[0])

    found = space.post("/api/predict", GOOD).json

    wanted = Scorer(model).assign(15, 50, 12_005_000, 10)
    assert found["segment"]["id"] == model.segments[wanted].id
    assert found["model_version"] == model.version


def test_every_household_of_the_first_half_is_in_a_segment(space: SpaceProcess) -> None:
    found = space.get("/api/segments").json

    assert found["customers"] + found["lapsed"] >= 2_394
    assert found["currency"] == "USD"
    assert all(segment["customers"] for segment in found["segments"])


def test_what_the_space_counts_is_what_the_trainers_query_counts(space: SpaceProcess) -> None:
    answers = [space.get(f"/api/customers/{number}") for number in range(1, 9)]
    known = [answer.json for answer in answers if answer.status == 200]

    assert len(known) > 4
    with open_history(completejourney_path(), "completejourney") as history:
        for found in known:
            as_of = parse_instant(found["as_of"])
            assert as_of is not None
            counted = features(history, as_of_us=as_of, window_us=365 * DAY_US)
            (wanted,) = [row for row in counted if row.customer_id == found["customer_id"]]
            assert found["features"] == {
                "recency_days": wanted.recency_days, "frequency": wanted.frequency,
                "monetary": wanted.monetary / 10_000, "unique_products": wanted.unique_products,
            }  # fmt: skip


def test_the_dashboards_websocket_is_opened_for_its_own_page_only(space: SpaceProcess) -> None:
    address = f"ws://127.0.0.1:{space.port}/_stcore/stream"
    protocol = [Subprotocol("streamlit")]

    with connect(address, subprotocols=protocol, additional_headers={"Origin": space.url}) as websocket:
        assert websocket.subprotocol == "streamlit"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, subprotocols=protocol, additional_headers={"Origin": "https://elsewhere.example"})


def test_changes_arrive_while_one_listens_and_are_those_that_the_feed_shows(space: SpaceProcess) -> None:
    subscriber = Subscriber(space, path="/api/changes", seconds=60)

    live = next(json.loads(event.data) for event in subscriber.events() if event.data)

    subscriber.cut()
    recent = space.get("/api/changes/recent?limit=500").json["changes"]
    assert live["event_id"] in {change["event_id"] for change in recent}
    assert live["replay"] is False
    customer = space.get(f"/api/customers/{live['customer_id']}").json
    assert live["sequence"] in {step["sequence"] for step in customer["history"]}


def test_a_client_that_was_cut_off_goes_on_where_it_was(space: SpaceProcess) -> None:
    first = Subscriber(space, "?since=beginning", path="/api/changes")
    events = [event for event, _ in zip((e for e in first.events() if e.data), range(40), strict=False)]
    first.cut()

    again = Subscriber(space, last_id=events[19].id, path="/api/changes")
    following = [event for event, _ in zip((e for e in again.events() if e.data), range(20), strict=False)]
    again.cut()

    assert following == events[20:40]


def test_nobody_can_change_anything(space: SpaceProcess) -> None:
    answer = space.post("/api/models/latest/promote", {"why": "try"})

    assert answer.status == 401
    assert answer.json["code"] == "TOKEN_NEEDED"


def test_nothing_is_written_but_to_the_temporary_folder_and_nothing_is_left_there(space: SpaceProcess) -> None:
    assert space.written() == []
    assert len(list(space.temporary.iterdir())) == 1

    assert space.terminate() == 0

    assert space.written() == []
    assert list(space.temporary.iterdir()) == []


@pytest.mark.long
def test_a_space_whose_redis_has_died_ends_and_says_so(
    space: SpaceProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("dying")
    with SpaceProcess(folder, space.store, **LIVE) as dying:
        wait_for("it has begun", lambda: dying.get("/api/activity").json["partitions"], said=dying.said)

        os.kill(dying.redis_pid(), signal.SIGKILL)

        assert dying.wait(30) == 1
        assert "Redis has ended by itself" in dying.said()


def test_without_a_model_it_does_not_begin(space: SpaceProcess, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    empty = SpaceProcess(folder, folder / "none")

    assert empty.wait(60) == 2
    assert "segstream train completejourney" in empty.said()


def test_strangers_are_let_in_only_where_that_is_said(
    space: SpaceProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("closed")
    closed = SpaceProcess(folder, space.store, LISTEN="0.0.0.0", SEGSTREAM_API_ALLOW_ANONYMOUS="0")  # noqa: S104

    assert closed.wait(60) == 2
    assert "SEGSTREAM_API_ALLOW_ANONYMOUS" in closed.said()
