"""Trains stock XGBoost on a corpus of `bench make`:  stock.py FOLDER DEPTH TREES

Prints a line of JSON: the median milliseconds a tree after five trees of warm-up, and the bytes of memory at the peak above
what the matrix takes. Absent entries are what they are to stock XGBoost, missing values.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import scipy.sparse as sp
import xgboost as xgb
from measure import peak

WARM_UP = 5


class Clock(xgb.callback.TrainingCallback):
    """The time at the end of each round."""

    def __init__(self) -> None:
        self.ticks: list[float] = []

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: dict) -> bool:
        self.ticks.append(time.perf_counter())
        return False


def main() -> None:
    folder, depth, trees = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    columns = int((folder / "columns").read_text())
    indptr, indices = np.fromfile(folder / "indptr.i64", "<i8"), np.fromfile(folder / "indices.u32", "<i4")
    rows = sp.csr_matrix((np.fromfile(folder / "values.f32", "<f4"), indices, indptr), shape=(len(indptr) - 1, columns))
    outcome = np.fromfile(folder / "outcome.f64", "<f8")
    weight = np.fromfile(folder / "weight.f64", "<f8") if (folder / "weight.f64").exists() else None
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = peak("self")
    data = xgb.QuantileDMatrix(rows, outcome, weight=weight, nthread=1)
    clock = Clock()
    parameters = {"tree_method": "hist", "nthread": 1, "verbosity": 0, "max_depth": depth, "eta": 0.1}
    xgb.train(parameters, data, trees + WARM_UP + 1, callbacks=[clock])
    times = [after - before for before, after in zip(clock.ticks, clock.ticks[1:], strict=False)][WARM_UP:]
    print(json.dumps({"ms": 1000 * median(times), "peak": peak("self") - before}))


if __name__ == "__main__":
    main()
