"""The example's whole grid with nlpflow and with scikit-learn, one after the other: reading, features, 16 configurations
x 5 folds, selection and the final fit.

scikit-learn's way is a Pipeline of TfidfVectorizer and XGBRegressor in GridSearchCV with a process a core, each booster on
one thread: the features are made again for every configuration and fold, and every number of trees is a booster of its own.
"""

import argparse
import gzip
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb
from corpus import REPOSITORY
from measure import run
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

EXAMPLE = REPOSITORY / "examples/debian-packages"
GRID = {
    "xgb__n_estimators": [300, 500],
    "xgb__max_depth": [6, 12],
    "xgb__learning_rate": [0.1, 0.3],
    "xgb__subsample": [0.8, 1.0],
}


def scikit() -> tuple[float, float, float]:
    """Seconds, the best cross-validated rmse and its standard error."""
    words = (REPOSITORY / "crates/text/src/stopwords/en.txt").read_text().split()
    began = time.perf_counter()
    with gzip.open(EXAMPLE / "packages.csv.gz") as source:
        table = pd.read_csv(source).dropna(subset=["installed_size"])
    texts, outcome = table["description"].fillna(""), np.log1p(table["installed_size"])
    train, _, y, _ = train_test_split(texts, outcome, train_size=0.8, random_state=1)
    pipeline = Pipeline(
        [
            ("tfidf", TfidfVectorizer(stop_words=words, max_features=100, norm="l1", token_pattern=r"(?u)\b\w+\b")),
            ("xgb", xgb.XGBRegressor(tree_method="hist", n_jobs=1)),
        ]
    )
    search = GridSearchCV(pipeline, GRID, cv=5, scoring="neg_root_mean_squared_error", n_jobs=os.cpu_count())
    search.fit(train, y)
    seconds = time.perf_counter() - began
    folds = [-search.cv_results_[f"split{fold}_test_score"][search.best_index_] for fold in range(5)]
    return seconds, float(np.mean(folds)), float(np.std(folds, ddof=1) / np.sqrt(5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="how often nlpflow runs, each time from nothing")
    options = parser.parse_args()
    seconds, metrics = [], {}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as store:
            command = ["node", REPOSITORY / "ts/dist/main.js", "run", EXAMPLE / "nlpflow.yaml", "--quiet", "--store", store]
            seconds.append(run(command, Path(store)).seconds)
            (found,) = Path(store).glob("runs/*/metrics.json")
            metrics = json.loads(found.read_text())["best"]
    ours = sorted(seconds)[len(seconds) // 2]
    print(f"nlpflow       {ours:7.1f} s, rmse {metrics['mean']:.4f} (standard error {metrics['std_err']:.4f})", flush=True)
    theirs, mean, error = scikit()
    print(f"scikit-learn  {theirs:7.1f} s, rmse {mean:.4f} (standard error {error:.4f})")
    fast, equal = theirs / ours >= 30, abs(metrics["mean"] - mean) <= max(error, metrics["std_err"])
    print(f"{'met   ' if fast else 'MISSED'}  {theirs / ours:.1f} times faster (at least 30)")
    print(f"{'met   ' if equal else 'MISSED'}  the rmse are equal within a standard error")
    raise SystemExit(0 if fast and equal else 1)


if __name__ == "__main__":
    main()
