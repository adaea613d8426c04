"""Every failure a user or an operator can meet: what failed, and the command or setting that mends it.

SegstreamError
├── UsageError         the command line or a setting is wrong: nothing was started
├── OutageError        Kafka or Redis is away: wait, lose nothing, go on
│   └── PartitionWaits what one partition needs is away: it waits, and no other does
├── LocalPartError     the embedded Kafka or Valkey could not start
└── StopError          going on could break a promise: stop with a reason code, commit nothing
"""

from __future__ import annotations


class SegstreamError(Exception):
    """A failure with its cause and its mend, printed as two sentences and without a traceback."""

    exit_code = 1

    def __init__(self, cause: str, mend: str = "", *, code: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.mend = mend
        self.code = code

    def __str__(self) -> str:
        head = f"{self.code}: {self.cause}" if self.code else self.cause
        return f"{head} {self.mend}".rstrip()


class UsageError(SegstreamError):
    """The command line, a setting or an input file is wrong."""

    exit_code = 2


class OutageError(SegstreamError):
    """Kafka or Redis does not answer: waiting mends it."""


class PartitionWaits(OutageError):
    """What one partition needs is not at hand: it waits and is tried again, and the others run."""


class LocalPartError(SegstreamError):
    """The embedded Kafka or Valkey could not be started."""


class StopError(SegstreamError):
    """Going on could break a promise: the process ends with this reason code, nothing committed."""

    exit_code = 1
