package segstream.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;

/** log1p, scaler and PCA folded into one matrix, then the nearest centroid; recency is 0 days. */
final class Model {
    private final double[][] projection;
    private final double[] origin;
    private final double[][] centroids;
    private final String[] ids;

    private Model(double[][] projection, double[] origin, double[][] centroids, String[] ids) {
        this.projection = projection;
        this.origin = origin;
        this.centroids = centroids;
        this.ids = ids;
    }

    /** Reads a published model: scaler, PCA, centroids and the segments' ids. */
    static Model read(Path file) throws IOException {
        JsonNode json = Json.MAPPER.readTree(file.toFile());
        double[] mean = numbers(json.get("scaler_mean"));
        double[] scale = numbers(json.get("scaler_scale"));
        double[] center = numbers(json.get("pca_mean"));
        double[][] projection = Json.MAPPER.convertValue(json.get("pca_components"), double[][].class);
        double[] origin = new double[projection.length];
        for (int i = 0; i < projection.length; i++) {
            for (int j = 0; j < mean.length; j++) {
                origin[i] -= projection[i][j] * (mean[j] / scale[j] + center[j]);
                projection[i][j] /= scale[j];
            }
        }
        double[][] centroids = Json.MAPPER.convertValue(json.get("centroids"), double[][].class);
        String[] ids = json.get("segments").findValuesAsText("id").toArray(String[]::new);
        return new Model(projection, origin, centroids, ids);
    }

    String id(int segment) {
        return ids[segment];
    }

    int nearest(long frequency, double monetary, int uniqueProducts) {
        double[] logs = {0, Math.log1p(frequency), Math.log1p(monetary), Math.log1p(uniqueProducts)};
        double[] point = origin.clone();
        for (int i = 0; i < point.length; i++) {
            for (int j = 0; j < logs.length; j++) {
                point[i] += projection[i][j] * logs[j];
            }
        }
        int best = 0;
        for (int k = 1; k < centroids.length; k++) {
            if (distance(centroids[k], point) < distance(centroids[best], point)) {
                best = k;
            }
        }
        return best;
    }

    private static double distance(double[] left, double[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (left[i] - right[i]) * (left[i] - right[i]);
        }
        return sum;
    }

    private static double[] numbers(JsonNode node) {
        return Json.MAPPER.convertValue(node, double[].class);
    }
}
