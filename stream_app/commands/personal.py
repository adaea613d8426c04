"""`segstream export`, `erase`, `unerase` and `pseudonym`: a person's data, told and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.load_screen import working
from stream_app.commands.options import Bootstrap, Redis, say, settings_from

if TYPE_CHECKING:
    from stream_app.settings import Settings

Customer = Annotated[str | None, typer.Argument(help="The customer id as the shop sends it.", show_default=False)]
ListFile = Annotated[Path | None, typer.Option("--file", help="One customer id a line.")]
Why = Annotated[str, typer.Option(help="For whoever reads the control topic later; no names.")]
IsWaiting = Annotated[bool, typer.Option("--wait/--no-wait", help="Return when the workers have answered, or at once.")]
Patience = Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait for the workers.")]


def export(
    customer_id: str,
    with_topics: Annotated[
        bool, typer.Option("--topics/--no-topics", help="Read the topics too, each from its beginning.")
    ] = True,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Write everything that is held of a person, as JSON."""
    import msgspec

    from stream_app.privacy.export import export as everything

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    with working("Reading Redis and the topics" if with_topics else "Reading Redis"):
        found = everything(settings, customer_id, with_topics=with_topics)
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    if not found.is_known:
        say("Nothing is held of this id. Ids are exact: mind capitals and spaces.")


def erase(
    customer_id: Customer = None,
    file: ListFile = None,
    why: Why = "",
    is_waiting: IsWaiting = True,
    timeout: Patience = 60.0,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Delete what is held of a person, and drop what comes later."""
    ids = _ids(customer_id, file)
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    _tell(settings, ids, why, timeout if is_waiting else None, is_lifting=False)
    if is_waiting:
        say("Redis still has the old commands in its append-only file: redis-cli BGREWRITEAOF drops them.")


def unerase(
    customer_id: Customer = None,
    file: ListFile = None,
    why: Why = "",
    is_waiting: IsWaiting = True,
    timeout: Patience = 60.0,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Let later orders of an erased person count again; nothing is brought back."""
    ids = _ids(customer_id, file)
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    _tell(settings, ids, why, timeout if is_waiting else None, is_lifting=True)


def pseudonym(customer_id: str) -> None:
    """Print the pseudonym by which `segstream load --hash-customer-id` replaces a customer id."""
    from stream_app.privacy.pseudonym import Pseudonyms

    typer.echo(Pseudonyms(settings_from()).of(customer_id))


def _tell(settings: Settings, ids: list[str], why: str, timeout: float | None, *, is_lifting: bool) -> None:
    from stream_app.privacy.erasing import Wish, late, mark, wait_answered

    wish = Wish(is_lifting, why)
    marked = mark(settings, ids, wish)
    if timeout is None:
        say(f"{len(ids):,} marked among the orders; the workers will answer.")
        return
    with working("Waiting for the workers"):
        left = wait_answered(settings, marked, wish, timeout)
    if left:
        raise late(left, timeout)
    say(f"{len(ids):,} {'may come back with a next order' if is_lifting else 'erased'}.")


def _ids(customer_id: str | None, file: Path | None) -> list[str]:
    """Return whom it is about; raises UsageError when nobody is named, or twice."""
    from stream_app.core.errors import UsageError

    if (customer_id is None) == (file is None):
        raise UsageError("Say who: a customer id, or --file with one a line.", "Give one of the two.")
    if file is None:
        return [str(customer_id)]
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Write it in UTF-8, one customer id a line.") from None
    ids = list(dict.fromkeys(line for line in lines if line))
    if not ids:
        raise UsageError(f"{file} names nobody.", "Write one customer id a line.")
    return ids
