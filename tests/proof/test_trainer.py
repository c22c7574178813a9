"""The native trainer against XGBoost on whole pipelines: node by node, and by what the models predict.

NLPFLOW_PROOF_ROUNDS asks for more rounds than the usual 40 (300 take some minutes).
"""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import EXAMPLE, REPOSITORY, Nlpflow, shared
from direct import read_matrix

ROUNDS = int(os.environ.get("NLPFLOW_PROOF_ROUNDS", "40"))
DATA = REPOSITORY / "crates/text/tests/data"

CONFIG = """
data: {{ source: {source}, text: {text}, outcome: {outcome} }}
split: {{ {split} }}
recipe:
  - tokenize: words
  - stopwords: {{ source: snowball, language: en }}
  - tokenfilter: {{ min_times: {least}, max_times: 1, percentage: true, max_tokens: {tokens} }}
  - tfidf: {{}}
model: {{ eta: 0.1, trees: {rounds} }}
"""

# Name, table (a file here, or one of the reference material), text, outcome, split, share of the least word, words.
TABLES = [
    ("reference: debian", DATA / "debian.input.csv.gz", "text", "log1p(y)", "column: set", 0.001, 100),
    ("reference: urbandict", "reference/pipeline/urbandict.input.csv.gz", "text", "y", "column: set", 0.001, 100),
    ("example", EXAMPLE, "description", "log1p(installed_size)", "prop: 0.8, seed: 1", 0.001, 100),
    ("example, 500 words", EXAMPLE, "description", "log1p(installed_size)", "prop: 0.8, seed: 1", 0, 500),
    ("emobank", "data/emobank.csv", "text", "V", "prop: 0.8, seed: 1", 0.0001, 500),
]


@pytest.fixture(scope="session")
def compare() -> Path:
    command = ["cargo", "build", "--release", "--locked", "-p", "nlpflow-boost", "--example", "compare", "--message-format=json"]
    output = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in output.splitlines() if '"compare"' in line]
    return Path(next(path for path in reversed(found) if path))


def write_arrays(features: Path, folder: Path) -> int:
    """The analysis rows of a matrix as the tool reads them; returns the number of columns."""
    rows, outcome = read_matrix(features)
    rows.indptr.astype("<i8").tofile(folder / "indptr.i64")
    rows.indices.astype("<u4").tofile(folder / "indices.u32")
    rows.data.astype("<f4").tofile(folder / "values.f32")
    outcome.astype("<f8").tofile(folder / "outcome.f64")
    return rows.shape[1]


@pytest.mark.parametrize("depth", [6, 12])
@pytest.mark.parametrize("table", TABLES, ids=[table[0] for table in TABLES])
def test_the_trees_of_xgboost(nlpflow: Nlpflow, compare, record_property, table, depth):
    name, source, text, outcome, split, least, tokens = table
    source = shared(source) if isinstance(source, str) else source
    told = {"source": source, "text": text, "outcome": outcome, "split": split, "least": least, "tokens": tokens}
    config = nlpflow.config(CONFIG.format(**told, rounds=ROUNDS))
    predictions = {}
    for engine in ("native", "xgboost"):
        nlpflow("fit", config, "--set", f"model.engine={engine}", "--set", f"model.max_depth={depth}")
        table = pd.read_csv(nlpflow.get("predictions", f"{engine}.csv"))
        predictions[engine] = table[table["set"] == "test"]
    (features,) = (nlpflow.folder / ".nlpflow/stages/features").glob("*")
    columns = write_arrays(features, nlpflow.folder)
    command = [compare, nlpflow.folder, columns, ROUNDS, json.dumps({"max_depth": depth, "eta": 0.1})]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    record_property("shown", f"{name}, depth {depth}, {ROUNDS} rounds\n{done.stdout}{done.stderr}")
    assert done.returncode == 0, "a difference that is no tie"
    nodes, ties = map(int, re.search(r"(\d+) nodes compared, (\d+) ties", done.stdout).groups())
    assert ties * 1000 <= nodes
    ours, theirs = (predictions[engine]["prediction"].to_numpy() for engine in ("native", "xgboost"))
    truth = predictions["native"]["outcome"].to_numpy()
    rmse = [np.sqrt(np.mean((values - truth) ** 2)) for values in (ours, theirs)]
    assert rmse[0] == pytest.approx(rmse[1], rel=1e-3)
    if "left to itself: the same splits" in done.stdout:
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).mean())
