"""Reads the orders topic for a training, in the place of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stream_app.commands.file_options import NO_FILE, FileOptions

if TYPE_CHECKING:
    from stream_app.settings import Settings
    from trainer.topic_history import TopicHistory

FORMAT = "topic"


def refuse_file_options(options: FileOptions) -> None:
    """Raise UsageError when something was said that only a file needs."""
    from stream_app.core.errors import UsageError

    said = {
        "a file": options.file != NO_FILE,
        "--format": options.format,
        "--columns": options.columns,
        "--timezone": options.timezone != "UTC",
        "--dates": options.dates,
        "--decimal": options.decimal,
        "--return-prefix": options.return_prefix,
        "--return-types": options.return_types,
    }
    wrong = [name for name, value in said.items() if value]
    if wrong:
        raise UsageError(
            f"--from-topic reads orders that say themselves what they are; {', '.join(wrong)} belongs to a file.",
            "Leave it out, or leave --from-topic out.",
        )


def read_topic(settings: Settings, as_of_us: int | None, progress: Callable[[str], None]) -> TopicHistory:
    """Return the orders topic, read to where it ended when the reading began."""
    from stream_app.orders_log import OrdersLog
    from trainer.topic_history import TopicHistory

    log = OrdersLog(settings)
    return TopicHistory(log, settings.rules(log.partitions), as_of_us=as_of_us, progress=progress)
