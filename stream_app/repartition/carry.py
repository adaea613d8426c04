"""Carries everybody's state into the new changelog: nobody is counted anew, so sequences and event ids go on."""

from __future__ import annotations

from confluent_kafka.admin import AdminClient
from msgspec.structs import replace

from stream_app.repartition.states import OldStates
from stream_app.repartition.target import Target
from stream_app.repartition.writer import Writer
from stream_app.topic_log import find_bounds, read_between
from stream_app.worker.cluster import find_identity
from stream_app.worker.kafka_config import connection
from stream_app.worker.meta import META_KEY, Identity, Meta, block_record, encode_meta

ROLE = "repartition"


def is_carried(target: Target, writer: Writer) -> bool:
    """Tell whether the new changelog is whole; it may have grown since."""
    return bool(writer.reached(target.old.topics.state, target.routing.old))


def carry(target: Target, writer: Writer, control_position: int) -> int:
    """Write every customer's state, and last of all where each new partition stands; return how many customers.

    A changelog without that last record stops whoever would begin with it. Written again after a kill, the same
    records in the same order give the same states.
    """
    admin = AdminClient(connection(target.old, "admin"))
    old_identity = find_identity(target.old, admin)
    # Before anything is written, what keeps from it is found.
    looked = OldStates(target.old, target.routing, old_identity)
    for _ in looked.records():
        pass
    looked.check()
    states = OldStates(target.old, target.routing, old_identity)
    topic = target.new.topics.state
    for records in states.records():
        with writer.transaction({}):
            for partition, key, value in records:
                writer.put(topic, partition, key, value)
    states.check()
    with writer.transaction({}):
        for partition, key in _left_over(target, states):
            writer.put(topic, partition, key, None)
    identity = find_identity(target.new, admin)
    ends = find_bounds(target.new, target.new.topics.orders, ROLE)
    is_read = {(target.old.topics.state, partition): end for partition, (_, end) in states.bounds.items()}
    with writer.transaction(is_read):
        for partition, (_, end) in ends.items():
            writer.put(
                topic, partition, META_KEY, encode_meta(_meta(states, partition, end, control_position, identity))
            )
    return sum(map(len, states.customers))


def _left_over(target: Target, states: OldStates) -> set[tuple[int, bytes]]:
    """Return what an earlier run wrote of people who were erased since: their tombstones may be gone by now."""
    topic = target.new.topics.state
    bounds = find_bounds(target.new, topic, ROLE)
    written = {
        (record.partition(), record.key())
        for step in read_between(target.new, topic, ROLE, bounds)
        for record in step.records
    }
    kept = {(there, key) for there, keys in enumerate(states.customers) for key in keys}
    kept |= {(there, block_record(hash_, None)[0]) for there in bounds for hash_ in states.blocks}
    return written - kept


def _meta(states: OldStates, partition: int, end: int, control_position: int, identity: Identity) -> Meta:
    """Return the first meta record of a new partition: it has read the whole copy, and nothing is under way."""
    some = next(iter(states.metas.values()), None)
    return Meta(
        identity=identity if some is None else replace(identity, window_days=some.identity.window_days),
        source_position=end,
        control_position=control_position,
        clock=states.clock,
        has_history=False,
        advances=[],
        model_version="" if some is None else some.model_version,
        customers=len(states.customers[partition]),
        read=0,
        in_a_row=0,
        ages=[],
        clock_mode="" if some is None else some.clock_mode,
        blocked=len(states.blocks),
        erasure_key=next((meta.erasure_key for meta in states.metas.values() if meta.erasure_key), ""),
        oldest_format=states.oldest_format,
    )
