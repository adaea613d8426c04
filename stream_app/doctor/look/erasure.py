"""Looks at which keys people were erased by."""

from __future__ import annotations

import msgspec
from confluent_kafka.admin import AdminClient

from stream_app.contract.control import Erasure, Unerasure, decode_control
from stream_app.doctor.facts import ErasureFacts
from stream_app.doctor.look.log import read_log
from stream_app.doctor.look.topics import bounds
from stream_app.settings import Settings


def look_at_erasures(settings: Settings, admin: AdminClient) -> ErasureFacts:
    """Return how many are erased and by which keys; raises KafkaException when the brokers stop answering."""
    topic = settings.topics.control
    places = bounds(admin, topic, 1)
    erased: set[str] = set()
    keys: set[str] = set()
    for record in read_log(settings, topic, {0: (places.starts[0], places.ends[0])}):
        try:
            said = decode_control(record.value() or b"")
        except msgspec.MsgspecError:
            continue
        if isinstance(said, Erasure):
            erased.add(said.hash)
            keys.add(said.key)
        elif isinstance(said, Unerasure):
            erased.discard(said.hash)
    own = settings.erasure
    return ErasureFacts(len(erased), frozenset(keys), None if own is None else own.fingerprint)
