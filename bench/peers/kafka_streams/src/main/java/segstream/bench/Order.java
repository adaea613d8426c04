package segstream.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;

/** An order as the contract has it. */
record Order(
        @JsonProperty("order_id") String orderId,
        @JsonProperty("customer_id") String customerId,
        @JsonProperty("ordered_at") String orderedAt,
        @JsonProperty("lines") List<Line> lines) {
    static final Serde<Order> SERDE = Json.serde(Order.class);

    /** One product in an order. */
    record Line(
            @JsonProperty("product_id") String productId,
            @JsonProperty("quantity") int quantity,
            @JsonProperty("unit_price") double unitPrice) {}
}
