"""`segstream dlq`: looks at the orders that were refused, and sends them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.options import AsJson, Bootstrap, a_group, echo_json, instant_from, say, settings_from

if TYPE_CHECKING:
    from stream_app.dead_letters.fix import Fix
    from stream_app.dead_letters.plan import Wish

dlq_app = a_group("See the orders that were refused, and send them again.")

Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only this code. Repeatable.")]
Places = Annotated[
    list[str] | None, typer.Option("--letter", help="Only this letter, as `partition:offset`. Repeatable.")
]
Since = Annotated[str | None, typer.Option(help="Only what was refused since this RFC 3339 instant.")]
FixFile = Annotated[
    Path | None, typer.Option("--fix", help="TOML or JSON with renames and defaults: see docs/how-to/dead-letters.md.")
]


@dlq_app.command("list")
def dlq_list(since: Since = None, as_json: AsJson = False, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Count the dead letters by reason."""
    from stream_app.commands.letter_words import reason_table
    from stream_app.dead_letters.summary import count
    from stream_app.dead_letters.topic import LettersTopic

    topic = LettersTopic(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    reasons = count(topic.read(topic.bounds()), _milliseconds(since))
    if as_json:
        echo_json(reasons)
    elif reasons:
        typer.echo(reason_table(reasons))
        say("Look at one with `segstream dlq show PLACE`.")
    else:
        say("There are no dead letters.")


@dlq_app.command("show")
def dlq_show(
    place: Annotated[str, typer.Argument(help="As `segstream dlq list` shows it: 3:17.")],
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Show one dead letter: what is wrong with it, what mends it, and the record as it came."""
    from stream_app.commands.letter_words import describe_letter
    from stream_app.dead_letters.letter import place_from
    from stream_app.dead_letters.topic import LettersTopic

    topic = LettersTopic(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    letter = topic.one(place_from(place))
    typer.echo(describe_letter(letter, topic.mark_of(letter)))


@dlq_app.command("export")
def dlq_export(
    reasons: Reasons = None, places: Places = None, since: Since = None, kafka_bootstrap_servers: Bootstrap = None
) -> None:
    """Write the dead letters that wait as JSON lines to stdout."""
    from stream_app.dead_letters.export import as_json
    from stream_app.dead_letters.topic import LettersTopic

    wish = _wish(reasons, places, since)
    topic = LettersTopic(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    for letter in topic.waiting(topic.bounds()):
        if wish.wants(letter):
            typer.echo(as_json(letter))


@dlq_app.command("replay")
def dlq_replay(
    reasons: Reasons = None,
    places: Places = None,
    since: Since = None,
    fix_file: FixFile = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Send them. Without it nothing is sent.")] = False,
    wait_seconds: Annotated[float, typer.Option("--wait", min=0, help="So long to wait for the workers.")] = 30.0,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Send dead letters to the orders topic again, mended or as they are, each once; without --yes only say so.

    Those that would be refused again stay where they are.
    """
    from stream_app.commands.letter_words import describe_replay
    from stream_app.dead_letters.replay import Replay

    wish, fix = _wish(reasons, places, since), _fix(fix_file)
    replay = Replay(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers), wish, fix)
    done = replay.run(wait_seconds) if is_sure else replay.look()
    if as_json:
        echo_json(done)
    else:
        typer.echo(describe_replay(done))


def _wish(reasons: list[str] | None, places: list[str] | None, since: str | None) -> Wish:
    from stream_app.contract.dead_letter import Code
    from stream_app.core.errors import UsageError
    from stream_app.dead_letters.letter import place_from
    from stream_app.dead_letters.plan import Wish

    codes = frozenset(reason.upper() for reason in reasons or [])
    for code in sorted(codes - set(Code)):
        raise UsageError(f"{code} is no reason of a dead letter.", f"There are {', '.join(Code)}.")
    return Wish(codes, frozenset(place_from(place) for place in places or []), _milliseconds(since))


def _fix(file: Path | None) -> Fix | None:
    from stream_app.core.errors import UsageError
    from stream_app.dead_letters.fix import read_fix

    if file is None:
        return None
    try:
        return read_fix(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Name a file of UTF-8 text.") from None


def _milliseconds(since: str | None) -> int:
    return 0 if since is None else instant_from(since) // 1_000
