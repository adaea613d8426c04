"""Which model is live: what operators said, in their order, and the instant that asks."""

from __future__ import annotations

import pytest
from msgspec import UNSET, structs

from stream_app.contract.control import Promotion, WindowSwap
from stream_app.core.promotions import Promotions
from tests.builders import NOW, an_instant

LATER = "2026-06-01T00:00:00Z"
TODAY = an_instant("2026-01-01T00:00:00Z")


def said(*words: str) -> Promotions:
    """Return what was said: `A` promotes A, `A@` from later on, `<A` goes back to it."""
    promotions = Promotions()
    for word in words:
        version = word.strip("<@")
        effective_at = LATER if word.endswith("@") else None
        promotions.add(
            Promotion(
                version=version,
                sha256="0" * 64,
                by="ops",
                at=NOW,
                effective_at=effective_at,
                is_rollback=word.startswith("<"),
            )
        )
    return promotions


def version_of(promotion: Promotion | None) -> str | None:
    return None if promotion is None else promotion.version


@pytest.mark.parametrize(
    ("words", "live", "live_later"),
    [
        ((), None, None),
        (("A",), "A", "A"),
        (("A", "B"), "B", "B"),
        (("A", "B@"), "A", "B"),
        (("A@",), "A", "A"),
        (("A", "B@", "C"), "C", "C"),
        (("A", "B", "A"), "A", "A"),
    ],
)
def test_the_newest_whose_instant_has_come_is_live(
    words: tuple[str, ...], live: str | None, live_later: str | None
) -> None:
    promotions = said(*words)

    assert version_of(promotions.live(TODAY)) == live
    assert version_of(promotions.live(an_instant(LATER))) == live_later


@pytest.mark.parametrize(
    ("words", "before"),
    [
        ((), None),
        (("A",), None),
        (("A", "B"), "A"),
        (("A", "B@"), None),
        (("A", "B@", "C"), "A"),
        (("A", "B", "C", "<B"), "A"),
        (("A", "B", "C", "<B", "<A"), None),
        (("A", "B", "<A", "C"), "A"),
        (("A", "B", "A"), "B"),
        (("A", "A"), None),
    ],
)
def test_a_rollback_leads_to_what_was_live_before_and_a_second_one_further_back(
    words: tuple[str, ...], before: str | None
) -> None:
    assert version_of(said(*words).before(TODAY)) == before


def test_a_promotion_that_waits_is_known_as_one() -> None:
    assert version_of(said("A", "B@").waiting(TODAY)) == "B"
    assert said("A", "B@", "C").waiting(TODAY) is None
    assert said().waiting(TODAY) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"sha256": "1" * 64}, "is another model already"), ({"effective_at": "tomorrow"}, "is no instant")],
)
def test_what_cannot_be_meant_is_not_heard(changes: dict[str, str], why: str) -> None:
    promotions = said("A", "B")
    values = {"version": "A", "sha256": "0" * 64, "by": "ops", "at": NOW} | changes

    with pytest.raises(ValueError, match=why):
        promotions.add(Promotion(**values))

    assert version_of(promotions.live(TODAY)) == "B"


def promoted(version: str, window_days: int | None) -> Promotion:
    return Promotion(version=version, sha256="0" * 64, by="ops", at=NOW, window_days=window_days)


def swapped(version: str, window_days: int | None) -> WindowSwap:
    return WindowSwap(
        id=7, namespace="next", barriers=[4], clocks=[-1], by="ops", at=NOW,
        window_days=window_days, version=version, sha256="0" * 64,
    )  # fmt: skip


def heard(*records: Promotion | WindowSwap) -> Promotions:
    promotions = Promotions()
    for record in records:
        promotions.hear(record)
    return promotions


def test_a_partition_follows_the_newest_promotion_for_its_own_window() -> None:
    promotions = heard(promoted("A", 365), swapped("B", 90), promoted("C", 365), promoted("D", 90))

    assert version_of(promotions.counting(90).live(TODAY)) == "D"
    assert version_of(promotions.counting(365).live(TODAY)) == "C"
    assert version_of(promotions.counting(None).live(TODAY)) is None


def test_of_which_nobody_said_for_which_window_it_is_may_be_for_any() -> None:
    promotions = said("A")

    assert version_of(promotions.counting(90).live(TODAY)) == "A"


def test_where_nothing_was_counted_a_deployment_counts_by_the_window_to_which_it_was_told_to_go_over_last() -> None:
    before, after = heard(promoted("A", 365)), heard(promoted("A", 365), swapped("B", 90), swapped("C", None))

    assert (before.window_days([]), version_of(before.followed([]).live(TODAY))) == (UNSET, "A")
    assert (after.window_days([]), version_of(after.followed([]).live(TODAY))) == (None, "C")


def test_a_swap_that_every_partition_refused_changes_neither_window_nor_model_nor_where_a_rollback_leads() -> None:
    promotions = heard(promoted("A", 365), promoted("B", 365), swapped("C", 90))

    followed = promotions.followed([365, 365])

    assert promotions.window_days([365, 365]) == 365
    assert (version_of(followed.live(TODAY)), version_of(followed.before(TODAY))) == ("B", "A")


def test_before_any_swap_a_promotion_for_another_window_than_partitions_count_by_is_followed_by_none() -> None:
    promotions = heard(promoted("A", 365), promoted("B", 90))

    assert promotions.window_days([365, 365]) == 365
    assert version_of(promotions.followed([365, 365]).live(TODAY)) == "A"


@pytest.mark.parametrize(
    ("counted", "window_days", "live"),
    [([90, 90], 90, "B"), ([365, 365, 90], 90, "B"), ([365, 30, 365], 365, "A"), ([90, 30, 30], 90, "B")],
    ids=["all went over", "one went over", "nobody did, and one is elsewhere", "some are elsewhere"],
)
def test_where_partitions_differ_the_window_counts_to_which_any_was_told_to_go_over(
    counted: list[int | None], window_days: int, live: str
) -> None:
    promotions = heard(promoted("A", 365), swapped("B", 90))

    assert promotions.window_days(counted) == window_days
    assert version_of(promotions.followed(counted).live(TODAY)) == live


def test_whether_partitions_have_to_be_asked_for_their_windows_depends_on_what_was_promoted() -> None:
    assert heard(promoted("A", 365), promoted("B", 365)).are_for_one_window
    assert said("A", "B").are_for_one_window
    assert not heard(structs.replace(promoted("A", 365), window_days=UNSET), swapped("B", 90)).are_for_one_window
    assert not heard(promoted("A", 365), promoted("B", 90)).are_for_one_window


def test_a_swap_that_is_run_again_for_those_that_missed_it_takes_no_newer_model_back() -> None:
    waiting = structs.replace(promoted("D", 90), effective_at=LATER)
    again = structs.replace(swapped("C", 90), keeps_models=True)

    promotions = heard(promoted("A", 365), swapped("B", 90), promoted("C", 90), waiting, again)

    followed = promotions.followed([90, 90, 365])
    assert version_of(followed.live(TODAY)) == "C"
    assert version_of(followed.live(an_instant(LATER))) == "D"
    assert promotions.window_said == 90


@pytest.mark.parametrize(
    ("changes", "is_quiet"), [({}, False), ({"is_quiet": True}, True), ({"is_silent": True}, True)]
)
def test_a_partition_that_follows_only_the_model_of_a_swap_is_as_quiet_as_the_swap(
    changes: dict[str, bool], *, is_quiet: bool
) -> None:
    promotion = heard(structs.replace(swapped("B", 90), **changes)).live(TODAY)

    assert promotion is not None
    assert promotion.is_quiet == is_quiet


def test_no_rollback_leads_to_a_window_that_was_left() -> None:
    promotions = heard(promoted("A", 365), swapped("B", 90))
    assert promotions.followed([90]).before(TODAY) is None

    promotions.hear(promoted("C", 90))

    assert version_of(promotions.followed([90]).before(TODAY)) == "B"


def test_a_swap_to_another_content_of_a_known_version_is_not_heard() -> None:
    promotions = heard(promoted("A", 365))

    with pytest.raises(ValueError, match="is another model already"):
        promotions.hear(structs.replace(swapped("A", 90), sha256="1" * 64))

    assert promotions.window_days([]) is UNSET
