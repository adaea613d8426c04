"""`redis-cli [-u URL] COMMAND …` as a reader's terminal shows it, for machines that have a Redis but not its client."""

from __future__ import annotations

import os
import sys
from typing import Any

from redis import Redis


def shown(answer: Any) -> str:
    """Return an answer as redis-cli prints it on a terminal."""
    if isinstance(answer, dict):
        answer = [part for pair in answer.items() for part in pair]
    if isinstance(answer, list):
        return "\n".join(f"{n}) {shown(item)}" for n, item in enumerate(answer, start=1)) or "(empty array)"
    if isinstance(answer, int):
        return f"(integer) {answer}"
    if answer is None:
        return "(nil)"
    text = answer.decode()
    return text if text in {"OK", "PONG"} else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(words: list[str]) -> None:
    """Send one command and print the answer."""
    url = os.environ["REDIS_URL"]
    if words[0] == "-u":
        url, words = words[1], words[2:]
    with Redis.from_url(url) as client:
        connection = client.connection_pool.get_connection()
        connection.send_command(*words)
        print(shown(connection.read_response()))
        client.connection_pool.release(connection)


if __name__ == "__main__":
    main(sys.argv[1:])
