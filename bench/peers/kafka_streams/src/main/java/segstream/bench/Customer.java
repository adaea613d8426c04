package segstream.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A customer's totals; as bytes: frequency, monetary, segment, then the products with commas between them. */
record Customer(long frequency, double monetary, int segment, Set<String> products) {
    static final Customer NEW = new Customer(0, 0, -1, Set.of());

    static final Serde<Customer> SERDE =
            Serdes.serdeFrom((topic, customer) -> encode(customer), (topic, raw) -> decode(raw));

    private static final int HEAD = Long.BYTES + Double.BYTES + Integer.BYTES;

    Customer with(Order order, Model model) {
        Set<String> bought = new HashSet<>(products);
        double amount = 0;
        for (Order.Line line : order.lines()) {
            amount += line.quantity() * line.unitPrice();
            bought.add(line.productId());
        }
        double total = monetary + amount;
        int nearest = model.nearest(frequency + 1, total, bought.size());
        return new Customer(frequency + 1, total, nearest, bought);
    }

    private static byte[] encode(Customer customer) {
        if (customer == null) {
            return null;
        }
        byte[] products = String.join(",", customer.products).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(HEAD + products.length)
                .putLong(customer.frequency)
                .putDouble(customer.monetary)
                .putInt(customer.segment)
                .put(products)
                .array();
    }

    private static Customer decode(byte[] raw) {
        if (raw == null) {
            return null;
        }
        ByteBuffer head = ByteBuffer.wrap(raw);
        Set<String> products = new HashSet<>();
        Collections.addAll(products, new String(raw, HEAD, raw.length - HEAD, StandardCharsets.UTF_8).split(","));
        return new Customer(head.getLong(), head.getDouble(), head.getInt(), products);
    }
}
