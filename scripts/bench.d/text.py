"""The text stage: CSV in, artifacts on disk, against `wc -w` and against scikit-learn on the same file in the same run."""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from corpus import REPOSITORY, corpus
from measure import Measured, run

CONFIG = """
data: {{ source: {source}, text: text, outcome: y }}
split: {{ prop: 0.8, seed: 1 }}
recipe:
  - tokenize: words
  - stopwords: {{ source: snowball, language: en }}
  - tokenfilter: {{ min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 }}
  - tfidf: {{}}
"""

SCIKIT_LEARN = """
import sys
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
texts = pd.read_csv(sys.argv[1], keep_default_na=False)["text"]
print(CountVectorizer(max_features=100).fit_transform(texts).shape)
"""


def preprocess(source: Path) -> Measured:
    """`nlpflow preprocess` with an empty store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "nlpflow.yaml"
        config.write_text(CONFIG.format(source=source))
        return run(["node", REPOSITORY / "ts/dist/main.js", "preprocess", config, "--quiet"], folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_500_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of wc and nlpflow, in turn; the median counts")
    options = parser.parse_args()
    source = corpus(options.rows)
    run(["cksum", source])  # into the page cache: the first to read must not pay for the disk
    size = source.stat().st_size / 1e6
    print(f"{options.rows:,} rows, {size:,.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start")

    words, ours = [], []
    for _ in range(options.repeat):
        words.append(run(["wc", "-w", source]))
        ours.append(preprocess(source))
    theirs = run([sys.executable, "-c", SCIKIT_LEARN, source])

    wc, nlpflow = median(m.seconds for m in words), median(m.seconds for m in ours)
    peak = max(m.peak for m in ours)
    for name, runs in {"wc -w": words, "nlpflow": ours, "scikit-learn": [theirs]}.items():
        times = ", ".join(f"{m.seconds:.2f}" for m in runs)
        memory = max(m.peak for m in runs) / 2**20
        processor = median(m.processor for m in runs)
        print(
            f"{name:14}{median(m.seconds for m in runs):8.2f} s (runs: {times}),"
            f" {processor:.2f} s of processors, peak {memory:,.0f} MiB"
        )
    verdicts = [
        (f"nlpflow / wc -w = {nlpflow / wc:.2f} (target: at most 2)", nlpflow <= 2 * wc),
        (f"scikit-learn / nlpflow = {theirs.seconds / nlpflow:.1f} (target: at least 12)", theirs.seconds >= 12 * nlpflow),
        (f"peak memory {peak / 2**20:,.0f} MiB (target: under 1024)", peak < 2**30),
    ]
    for text, met in verdicts:
        print(f"{'met   ' if met else 'MISSED'}  {text}")
    raise SystemExit(0 if all(met for _, met in verdicts) else 1)


if __name__ == "__main__":
    main()
