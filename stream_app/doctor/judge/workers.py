"""Judges the workers: alive, keeping up, holding every partition, and started under the same rules."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.doctor.facts import GroupFacts, SeenPartition, WorkerFacts
from stream_app.doctor.finding import Finding, counted, ok, partitions, problem, skipped, warning

MEMBERS, LAG, PARTITIONS = "workers.members", "workers.lag", "workers.partitions"
PAUSED, RULES, WINDOWS, DUE = "workers.paused", "workers.rules", "workers.window", "workers.due"
PAGE, CLOCK_MODE, SWAP, FORMAT = "workers.page", "workers.clock", "workers.swap", "workers.format"
STALLED_SECONDS = 60.0
DUE_MANY = 10_000
START = "Run: segstream worker"


def judge_workers(workers: WorkerFacts) -> Iterator[Finding]:
    """Yield what is to be said of the workers."""
    group = workers.group
    yield _members(group)
    yield _lag(group, workers.held or ())
    if workers.held is None:
        yield skipped(PARTITIONS, "Redis does not answer")
    else:
        yield from _held(workers, workers.held)
    if workers.page:
        yield _page(workers)


def _members(group: GroupFacts) -> Finding:
    if not group.members:
        return warning(MEMBERS, f"No worker is in the group {group.group}.", START)
    given = {partition for member in group.members for partition in member.partitions}
    hosts = ", ".join(sorted({member.host for member in group.members}))
    says = f"{counted(len(group.members), 'worker')} in the group {group.group} ({hosts})"
    if len(given) < group.orders.partitions:
        return warning(
            MEMBERS,
            f"{says}, and {group.orders.partitions - len(given)} partitions are given to nobody: {group.state}.",
            "Wait for the rebalance to end, then look again.",
        )
    return ok(MEMBERS, f"{says}, with all {counted(group.orders.partitions, 'partition')}.")


def _lag(group: GroupFacts, held: tuple[SeenPartition, ...]) -> Finding:
    lags = {partition: group.lag(partition) for partition in range(group.orders.partitions)}
    waiting = sum(lags.values())
    if not waiting:
        return ok(LAG, "No record waits.")
    worst = max(lags, key=lambda partition: lags[partition])
    says = f"{counted(waiting, 'record')} wait, {lags[worst]:,} of them in partition {worst}"
    if not group.members:
        return warning(LAG, f"{says}.", START)
    ago = {seen.partition: seen.applied_ago_seconds for seen in held if not seen.paused}
    waiting_long = [partition for partition in lags if lags[partition] and ago.get(partition, 0.0) > STALLED_SECONDS]
    # Long idle is no fault: an order that has just come waits there too, until it is taken.
    stuck = [partition for partition in waiting_long if partition not in group.moved]
    if stuck:
        return problem(
            LAG,
            f"{says}, and partition {stuck[0]} was last written {ago[stuck[0]]:,.0f} s ago.",
            "Look at the worker's log and its /readyz: it says what it waits for.",
        )
    return ok(LAG, f"{says}; they are being worked off.")


def _held(workers: WorkerFacts, held: tuple[SeenPartition, ...]) -> Iterator[Finding]:
    yield from _rules(workers, held)
    yield from _clock_mode(workers, held)
    yield _partitions(workers.group, held)
    for seen in held:
        if seen.paused:
            yield problem(
                PAUSED,
                f"Partition {seen.partition} is paused: {seen.paused}.",
                "Mend the cause (docs/reference/reason-codes.md), then run:"
                f" segstream partitions resume {seen.partition} --why TEXT",
            )
    if half := [seen.partition for seen in held if seen.is_half_swapped]:
        yield warning(
            SWAP,
            f"In {partitions(half)} some customers are of a replay and some are not: its swap was given up.",
            "Run: segstream replay --into NAME, and then: segstream replay swap NAME",
        )
    if held:
        yield _due(workers.group, held)


def _rules(workers: WorkerFacts, held: tuple[SeenPartition, ...]) -> Iterator[Finding]:
    """Yield where settings and state disagree: a worker would stop at once, or go on by the state's window."""
    yield from _windows(workers.window_days, held)
    if old := [seen.partition for seen in held if seen.is_old]:
        yield warning(
            FORMAT,
            f"States of {partitions(old)} are in the format of an earlier release, which a later one may not read.",
            "Bring everybody to the new one: segstream replay --into NAMESPACE, then segstream replay swap NAMESPACE",
        )
    for seen in [seen for seen in held if seen.is_written][:1]:
        if seen.currency != workers.currency:
            name, was = "SEGSTREAM_CURRENCY", seen.currency
            yield problem(
                RULES,
                f"The customers' states were made with {name}={was}, and the settings say {workers.currency}.",
                f"Set {name}={was}, or start a new deployment with other prefixes.",
            )
        if seen.partitions != workers.group.orders.partitions:
            yield problem(
                RULES,
                f"The deployment was started with {seen.partitions} partitions, and the orders topic has"
                f" {workers.group.orders.partitions}.",
                "Start a new deployment with other prefixes, and send the orders there.",
            )


def _windows(says: int | None, held: tuple[SeenPartition, ...]) -> Iterator[Finding]:
    """Yield where partitions count by different windows, or by another one than the settings say."""
    by = {seen.window_days: seen.partition for seen in held if seen.is_written}
    if len(by) > 1:
        windows = ", ".join(f"partition {partition} by {_none(days)}" for days, partition in by.items())
        yield problem(
            WINDOWS,
            f"The partitions count by different windows: {windows}.",
            "A swap to another window has not reached all: wait, or run `segstream replay swap` again.",
        )
        return
    for was in by.keys() - {says}:
        yield warning(
            WINDOWS,
            f"The customers are counted by SEGSTREAM_WINDOW_DAYS={_none(was)}, and the settings say {_none(says)}."
            " Workers go on with what the state says.",
            f"Set SEGSTREAM_WINDOW_DAYS={_none(was)}: what begins anew, such as a training, takes the setting. Another"
            " window takes `segstream replay --into` and `segstream replay swap`.",
        )


def _clock_mode(workers: WorkerFacts, held: tuple[SeenPartition, ...]) -> Iterator[Finding]:
    """Yield where some partitions follow the time of day and others do not, or the settings say otherwise."""
    by = {mode: [seen.partition for seen in held if seen.clock_mode == mode] for mode in ("wall", "event")}
    if by["wall"] and by["event"]:
        yield problem(
            CLOCK_MODE,
            f"The time of day moves {partitions(by['wall'])}, and orders alone move {partitions(by['event'])}:"
            " the workers of this group have different settings.",
            f"Start all of them with SEGSTREAM_CLOCK={workers.clock}.",
        )
    elif by["wall"] or by["event"]:
        mode = "wall" if by["wall"] else "event"
        if mode != workers.clock:
            yield warning(
                CLOCK_MODE,
                f"The workers ran with SEGSTREAM_CLOCK={mode}, and the settings here say {workers.clock}.",
                f"Set SEGSTREAM_CLOCK={mode} here, or restart all of them with {workers.clock} on purpose.",
            )


def _none(value: object) -> object:
    return "none" if value is None else value


def _partitions(group: GroupFacts, held: tuple[SeenPartition, ...]) -> Finding:
    missing = sorted(set(range(group.orders.partitions)) - {seen.partition for seen in held if seen.claim})
    customers = counted(sum(max(0, seen.customers) for seen in held), "customer")
    restoring = [seen.partition for seen in held if seen.customers < 0]
    if restoring:
        return warning(
            PARTITIONS, f"Redis is being rebuilt: {partitions(restoring)}.", "Wait; /readyz says how far it is."
        )
    if not missing:
        return ok(PARTITIONS, f"Redis holds every partition, and {customers}.")
    if not held and not group.committed:
        return ok(PARTITIONS, "Redis holds nothing yet: no worker has run.")
    mend = "Wait; the workers rebuild it from Kafka." if group.members else f"{START}: it rebuilds them from Kafka."
    return warning(PARTITIONS, f"Redis does not hold {partitions(missing)}.", mend)


def _due(group: GroupFacts, held: tuple[SeenPartition, ...]) -> Finding:
    due = sum(seen.due for seen in held)
    if not due:
        return ok(DUE, "No timer is behind.")
    says = f"{counted(due, 'customer')} are due and not served yet."
    if group.members and due < DUE_MANY:
        return ok(DUE, says)
    return warning(DUE, says, START if not group.members else "Wait; they are served between chunks of orders.")


def _page(workers: WorkerFacts) -> Finding:
    if not workers.page_problems:
        return ok(PAGE, f"The worker at {workers.page} is ready.")
    return problem(
        PAGE,
        f"The worker at {workers.page} is not ready: {'; '.join(workers.page_problems)}.",
        f"Look at its log; it is ready when curl {workers.page} says so.",
    )
