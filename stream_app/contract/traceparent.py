"""Which trace an order belongs to, in the words of W3C Trace Context: `00-<trace>-<span>-<flags>`."""

from __future__ import annotations

import re

from stream_app.contract.dead_letter import Headers

TRACE_HEADER = "traceparent"
"""What OpenTelemetry's Kafka clients write and read."""
CE_TRACE_HEADER = "ce_traceparent"
"""The same in binary CloudEvents, by their extension for distributed tracing."""
SAMPLED = 0x01

_FORM = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def is_traceparent(value: bytes) -> bool:
    """Tell whether a value is well formed; nothing else is ever passed on.

    >>> is_traceparent(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), is_traceparent(b"00-1-2-01")
    (True, False)
    """
    return _FORM.fullmatch(value) is not None


def is_sampled(traceparent: bytes) -> bool:
    """Tell whether the trace is being recorded."""
    return bool(int(traceparent[-2:], 16) & SAMPLED)


def trace_headers(traceparent: bytes) -> Headers:
    """Return the headers of a change that belongs to the trace."""
    return [(CE_TRACE_HEADER, traceparent), (TRACE_HEADER, traceparent)]
