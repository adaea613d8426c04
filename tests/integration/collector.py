"""An OpenTelemetry collector on loopback: takes OTLP over HTTP, and keeps every span with the bytes it came in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stream_app.local.ports import HOST


@dataclass(frozen=True)
class Seen:
    """One span, in words."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    facts: dict[str, Any]
    links: frozenset[tuple[str, str]]


@dataclass
class Collector:
    """What was sent until now."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def take(self, path: str, body: bytes) -> None:
        self.paths.add(path)
        self.raw.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(fact.value.string_value for fact in group.resource.attributes if fact.key == "service.name")
            self.spans += [_seen(service, span) for scope in group.scope_spans for span in scope.spans]

    def of(self, service: str, name: str) -> list[Seen]:
        return [span for span in self.spans if (span.service, span.name) == (service, name)]

    def below(self, parent: Seen) -> dict[str, Seen]:
        return {span.name: span for span in self.spans if span.parent == parent.id and span.trace == parent.trace}


def _seen(service: str, span: Any) -> Seen:
    facts = {fact.key: fact.value.string_value or fact.value.int_value for fact in span.attributes}
    links = frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Seen(service, span.name, *ids, span.start_time_unix_nano, span.end_time_unix_nano, facts, links)


@contextmanager
def a_collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    collector.url = f"http://{HOST}:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
