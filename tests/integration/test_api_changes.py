"""The stream of changes: complete and without repetition, however often a client is cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.api_process import ApiProcess, Subscriber
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

CUTS = 20
FIRST, ALL = 500, 800
LOG = a_log(PARTITIONS, orders=900, customers=120)[:ALL]


@pytest.fixture(scope="module")
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("api")) as deployment:
        deployment.create(PARTITIONS).send(LOG[:FIRST])
        deployment.worker()
        deployment.wait_done()
        yield deployment


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[ApiProcess]:
    with ApiProcess(deployment, api_max_streams=3) as api:
        yield api.ready()


def published(deployment: Deployment) -> list[str]:
    """Return the ids of all events that are published."""
    return sorted(change["event_id"] for changes in deployment.changes().values() for change in changes)


def test_a_client_that_is_cut_off_twenty_times_misses_and_repeats_nothing(
    deployment: Deployment, api: ApiProcess
) -> None:
    dice = Random(7)
    deployment.send(LOG[FIRST:])
    deployment.wait_done()
    wanted = published(deployment)
    seen: list[str] = []
    place, cuts = "", 0

    while len(seen) < len(wanted):
        # Every now and then a cut comes before the first event: only the place was told then.
        patience = dice.choice((0, 1, 2, dice.randint(3, 2 * len(wanted) // CUTS)))
        subscriber = Subscriber(api, "?since=beginning", place)
        assert subscriber.answer.status == 200
        for number, event in enumerate(subscriber.events()):
            place = event.id
            seen += [json.loads(event.data)["event_id"]] if event.data else []
            if len(seen) == len(wanted) or (cuts < CUTS and number >= patience):
                break
        subscriber.cut()
        cuts += 1

    assert cuts > CUTS
    assert len(seen) == len(wanted)
    assert sorted(seen) == wanted


def test_a_stream_shows_what_the_topic_holds_and_filters_it(deployment: Deployment, api: ApiProcess) -> None:
    everything = [change for changes in deployment.changes().values() for change in changes]
    wanted = [change for change in everything if change["cause"] == "expiry"]
    subscriber = Subscriber(api, "?since=beginning&cause=expiry")

    got = []
    for event in subscriber.events():
        got += [json.loads(event.data)] if event.data else []
        if len(got) == len(wanted):
            break
    subscriber.cut()

    assert sorted(got, key=lambda change: change["event_id"]) == sorted(wanted, key=lambda change: change["event_id"])


def test_the_last_changes_are_those_of_the_topic_the_newest_first(deployment: Deployment, api: ApiProcess) -> None:
    wanted = published(deployment)

    def read() -> list[dict[str, str]]:
        found: list[dict[str, str]] = api.get("/changes/recent?limit=500").json["changes"]
        return found if len(found) == min(500, len(wanted)) else []

    got = wait_for("the ring is filled", read)
    assert len({change["event_id"] for change in got} & set(wanted)) == len(got)
    assert api.get("/changes/recent?limit=3").json["changes"] == got[:3]


def test_places_that_are_none_are_refused(api: ApiProcess) -> None:
    for place in ("x", "1-0", "1-0-0-0-0-0", "1-zzzzz-0-0-0"):
        said = api.get("/changes", last_event_id=place)
        assert (said.status, said.json["code"]) == (400, "BAD_EVENT_ID"), place
    assert api.get("/changes?since=yesterday").json["errors"][0]["field"] == "since"
    assert api.get("/changes?cause=boredom").status == 422


def test_streams_are_bounded_and_end_when_the_api_does(deployment: Deployment) -> None:
    with ApiProcess(deployment, api_max_streams=2) as api:
        open_ones = [Subscriber(api) for _ in range(2)]
        assert [subscriber.answer.status for subscriber in open_ones] == [200, 200]

        full = api.get("/changes")
        assert (full.status, full.json["code"]) == (503, "STREAMS_FULL")
        assert "retry-after" in full.headers

        open_ones.pop().cut()
        wait_for("the place is free again", lambda: _opens(api))
        assert api.terminate(10) == 0
        assert list(open_ones[0].events())[-1].data == ""
        open_ones[0].cut()


def _opens(api: ApiProcess) -> bool:
    subscriber = Subscriber(api)
    subscriber.cut()
    return subscriber.answer.status == 200
