"""Milliseconds a tree and memory of the native trainer beside XGBoost, on corpora that are made here, one thread each.

Every measurement is a process of its own, and the engines take turns. `patched` is nlpflow's XGBoost (absent entries are
zeros, the same trees), `stock` the one of Python, to which absent entries are missing. In `2m-100-merged` equal rows are one,
with a weight; the native trainer merges by itself, in `2m-100` too.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from corpus import REPOSITORY, cache
from measure import run

HERE = Path(__file__).parent
CORPORA = ["2m-100", "2m-100-merged", "500k-5000", "short-100", "long-100", "long-5000"]

# At least so many times faster than the peer, by corpus and depth.
PATCHED, STOCK = {6: 6, 12: 10}, {6: 5, 12: 20}


def build() -> Path:
    command = ["cargo", "build", "--release", "--locked", "-p", "nlpflow-boost", "--example", "bench", "--message-format=json"]
    environment = {"CARGO_TARGET_DIR": str(cache() / "target")}
    output = run(command, REPOSITORY, environment).output
    found = [json.loads(line).get("executable") for line in output.splitlines() if '"bench"' in line]
    return Path(next(path for path in reversed(found) if path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", default=CORPORA, metavar="CORPUS", help=f"of {', '.join(CORPORA)}")
    parser.add_argument("--trees", type=int, default=30)
    parser.add_argument("--slow-trees", type=int, default=30, help="of the peer, where one takes seconds")
    parser.add_argument("--depths", type=int, nargs="+", default=[6, 12])
    parser.add_argument("--repeat", type=int, default=1, help="how often the engines take turns")
    parser.add_argument("--pairs", type=int, default=5, help="how often two train at once, in turns with one alone")
    options = parser.parse_args()
    bench = build()
    met = []

    def judge(text: str, good: bool) -> None:
        met.append(good)
        print(f"  {'met   ' if good else 'MISSED'}  {text}", flush=True)

    with tempfile.TemporaryDirectory() as name:
        for corpus in options.corpora:
            folder = Path(name) / corpus
            folder.mkdir()
            run([bench, "make", corpus, folder])
            rows = (folder / "outcome.f64").stat().st_size // 8
            entries = (folder / "values.f32").stat().st_size // 4
            print(f"{corpus}: {rows:,} rows, {entries:,} entries")
            stock = corpus.startswith("long")
            for depth in options.depths:
                seen: dict[str, list[dict]] = {"native": [], "peer": []}
                for _ in range(options.repeat):
                    seen["native"].append(ours(bench, folder, depth, options.trees))
                    trees = options.slow_trees
                    if stock:
                        seen["peer"].append(json.loads(run([sys.executable, HERE / "stock.py", folder, depth, trees]).output))
                    else:
                        seen["peer"].append(json.loads(run([bench, "train", folder, "xgboost", depth, trees]).output))
                native, peer = (
                    {field: median(one[field] for one in seen[side]) for field in ("ms", "peak")} for side in ("native", "peer")
                )
                ratio, goal = peer["ms"] / native["ms"], (STOCK if stock else PATCHED)[depth]
                label = "stock" if stock else "patched"
                judge(
                    f"depth {depth:2}: native {native['ms']:8.2f} ms a tree, {label} XGBoost {peer['ms']:9.2f} ms:"
                    f" {ratio:5.1f} times (at least {goal})",
                    ratio >= goal,
                )
                share, most = native["peak"] / peer["peak"], 0.1 if corpus == "long-5000" and depth == 12 else 0.5
                judge(
                    f"depth {depth:2}: native {native['peak'] / 1e6:6.0f} MB, {label} XGBoost {peer['peak'] / 1e6:7.0f} MB:"
                    f" {share:.2f} (at most {most})",
                    share <= most,
                )
                # In turns with one alone, for the machine's own speed moves from minute to minute.
                alone, beside = [], []
                for _ in range(options.pairs):
                    alone.append(ours(bench, folder, depth, options.trees)["ms"])
                    with ThreadPoolExecutor(2) as pool:
                        both = [pool.submit(ours, bench, folder, depth, options.trees) for _ in range(2)]
                        beside.append(max(one.result()["ms"] for one in both))
                slower = median(beside) / median(alone) - 1
                judge(f"depth {depth:2}: two at once lose {100 * slower:.0f} % (at most 15)", slower <= 0.15)
    raise SystemExit(0 if all(met) else 1)


def ours(bench: Path, folder: Path, depth: int, trees: int) -> dict:
    command = [str(part) for part in (bench, "train", folder, "native", depth, trees)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
