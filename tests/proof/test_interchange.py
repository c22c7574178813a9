"""What nlpflow writes, read by the programs that it is written for: XGBoost, pandas and pyarrow."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
import xgboost as xgb
from conftest import Nlpflow, small_config


@pytest.fixture(scope="module")
def finished(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Nlpflow:
    nlpflow = Nlpflow(tmp_path_factory.mktemp("finished"))
    nlpflow("run", nlpflow.config(small_config(sample)))
    return nlpflow


def matrix(nlpflow: Nlpflow, rows: np.ndarray) -> sp.csr_matrix:
    """The rows of the matrix artifact, in the order of `rows`, as stock XGBoost takes them."""
    entries = pd.read_parquet(nlpflow.get("matrix", "matrix.parquet"))
    columns = len(pd.read_parquet(nlpflow.get("vocabulary", "vocabulary.parquet")))
    values = entries["value"].to_numpy(np.float32)
    whole = sp.csr_matrix((values, (entries["row"], entries["col"])), shape=(int(rows.max()) + 1, columns))
    return whole[rows]


@pytest.mark.parametrize("extension", ["ubj", "json"])
def test_xgboost_loads_the_model_and_predicts_the_same(finished: Nlpflow, extension: str):
    booster = xgb.Booster(model_file=finished.get("model", f"model.{extension}"))
    predictions = pd.read_parquet(finished.run_folder() / "predictions.parquet")
    rows = matrix(finished, predictions["row"].to_numpy())
    # The model knows its columns by their tokens, so that a column in the wrong place is noticed.
    names = pd.read_parquet(finished.get("vocabulary", "vocabulary.parquet"))["token"].tolist()
    assert booster.feature_names == names
    dense = rows.toarray()
    assert (dense == 0).mean() > 0.5
    # No `missing`: a zero that is written down is a value like any other.
    for name, data in {"CSR": rows, "dense zeros": dense}.items():
        theirs = booster.predict(xgb.DMatrix(data, feature_names=names))
        assert np.ptp(theirs) > 0.1
        np.testing.assert_allclose(predictions["prediction"], theirs, rtol=1e-6, atol=0, err_msg=name)


def test_predict_equals_the_predictions_of_the_run(finished: Nlpflow, sample: Path):
    finished("predict", "last", sample, "-o", "again.parquet")
    again = pd.read_parquet(finished.folder / "again.parquet")
    table = pd.read_csv(sample, keep_default_na=False)
    assert again["row"].tolist() == list(range(len(table)))
    predictions = pd.read_parquet(finished.run_folder() / "predictions.parquet")
    np.testing.assert_allclose(again["prediction"].to_numpy()[predictions["row"]], predictions["prediction"], rtol=1e-6)
    assert set(predictions["set"]) <= {"train", "test"}
    sizes = pd.to_numeric(table["installed_size"]).to_numpy()[predictions["row"]]
    np.testing.assert_allclose(predictions["outcome"], np.log1p(sizes), rtol=1e-12)


def test_test_metrics_follow_from_the_predictions(finished: Nlpflow):
    predictions = pd.read_parquet(finished.run_folder() / "predictions.parquet")
    test = predictions[predictions["set"] == "test"] if "train" in set(predictions["set"]) else predictions
    error = test["prediction"] - test["outcome"]
    residual = (error**2).sum() / ((test["outcome"] - test["outcome"].mean()) ** 2).sum()
    record = json.loads((finished.run_folder() / "run.json").read_text())
    expected = {
        "rmse": np.sqrt((error**2).mean()),
        "mae": error.abs().mean(),
        "rsq": np.corrcoef(test["prediction"], test["outcome"])[0, 1] ** 2,
        "rsq_trad": 1 - residual,
    }
    for name, value in record["metrics"]["test"].items():
        if name in expected:
            assert value == pytest.approx(expected[name], rel=1e-6), name
    assert record["metrics"]["test"].keys() & expected.keys()


def test_every_parquet_artifact_is_read_by_pandas_and_pyarrow(finished: Nlpflow):
    paths = [path for path in (finished.folder / ".nlpflow").rglob("*.parquet") if path.is_file()]
    artifacts = ("vocabulary", "matrix", "results", "predictions", "metrics", "bad_rows")
    paths += [finished.get(artifact, f"{artifact}.parquet") for artifact in artifacts]
    names = {path.name for path in paths}
    assert {"results.parquet", "predictions.parquet", "bad_rows.parquet", "matrix.parquet", "vocabulary.parquet"} <= names
    for path in paths:
        table, frame = pq.read_table(path), pd.read_parquet(path)
        assert (table.num_rows, table.column_names) == (len(frame), list(frame.columns)), path
        assert table.num_rows > 0 or path.name == "bad_rows.parquet", path


@pytest.mark.parametrize(
    ("artifact", "columns"),
    [
        ("matrix", ["row", "col", "value"]),
        ("vocabulary", ["token", "column", "n", "df", "idf"]),
        ("predictions", ["row", "set", "outcome", "prediction"]),
    ],
)
def test_csv_and_parquet_say_the_same(finished: Nlpflow, artifact: str, columns: list[str]):
    frame = pd.read_csv(finished.get(artifact, f"{artifact}.csv"), keep_default_na=False)
    assert list(frame.columns) == columns
    parquet = pd.read_parquet(finished.get(artifact, f"{artifact}.parquet"))
    assert list(parquet.columns) == columns
    pd.testing.assert_frame_equal(frame, parquet, check_dtype=False, rtol=1e-6)


def test_results_have_a_row_for_each_configuration_and_metric(finished: Nlpflow):
    results = pd.read_csv(finished.get("results", "results.csv"))
    assert {"trees", "tree_depth", "sample_size", "metric", "mean", "n", "std_err"} <= set(results.columns)
    cells = results.groupby("metric").size()
    assert set(cells) == {4} and "rmse" in cells
    assert set(results["n"]) == {3}
    assert not results.duplicated(["trees", "tree_depth", "sample_size", "metric"]).any()
