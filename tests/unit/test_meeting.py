"""Where a partition and a namespace meet, and where they must not."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from model_store.scoring import Scorer
from stream_app.contract.control import GiveUp, Hold, Promotion, Replay, Swap, WindowSwap, encode_control
from stream_app.core.errors import SegstreamError
from stream_app.core.measure import Measure
from stream_app.core.outcome import Progress
from stream_app.core.promotions import Promotions
from stream_app.lookup import PartitionStatus
from stream_app.shadow.fitness import goes_elsewhere, still_at, taken
from stream_app.shadow.meeting import Arrivals, refuse_switching, to_be_told
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.adopting import Adopting
from stream_app.worker.lane import BREAKER, CORRUPT_BATCH, HELD, HOLD_SECONDS, Lane
from stream_app.worker.meta import decode_meta, identity_of, meta_of, windows_in
from stream_app.worker.place import START, Place
from stream_app.worker.store import Lease
from stream_app.worker.swap import is_awaited, obey_swaps, release
from stream_app.worker.work import LaneWork
from tests.builders import NOW, a_basis, a_model

HOLD = Hold(namespace="other", seconds=30.0, by="test", at=NOW)
OLD = Measure.of(Scorer(a_model()), 365)


def a_lane(position: int, *, read_end: int = 0) -> Lane:
    progress = Progress(0, source_position=position)
    return Lane(Lease(0, "claim"), progress, ActiveModel(OLD.scorer), a_basis(), read_end=read_end)


def a_swap(barrier: int) -> Swap:
    return Swap(id=7, namespace="other", barriers=[barrier], clocks=[-1], by="test", at=NOW)


def a_window_swap(barrier: int) -> WindowSwap:
    return WindowSwap(**asdict(a_swap(barrier)), window_days=90, version="for 90 days", sha256="0" * 64)


class AtHand(NamedTuple):
    """The model that comes with another window; None: it is being loaded."""

    scorer: Scorer | None = None

    def of_swap(self, _: WindowSwap) -> Scorer | None:
        return self.scorer


NOTHING_AT_HAND = AtHand()


def test_a_partition_is_met_behind_the_markers_that_end_its_log() -> None:
    lane = a_lane(999, read_end=1_000)

    assert obey_swaps(lane, [HOLD], NOTHING_AT_HAND, is_patient=False)
    assert (lane.paused, lane.progress.source_position) == (HELD, 1_000)
    assert obey_swaps(lane, [a_swap(1_000)], NOTHING_AT_HAND, is_patient=False)
    assert lane.active.adopting is not None


def test_a_namespace_that_is_being_taken_over_is_led_no_further() -> None:
    at_rest = PartitionStatus(0, 1_000, 50, 10, 0, HELD)
    taking_over = PartitionStatus(1, 1_200, 60, 10, 0, "", is_switching=True)

    refuse_switching([at_rest])
    with pytest.raises(SegstreamError) as caught:
        refuse_switching([at_rest, taking_over])

    assert caught.value.code == "SWAP_NOT_NOW"


def test_a_partition_that_refuses_a_swap_says_so_without_waiting_for_orders() -> None:
    lane = a_lane(5)

    assert obey_swaps(lane, [a_swap(4)], NOTHING_AT_HAND, is_patient=False)
    assert lane.active.adopting is None


def test_a_partition_waits_at_the_barrier_for_the_model_that_comes_with_another_window() -> None:
    lane, at_hand = a_lane(1_000), AtHand(Scorer(a_model(version="for 90 days", window_days=90)))
    obey_swaps(lane, [HOLD], NOTHING_AT_HAND, is_patient=False)

    assert is_awaited(lane, [a_window_swap(1_000)], NOTHING_AT_HAND)
    assert not is_awaited(lane, [a_window_swap(999)], NOTHING_AT_HAND)
    assert not is_awaited(lane, [a_window_swap(1_000)], at_hand)
    assert obey_swaps(lane, [a_window_swap(1_000)], at_hand, is_patient=False)
    assert (lane.basis.window_days, lane.active.scorer.version) == (90, "for 90 days")
    assert lane.active.adopting is not None
    assert lane.active.adopting.terms.old == OLD


def test_a_partition_that_has_waited_too_long_for_a_model_keeps_its_window() -> None:
    lane = a_lane(1_000)
    obey_swaps(lane, [HOLD], NOTHING_AT_HAND, is_patient=False)
    lane.held_until = 0.0
    release(lane)

    assert not is_awaited(lane, [a_window_swap(1_000)], NOTHING_AT_HAND)
    assert obey_swaps(lane, [a_window_swap(1_000)], NOTHING_AT_HAND, is_patient=False)
    assert (lane.basis.window_days, lane.active.adopting, lane.swapped) == (365, None, 0)


def test_no_hold_lets_a_partition_stand_still_for_longer_than_a_swap_may_take() -> None:
    lane = a_lane(1_000)

    obey_swaps(lane, [Hold(namespace="other", seconds=1e9, by="mallory", at=NOW)], NOTHING_AT_HAND, is_patient=False)

    assert lane.paused == HELD
    assert lane.held_until <= time.monotonic() + HOLD_SECONDS


def test_a_partition_that_counts_by_the_window_already_keeps_the_model_to_which_it_has_gone_on() -> None:
    ours, theirs = (Scorer(a_model(version=version, window_days=90)) for version in ("gone on to", "for 90 days"))
    there, behind = a_lane(4), a_lane(4)
    there.basis, there.active.scorer = there.basis.counting(90), ours
    again = replace(a_window_swap(4), keeps_models=True)
    for lane in (there, behind):
        obey_swaps(lane, [HOLD], NOTHING_AT_HAND, is_patient=False)

    are_awaited = [is_awaited(lane, [again], NOTHING_AT_HAND) for lane in (there, behind)]
    for lane in (there, behind):
        obey_swaps(lane, [again], AtHand(theirs), is_patient=False)

    assert are_awaited == [False, True]
    assert (there.active.scorer, behind.active.scorer) == (ours, theirs)
    assert [lane.basis.window_days for lane in (there, behind)] == [90, 90]
    assert there.active.adopting is not None
    assert there.active.adopting.terms.old == Measure.of(ours, 90)


@pytest.mark.parametrize(
    ("counted", "version", "is_live_there"),
    [({365}, "replayed", False), ({365, 90}, "newer", True), ({90}, "newer", True)],
)
def test_with_a_window_that_some_count_by_already_comes_the_model_that_is_live_for_it(
    counted: set[int | None], version: str, *, is_live_there: bool
) -> None:
    replay = Replay(
        starts=[0], ends=[4], version="replayed", sha256="1" * 64, is_published=False, by="test", at=NOW, window_days=90
    )
    said = Promotions()
    for each, days in (("old", 365), ("replayed", 90), ("newer", 90), ("of the old window", 365)):
        said.add(Promotion(version=each, sha256="0" * 64, by="test", at=NOW, window_days=days))

    found = taken(said, counted, replay, 90, now=0)

    assert (found.version, found.is_live_there) == (version, is_live_there)


def test_until_a_customer_has_gone_over_the_window_before_the_swap_is_theirs() -> None:
    lane, at_hand = a_lane(4), AtHand(Scorer(a_model(version="for 90 days", window_days=90)))
    obey_swaps(lane, [HOLD, a_window_swap(4)], at_hand, is_patient=False)

    work = LaneWork(lane, [])
    work.run()
    assert work.write is not None
    meta = decode_meta(work.write.meta)

    assert (meta.window_days_of(0, OLD.scorer.version), meta.window_days_of(7, "for 90 days")) == (365, 90)
    assert replace(meta, adoption=None).window_days_of(0, OLD.scorer.version) == 90


def test_what_is_no_meta_record_says_nothing_of_the_window_by_which_partitions_count() -> None:
    written = b'{"identity":{"window_days":%s,"of a later release":1},"more":2}'

    assert windows_in([None, b"", b"{}", written % b"90", ValueError(), written % b"null"]) == [90, None]


@pytest.mark.parametrize(
    ("counted", "said", "is_said_again"),
    [
        ({365}, UNSET, False),
        ({365}, 365, False),
        ({365, 90}, 365, True),
        ({90}, 90, True),
        ({365}, 90, True),
    ],
    ids=["never told", "all there", "some elsewhere", "all elsewhere", "told to go elsewhere, and refused"],
)
def test_a_swap_says_its_window_where_partitions_count_by_another_one_or_were_told_to(
    counted: set[int | None], said: int | UnsetType | None, *, is_said_again: bool
) -> None:
    assert goes_elsewhere(counted, said, 365) == is_said_again


def test_a_release_that_knows_no_windows_of_swaps_refuses_such_a_swap() -> None:
    said = encode_control(a_window_swap(4))

    assert json.loads(said)["type"] == "window_swap"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(said, type=Hold | Swap)


def test_a_swap_is_not_over_where_redis_shows_nothing_or_nobody_has_heard_of_it() -> None:
    progress, identity = Progress(0), identity_of("cluster", "orders", "state", 4, 365, "EUR")
    values: dict[str, Any] = {"switch": None, "owing": None, "clock_mode": "event", "figures_since": ""}
    meta = meta_of(
        progress, identity, control_position=9, model_version="m", adoption=None, swapped=7, paused="", **values
    )
    at_it = replace(meta, adoption=Adopting.of(a_swap(4), 0, 0, OLD, is_patient=False).progress(START))
    deaf = replace(meta, control_position=8, paused=HELD)

    assert still_at([meta, None, at_it, deaf], 7, 9) == [1, 2, 3]


def test_a_partition_goes_on_without_the_swap_that_is_given_up_and_says_so_until_the_next() -> None:
    lane = a_lane(5)
    obey_swaps(lane, [HOLD, a_swap(5)], NOTHING_AT_HAND, is_patient=True)
    lane.active.walk_to(Place("9", "C1"))

    assert obey_swaps(lane, [GiveUp(id=7, namespace="other", by="test", at=NOW)], NOTHING_AT_HAND, is_patient=True)

    assert (lane.active.adopting, lane.active.walked, lane.active.owing) == (None, START, START)
    assert (lane.swapped, lane.given_up) == (7, 7)


def test_another_window_stays_when_its_swap_is_given_up_and_whoever_had_not_gone_over_does_so_without() -> None:
    lane, at_hand = a_lane(5), AtHand(Scorer(a_model(version="for 90 days", window_days=90)))
    obey_swaps(lane, [HOLD, a_window_swap(5)], at_hand, is_patient=False)

    obey_swaps(lane, [GiveUp(id=7, namespace="other", by="test", at=NOW)], at_hand, is_patient=False)

    active, switch = lane.active, lane.active.switch
    assert (lane.basis.window_days, active.scorer, active.adopting) == (90, at_hand.scorer, None)
    assert switch is not None
    assert (switch.old, active.walked) == (OLD, START)


def test_a_partition_that_is_not_at_the_swap_that_is_given_up_only_says_that_it_has_heard() -> None:
    lane = a_lane(5)
    obey_swaps(lane, [HOLD, a_swap(5)], NOTHING_AT_HAND, is_patient=False)

    assert obey_swaps(lane, [GiveUp(id=8, namespace="other", by="test", at=NOW)], NOTHING_AT_HAND, is_patient=False)

    assert lane.active.adopting is not None
    assert lane.given_up == 0


def test_near_is_what_came_in_the_last_second() -> None:
    arrivals = Arrivals()

    seen = ((0.0, 100), (0.4, 900), (0.9, 2_100), (1.3, 2_900), (9.0, 9_900))
    came = [arrivals.note(now, place) for now, place in seen]

    assert came == [0, 800, 2_000, 2_000, 0]


def test_giving_a_hold_up_leaves_a_partition_paused_that_needs_an_operator() -> None:
    paused = [HELD, "", BREAKER, CORRUPT_BATCH]
    ours = [PartitionStatus(partition, 9, 9, 9, 0, reason) for partition, reason in enumerate(paused)]

    assert to_be_told(ours) == [0, 1]
