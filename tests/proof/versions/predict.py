"""Predicts with the XGBoost of this environment, which may be an old one: predict.py FOLDER, for each folder of a model in it.

A folder holds model.ubj, model.json and a matrix (indptr.i64, indices.i32, values.f32 and its shape); predictions go to ubj.f32
and json.f32, and what XGBoost refuses to ubj.error and json.error.
"""

import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import xgboost as xgb

for folder in sorted(Path(sys.argv[1]).iterdir()):
    shape = tuple(int(number) for number in (folder / "shape").read_text().split())
    values, columns = np.fromfile(str(folder / "values.f32"), "<f4"), np.fromfile(str(folder / "indices.i32"), "<i4")
    rows = sp.csr_matrix((values, columns, np.fromfile(str(folder / "indptr.i64"), "<i8")), shape=shape)
    for form in ("ubj", "json"):
        try:
            booster = xgb.Booster(model_file=str(folder / ("model." + form)))
            predictions = booster.predict(xgb.DMatrix(rows, feature_names=booster.feature_names))
            predictions.astype("<f4").tofile(str(folder / (form + ".f32")))
        except (xgb.core.XGBoostError, ValueError) as error:
            (folder / (form + ".error")).write_text(str(error))
print(xgb.__version__)
