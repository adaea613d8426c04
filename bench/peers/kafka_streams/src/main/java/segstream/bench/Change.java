package segstream.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.kafka.common.serialization.Serde;

/** One customer's move; `before` is null for a new customer. */
record Change(
        @JsonProperty("customer_id") String customerId,
        @JsonProperty("before") String before,
        @JsonProperty("after") String after) {
    static final Serde<Change> SERDE = Json.serde(Change.class);
}
