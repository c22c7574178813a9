"""Models trained by nlpflow-model from CSR against stock XGBoost, the authority.

    pytest crates/model/tests/python/tests_xgboost.py

needs xgboost, numpy, scipy, pandas and pytest. The crate is reached through its example `train_csr`, which is built
unless NLPFLOW_TRAIN_CSR names it. The reference data is looked for in NLPFLOW_SHARED, else beside the repository.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import xgboost as xgb

REPOSITORY = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("NLPFLOW_SHARED", REPOSITORY.parent / "shared"))


@pytest.fixture(scope="session")
def train_csr():
    if "NLPFLOW_TRAIN_CSR" in os.environ:
        return os.environ["NLPFLOW_TRAIN_CSR"]
    command = ["cargo", "build", "-p", "nlpflow-model", "--example", "train_csr", "--message-format=json"]
    messages = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in messages.splitlines() if '"train_csr"' in line]
    return next(path for path in reversed(found) if path)


class Ours:
    """A model trained by the crate, as stock XGBoost reads it."""

    def __init__(self, binary, folder, matrix, outcome, parameters, rounds):
        matrix.indptr.astype("<i8").tofile(folder / "indptr.i64")
        matrix.indices.astype("<u4").tofile(folder / "indices.u32")
        matrix.data.astype("<f4").tofile(folder / "values.f32")
        np.asarray(outcome).astype("<f8").tofile(folder / "outcome.f64")
        command = [binary, str(folder), str(matrix.shape[1]), str(rounds), json.dumps(parameters)]
        subprocess.run(command, check=True, stdout=subprocess.PIPE)
        self.predictions = np.fromfile(folder / "predictions.f32", "<f4")
        self.ubj, self.json = folder / "model.ubj", folder / "model.json"
        self.booster = xgb.Booster(model_file=self.ubj)


def stock(dense, outcome, parameters, rounds):
    always = {"tree_method": "hist", "nthread": 1, "seed_per_iteration": True, "verbosity": 0}
    return xgb.train({**always, **parameters}, xgb.DMatrix(dense, outcome), rounds)


def first_difference(ours, theirs):
    """Where two boosters differ in structure, threshold or leaf value; the default direction may."""

    def trees(booster):
        return json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]

    ours, theirs = trees(ours), trees(theirs)
    if len(ours) != len(theirs):
        return f"{len(ours)} trees against {len(theirs)}"
    for number, (a, b) in enumerate(zip(ours, theirs)):
        if len(a["left_children"]) != len(b["left_children"]):
            return f"tree {number}: {len(a['left_children'])} nodes against {len(b['left_children'])}"
        for field in ("left_children", "right_children", "split_indices", "split_conditions"):
            x, y = np.float32(a[field]), np.float32(b[field])
            if (x != y).any():
                node = int(np.argmax(x != y))
                column = a["split_indices"][node], b["split_indices"][node]
                return f"tree {number}, node {node} (columns {column}): {field} {x[node]} against {y[node]}"
    return None


def words(rng, rows, columns, values="few"):
    """A document-term matrix with a column each of: nearly always there, always there, never there."""
    density = np.clip(0.5 / np.arange(1, columns + 1) ** 0.7, 3 / rows, 1)
    present = rng.random((rows, columns)) < density
    present[:, columns // 3] = rng.random(rows) < 0.97
    present[:, columns // 2] = True
    present[:, columns - 1] = False
    if values == "few":
        value = rng.integers(1, 6, (rows, columns)) / rng.integers(4, 12, (rows, 1)) * rng.uniform(1, 5, columns)
    else:
        value = rng.lognormal(0, 1, (rows, columns))
    dense = np.where(present, value, 0).astype(np.float32)
    signal = dense[:, :8] @ rng.normal(size=8) + 2 * (dense[:, 3] > 0) * (dense[:, 5] == 0)
    return dense, signal + rng.normal(size=rows)


SQUARED = {"objective": "reg:squarederror"}
CASES = {
    "few values": ("few", 4000, 60, {**SQUARED, "max_depth": 6}, 60),
    "deep": ("few", 4000, 60, {**SQUARED, "max_depth": 12, "eta": 0.1}, 40),
    "many values": ("many", 3000, 30, {**SQUARED, "max_depth": 6}, 60),
    "pruned sketches": ("many", 60000, 12, {**SQUARED, "max_depth": 6}, 20),
    "few bins": ("many", 3000, 30, {**SQUARED, "max_depth": 6, "max_bin": 16}, 60),
    "sampled": ("many", 5000, 40, {**SQUARED, "subsample": 0.7, "colsample_bynode": 0.5, "seed": 7}, 60),
    "sampled trees": ("few", 5000, 40, {**SQUARED, "subsample": 0.5, "colsample_bytree": 0.6, "colsample_bylevel": 0.7}, 60),
    "no minimum": ("few", 2000, 30, {**SQUARED, "max_depth": 8, "min_child_weight": 0, "gamma": 0.5}, 40),
    "no penalty": ("few", 2000, 30, {**SQUARED, "lambda": 0, "alpha": 0.3}, 40),
    "by gain": ("few", 4000, 60, {**SQUARED, "grow_policy": "lossguide", "max_depth": 0, "max_leaves": 40}, 40),
    "absolute": ("few", 3000, 30, {"objective": "reg:absoluteerror"}, 30),
    "pseudo-Huber": ("few", 3000, 30, {"objective": "reg:pseudohubererror"}, 30),
    "logistic": ("few", 3000, 30, {"objective": "binary:logistic", "scale_pos_weight": 3}, 30),
    "poisson": ("few", 3000, 30, {"objective": "count:poisson"}, 30),
    "tweedie": ("few", 3000, 30, {"objective": "reg:tweedie"}, 30),
    "gamma": ("few", 3000, 30, {"objective": "reg:gamma"}, 30),
    "squared log": ("few", 3000, 30, {"objective": "reg:squaredlogerror"}, 30),
}
LINKS = {
    "binary:logistic": lambda y: (y > np.median(y)).astype(float),
    "count:poisson": lambda y: np.floor(np.abs(y)),
    "reg:tweedie": lambda y: np.maximum(y, 0),
    "reg:gamma": lambda y: np.abs(y) + 0.01,
    "reg:squaredlogerror": np.abs,
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_same_trees_as_stock_on_dense_zeros(name, seed, train_csr, tmp_path):
    values, rows, columns, parameters, rounds = CASES[name]
    dense, outcome = words(np.random.default_rng([seed, rows, columns]), rows, columns, values)
    outcome = LINKS.get(parameters["objective"], lambda y: y)(outcome)
    ours = Ours(train_csr, tmp_path, sp.csr_matrix(dense), outcome, parameters, rounds)
    theirs = stock(dense, outcome, parameters, rounds)
    assert first_difference(ours.booster, theirs) is None
    np.testing.assert_allclose(ours.predictions, theirs.predict(xgb.DMatrix(dense)), rtol=1e-6)


def test_tidymodels_names_are_the_same_parameters(train_csr, tmp_path):
    dense, outcome = words(np.random.default_rng(5), 3000, 40)
    ours = {"tree_depth": 5, "learn_rate": 0.2, "sample_size": 0.8, "min_n": 4, "loss_reduction": 0.1, "mtry": 13}
    theirs = {"max_depth": 5, "eta": 0.2, "subsample": 0.8, "min_child_weight": 4, "gamma": 0.1}
    # XGBoost truncates the product: this is 13 of 40 for certain.
    theirs |= {"colsample_bynode": 13.5 / 40}
    ours = Ours(train_csr, tmp_path, sp.csr_matrix(dense), outcome, ours, 40)
    assert first_difference(ours.booster, stock(dense, outcome, theirs, 40)) is None


def test_saved_models_predict_the_same_in_python(train_csr, tmp_path, capfd):
    dense, outcome = words(np.random.default_rng(6), 3000, 40)
    matrix = sp.csr_matrix(dense)
    ours = Ours(train_csr, tmp_path, matrix, outcome, {"tree_depth": 8}, 50)
    for file in (ours.ubj, ours.json):
        booster = xgb.Booster(model_file=file)
        for data in (xgb.DMatrix(matrix), xgb.DMatrix(dense)):
            np.testing.assert_allclose(booster.predict(data), ours.predictions, rtol=1e-6)
        for data in (matrix, dense):
            np.testing.assert_allclose(booster.inplace_predict(data), ours.predictions, rtol=1e-6)
    assert capfd.readouterr().err == "", "stock XGBoost loads the model without a word"
    assert "absent" not in ours.json.read_text()


def test_zeros_missing_is_stock_on_sparse(train_csr, tmp_path):
    dense, outcome = words(np.random.default_rng(7), 3000, 40)
    matrix = sp.csr_matrix(dense - 0.5 * (dense != 0))  # also values below zero
    matrix.eliminate_zeros()
    ours = Ours(train_csr, tmp_path, matrix, outcome, {"zeros": "missing"}, 40)
    theirs = stock(matrix, outcome, {}, 40)
    assert ours.booster.save_raw("json") == theirs.save_raw("json")


@pytest.mark.parametrize("name", ["urbandict", "debian"])
def test_reference_predictions(name, train_csr, tmp_path):
    reference = SHARED / "reference" / "pipeline"
    if not reference.is_dir():
        pytest.skip(f"the reference data is not at {reference} (set NLPFLOW_SHARED)")
    rows = pd.read_csv(reference / f"{name}.input.csv.gz")
    triplets = pd.read_csv(reference / f"{name}.triplets.csv.gz")
    vocabulary = pd.read_csv(reference / f"{name}.vocabulary.csv.gz", keep_default_na=False)
    expected = pd.read_csv(reference / f"{name}.predictions.csv.gz")
    entries = triplets["value"].astype(np.float32), (triplets["row"], triplets["col"])
    matrix = sp.csr_matrix(entries, (len(rows), len(vocabulary)))
    train = (rows["set"] == "train").to_numpy()
    outcome = rows["y"].to_numpy(float)
    if name == "debian":
        outcome = np.log1p(outcome)
    parameters = {"eta": 0.1, "max_depth": 6, "objective": "reg:squarederror"}
    ours = Ours(train_csr, tmp_path, matrix[train], outcome[train], parameters, 300)
    dense = matrix.toarray()
    assert first_difference(ours.booster, stock(dense[train], outcome[train], parameters, 300)) is None
    for trees in (100, 300):
        wanted = expected.set_index("row")[f"trees{trees}"]
        for data in (matrix, dense):
            predicted = ours.booster.predict(xgb.DMatrix(data[wanted.index]), iteration_range=(0, trees))
            # The reference is printed with 7 digits.
            np.testing.assert_allclose(predicted, wanted, rtol=1e-6)
