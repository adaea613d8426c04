"""Whether a load begins, goes on, has nothing to do, or would tell a topic the same orders differently."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from stream_app.core.errors import UsageError
from stream_app.replay.journal import Entry, Facts, Journal, read_entry


class Wish(Enum):
    """What the person asked for."""

    LOAD = "load"
    RESUME = "--resume"
    RESTART = "--restart"
    GO_ON = "backfill"
    """Go on with what was interrupted, without being told that it was."""


def begin(path: Path, facts: Facts, *, wish: Wish, total: int, began_at: str) -> Journal | None:
    """Return the journal to go on with, None when the load is done already.

    Raises UsageError when an earlier load must be resumed first, or sent other content under the same ids.
    """
    fresh = Journal(path, Entry(facts, total, began_at))
    earlier = read_entry(path)
    if earlier is None or not earlier.planned:
        if wish is Wish.RESUME and earlier is None:
            raise UsageError(f"No load of {facts.file} was interrupted: there is no {path}.", "Leave --resume out.")
        return fresh
    if wish is Wish.GO_ON:
        wish = Wish.LOAD if earlier.is_done else Wish.RESUME
    differing = differences(earlier.facts, facts)
    if earlier.facts.target != facts.target:
        return _elsewhere(fresh, earlier, wish)
    if wish is Wish.RESUME:
        return _resume(Journal(path, earlier), differing)
    return _again(fresh, earlier, wish, differing)


def _elsewhere(fresh: Journal, earlier: Entry, wish: Wish) -> Journal:
    """Decide about a load into another topic: what is sent here cannot contradict it."""
    if wish is Wish.RESTART or (wish is Wish.LOAD and earlier.is_done):
        return fresh
    there, here = earlier.facts.target, fresh.entry.facts.target
    what = f"topic {there.topic} of cluster {there.cluster_id}"
    if (there.topic, there.cluster_id) == (here.topic, here.cluster_id):
        what = f"an earlier topic {there.topic}, which was deleted and made anew since"
    raise UsageError(
        f"The interrupted load of {earlier.facts.file} went to {what}: {_progress(earlier)}.",
        "Begin anew here with --restart; or name another --journal to keep what is written down of that load.",
    )


def _resume(journal: Journal, differing: list[str]) -> Journal | None:
    if differing:
        raise UsageError(
            f"The load cannot go on as it began ({_progress(journal.entry)}), because {' and '.join(differing)}.",
            "Give the same file and flags as before. " + _otherwise(journal.path),
        )
    return None if journal.entry.is_done else journal


def _again(fresh: Journal, earlier: Entry, wish: Wish, differing: list[str]) -> Journal | None:
    telling = [part for part in differing if part not in _HISTORY]
    only_file = all(part.startswith("the file") for part in telling)
    if earlier.is_done and wish is Wish.LOAD:
        if not telling:
            return None
        if only_file:
            # A newer export: orders that it repeats are duplicates.
            return fresh
    elif wish is Wish.RESTART and not telling:
        return fresh
    elif not differing:
        raise UsageError(
            f"A load of {earlier.facts.file} was interrupted: {_progress(earlier)}.",
            "Go on with --resume, or send all orders again with --restart: what is in the topic counts once.",
        )
    raise UsageError(
        f"An earlier load of {earlier.facts.file} went to the same topic ({_progress(earlier)}), and "
        f"{' and '.join(differing)}: orders that were sent would come with another content.",
        "The topic keeps the first content, and the second becomes dead letters. " + _otherwise(fresh.path),
    )


_HISTORY = ("--history was given and now is not", "--history was not given and now is")


def differences(before: Facts, after: Facts) -> list[str]:
    """Return what is not as before, the topic aside, each as part of a sentence."""
    found = []
    if before.sha256 != after.sha256:
        found.append(f"the file {after.file} has changed")
    for flag in sorted(before.reading.keys() | after.reading.keys()):
        was, is_ = before.reading.get(flag, ""), after.reading.get(flag, "")
        if was != is_:
            found.append(f"{flag} was {was or 'not given'} and is {is_ or 'not given'}")
    if before.is_history != after.is_history:
        found.append(_HISTORY[after.is_history])
    return found


def _progress(entry: Entry) -> str:
    return f"{entry.confirmed:,} of {entry.total:,} orders are sent"


def _otherwise(journal: Path) -> str:
    return (
        "To load it differently take fresh topics (SEGSTREAM_TOPIC_PREFIX=second. and `segstream topics create`); "
        f"or remove {journal} if no order is told differently."
    )
