"""One customer with ten thousand orders among the others: does it slow them down?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain, count

from bench.contestant import Contestant, running
from bench.deployment import Deployment, Servers
from bench.figures import percentile
from bench.latency import WAIT_SECONDS, WARM_UP_SECONDS, Placed, Reader, Sender, newcomers

BOT_ORDERS = 10_000
OTHERS = 1_000
"""Orders a second from everybody else."""

Company = Callable[[], Iterator[Placed] | None]
"""Who orders besides the others, as often as all of them together; None: nobody."""

WITHOUT = "without the bot"
CROWD = "as many orders from new customers"
BOT = "with the bot"


def _bot() -> Iterator[Placed]:
    return (("bot", f"O{number}") for number in count())


ARMS: dict[str, Company] = {
    WITHOUT: lambda: None,
    # Tells what the bot costs apart from what any other load would.
    CROWD: lambda: newcomers("crowd"),
    BOT: _bot,
}


def others_p99(contestant: Contestant, servers: Servers, arm: str) -> float:
    """Return the 99th percentile of the other customers' milliseconds in this arm."""
    seconds = BOT_ORDERS / OTHERS
    deployment = Deployment(servers)
    sender = Sender(deployment)
    with running(contestant, deployment), Reader(deployment) as reader:
        reader.milliseconds(sender.send(newcomers("W"), OTHERS, WARM_UP_SECONDS))
        company = ARMS[arm]()
        rate = OTHERS if company is None else 2 * OTHERS
        sent = sender.send(mixed(newcomers("other"), company), rate, seconds)
        values = reader.milliseconds({one: at for one, at in sent.items() if one.startswith("other")})
        if arm == BOT:
            _wait_for_the_bot(deployment)
    deployment.drop()
    return percentile(values, 0.99)


def mixed(others: Iterator[Placed], company: Iterator[Placed] | None) -> Iterator[Placed]:
    """Yield the others' orders, each followed by one of the company's."""
    return others if company is None else chain.from_iterable(zip(others, company, strict=False))


def _wait_for_the_bot(deployment: Deployment) -> None:
    """Wait until Redis shows all of the bot's orders; raises AssertionError if that never happens."""
    deadline = time.monotonic() + WAIT_SECONDS
    key = f"{deployment.settings.redis_prefix}customer:bot"
    while (done := int(deployment.redis.hget(key, "frequency") or 0)) != BOT_ORDERS:
        assert time.monotonic() < deadline, f"the bot has {done} orders, not {BOT_ORDERS}"
        time.sleep(0.05)
