"""What a chunk looks like in a trace: a span for each partition, its stages below it, links to some of its orders."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from stream_app.contract.traceparent import is_sampled
from stream_app.settings import Settings
from stream_app.tracing import SCOPE, close, provider_of
from stream_app.worker.work import LaneWork

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Link, Span, SpanContext

LOAD, FOLD, COMMIT, APPLY = "load", "fold", "commit", "apply"
MOST_ORDERS = 32
"""So many sampled orders of a chunk and partition are linked, and get a span of their own in their trace."""

_NOTHING: AbstractContextManager[None] = nullcontext()


def spans_of(settings: Settings) -> Spans:
    """Return what traces chunks, or what does nothing."""
    provider = provider_of(settings)
    return Spans() if provider is None else ChunkSpans(settings, provider)


class Spans:
    """Traces nothing: it is asked four times a chunk and partition, and never for an order."""

    def stage(self, name: str, *works: LaneWork) -> AbstractContextManager[None]:  # noqa: ARG002
        """Time what is done inside, as a stage of these partitions' chunk."""
        return _NOTHING

    def end(self, work: LaneWork) -> None:
        """Tell of a partition's share of a chunk: it is in Redis now, or somebody else's."""

    def close(self) -> None:
        """Send what is left."""


class ChunkSpans(Spans):
    """Makes the spans once a chunk is done, from the times that were taken: what was aborted leaves none.

    A span names partitions, offsets and numbers, and never a customer or an order.
    """

    def __init__(self, settings: Settings, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SCOPE)
        self._topic = settings.topics.orders
        self._group = settings.kafka_group_id
        self._folded_ns = 0

    @contextmanager
    def _timing(self, name: str, works: tuple[LaneWork, ...]) -> Iterator[None]:
        began = time.time_ns()
        yield
        ended = time.time_ns()
        if name == FOLD:
            self._folded_ns = ended
        elif name == COMMIT:
            # The partitions are folded inside of the transaction.
            began = max(began, self._folded_ns)
        for work in works:
            work.stages.append((name, began, ended))

    def stage(self, name: str, *works: LaneWork) -> AbstractContextManager[None]:
        """Time what is done inside, as a stage of these partitions' chunk."""
        return self._timing(name, works)

    def end(self, work: LaneWork) -> None:
        """Make the chunk's spans; the exporter sends them from a thread of its own."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        if not work.stages:
            return
        began, ended = work.stages[0][1], work.stages[-1][2]
        sampled = [(offset, trace) for offset, trace in work.traces.items() if is_sampled(trace)][:MOST_ORDERS]
        links = [_link(_context_of(trace)) for _, trace in sampled]
        facts = self._facts(work) | {
            "messaging.batch.message_count": len(work.inbound),
            "segstream.changes": len(work.outcome.changes),
            "segstream.dead_letters": len(work.outcome.dead_letters),
            "segstream.due": len(work.due),
        }
        name = f"process {self._topic}"
        chunk = self._tracer.start_span(
            name, start_time=began, kind=SpanKind.CONSUMER, attributes=facts, links=links, context=_nowhere()
        )
        inside = set_span_in_context(chunk)
        for stage, stage_began, stage_ended in work.stages:
            self._tracer.start_span(stage, start_time=stage_began, context=inside).end(stage_ended)
        chunk.end(ended)
        for offset, trace in sampled:
            self._follow(work, offset, trace, chunk)

    def close(self) -> None:
        """Send what is left."""
        close(self._provider)

    def _follow(self, work: LaneWork, offset: int, trace: bytes, chunk: Span) -> None:
        """Go on with an order's own trace, from the chunk's begin to its commit."""
        from opentelemetry.trace import NonRecordingSpan, SpanKind, set_span_in_context

        ended = max(end for name, _, end in work.stages if name == COMMIT)
        span = self._tracer.start_span(
            f"process {self._topic}",
            context=set_span_in_context(NonRecordingSpan(_context_of(trace)), _nowhere()),
            kind=SpanKind.CONSUMER,
            attributes=self._facts(work) | {"messaging.kafka.offset": offset},
            links=[_link(chunk.get_span_context())],
            start_time=work.stages[0][1],
        )
        span.end(ended)

    def _facts(self, work: LaneWork) -> dict[str, str | int]:
        return {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": self._topic,
            "messaging.destination.partition.id": str(work.lane.partition),
            "messaging.consumer.group.name": self._group,
        }


def _context_of(traceparent: bytes) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    _, trace, span, flags = traceparent.split(b"-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _link(context: SpanContext) -> Link:
    from opentelemetry.trace import Link

    return Link(context)


def _nowhere() -> Context:
    """Return a context that has no span: a chunk belongs to no trace but its own."""
    from opentelemetry.context import Context

    return Context()
