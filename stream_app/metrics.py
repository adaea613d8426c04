"""Every metric, once: what it counts and when to worry. docs/reference/metrics.md is checked against this file."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

_AGES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)
_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# Worry when result="invalid" grows faster than a shop's usual mistakes.
EVENTS = Counter(
    "segstream_events_total", "Order records by what became of them.", ["topic", "result"], registry=REGISTRY
)

# Worry when one cause floods: a bad model or a bad import moves everybody at once.
CHANGES = Counter(
    "segstream_segment_changes_total",
    "Segment changes published.",
    ["from_segment", "to_segment", "cause"],
    registry=REGISTRY,
)

# Worry on any: each is an order that counts for nobody until somebody mends it.
DEAD_LETTERS = Counter("segstream_dead_letters_total", "Orders parked, by reason.", ["reason"], registry=REGISTRY)

# Worry when the median passes a second: chunks are too large or a dependency is slow.
CHUNK_SECONDS = Histogram(
    "segstream_chunk_duration_seconds", "From records to changes, in memory.", buckets=_FAST, registry=REGISTRY
)
CHUNK_RECORDS = Histogram(
    "segstream_chunk_records",
    "Records in one chunk.",
    buckets=(1, 10, 100, 1_000, 5_000, 10_000, 20_000),
    registry=REGISTRY,
)

# Worry above a second: brokers are overloaded, and subscribers wait as long.
TRANSACTION_SECONDS = Histogram(
    "segstream_transaction_duration_seconds", "One Kafka transaction.", buckets=_FAST, registry=REGISTRY
)

# Worry above a second: Redis is overloaded or far away.
APPLY_SECONDS = Histogram(
    "segstream_apply_duration_seconds", "Writing one chunk's states to Redis.", buckets=_FAST, registry=REGISTRY
)

# Worry when the 99th percentile passes what your subscribers were promised. Its exemplars name the slow order.
EVENT_AGE = Histogram(
    "segstream_event_age_seconds",
    "From an order's record timestamp to its commit: the oldest order of each partition's share of a chunk.",
    buckets=_AGES,
    registry=REGISTRY,
)

# Worry when it is steady: timers are fired slower than they fall due.
DUE_BACKLOG = Gauge(
    "segstream_due_backlog",
    "Customers who are due at the partition's clock and have not been served.",
    ["partition"],
    registry=REGISTRY,
)

# Worry when it stays above some minutes: segments in Redis are as old.
TIMER_LATENESS = Gauge(
    "segstream_timer_lateness_seconds",
    "By the partition's clock, how long ago the earliest boundary fell due that has not fired; 0: none is due.",
    ["partition"],
    registry=REGISTRY,
)

# Worry when it stands still: nobody serves the partition until it is gone.
RESTORE_REMAINING = Gauge(
    "segstream_restore_remaining_records",
    "Changelog records to read before a partition runs again.",
    ["partition"],
    registry=REGISTRY,
)

# Worry when it grows for 5 minutes; -1 means that nothing was committed yet.
LAG = Gauge(
    "kafka_consumergroup_lag", "Orders not yet processed.", ["consumergroup", "topic", "partition"], registry=REGISTRY
)
OFFSET = Gauge(
    "kafka_consumergroup_current_offset",
    "Next offset to process.",
    ["consumergroup", "topic", "partition"],
    registry=REGISTRY,
)

# Worry when it stands still while orders arrive.
LAST_EVENT = Gauge(
    "segstream_last_event_timestamp_seconds",
    "The clock of a partition.",
    ["topic", "partition"],
    registry=REGISTRY,
)

# Worry when a partition is paused: bad input or a corrupt batch stopped it, and somebody has to look.
PAUSED = Gauge("segstream_partition_paused", "1 while a partition is paused.", ["partition"], registry=REGISTRY)

# Worry when it grows: rebalances, outages or a second writer undo work.
RETAKES = Counter("segstream_takeovers_total", "Partitions taken over, by reason.", ["reason"], registry=REGISTRY)

# Worry when Redis answers errors at all.
REDIS_ERRORS = Counter("segstream_redis_errors_total", "Failed Redis operations.", ["error"], registry=REGISTRY)

# Worry when one is 0 for minutes: the worker waits, and nothing is lost meanwhile.
DEPENDENCY_UP = Gauge("segstream_dependency_up", "0 while the worker waits for it.", ["dependency"], registry=REGISTRY)
READY = Gauge("segstream_ready", "1 while /readyz says ready.", registry=REGISTRY)

# Worry on any: somebody published a model or a control record that workers refuse.
CONTROL_REFUSED = Gauge("segstream_control_refused", "Control records that workers pass over.", registry=REGISTRY)
MODEL_INFO = Gauge("segstream_model_info", "The models that decide.", ["version", "k"], registry=REGISTRY)

# Worry when a segment grows or shrinks by a fifth in a day: an import, a shop's mistake or a new model moved many.
CUSTOMERS = Gauge("segstream_customers", "This worker's customers by segment.", ["segment"], registry=REGISTRY)
CUSTOMERS_MONETARY = Gauge(
    "segstream_customers_monetary", "Their net money in the window, in currency units.", ["segment"], registry=REGISTRY
)

# For queries that show names: labels elsewhere hold ids, which outlive retraining.
SEGMENT_INFO = Gauge("segstream_segment_info", "The names of the segments.", ["segment", "name"], registry=REGISTRY)

# Worry when it is 1 for minutes: the promoted model is not at hand, and the one before decides.
MODEL_REFUSED = Gauge("segstream_model_refused", "1 while a live model cannot be used.", registry=REGISTRY)

# Worry when it lies months back: shops change.
MODEL_PROMOTED = Gauge(
    "segstream_model_promoted_timestamp_seconds", "When a deciding model was promoted.", ["version"], registry=REGISTRY
)

# Worry above 0.25: the customers are no longer those that the model learned from.
DRIFT = Gauge(
    "segstream_drift_psi",
    "Population stability index of a sample of this worker's customers against the training.",
    ["version", "feature"],
    registry=REGISTRY,
)

# Worry when it stays 1 for long: the walk over the customers does not get its turn.
MODEL_SWITCHING = Gauge(
    "segstream_model_switching",
    "1 while a partition's customers go over to another model, or are owed the event of it.",
    ["partition"],
    registry=REGISTRY,
)

# Worry when the 99th percentile passes a second, or when status 500 appears at all.
HTTP_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Requests to the API, by the template of their route; a stream of events is measured to its beginning.",
    ["method", "handler", "status"],
    buckets=_FAST,
    registry=REGISTRY,
)

# Worry when it reaches SEGSTREAM_API_MAX_STREAMS: further subscribers are turned away.
STREAMS = Gauge("segstream_api_streams", "Clients that follow the changes.", registry=REGISTRY)
BUILD_INFO = Gauge("segstream_build_info", "What is running.", ["version", "python"], registry=REGISTRY)
