"""`segstream topics`, `partitions` and `tick`: what an operator does to a deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from stream_app.commands.options import AsJson, Bootstrap, Redis, a_group, echo_json, instant_from, say, settings_from

topics_app = a_group("Create and check the deployment's topics.")
partitions_app = a_group("See and steer single partitions.")

Why = Annotated[str, typer.Option(help="For whoever reads the control topic later.")]


@topics_app.command("create")
def topics_create(
    partitions: Annotated[int, typer.Option(min=1)] = 12,
    replication: Annotated[int, typer.Option(min=1)] = 1,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Create the topics that are missing."""
    from stream_app.topics import create_topics

    created = create_topics(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers), partitions, replication)
    say(f"Created {', '.join(created)}." if created else "All topics exist already.")


@topics_app.command("check")
def topics_check(as_json: AsJson = False, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Compare the topics with what the guarantees need."""
    from stream_app.topics import check_topics

    problems = check_topics(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    if as_json:
        echo_json(problems)
    else:
        for problem in problems:
            typer.echo(problem)
        say("The topics are not as they should be." if problems else "All topics are as they should be.")
    raise typer.Exit(1 if problems else 0)


@topics_app.command("mend")
def topics_mend(kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Put wrong settings of the topics right; what they hold stays."""
    from stream_app.topics import mend_topics

    mended = mend_topics(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    for fault in mended:
        typer.echo(f"{fault.topic}: {fault.key} is {fault.wanted} now.")
    if not mended:
        say("Their settings are as they should be.")


@partitions_app.command("list")
def partitions_list(
    as_json: AsJson = False, kafka_bootstrap_servers: Bootstrap = None, redis_url: Redis = None
) -> None:
    """Show how far every partition has come, and which are paused."""
    from stream_app.core.instants import rfc3339
    from stream_app.lookup import Lookup
    from stream_app.replay.send import Sender

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    found = Lookup(settings).partitions(Sender(settings).partitions())
    if as_json:
        echo_json(found)
        return
    if not found:
        say("No worker has claimed a partition yet. Start one: segstream worker")
    for status in found:
        clock = rfc3339(status.clock) if status.clock >= 0 else "no clock yet"
        state = f"paused: {status.paused}" if status.paused else "running"
        typer.echo(
            f"{status.partition:>4}  next order {status.source_position:>10,}  "
            f"customers {status.customers:>10,}  clock {clock}  {state}"
        )


@partitions_app.command("resume")
def partitions_resume(partition: int, why: Why, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Let a paused partition go on."""
    from stream_app.operators import resume

    resume(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers), partition, why)


@partitions_app.command("skip")
def partitions_skip(
    partition: int,
    to: Annotated[int, typer.Option(help="The offset to go on from.")],
    why: Why,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Give up a paused partition's records before an offset."""
    from stream_app.operators import skip

    skip(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers), partition, to, why)


def tick(
    to: Annotated[str, typer.Option(help="RFC 3339 instant with a zone.")],
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Move the clock of every partition to an instant. It never goes back: with SEGSTREAM_CLOCK=event for good.

    With the wall clock a tick moves no further than 5 minutes past the broker's time.
    """
    from stream_app.replay.send import Sender

    instant = instant_from(to)
    sender = Sender(settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers))
    sender.tick(instant)
    say(f"{sender.partitions()} partitions were told; a clock that is further already stays where it is.")
