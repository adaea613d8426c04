"""Judges the erasure key: without the right one a worker cannot tell whose orders to drop."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.doctor.facts import ErasureFacts
from stream_app.doctor.finding import Finding, counted, ok, problem, skipped

KEY = "erasure.key"


def judge_erasures(erasures: ErasureFacts | None, unseen: str = "") -> Iterator[Finding]:
    """Yield what is to be said of the key; `unseen` says why the control topic could not be read."""
    if erasures is None:
        yield skipped(KEY, unseen)
        return
    foreign = erasures.keys - {erasures.own}
    if foreign:
        is_set = "is another one: workers pass over what it says" if erasures.own else "is not set: workers stop"
        yield problem(
            KEY,
            f"People were erased by the key {', '.join(sorted(foreign))}, and SEGSTREAM_ERASURE_KEY {is_set}.",
            "Set it to the key that `segstream erase` was run with. If nobody of you ran it with another one than this,"
            " find out who else may write to the control topic.",
        )
    elif erasures.own is None:
        yield ok(KEY, "Nobody was erased, and SEGSTREAM_ERASURE_KEY is not set: it is needed before the first erasure.")
    else:
        yield ok(KEY, f"{counted(erasures.erased, 'customer')} erased, by the key of the settings.")
