"""What the checkpoints of a training cost: fits of 5,000 and 20,000 trees with checkpoints and without, in turn, side by side.

A small table makes the trees fast to grow, which is the hardest case: a checkpoint holds the whole booster.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path
from statistics import median

from corpus import REPOSITORY
from measure import Measured, run

ROWS = 3_000
WORDS = 200
TARGET = 1.1
# More rounds and seconds than any training has.
NEVER = {"NLPFLOW_CHECKPOINT_ROUNDS": "4000000000", "NLPFLOW_CHECKPOINT_SECONDS": "100000"}


def table(path: Path) -> None:
    """Texts of 5 to 20 words and an outcome that has nothing to do with them."""
    draw = random.Random(20_201_225)
    with path.open("w") as file:
        file.write("text,y\n")
        for _ in range(ROWS):
            words = " ".join(f"w{draw.randrange(WORDS):03}" for _ in range(draw.randint(5, 20)))
            file.write(f"{words},{draw.gauss(0, 1):.6f}\n")


def fit(source: Path, store: Path, trees: int, environment: dict[str, str]) -> tuple[Measured, float]:
    """The run and the rounds a second of its training."""
    command = ["node", REPOSITORY / "ts/dist/main.js", "fit", source, "--text", "text", "--outcome", "y"]
    more = ["--set", f"model.trees={trees}", "--workers", 1, "--store", store, "--json"]
    measured = run([*command, *more], source.parent, environment)
    events = [json.loads(line) for line in measured.output.splitlines()]
    attempts = [event for event in events if event["event"] == "task.attempt" and event["stage"] == "fit"]
    return measured, attempts[-1]["rounds_per_second"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--trees", type=int, nargs="+", default=[5_000, 20_000])
    options = parser.parse_args()
    met = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "table.csv"
        table(source)
        for trees in options.trees:
            runs: dict[str, list[tuple[Measured, float]]] = {"with": [], "without": []}
            for turn in range(options.repeat):
                for kind, environment in (("with", {}), ("without", NEVER)):
                    runs[kind].append(fit(source, folder / f"{trees}-{turn}-{kind}", trees, environment))
            seconds = {kind: median(measured.seconds for measured, _ in of) for kind, of in runs.items()}
            ratio = seconds["with"] / seconds["without"]
            met.append(ratio <= TARGET)
            verdict = "met   " if met[-1] else "MISSED"
            print(f"{verdict}  {trees:,} trees: {ratio:.3f} times the run without checkpoints (target: at most {TARGET})")
            for kind, of in runs.items():
                written = median(measured.written for measured, _ in of) / 1e6
                pace = median(pace for _, pace in of)
                print(f"        {kind:8} {seconds[kind]:7.2f} s  {pace:7,.0f} rounds/s  {written:7,.1f} MB written")
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
