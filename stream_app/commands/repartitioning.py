"""`segstream topics repartition`: a deployment moves to topics with another number of partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.load_screen import LINE_SECONDS, at_most_every
from stream_app.commands.options import AsJson, Bootstrap, a_group, echo_json, say, settings_from

if TYPE_CHECKING:
    from stream_app.repartition.copy import Copied

repartition_app = a_group("Move to topics with another number of partitions, step by step.")

To = Annotated[str, typer.Option("--to", metavar="PREFIX", help="SEGSTREAM_TOPIC_PREFIX of the new topics.")]


@repartition_app.command("copy")
def repartition_copy(
    to: To,
    partitions: Annotated[int | None, typer.Option(help="Of the new topics; named once.")] = None,
    shortened: Annotated[
        bool, typer.Option("--shortened", help="Copy although retention has removed the oldest orders.")
    ] = False,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Make the new topics, and copy the orders that there are; again: those that came since."""
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    from stream_app.repartition.copy import Copy
    from stream_app.repartition.target import create_target, target_of

    target = target_of(settings, to) if partitions is None else create_target(settings, to, partitions)
    done = Copy(target, is_shortened_allowed=shortened).run(at_most_every(LINE_SECONDS, _say))
    if as_json:
        echo_json(done)
    say(f"Copied {done.records:,} records into {target.new.topics.orders} in {done.seconds:,.1f} s.")


@repartition_app.command("seal")
def repartition_seal(as_json: AsJson = False, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Let the brokers refuse every further order, so that the copy can be whole."""
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    from stream_app.repartition.seal import seal

    ends = seal(settings)
    if as_json:
        echo_json({"topic": settings.topics.orders, "ends": ends})
    say(f"{settings.topics.orders} is sealed: producers get an error. Workers read on to its end.")


@repartition_app.command("unseal")
def repartition_unseal(kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Take the seal back; refused once `finish` has moved the deployment."""
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    from stream_app.repartition.seal import unseal

    unseal(settings)
    say(f"{settings.topics.orders} takes orders again.")


@repartition_app.command("finish")
def repartition_finish(to: To, as_json: AsJson = False, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Copy the rest, compare every record, carry every customer's state, and open the new topics."""
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    from stream_app.repartition.finish import finish
    from stream_app.repartition.target import target_of

    target = target_of(settings, to)
    done = finish(target, lambda words: say(f"{words} …"), at_most_every(LINE_SECONDS, _say))
    if as_json:
        echo_json(done)
    if done.was_done:
        say("That was finished before. Nothing was changed.")
    else:
        say(
            f"{target.new.topics.orders} holds all {done.orders:,} orders in {target.routing.new} partitions, and "
            f"{done.customers:,} customers go on where they were."
        )
    say(f"Give workers and all who read SEGSTREAM_TOPIC_PREFIX={to} and a SEGSTREAM_REDIS_PREFIX of its own.")


def _say(copied: Copied) -> None:
    rate = copied.records / copied.seconds
    say(f"{copied.reached:,} of {copied.total:,} records · {rate:,.0f}/s")
