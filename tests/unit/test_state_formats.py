"""States of another format: not read by a release that does not know it, and gone once a swap has written them anew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from model_store.scoring import Scorer
from stream_app.contract.control import Hold, Swap
from stream_app.core.errors import StopError
from stream_app.core.outcome import Progress
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.core.state_record import decode_customer, read_header
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.lane import Lane
from stream_app.worker.meta import Meta, check_formats, decode_meta, formats_of
from stream_app.worker.models import Models
from stream_app.worker.store import Lease
from stream_app.worker.swap import obey_swaps
from stream_app.worker.work import LaneWork
from tests.builders import NOW, a_basis, a_driver, a_model, a_record

NEXT = STATE_FORMAT + 1
HOLD = Hold(namespace="next", seconds=30.0, by="test", at=NOW)
NO_MODELS: Models = None  # type: ignore[assignment]


def a_swap(**changes: Any) -> Swap:
    return Swap(id=7, namespace="next", barriers=[4], clocks=[-1], by="test", at=NOW, **changes)


def a_lane(oldest_format: int) -> Lane:
    active = ActiveModel(Scorer(a_model()))
    return Lane(Lease(0, "claim"), Progress(0, source_position=4), active, a_basis(), oldest_format=oldest_format)


def written(lane: Lane) -> Meta:
    work = LaneWork(lane, [])
    work.run()
    assert work.write is not None
    return decode_meta(work.write.meta)


def test_a_state_of_another_release_is_not_guessed_at() -> None:
    driver = a_driver()
    driver.run([a_record()])
    header, orders = msgspec.msgpack.decode(driver.states["C1"])
    header[0] = NEXT
    record = msgspec.msgpack.encode([header, orders])

    for read in (decode_customer, read_header):
        with pytest.raises(StopError) as caught:
            read(record)
        assert caught.value.code == "STATE_FORMAT"


@pytest.mark.parametrize(("oldest", "newest"), [(STATE_FORMAT, NEXT), (-1, STATE_FORMAT), (0, NEXT)])
def test_a_partition_that_may_hold_such_a_state_is_not_taken_over(oldest: int, newest: int) -> None:
    meta = written(a_lane(STATE_FORMAT))
    check_formats(meta)

    other = replace(meta, oldest_format=oldest, identity=replace(meta.identity, format=newest))

    with pytest.raises(StopError) as caught:
        check_formats(other)
    assert caught.value.code == "STATE_FORMAT"


def test_a_partition_does_not_take_over_what_it_cannot_read() -> None:
    lane = a_lane(STATE_FORMAT)

    obey_swaps(lane, [HOLD, a_swap(format=NEXT)], NO_MODELS, is_patient=False)

    assert lane.active.adopting is None


@pytest.mark.parametrize("begun_in", [STATE_FORMAT, -1], ids=["by us", "by an earlier one"])
def test_once_all_have_gone_over_no_state_is_older_than_the_release_that_began_the_swap(
    begun_in: int,
) -> None:
    lane = a_lane(-2)
    obey_swaps(lane, [HOLD, a_swap()], NO_MODELS, is_patient=False)
    assert lane.active.adopting is not None
    lane.active.adopting.format = begun_in

    lane.walk_to(None)
    assert formats_of(written(lane)) == (-2, STATE_FORMAT)
    lane.walk_to(None)

    assert lane.active.adopting is None
    assert formats_of(written(lane)) == (begun_in, STATE_FORMAT)
