"""What replays, comparisons and dead letters say to people."""

from __future__ import annotations

from stream_app.commands.diff_words import describe
from stream_app.commands.letter_words import describe_replay, reason_table
from stream_app.commands.replay_screen import words
from stream_app.dead_letters.plan import Refusals, Share
from stream_app.dead_letters.replay import Replayed
from stream_app.dead_letters.summary import Reason
from stream_app.shadow.engine import HowFar
from stream_app.shadow.run import News
from stream_app.shadow.tally import Comparison, Example


def a_place_on_the_way(done: int, due: int = -1, **paused: str) -> HowFar:
    return HowFar(done, 1_000, due, [done], {int(name[1:]): why for name, why in paused.items()})


def test_a_replay_says_how_far_how_fast_and_how_long() -> None:
    news = News(a_place_on_the_way(400), seconds=10.0, done_before=200, problems=[])

    assert words(news) == "400 of 1,000 records · 20/s · 30 s left"


def test_a_replay_says_what_keeps_it() -> None:
    waiting = News(a_place_on_the_way(0), 1.0, 0, ["REDIS_AWAY: Redis does not answer."])
    paused = News(a_place_on_the_way(10, p2="CORRUPT_BATCH"), 1.0, 10, ["never shown"])
    timers = News(a_place_on_the_way(1_000, due=7), 1.0, 0, [])

    assert words(waiting) == "0 of 1,000 records · REDIS_AWAY: Redis does not answer."
    assert words(paused) == "10 of 1,000 records · partition 2 is paused: CORRUPT_BATCH"
    assert words(timers) == "1,000 of 1,000 records · 1,000/s · 7 timers left"


def test_a_comparison_names_reasons_fields_and_examples() -> None:
    examples = [Example("C1", "monetary", 2.5, 3.0, "late orders"), Example("C1", "segment", None, "s2", "late orders")]
    found = Comparison(
        "live", "check", "2025-01-01T00:00:00Z", "m1", "m2", customers=9, different=2, moved_since=1,
        fields={"segment": 1, "monetary": 2}, reasons={"late orders": 2}, examples=examples,
    )  # fmt: skip

    lines = describe(found).splitlines()

    assert lines[0] == "9 customers of live and check at 2025-01-01T00:00:00Z, under models m1 and m2:"
    assert lines[1:3] == ["  6 are the same, 2 differ", "  1 had orders that only one side has come to: not compared"]
    assert lines[3].startswith("       2  late orders: an order counts on one side only")
    assert lines[5:] == [
        "       2  monetary", "            C1: 2.5, 3.0  (late orders)",
        "       1  segment", "            C1: none, s2  (late orders)",
    ]  # fmt: skip


def test_a_comparison_says_that_a_replay_is_due() -> None:
    found = Comparison("live", "check", "2025-01-01T00:00:00Z", "m1", "m1", half_swapped=[0, 2])

    assert "  a swap was given up in partitions 0, 2 of live: swap a replay, so that all are of one count" in (
        describe(found).splitlines()
    )


def test_reasons_stand_in_a_table() -> None:
    head, row = reason_table([Reason("MISSING", 1_234, 5, 0, 1_000, "2:17")]).splitlines()

    assert head.split() == ["reason", "waiting", "replayed", "first", "last", "newest"]
    assert row.split() == ["MISSING", "1,234", "5", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "2:17"]


def test_a_replay_of_letters_tells_what_came_of_it() -> None:
    share = Share("MISSING", 3, {"MISSING": Refusals("MISSING", 1, "0:9", "order_id")})
    refused = [Refusals("ID_CONFLICT", 1, "0:12", "another order has this id")]

    dry = describe_replay(Replayed(True, [share]))
    unread = describe_replay(Replayed(False, [share], sent=3))
    read = describe_replay(Replayed(False, [share], sent=3, is_read=True, refused=refused))

    assert dry.splitlines() == [
        "MISSING: 3 would be sent", "  1 would be refused again: MISSING, order_id (first 0:9)",
        "Nothing was sent. Add --yes to send them.",
    ]  # fmt: skip
    assert unread.endswith("The workers have not read them yet: look later with `segstream dlq list`.")
    assert read.splitlines()[-2:] == [
        "The workers took 2 of 3.", "  1 refused again: ID_CONFLICT, another order has this id (first 0:12)",
    ]  # fmt: skip
    assert describe_replay(Replayed(True, [])) == "No dead letter waits that is meant."
