"""The models of all objectives and both engines in the XGBoost that people have: of Python from 1.7.6 on, and of the JVM.

Each version has an environment of its own under nlpflow's cache; where it cannot be had, its test is skipped and says so.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import xgboost as xgb
from conftest import EXAMPLE, REPOSITORY, Nlpflow

HERE = Path(__file__).parent / "versions"
ENGINES = ("native", "xgboost")
OUTCOMES = {"binary:logistic": "installed_size > 300", "count:poisson": "min(installed_size / 100, 50)"}
SIMPLE = [
    *("reg:absoluteerror", "reg:quantileerror", "reg:squaredlogerror", "reg:gamma", "reg:tweedie"),
    *("count:poisson", "binary:logistic"),
]
# The name of a model: its engine, its objective and parameters that change how it is saved.
MODELS = {
    # Its default slope of 1 begins far from these outcomes, in XGBoost as in nlpflow, and grows no splits.
    "reg:pseudohubererror": {"objective": "reg:pseudohubererror", "huber_slope": 20},
    **{name: {"objective": name} for name in SIMPLE},
    "reweighted": {"objective": "binary:logistic", "scale_pos_weight": 3},
    "told where to begin": {"objective": "reg:tweedie", "base_score": 2.5, "tweedie_variance_power": 1.2},
    "zeros are missing": {"objective": "reg:squarederror", "zeros": "missing"},
    "upper quantile": {"objective": "reg:quantileerror", "quantile_alpha": 0.9},
    "sloped": {"objective": "reg:pseudohubererror", "huber_slope": 12.25},
    "bounded": {"objective": "count:poisson", "max_delta_step": 0.9},
}

CONFIG = """
data: {{ source: {source}, text: description, outcome: {outcome} }}
split: {{ prop: 0.8, seed: 7 }}
recipe:
  - tokenize: words
  - stopwords: {{ source: snowball, language: en }}
  - tokenfilter: {{ min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 }}
  - tfidf: {{}}
model: {model}
"""


def fit(nlpflow: Nlpflow, folder: Path, source: Path, outcome: str, model: dict) -> None:
    """Fits a model and hands it out, with the rows of the table and nlpflow's own predictions of them."""
    folder.mkdir(parents=True)
    nlpflow("fit", nlpflow.config(CONFIG.format(source=source, outcome=json.dumps(outcome), model=json.dumps(model))))
    for form in ("ubj", "json"):
        said = nlpflow("get", "last", "model", "-o", folder / f"model.{form}", "--json")
    (folder / "first").write_text(json.loads(said.splitlines()[-1])["data"]["xgboost"])
    predictions = pd.read_parquet(nlpflow.run_folder() / "predictions.parquet").sort_values("row")
    entries = pd.read_parquet(nlpflow.get("matrix", "matrix.parquet"))
    columns = len(pd.read_parquet(nlpflow.get("vocabulary", "vocabulary.parquet")))
    places = np.searchsorted(predictions["row"], entries["row"])
    rows = sp.csr_matrix((entries["value"].astype("<f4"), (places, entries["col"])), shape=(len(predictions), columns))
    rows.indptr.astype("<i8").tofile(folder / "indptr.i64")
    rows.indices.astype("<i4").tofile(folder / "indices.i32")
    rows.data.astype("<f4").tofile(folder / "values.f32")
    (folder / "shape").write_text(f"{rows.shape[0]} {rows.shape[1]}")
    predictions["prediction"].to_numpy().astype("<f4").tofile(folder / "nlpflow.f32")


@pytest.fixture(scope="session")
def models(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each model; the processes of a test run share them."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "versions"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "complete").exists():
            shutil.rmtree(shared / "models", ignore_errors=True)
            for engine in ENGINES:
                nlpflow = Nlpflow(tmp_path_factory.mktemp("versions"))
                # The example with the parameters that it is shipped with, but for the number of trees.
                example = {"engine": engine, "objective": "reg:squarederror", "trees": 60, "tree_depth": 8, "sample_size": 0.8}
                fit(nlpflow, shared / "models" / f"{engine}, example", EXAMPLE, "log1p(installed_size)", example)
                for name, model in MODELS.items():
                    outcome = OUTCOMES.get(model["objective"], "log1p(installed_size)")
                    told = {"engine": engine, "trees": 20, **model}
                    fit(nlpflow, shared / "models" / f"{engine}, {name}", sample, outcome, told)
            (shared / "complete").touch()
    return shared / "models"


def check(models: Path, version: str, folder: Path, command: list[object]) -> None:
    """Runs a program over a copy of the models, and compares what it predicts with what nlpflow predicted."""
    copy = folder / "models"
    shutil.copytree(models, copy)
    done = subprocess.run([*map(str, command), str(copy)], capture_output=True, text=True, check=False)
    if done.returncode == 69:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-4000:]
    found = sorted(copy.iterdir())
    assert len(found) == len(ENGINES) * (len(MODELS) + 1)
    own = tuple(map(int, version.split(".")[:2]))
    for model in found:
        first = tuple(map(int, (model / "first").read_text().split(".")))
        for form in ("ubj", "json"):
            where = f"{model.name}, {form}, XGBoost {version}"
            if own < first:
                # What an older one cannot read it says itself, and nlpflow said so when the model was handed out.
                assert "Unknown objective function" in (model / f"{form}.error").read_text(), where
                continue
            assert not (model / f"{form}.error").exists(), f"{where}: {(model / f'{form}.error').read_text()[:500]}"
            ours, theirs = (np.fromfile(model / f"{name}.f32", "<f4") for name in ("nlpflow", form))
            assert np.ptp(ours) > 0.05, where
            np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=0, err_msg=where)


@pytest.mark.parametrize("version", ["1.7.6", "2.0.3", "2.1.4", "3.0.5"])
def test_older_versions_predict_the_same(models: Path, version: str, tmp_path: Path):
    requirements = HERE / f"xgboost-{version}.txt"
    check(models, version, tmp_path, [REPOSITORY / "scripts/python", "-r", requirements, HERE / "predict.py"])


def test_the_newest_version_predicts_the_same(models: Path, tmp_path: Path):
    check(models, xgb.__version__, tmp_path, [sys.executable, HERE / "predict.py"])


@pytest.mark.parametrize("version", ["2.1.4", "3.4.0"])
def test_the_jvm_predicts_the_same(models: Path, version: str, tmp_path: Path):
    check(models, version, tmp_path, [REPOSITORY / "scripts/xgboost4j", version, HERE / "Predict.java"])
