"""Models of nlpflow-boost in stock XGBoost, the authority: loaded, predicted, explained, dumped, and grown alike.

    pytest crates/boost/tests/python/tests_boost.py

needs xgboost, numpy, scipy, scikit-learn and pytest. The crate is reached through its example `train_native`, which is
built unless NLPFLOW_TRAIN_NATIVE names it.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import xgboost as xgb

REPOSITORY = Path(__file__).resolve().parents[4]
MERGING = ["reg:squarederror", "binary:logistic", "count:poisson", "reg:gamma", "reg:tweedie"]
SMOOTH = ["reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror", "reg:quantileerror"]
OBJECTIVES = [*MERGING, *SMOOTH, "multi:softprob"]


def with_objective(objective, **others):
    """The parameters that an objective cannot do without."""
    needs = {"multi:softprob": {"num_class": 3}, "reg:quantileerror": {"quantile_alpha": 0.3}}
    return {"objective": objective, **needs.get(objective, {}), **others}


@pytest.fixture(scope="session")
def binary():
    if "NLPFLOW_TRAIN_NATIVE" in os.environ:
        return os.environ["NLPFLOW_TRAIN_NATIVE"]
    command = ["cargo", "build", "-p", "nlpflow-boost", "--example", "train_native", "--message-format=json"]
    messages = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in messages.splitlines() if '"train_native"' in line]
    return next(path for path in reversed(found) if path)


class Native:
    """A model trained by the crate."""

    def __init__(self, binary, folder, dense, outcome, parameters, rounds, weight=None):
        matrix = dense if sp.issparse(dense) else sp.csr_matrix(dense)
        matrix.indptr.astype("<i8").tofile(folder / "indptr.i64")
        matrix.indices.astype("<u4").tofile(folder / "indices.u32")
        matrix.data.astype("<f4").tofile(folder / "values.f32")
        np.asarray(outcome).astype("<f8").tofile(folder / "outcome.f64")
        if weight is not None:
            np.asarray(weight).astype("<f8").tofile(folder / "weight.f64")
        command = [binary, str(folder), str(matrix.shape[1]), str(rounds), json.dumps(parameters)]
        subprocess.run(command, check=True)
        self.predictions = np.fromfile(folder / "predictions.f32", "<f4")
        self.files = [folder / "model.ubj", folder / "model.json"]
        self.booster = xgb.Booster(model_file=self.files[0])


def texts(seed, rows, columns, objective="reg:squarederror"):
    """Counts of words whose frequencies fall as 1 / rank, weighted; an outcome that some of them move."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2.0 / np.arange(1, columns + 1), (rows, columns))
    dense = (counts * np.log(np.arange(columns) + 2.0)).astype(np.float32)
    score = (counts[:, 0] > 1) * 1.0 + (counts[:, 3] > 0) * 2.0 - (counts[:, columns // 2] > 0) * 1.5
    if objective == "binary:logistic":
        return dense, (score + rng.normal(size=rows) > 1).astype(float)
    if objective == "multi:softprob":
        return dense, np.digitize(score + rng.normal(size=rows), [0.5, 2.0]).astype(float)
    if objective == "reg:gamma":
        return dense, rng.gamma(2.0, np.exp(score / 2)) + 1e-3
    if objective in ("count:poisson", "reg:tweedie", "reg:squaredlogerror"):
        return dense, rng.poisson(np.exp(score / 2)).astype(float)
    return dense, score + rng.normal(size=rows)


def stock(dense, outcome, parameters, rounds, weight=None):
    always = {"tree_method": "hist", "nthread": 1, "verbosity": 0}
    return xgb.train({**always, **parameters}, xgb.DMatrix(dense, outcome, weight=weight), rounds)


def trees(booster):
    return json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]


def ubj_text(text):
    return b"SL" + len(text).to_bytes(8, "big") + text.encode()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_stock_xgboost_reads_predicts_explains_and_dumps(objective, binary, tmp_path, capfd):
    dense, outcome = texts(1, 2000, 40, objective)
    names = [f"w{column}" for column in range(40)]
    native = Native(binary, tmp_path, dense, outcome, with_objective(objective, max_depth=7), 30)
    for file in native.files:
        booster = xgb.Booster(model_file=file)
        assert booster.num_boosted_rounds() == 30
        assert booster.feature_names == names
        data = xgb.DMatrix(dense, feature_names=names)
        # 1e-6: the inverse links of two libraries may differ in the last bit.
        np.testing.assert_allclose(booster.predict(data).ravel(), native.predictions, rtol=1e-6)
        margin = booster.predict(data, output_margin=True)
        contributions = booster.predict(data, pred_contribs=True)
        np.testing.assert_allclose(contributions.sum(axis=-1), margin, rtol=1e-4, atol=1e-4)
        # On CSR an absent entry is missing: it goes left, as a zero does.
        predicted = booster.inplace_predict(sp.csr_matrix(dense)).ravel()
        np.testing.assert_allclose(predicted, native.predictions, rtol=1e-6)
        text = booster.get_dump(with_stats=True)
        assert len(text) == 30 * (3 if objective == "multi:softprob" else 1)
        assert "gain=" in text[0] and "cover=" in text[0] and "[w" in text[0]
        assert sum(booster.get_score(importance_type="gain").values()) > 0
    # XGBoost writes it back as it was, but for what older versions read in another form; a shortest decimal of 32 bits may have
    # another last digit.
    saved = booster.save_raw("json"), native.files[1].read_text()
    fields = [json.loads(text, parse_float=np.float32)["learner"] for text in saved]
    theirs, ours = (field["learner_model_param"].pop("base_score") for field in fields)
    assert [np.float32(one) for one in theirs.strip("[]").split(",")] == [np.float32(one) for one in ours.strip("[]").split(",")]
    assert ours.startswith("[") == (objective == "multi:softprob")
    raw = bytes(xgb.Booster(model_file=native.files[0]).save_raw("ubj")).replace(ubj_text(theirs), ubj_text(ours))
    if objective == "reg:squaredlogerror":
        assert fields[1]["objective"].pop("reg_loss_param") == {"scale_pos_weight": "1"}
    else:
        assert raw == native.files[0].read_bytes()
    assert fields[0] == fields[1]
    assert capfd.readouterr().err == "", "stock XGBoost loads the model without a word"


@pytest.mark.parametrize("parameters", [{}, {"max_depth": 12, "eta": 0.1}, {"max_leaves": 11}, {"alpha": 3, "gamma": 2}])
def test_trees_are_those_of_stock_xgboost_on_dense_zeros(parameters, binary, tmp_path):
    dense, outcome = texts(2, 3000, 30)
    native = Native(binary, tmp_path, dense, outcome, parameters, 20)
    theirs = stock(dense, outcome, parameters, 20)
    for number, (a, b) in enumerate(zip(trees(native.booster), trees(theirs), strict=True)):
        for field in ("left_children", "right_children", "parents", "split_indices", "sum_hessian"):
            assert a[field] == b[field], f"tree {number}: {field}"
        for field in ("split_conditions", "base_weights"):
            np.testing.assert_allclose(a[field], b[field], rtol=1e-4, atol=1e-6, err_msg=f"tree {number}: {field}")
        # A gain is the difference of 32-bit terms.
        np.testing.assert_allclose(a["loss_changes"], b["loss_changes"], rtol=1e-3, atol=1e-3, err_msg=f"tree {number}")
    np.testing.assert_allclose(native.predictions, theirs.predict(xgb.DMatrix(dense)), rtol=1e-4, atol=1e-5)


def test_xgboost_trains_on_from_a_model(binary, tmp_path):
    dense, outcome = texts(3, 2000, 30)
    native = Native(binary, tmp_path, dense, outcome, {}, 10)
    data = xgb.DMatrix(dense, outcome, feature_names=[f"w{column}" for column in range(30)])
    longer = xgb.train({"tree_method": "hist", "nthread": 1}, data, 10, xgb_model=native.booster)
    whole = stock(dense, outcome, {}, 20)
    np.testing.assert_allclose(longer.predict(data), whole.predict(xgb.DMatrix(dense)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_weighted_rows(objective, binary, tmp_path):
    dense, outcome = texts(4, 3000, 30, objective)
    weight = np.random.default_rng(4).integers(0, 5, 3000) / 2
    parameters = with_objective(objective, max_depth=5)
    native = Native(binary, tmp_path, dense, outcome, parameters, 20, weight)
    theirs = stock(dense, outcome, parameters, 20, weight)
    np.testing.assert_allclose(native.predictions, theirs.predict(xgb.DMatrix(dense)).ravel(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("objective", ["reg:squarederror", "multi:softprob"])
@pytest.mark.parametrize("others", [{}, {"monotone_constraints": [1, 0, -1, 1, 1]}, {"max_leaves": 9, "max_depth": 8}])
def test_numbers_with_missing_values_behind_the_text(objective, others, binary, tmp_path):
    """Text columns are zeros where they are absent; behind them stand numbers of either sign, zeros and gaps."""
    text, outcome = texts(6, 3000, 12, objective)
    rng = np.random.default_rng(6)
    numbers = rng.integers(-4, 5, (3000, 3)).astype(np.float32)
    numbers[:, 1] += rng.normal(size=3000)
    outcome = outcome if objective == "multi:softprob" else outcome + numbers[:, 0] * (text[:, 0] > 0) - np.abs(numbers[:, 2])
    numbers[rng.random((3000, 3)) < 0.3] = np.nan
    dense = np.hstack([text, numbers]).astype(np.float32)
    # Every number that is there is an entry, zeros too: scipy would leave them out.
    present = np.hstack([text != 0, ~np.isnan(numbers)])
    rows, columns = np.nonzero(present)
    pointers = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    sparse = sp.csr_matrix((dense[rows, columns], columns, pointers), shape=dense.shape)
    parameters = with_objective(objective, **{"max_depth": 5, **others})
    native = Native(binary, tmp_path, sparse, outcome, {**parameters, "zeros": 12}, 15)
    theirs = stock(dense, outcome, {**parameters, "monotone_constraints": tuple(others.get("monotone_constraints", []))}, 15)
    for number, (a, b) in enumerate(zip(trees(native.booster), trees(theirs), strict=True)):
        for field in ("left_children", "right_children", "split_indices"):
            assert a[field] == b[field], f"tree {number}: {field}"
        np.testing.assert_allclose(a["split_conditions"], b["split_conditions"], rtol=1e-4, atol=1e-6, err_msg=f"tree {number}")
    native.booster.feature_names = None
    for booster in (native.booster, theirs):
        predicted = booster.predict(xgb.DMatrix(dense)).ravel()
        np.testing.assert_allclose(native.predictions, predicted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_constrained_columns_move_predictions_one_way(sign, binary, tmp_path):
    dense, outcome = texts(7, 3000, 20)
    parameters = {"max_depth": 6, "monotone_constraints": [sign] * 20}
    native = Native(binary, tmp_path, dense, outcome, parameters, 20)
    theirs = stock(dense, outcome, {**parameters, "monotone_constraints": tuple([sign] * 20)}, 20)
    predicted = theirs.predict(xgb.DMatrix(dense))
    np.testing.assert_allclose(native.predictions, predicted, rtol=1e-4, atol=1e-5)
    native.booster.feature_names = None
    raised = native.booster.predict(xgb.DMatrix(dense + np.float32(0.5)))
    assert (sign * (raised - native.predictions) >= -1e-6).all()


@pytest.mark.parametrize(
    "sampling",
    [{"subsample": 0.5}, {"colsample_bytree": 0.5}, {"colsample_bylevel": 0.6}, {"colsample_bynode": 0.4}],
)
def test_sampling_learns_as_well(sampling, binary, tmp_path):
    """Both engines draw other numbers: the means over five seeds agree within half a per cent."""
    dense, outcome = texts(5, 8000, 30)
    train, test = slice(0, 6000), slice(6000, None)
    errors = {"native": [], "stock": []}
    for seed in range(5):
        parameters = {"max_depth": 5, "eta": 0.1, "seed": seed, **sampling}
        folder = tmp_path / str(seed)
        folder.mkdir()
        native = Native(binary, folder, dense[train], outcome[train], parameters, 60).booster
        native.feature_names = None
        for name, booster in (("native", native), ("stock", stock(dense[train], outcome[train], parameters, 60))):
            predicted = booster.predict(xgb.DMatrix(dense[test]))
            errors[name].append(np.sqrt(np.mean((predicted - outcome[test]) ** 2)))
    assert np.mean(errors["native"]) == pytest.approx(np.mean(errors["stock"]), rel=5e-3)
    assert len(set(errors["native"])) == 5
