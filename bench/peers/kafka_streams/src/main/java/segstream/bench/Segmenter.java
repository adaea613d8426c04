package segstream.bench;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Adds each order to its customer and forwards a change when the customer's segment is another one. */
final class Segmenter implements Processor<String, Order, String, Change> {
    static final String STORE = "customers";

    private final Model model;
    private final Progress progress;
    private ProcessorContext<String, Change> context;
    private KeyValueStore<String, Customer> customers;

    Segmenter(Model model, Progress progress) {
        this.model = model;
        this.progress = progress;
    }

    @Override
    public void init(ProcessorContext<String, Change> context) {
        this.context = context;
        customers = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, Order> record) {
        Customer known = customers.get(record.key());
        Customer before = known == null ? Customer.NEW : known;
        Customer after = before.with(record.value(), model);
        customers.put(record.key(), after);
        if (after.segment() != before.segment()) {
            String left = known == null ? null : model.id(before.segment());
            context.forward(record.withValue(new Change(record.key(), left, model.id(after.segment()))));
        }
        progress.addOne();
    }
}
