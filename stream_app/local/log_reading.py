"""What a server's log says about its end: one line out of pages of stack traces."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FRAME = re.compile(r"at \S|\.\.\. \d+ more$|$")
_CAUSE = re.compile(r"(Caused by: )?([a-z]\w*\.)+\w+(Exception|Error): ")


def last_words(log: str) -> str:
    r"""Return the last line that is not a frame of a stack trace; of nested causes the one that says most.

    >>> last_words("KafkaException: no\nCaused by: a.FirstException: cannot bind to 9092: in use\n\tat x.y(z)\n"
    ...     "Caused by: a.SecondException: in use\n\tat x.y(z)\n\t... 18 more\n")
    'cannot bind to 9092: in use'
    """
    spoken = _spoken(log)
    last = next(spoken, "")
    for outer in spoken:
        # A cause repeats the one inside it, and adds what the inner one could not know: an address, a file.
        if last not in outer:
            break
        last = outer
    return last


def _spoken(log: str) -> Iterator[str]:
    """Yield the lines that are no frames, the last one first, without the names of exceptions."""
    lines = (line.strip() for line in reversed(log.splitlines()))
    return (_CAUSE.sub("", line, count=1) for line in lines if not _FRAME.match(line))
