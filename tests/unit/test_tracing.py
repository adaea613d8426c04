"""Traces are off unless they are wanted and can be made, and what an order says of its trace is checked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stream_app.contract.traceparent import is_sampled, is_traceparent
from stream_app.core.inbound import Traces, read_record
from stream_app.settings import Settings
from stream_app.worker.spans import Spans, spans_of
from tests.builders import a_record, a_tick, rules

GOOD = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    "value",
    [
        b"", b"00", GOOD[:-1], GOOD + b"0", GOOD + b"\n", GOOD.upper(), GOOD.replace(b"-", b"_"), b"ff" + GOOD[2:],
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", b"00-4bf92f3577b34da6a3ce929d0e0e4736-" + b"0" * 16 + b"-01",
        b"\xff" * 55,
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_not_noted(value: bytes) -> None:
    traces: Traces = {}

    read = read_record(a_record(offset=7, headers_=[("traceparent", value)]), 0, (), rules(), traces)

    assert read.order is not None
    assert not is_traceparent(value)
    assert traces == {}


def test_the_trace_of_an_order_is_noted_by_its_offset() -> None:
    traces: Traces = {}
    other = GOOD.replace(b"4bf9", b"aaaa")
    by_hand, by_event = [("traceparent", GOOD)], [("ce_id", b"1"), ("ce_traceparent", other)]

    for offset, headers in enumerate((by_hand, by_event, by_event + by_hand, [])):
        read_record(a_record(offset=offset, headers_=headers), 0, (), rules(), traces)
    read_record(a_tick("2026-03-01T10:00:00Z", offset=9), 0, (), rules(), traces)

    assert traces == {0: GOOD, 1: other, 2: GOOD}


@pytest.mark.parametrize(("flags", "expected"), [(b"00", False), (b"01", True), (b"02", False), (b"03", True)])
def test_the_last_bit_says_whether_a_trace_is_recorded(flags: bytes, expected: bool) -> None:
    assert is_sampled(GOOD[:-2] + flags) is expected


def test_nothing_is_traced_unless_there_is_an_endpoint() -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]

    spans = spans_of(settings)

    assert type(spans) is Spans
    assert spans.stage("load") is spans.stage("fold")


def test_an_endpoint_without_the_extra_is_told_and_traces_nothing() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
from stream_app.settings import load_settings
from stream_app.worker.spans import Spans, spans_of
assert type(spans_of(load_settings(otel_exporter_otlp_endpoint="http://127.0.0.1:1"))) is Spans
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "segstream[otel] is not installed" in done.stdout + done.stderr
