"""What all peers share: how they are told where to work, how far they are, and the check of what they publish."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.deployment import Deployment
from bench.peers.progress import clear_progress
from bench.recount import Recount
from bench.workload import model


class Move(msgspec.Struct):
    """A peer's segment change, which is all that a peer publishes."""

    customer_id: str
    before: str | None
    after: str


_read_move = msgspec.json.Decoder(Move).decode


def progress_file(deployment: Deployment) -> Path:
    """Return where a peer says how far it is."""
    return deployment.folder / "progress"


def prepare_peer(deployment: Deployment) -> None:
    """Write the model, and that nothing is done."""
    clear_progress(progress_file(deployment))
    (deployment.folder / "model.json").write_bytes(msgspec.json.encode(model()))


def peer_environment(deployment: Deployment) -> Mapping[str, str]:
    """Return what tells a peer where to work."""
    settings = deployment.settings
    return {
        "PEER_BROKERS": settings.kafka_bootstrap_servers,
        "PEER_GROUP": settings.kafka_group_id,
        "PEER_ORDERS": settings.topics.orders,
        "PEER_CHANGES": settings.topics.changes,
        "PEER_REDIS_URL": settings.redis_url.get_secret_value(),
        "PEER_REDIS_PREFIX": settings.redis_prefix,
        "PEER_FOLDER": str(deployment.folder),
    }


def check_moves(deployment: Deployment, expected: Recount) -> int:
    """Return how many changes were published: chains without a gap that end where the recount ends."""
    last: dict[str, str] = {}
    count = 0
    for _, value in deployment.committed(deployment.settings.topics.changes):
        move = _read_move(value)
        assert move.before == last.get(move.customer_id), f"{move} follows {last.get(move.customer_id)}"
        last[move.customer_id] = move.after
        count += 1
    assert len(last) == len(expected.segments), f"{len(last)} customers have a segment, not {len(expected.segments)}"
    assert last == expected.segments, "some customers end in a segment that is not the recount's"
    assert count == expected.changes, f"{count} changes, not {expected.changes}"
    return count


def check_frequencies(found: Mapping[str, int], expected: Recount) -> None:
    """Raise AssertionError unless every customer has as many orders as the workload."""
    wrong = {one for one, times in expected.frequencies.items() if found.get(one) != times}
    assert not wrong, f"{len(wrong)} customers have a wrong frequency, for example {min(wrong)}"
