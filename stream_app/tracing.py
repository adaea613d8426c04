"""OpenTelemetry for whoever wants it: off unless an endpoint is set, and the extra `otel` is installed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from stream_app.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SCOPE = "segstream"
EXPORT_SECONDS = 2.0
"""An export may take so long: at its end a process waits for the last one."""

log = structlog.get_logger("segstream.tracing")


def provider_of(settings: Settings) -> TracerProvider | None:
    """Return what makes spans and sends them, in a thread of its own; None when nothing is to be traced."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("no traces", cause="an endpoint is set, and segstream[otel] is not installed")
        return None
    named = Resource.create({SERVICE_NAME: settings.otel_service_name})
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def close(provider: TracerProvider) -> None:
    """Send what is left, but do not wait long for a collector that is away."""
    ending = threading.Thread(target=provider.shutdown, daemon=True)
    ending.start()
    ending.join(2 * EXPORT_SECONDS)


@contextmanager
def sending(settings: Settings) -> Iterator[bytes | None]:
    """Trace what is sent inside as one span, and yield its traceparent for the records; None: nothing is traced."""
    provider = provider_of(settings)
    if provider is None:
        yield None
        return
    from opentelemetry.trace import SpanKind

    topic = settings.topics.orders
    tracer = provider.get_tracer(SCOPE)
    facts = {"messaging.system": "kafka", "messaging.operation.type": "send", "messaging.destination.name": topic}
    try:
        with tracer.start_as_current_span(f"send {topic}", kind=SpanKind.PRODUCER, attributes=facts) as span:
            found = span.get_span_context()
            yield f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}".encode()
    finally:
        close(provider)
