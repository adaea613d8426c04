"""`segstream load`, step by step: read, show, send, and be ready to go on after any end."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.failure import INTERRUPTED
from stream_app.commands.file_options import FileOptions, Meaning
from stream_app.commands.file_report import backfill_lines, tell_of_file
from stream_app.commands.load_screen import load_screen, working
from stream_app.commands.options import echo_json, say

if TYPE_CHECKING:
    from stream_app.history.historic_order import HistoricOrder
    from stream_app.history.history import History
    from stream_app.history.report import ReadReport
    from stream_app.history.writing import Writing
    from stream_app.replay.begin import Wish
    from stream_app.replay.journal import Journal
    from stream_app.replay.pace import Pace
    from stream_app.replay.resumable import Sent
    from stream_app.replay.send import Sender
    from stream_app.settings import Settings

SHOWN_ORDERS = 5
NOT_SENT = 2
_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?)x?")


Naming = Callable[["Iterable[HistoricOrder]"], "Iterator[HistoricOrder]"]


DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and report; show the first orders; send none.")]
Sure = Annotated[bool, typer.Option("--yes", help="Send even if the columns were only proposed.")]
PerSecond = Annotated[float | None, typer.Option("--rate", help="Orders a second at most.")]
Hashing = Annotated[
    bool, typer.Option("--hash-customer-id", help="Send pseudonyms: HMAC of each id under SEGSTREAM_PSEUDONYM_KEY.")
]
JournalFile = Annotated[Path | None, typer.Option("--journal", help="Where the load is written down; beside the file.")]


@dataclass(frozen=True)
class LoadFlags:
    """How the orders are to be sent."""

    is_dry: bool
    is_sure: bool
    is_history: bool
    limit: int | None
    speed: str | None
    rate: float | None
    should_resume: bool
    should_restart: bool
    journal: Path | None
    as_json: bool
    is_hashing: bool = False
    """Customer ids are replaced by pseudonyms before anything is sent or shown."""
    is_backfill: bool = False
    """What was interrupted goes on without being told so, and a report says what the topic has."""

    def check(self) -> None:
        """Raise UsageError when they contradict each other, before anything is read."""
        self.wish()
        self.pace()

    def wish(self) -> Wish:
        """Return what to do about an earlier load."""
        from stream_app.core.errors import UsageError
        from stream_app.replay.begin import Wish

        if self.should_resume and self.should_restart:
            raise UsageError("--resume goes on and --restart begins anew.", "Give one of them.")
        if self.is_backfill:
            return Wish.GO_ON
        return Wish.RESUME if self.should_resume else Wish.RESTART if self.should_restart else Wish.LOAD

    def pace(self) -> Pace:
        """Return how fast to send."""
        from stream_app.core.errors import UsageError
        from stream_app.replay.pace import Pace

        speed = None
        if self.speed is not None:
            found = _SPEED.fullmatch(self.speed)
            speed = float(found[1]) if found else 0.0
            if self.is_history:
                raise UsageError("--history is the past, loaded at once; --speed replays it in time.", "Give one.")
        if (speed is not None and speed <= 0) or (self.rate is not None and self.rate <= 0):
            raise UsageError("--speed and --rate must be above 0.", "Write --speed 60x, or --rate 500.")
        return Pace(self.rate, speed)


def run_load(options: FileOptions, flags: LoadFlags, settings: Settings) -> int:
    """Load a file and return the exit code."""
    from stream_app.history.reading import open_history
    from stream_app.replay.send import Sender
    from stream_app.tracing import sending

    flags.check()
    name = _naming(flags, settings)
    meaning, writing = options.meaning(), options.writing(settings.currency)
    with working(f"Reading {options.file.name}"):
        past = open_history(options.file, meaning.format, writing=writing)
    with past:
        tell_of_file(past.report, meaning, options.timezone, has_table=flags.is_dry)
        if flags.is_dry and (past.report.orders or flags.as_json):
            _show(past, name, as_json=flags.as_json)
        _refuse_nothing(options.file, past.report)
        if flags.is_dry:
            return 0
        if meaning.proposed is not None and not flags.is_sure:
            say("Nothing was sent. If that is right, say so:")
            say(f"  {_this_command(without=('--yes',))} {meaning.columns_flag}")
            return NOT_SENT
        _tell_of_the_future(past)
        reading = _reading(options, meaning, writing) | _pseudonym_key(flags, settings)
        with sending(settings) as traceparent:
            return _send(past, name, options, flags, Sender(settings, traceparent), reading)


def _naming(flags: LoadFlags, settings: Settings) -> Naming:
    """Return what the orders are sent as."""
    if not flags.is_hashing:
        return iter
    from msgspec.structs import replace

    from stream_app.privacy.pseudonym import Pseudonyms

    pseudonyms = Pseudonyms(settings)
    return lambda orders: (replace(order, customer_id=pseudonyms.of(order.customer_id)) for order in orders)


def _pseudonym_key(flags: LoadFlags, settings: Settings) -> dict[str, str]:
    """Return which key the pseudonyms have: under another one all orders would be other customers'."""
    if not flags.is_hashing:
        return {}
    from stream_app.privacy.pseudonym import Pseudonyms

    return {"--hash-customer-id": Pseudonyms(settings).fingerprint()}


def _refuse_nothing(file: Path, report: ReadReport) -> None:
    """Raise UsageError where there is no order to send, whether it would be sent or only shown."""
    from stream_app.core.errors import UsageError

    if not report.lines_read:
        raise UsageError(f"{file} has names of columns and no {report.place} below them.", "Export it again.")
    if not report.orders:
        raise UsageError(f"{file} holds no order.", f"The {report.place}s that were left out say why.")


def _show(past: History, name: Naming, *, as_json: bool) -> None:
    from itertools import islice

    orders = [order.to_json().decode() for order in islice(name(past.orders()), SHOWN_ORDERS)]
    if as_json:
        import json

        echo_json({"read": past.report.to_json(), "first_orders": [json.loads(order) for order in orders]})
    else:
        say(f"The first {len(orders)} of {past.report.orders:,} orders, none of them sent:")
        print("\n".join(orders))


def _tell_of_the_future(past: History) -> None:
    import time

    from stream_app.core.instants import rfc3339

    last_us = past.report.last_us
    if last_us is not None and last_us > time.time() * 1_000_000:
        say(
            f"Note: the last order is of {rfc3339(last_us)}. The worker refuses what lies more than 24 hours ahead: "
            "if that is a slip, see --dates and --timezone."
        )


def _reading(options: FileOptions, meaning: Meaning, writing: Writing) -> dict[str, str]:
    """Return the flags that decide what an order says."""
    from stream_app.history.columns import columns_text

    wanted = meaning.format
    columns = {wanted.called(column): names[0] for column, names in wanted.columns.items()}
    return {
        "--format": wanted.name,
        "--columns": columns_text(columns),
        "--timezone": writing.timezone,
        "--dates": writing.dates or "",
        "--decimal": writing.decimal or "",
        "--return-prefix": options.return_prefix or "",
        "--return-types": options.return_types or "",
        "SEGSTREAM_CURRENCY": writing.currency if wanted.currency else "",
    }


def _send(
    past: History, name: Naming, options: FileOptions, flags: LoadFlags, sender: Sender, reading: dict[str, str]
) -> int:
    from stream_app.core.errors import OutageError
    from stream_app.replay.resumable import Plan, ResumableLoad

    journal = _journal(past, options, flags, sender, reading)
    if journal is None:
        return _tell_already(past, options, flags)
    plan = Plan(flags.is_history, flags.pace(), flags.limit)
    goal = min(past.report.orders, journal.entry.confirmed + (flags.limit or past.report.orders))
    if journal.entry.confirmed:
        say(f"Going on after {journal.entry.confirmed:,} of {past.report.orders:,} orders.")
    with load_screen(goal, past.report.last_us, plan.pace) as show:
        load = ResumableLoad(name(past.orders()), sender, journal, plan, show)
        try:
            sent = load.run()
        except KeyboardInterrupt:
            return _tell_interrupted(past, load.sent(), flags, is_begun=bool(journal.entry.planned))
        except OutageError as error:
            raise OutageError(
                f"{error.cause} {_so_far(load.sent())}", f"Once it is back: {_resume_command(flags)}", code=error.code
            ) from error
    return _tell_sent(past, sent, flags)


def _journal(
    past: History, options: FileOptions, flags: LoadFlags, sender: Sender, reading: dict[str, str]
) -> Journal | None:
    from datetime import UTC, datetime

    from stream_app.replay.begin import begin
    from stream_app.replay.journal import Facts, journal_path, sha256_of

    target = sender.target()
    facts = Facts(options.file.name, sha256_of(options.file), reading, flags.is_history, target)
    began_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    path = flags.journal or journal_path(options.file, target)
    return begin(path, facts, wish=flags.wish(), total=past.report.orders, began_at=began_at)


def _tell_already(past: History, options: FileOptions, flags: LoadFlags) -> int:
    orders = past.report.orders
    say(f"{options.file.name} is loaded already, all {orders:,} orders. Nothing to do{_again(flags)}.")
    if flags.is_backfill:
        say("\n".join(backfill_lines(past.report, sent=0, already_there=orders)))
    if flags.as_json:
        echo_json({"read": past.report.to_json(), "sent": {"orders": 0, "already_there": orders, "is_complete": True}})
    return 0


def _again(flags: LoadFlags) -> str:
    """Return how to send a loaded file again, which a backfill has no reason to."""
    return "" if flags.is_backfill else "; --restart sends them again, which changes nothing for a worker that has them"


def _tell_interrupted(past: History, sent: Sent, flags: LoadFlags, *, is_begun: bool) -> int:
    if is_begun:
        say(f"\nStopped. {_so_far(sent)} Go on with:\n  {_resume_command(flags)}")
    else:
        say("\nStopped before the first order.")
    _write_sent(past, sent, flags)
    return INTERRUPTED


def _tell_sent(past: History, sent: Sent, flags: LoadFlags) -> int:
    done = sent.confirmed - sent.resumed_from
    say(f"Sent {done:,} orders in {sent.seconds:.1f} s.")
    if not sent.is_complete:
        say(f"{_so_far(sent)} Go on with:\n  {_resume_command(flags)}")
    elif sent.resumed_from:
        say(f"All {sent.total:,} orders of the file are in the topic.")
    _write_sent(past, sent, flags)
    return 0


def _write_sent(past: History, sent: Sent, flags: LoadFlags) -> None:
    if flags.is_backfill:
        done = sent.confirmed - sent.resumed_from
        say("\n".join(backfill_lines(past.report, sent=done, already_there=sent.resumed_from)))
    if flags.as_json:
        facts = {
            "orders": sent.confirmed - sent.resumed_from,
            "already_there": sent.resumed_from,
            "confirmed": sent.confirmed,
            "total": sent.total,
            "is_complete": sent.is_complete,
            "seconds": round(sent.seconds, 3),
        }
        echo_json({"read": past.report.to_json(), "sent": facts})


def _so_far(sent: Sent) -> str:
    return f"{sent.confirmed:,} of {sent.total:,} orders are in the topic."


def _resume_command(flags: LoadFlags) -> str:
    """Return what goes on: a backfill does so by itself."""
    return f"{_this_command(without=('--resume', '--restart'))}{'' if flags.is_backfill else ' --resume'}"


def _this_command(*, without: tuple[str, ...] = ()) -> str:
    """Return what was typed, to be pasted again."""
    return shlex.join(["segstream", *(word for word in sys.argv[1:] if word not in without)])
