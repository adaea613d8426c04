"""Writes kafka-jars.sha256 anew, for another version of Kafka: python -m stream_app.local.pin_kafka."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stream_app.local.kafka_jars import KAFKA, LOGGING, PINS


def main() -> None:
    """Resolve what Kafka needs, fetch it, and pin each jar; read the difference before you commit it."""
    import jgo

    # Not jgo.build: that fetches a second Java (11) only to sort the jars. And not both in one call:
    # the parent of the logging binding would then choose an older kafka-clients.
    artifacts = [*jgo.resolve(KAFKA), jgo.resolve(LOGGING)[0]]
    pins = {}
    for artifact in artifacts:
        jar = Path(artifact.resolve())
        path = (*artifact.groupId.split("."), artifact.artifactId, artifact.version, jar.name)
        pins["/".join(path)] = hashlib.sha256(jar.read_bytes()).hexdigest()
    PINS.write_text("".join(f"{digest}  {path}\n" for path, digest in sorted(pins.items())))


if __name__ == "__main__":
    main()
