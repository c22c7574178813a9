"""The corpus of the benchmarks: made from the example, the same on every machine, kept in nlpflow's cache."""

import csv
import gzip
import os
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples/debian-packages/packages.csv.gz"
SEED = 20201225
# Part of the file's name: another way of making it makes another file.
VERSION = 1


def cache() -> Path:
    """nlpflow's cache folder, as scripts/nlpflow finds it."""
    named = os.environ.get("NLPFLOW_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nlpflow"


def corpus(rows: int) -> Path:
    """A CSV of `rows` texts (column `text`) with an outcome (column `y`).

    Each text is a sequence of paragraphs' lines drawn at random from the whole example, as long as a short description; so
    words keep their frequencies, texts differ, and quoted fields with line breaks stay common.
    """
    path = cache() / f"bench-{VERSION}-{rows}.csv"
    if path.exists():
        return path
    print(f"making {path.name} (once)", file=sys.stderr)
    with gzip.open(EXAMPLE, "rt", newline="") as file:
        table = list(csv.DictReader(file))
    lines = [line.strip() for row in table for line in row["description"].split("\n") if line.strip()]
    sizes = np.array([float(row["installed_size"]) for row in table if row["installed_size"]])
    random = np.random.default_rng(SEED)
    aside = path.with_suffix(f".{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "y"])
        for start in range(0, rows, 100_000):
            count = min(100_000, rows - start)
            lengths = random.integers(1, 9, count)
            drawn = iter(random.integers(0, len(lines), int(lengths.sum())).tolist())
            outcomes = np.log1p(random.choice(sizes, count)).round(6).tolist()
            writer.writerows(
                ("\n".join(lines[next(drawn)] for _ in range(length)), outcome)
                for length, outcome in zip(lengths.tolist(), outcomes, strict=True)
            )
    aside.rename(path)
    return path
