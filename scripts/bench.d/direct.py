"""Times stock XGBoost on a matrix that nlpflow wrote:  direct.py FEATURES PARAMETERS TREES

Prints the seconds from the arrays in memory to the trained booster: sorting into bins, and training.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
import xgboost as xgb


def read_matrix(features: Path) -> tuple[sp.csr_matrix, np.ndarray]:
    """The analysis rows of a matrix file, and their outcomes."""
    with pa.memory_map(str(features / "matrix.arrow")) as source:
        reader = pa.ipc.open_file(source)
        batch = reader.get_batch(0)
        known = {key.decode(): value.decode() for key, value in reader.schema.metadata.items()}
        analysis = int(known["nlpflow.analysis"])
        lists = batch.column("entries")
        offsets = lists.offsets.to_numpy()[: analysis + 1]
        entries = lists.values
        indices = entries.field(0).to_numpy()[: offsets[-1]].astype(np.int32)
        values = entries.field(1).to_numpy()[: offsets[-1]].copy()
        outcome = batch.column("outcome").to_numpy()[:analysis].copy()
    return sp.csr_matrix((values, indices, offsets.copy()), shape=(analysis, int(known["nlpflow.columns"]))), outcome


def main() -> None:
    features, parameters, trees = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
    rows, outcome = read_matrix(features)
    began = time.perf_counter()
    data = xgb.QuantileDMatrix(rows, outcome, nthread=1, max_bin=parameters.get("max_bin", 256))
    xgb.train({"tree_method": "hist", "nthread": 1, "seed_per_iteration": True, "verbosity": 0, **parameters}, data, trees)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
