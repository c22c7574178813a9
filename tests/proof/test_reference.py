"""Vocabulary, weights and predictions against the output of the R pipeline on the same tables."""

import numpy as np
import pandas as pd
import pytest
from conftest import Nlpflow, shared

CONFIG = """
data: {{ source: {source}, text: text, outcome: {outcome} }}
split: {{ column: set }}
recipe:
  - tokenize: words
  - stopwords: {{ source: snowball, language: en }}
  - tokenfilter: {{ min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 }}
  - tfidf: {{}}
model: {{ objective: reg:squarederror, eta: 0.1, max_depth: 6, subsample: 1, max_bin: 256, trees: 300 }}
"""

# The outcome of the Debian packages was logarithmised after the table was written.
TABLES = [("debian", "log1p(y)"), ("urbandict", "y")]


@pytest.mark.parametrize(("name", "outcome"), TABLES)
def test_pipeline_of_the_reference(nlpflow: Nlpflow, name: str, outcome: str):
    def reference(part: str) -> pd.DataFrame:
        # `keep_default_na`: "na" and "null" are tokens.
        return pd.read_csv(shared(f"reference/pipeline/{name}.{part}.csv.gz"), keep_default_na=False, dtype={"token": str})

    source = shared(f"reference/pipeline/{name}.input.csv.gz")
    config = nlpflow.config(CONFIG.format(source=source, outcome=outcome))

    nlpflow("preprocess", config)
    ours = pd.read_csv(nlpflow.get("vocabulary", "vocabulary.csv"), keep_default_na=False, dtype={"token": str})
    theirs = reference("vocabulary")
    assert ours["token"].tolist() == theirs["token"].tolist()
    assert ours["column"].tolist() == list(range(len(theirs)))
    np.testing.assert_allclose(ours["idf"], theirs["idf"].astype(float), rtol=1e-12, atol=0)

    ours = pd.read_csv(nlpflow.get("matrix", "matrix.csv")).set_index(["row", "col"])["value"].sort_index()
    theirs = reference("triplets").set_index(["row", "col"])["value"].sort_index()
    assert len(theirs) > 4000
    assert ours.index.equals(theirs.index), "the entries that are not zero"
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=0)

    nlpflow("fit", config)
    theirs = reference("predictions")
    assert len(theirs) > 500
    for trees in (100, 300):
        output = nlpflow.folder / f"predictions-{trees}.csv"
        nlpflow("predict", "last", source, "-o", output, "--trees", trees)
        ours = pd.read_csv(output)["prediction"].to_numpy()[theirs["row"]]
        np.testing.assert_allclose(ours, theirs[f"trees{trees}"], rtol=1e-4, atol=0)
