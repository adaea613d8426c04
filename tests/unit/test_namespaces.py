"""A namespace differs from the live deployment by its names, and shares its orders."""

from __future__ import annotations

import pytest

from model_store.scoring import Scorer
from stream_app.core.errors import UsageError
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import Chunk, read_chunk
from stream_app.settings import Settings, is_namespace, load_settings
from stream_app.shadow.stretch import Edge, edge_from
from tests.builders import ARecord, a_model, a_record, rules

LIVE = Settings(_env_file=None, topic_prefix="shop.", redis_prefix="shop:", deployment="shop")  # type: ignore[call-arg]


def test_a_namespace_shares_the_orders_and_nothing_else() -> None:
    shadow = LIVE.within("check")

    live_topics = {topic.name for topic in LIVE.topics.definitions()}
    assert live_topics & {topic.name for topic in shadow.topics.definitions()} == {"shop.orders.v1"}
    assert shadow.topics.state == "shop.shadow.check.customer-state.v1"
    assert shadow.redis_prefix == "shop:shadow:check:"
    assert shadow.kafka_group_id == "segstream-worker-shadow-check"
    assert shadow.deployment == "shop/check"
    assert shadow.model_uri == LIVE.model_uri


def test_no_namespace_is_the_live_deployment_and_a_namespace_has_none_of_its_own() -> None:
    assert LIVE.within("") is LIVE
    shadow = LIVE.within("check")
    assert shadow.within("other") is shadow


def test_the_environment_names_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGSTREAM_NAMESPACE", "check")

    assert load_settings().redis_prefix == "shadow:check:"

    monkeypatch.setenv("SEGSTREAM_NAMESPACE", "Check")
    with pytest.raises(UsageError, match="SEGSTREAM_NAMESPACE is 'Check'"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("check", True), ("20260301", True), ("a-b", True), ("live", False), ("-a", False), ("a.b", False), ("A", False),
     ("a:b", False), ("", False), ("a" * 32, False)],
)  # fmt: skip
def test_names_that_could_be_taken_for_others_are_refused(name: str, is_one: bool) -> None:
    assert is_namespace(name) is is_one


@pytest.mark.parametrize("text", [None, "end", "END"])
def test_the_logs_own_edge_has_a_word(text: str | None) -> None:
    assert edge_from(text, "end") is None


def test_an_edge_is_an_instant_or_offsets() -> None:
    assert edge_from("1970-01-01T00:00:01Z", "end") == Edge(1_000)
    assert edge_from("0:7,11:9", "end") == Edge(offsets={0: 7, 11: 9})


@pytest.mark.parametrize("text", ["beginning", "yesterday", "0", "0:", "0:1,", "2026-01-01T00:00:00"])
def test_other_edges_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        edge_from(text, "end")


@pytest.mark.parametrize(("has_breaker", "read"), [(True, 100), (False, 151)])
def test_what_was_mostly_bad_is_passed_over_when_it_is_read_again(has_breaker: bool, read: int) -> None:
    records = [ARecord(b"{", offset_=offset) for offset in range(150)]
    own = rules(has_breaker=has_breaker)
    progress = Progress(0)
    chunk = Chunk(progress, {}, Scorer(a_model()), own)

    chunk.process(read_chunk([*records, a_record(offset=150)], 0, (), own))

    assert progress.source_position == read
    assert chunk.outcome.is_stopped is has_breaker


def test_nobody_writes_to_the_orders_from_a_namespace() -> None:
    LIVE.require_live()

    with pytest.raises(UsageError, match="SEGSTREAM_NAMESPACE is check"):
        LIVE.within("check").require_live()
