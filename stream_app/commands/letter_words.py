"""Dead letters in words: the table of reasons, one letter, and what a replay did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stream_app.contract.code_words import CODE_WORDS
from stream_app.contract.dead_letter import Code
from stream_app.core.instants import rfc3339
from stream_app.dead_letters.export import text_of
from stream_app.dead_letters.letter import Letter, Mark
from stream_app.dead_letters.plan import Share
from stream_app.dead_letters.replay import Replayed
from stream_app.dead_letters.summary import Reason

SHOWN_CHARACTERS = 4_000


def reason_table(reasons: Sequence[Reason]) -> str:
    """Return a line for each reason."""
    head = f"{'reason':<16} {'waiting':>9} {'replayed':>9}  {'first':<20}  {'last':<20}  newest"
    rows = [
        f"{each.code:<16} {each.waiting:>9,} {each.replayed:>9,}  "
        f"{_time(each.first_ms):<20}  {_time(each.last_ms):<20}  {each.newest}"
        for each in reasons
    ]
    return "\n".join([head, *rows])


def describe_letter(letter: Letter, mark: Mark | None) -> str:
    """Return what is wrong with a letter, what mends it, and the record."""
    return "\n".join(_about(letter, mark))


def _about(letter: Letter, mark: Mark | None) -> Iterator[str]:
    yield f"{letter.code}: {letter.reason}"
    if letter.code in set(Code):
        words = CODE_WORDS[Code(letter.code)]
        yield f"  cause   {words.cause}"
        yield f"  mend    {words.mend}"
    yield f"  letter  {letter.place}, parked {_time(letter.at_ms)} by a worker of version {letter.version}"
    yield f"  order   {letter.topic} partition {letter.partition} offset {letter.offset}"
    yield f"  state   sent again {mark.at} by {mark.by}" if mark else "  state   waiting"
    yield f"  key     {'none' if letter.key is None else text_of(letter.key)[0]}"
    for name, value in letter.headers:
        yield f"  header  {name}: {'' if value is None else text_of(value)[0]}"
    if letter.is_cut:
        yield "  header  … and more, which a letter does not keep"
    if letter.value is None:
        yield "  value   none"
        return
    text, encoding = text_of(letter.value)
    cut = f", the first {SHOWN_CHARACTERS:,} characters" if len(text) > SHOWN_CHARACTERS else ""
    yield f"  value   {len(letter.value):,} bytes{'' if encoding == 'utf-8' else f' as {encoding}'}{cut}:"
    yield text[:SHOWN_CHARACTERS]


def describe_replay(done: Replayed) -> str:
    """Return what a replay did, or would do, in lines."""
    return "\n".join(_told(done))


def _told(done: Replayed) -> Iterator[str]:
    if not done.letters:
        yield "No dead letter waits that is meant."
        return
    verb = "would be sent" if done.is_dry else "sent"
    for share in done.letters:
        yield f"{share.code}: {share.ready:,} {verb}" + "".join(_staying(share, done.is_dry))
    if done.is_dry:
        yield (
            "Nothing was sent. Add --yes to send them."
            if any(each.ready for each in done.letters)
            else ("Nothing can be sent as it is. Mend them with --fix FILE.")
        )
    elif done.sent:
        yield from _outcome(done)


def _staying(share: Share, is_dry: bool) -> Iterator[str]:
    for each in share.stay.values():
        verb = "would be refused again" if is_dry else "left, since they would be refused again"
        yield f"\n  {each.count:,} {verb}: {each.code}, {each.reason} (first {each.place})"


def _outcome(done: Replayed) -> Iterator[str]:
    if not done.is_read:
        yield "The workers have not read them yet: look later with `segstream dlq list`."
        return
    refused = sum(each.count for each in done.refused)
    yield f"The workers took {done.sent - refused:,} of {done.sent:,}."
    for each in done.refused:
        yield f"  {each.count:,} refused again: {each.code}, {each.reason} (first {each.place})"


def _time(ms: int) -> str:
    return rfc3339(ms // 1_000 * 1_000_000)
