"""Seconds a tree of nlpflow's booster against the same XGBoost called directly, on the same matrix, with one thread each.

Two trainings of different length give the time of a tree by their difference, without reading and sorting into bins. They
are run in turn, and the medians count. `missing` is the like-for-like job (stock XGBoost takes absent entries as missing,
and both grow the same trees); `value` is what nlpflow does by default.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from corpus import REPOSITORY, corpus
from measure import run
from text import CONFIG

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--trees", type=int, nargs=2, default=[5, 45], metavar=("FEW", "MANY"))
    options = parser.parse_args()
    few, many = options.trees
    addon = next((REPOSITORY / "ts/native").glob("nlpflow.*.node"))
    met = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "nlpflow.yaml"
        config.write_text(CONFIG.format(source=corpus(options.rows)))
        run(["node", REPOSITORY / "ts/dist/main.js", "preprocess", config, "--quiet"], folder)
        (matrix,) = (folder / ".nlpflow/stages/features").glob("*/matrix.arrow")
        print(f"{options.rows:,} rows, {matrix.stat().st_size / 1e6:,.0f} MB of matrix; trees {few + 1} to {many}, one thread")

        def ours(parameters: dict, trees: int) -> float:
            command = ["node", HERE / "boost.mjs", addon, matrix.parent, json.dumps(parameters), trees, folder / "out"]
            return float(run(command).output)

        def theirs(parameters: dict, trees: int) -> float:
            return float(run([sys.executable, HERE / "direct.py", matrix.parent, json.dumps(parameters), trees]).output)

        for depth in (6, 12):
            parameters = {"eta": 0.1, "max_depth": depth, "seed": 1}
            times: dict[str, list[float]] = {"missing": [], "value": [], "direct": []}
            for _ in range(options.repeat):
                for zeros in ("missing", "value"):
                    chosen = {**parameters, "zeros": zeros}
                    times[zeros].append((ours(chosen, many) - ours(chosen, few)) / (many - few))
                times["direct"].append((theirs(parameters, many) - theirs(parameters, few)) / (many - few))
            direct = median(times["direct"])
            print(f"depth {depth}")
            for zeros in ("missing", "value"):
                ratio = median(times[zeros]) / direct
                met.append(ratio <= 1.1)
                verdict = "met   " if met[-1] else "MISSED"
                print(
                    f"{verdict}  zeros: {zeros:8} {1000 * median(times[zeros]):7.1f} ms a tree,"
                    f" XGBoost directly {1000 * direct:7.1f} ms: {ratio:.2f} times (target: at most 1.1)"
                )
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
