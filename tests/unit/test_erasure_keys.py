"""Whose key a block list is of, and which one the next erasure may have: by any other nobody stays erased."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stream_app.core.erasure import ErasureKey
from stream_app.core.erasure_keys import refuse_blocks_of_other_key, refuse_second_key
from stream_app.core.errors import SegstreamError, StopError

OURS = ErasureKey(b"the key that everybody of this shop has")
HERS = ErasureKey(b"the key that somebody else has made up").fingerprint


def refused(check: Callable[[], None]) -> SegstreamError | None:
    """Return what a check has to say against a key."""
    try:
        check()
    except SegstreamError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("said", "heard"),
    [(OURS.fingerprint, {HERS}), ("", {OURS.fingerprint, HERS})],
    ids=["it is ours", "a release before, and we erased"],
)
def test_a_block_list_that_our_key_may_have_made_is_taken(said: str, heard: set[str]) -> None:
    assert refused(lambda: refuse_blocks_of_other_key(0, said, OURS, heard)) is None


@pytest.mark.parametrize("own", [None, OURS], ids=["no key", "another key"])
@pytest.mark.parametrize(
    ("said", "heard"),
    [(HERS, {OURS.fingerprint}), ("", {HERS}), ("", set())],
    ids=["said by the state", "said by operators alone", "said by nobody"],
)
def test_a_block_list_of_another_key_stops_the_worker(own: ErasureKey | None, said: str, heard: set[str]) -> None:
    with pytest.raises(StopError) as stopped:
        refuse_blocks_of_other_key(3, said, own, heard)

    assert stopped.value.code == "ERASURE_KEY"
    assert "partition 3" in stopped.value.cause


@pytest.mark.parametrize(
    ("of_workers", "heard"),
    [
        (set(), set()),
        (set(), {OURS.fingerprint, HERS}),
        ({OURS.fingerprint}, {HERS}),
        ({HERS, OURS.fingerprint}, set()),
    ],
    ids=["no worker yet", "erased by it before", "a forged one was heard", "workers change"],
)
def test_an_erasure_by_a_key_that_workers_have_goes_on(of_workers: set[str], heard: set[str]) -> None:
    assert refused(lambda: refuse_second_key(OURS, of_workers, heard)) is None


@pytest.mark.parametrize(
    ("of_workers", "heard", "says"),
    [
        ({HERS}, set(), "No worker has this"),
        ({HERS}, {OURS.fingerprint}, "No worker has this"),
        (set(), {HERS}, "Earlier erasures"),
    ],
    ids=["the first erasure", "erased by it before", "workers that did not say"],
)
def test_an_erasure_by_a_key_that_no_worker_has_is_refused(of_workers: set[str], heard: set[str], says: str) -> None:
    with pytest.raises(SegstreamError, match=says) as refused:
        refuse_second_key(OURS, of_workers, heard)

    assert refused.value.code == "ERASURE_KEY"
