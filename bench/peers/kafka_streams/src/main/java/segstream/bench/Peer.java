package segstream.bench;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/** Segmentation on Kafka Streams: totals per customer in a store, and a change for each move to another segment. */
public final class Peer {
    private static final Map<String, String> ENV = System.getenv();

    private Peer() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(ENV.get("PEER_FOLDER"));
        Model model = Model.read(folder.resolve("model.json"));
        Progress progress = new Progress(folder.resolve("progress"));
        KafkaStreams streams = new KafkaStreams(topology(model, progress), settings(folder));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Topology topology(Model model, Progress progress) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(Segmenter.STORE), Serdes.String(), Customer.SERDE)
                .withCachingEnabled());
        builder.stream(ENV.get("PEER_ORDERS"), Consumed.with(Serdes.String(), Order.SERDE))
                .process(() -> new Segmenter(model, progress), Segmenter.STORE)
                .to(ENV.get("PEER_CHANGES"), Produced.with(Serdes.String(), Change.SERDE));
        return builder.build();
    }

    /** What is not set here is Kafka Streams' default: a commit every 100 ms with exactly_once_v2, else every 30 s. */
    private static Properties settings(Path folder) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, ENV.get("PEER_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, ENV.get("PEER_BROKERS"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.resolve("streams").toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, ENV.get("PEER_THREADS"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, ENV.get("PEER_GUARANTEE"));
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        return settings;
    }
}
