"""The topics' settings as a table, from the definitions that `segstream topics create` uses."""

from __future__ import annotations

from handbook.table import table
from stream_app.contract.topics import Topics


def topic_table() -> str:
    """Return a row per topic with the settings that the guarantees rest on."""
    rows = []
    for topic in Topics().definitions():
        settings = ", ".join(f"`{name}={value}`" for name, value in topic.config.items())
        rows.append((f"`{topic.name}`", "the deployment's" if topic.is_partitioned else "1", settings))
    return table(("Topic", "Partitions", "Settings"), rows)
