import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/** Predicts with xgboost4j what predict.py beside it predicts in Python, from the same folders into the same files. */
public class Predict {
  public static void main(String[] arguments) throws IOException, XGBoostError {
    List<Path> folders;
    try (Stream<Path> all = Files.list(Path.of(arguments[0]))) {
      folders = all.sorted().toList();
    }
    for (Path folder : folders) {
      for (String form : List.of("ubj", "json")) {
        try {
          predict(folder, form);
        } catch (XGBoostError error) {
          Files.writeString(folder.resolve(form + ".error"), error.getMessage());
        }
      }
    }
  }

  private static void predict(Path folder, String form) throws IOException, XGBoostError {
    long[] starts = new long[(int) (Files.size(folder.resolve("indptr.i64")) / 8)];
    read(folder.resolve("indptr.i64")).asLongBuffer().get(starts);
    int[] columns = new int[(int) (Files.size(folder.resolve("indices.i32")) / 4)];
    read(folder.resolve("indices.i32")).asIntBuffer().get(columns);
    float[] values = new float[columns.length];
    read(folder.resolve("values.f32")).asFloatBuffer().get(values);
    int width = Integer.parseInt(Files.readString(folder.resolve("shape")).split(" ")[1].trim());
    Booster booster = XGBoost.loadModel(folder.resolve("model." + form).toString());
    DMatrix rows = new DMatrix(starts, columns, values, DMatrix.SparseType.CSR, width);
    float[][] predictions = booster.predict(rows);
    ByteBuffer bytes = ByteBuffer.allocate(4 * predictions.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : predictions) {
      bytes.putFloat(row[0]);
    }
    Files.write(folder.resolve(form + ".f32"), bytes.array());
    rows.dispose();
    booster.dispose();
  }

  private static ByteBuffer read(Path path) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
