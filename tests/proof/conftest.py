"""What the proofs share: the built command line in a folder of its own, the reference material, and a small example."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MAIN = REPOSITORY / "ts/dist/main.js"
SHARED = Path(os.environ.get("NLPFLOW_SHARED") or REPOSITORY.parent / "shared")
EXAMPLE = REPOSITORY / "examples/debian-packages/packages.csv.gz"
# The benchmarks read nlpflow's files, too.
sys.path.append(str(REPOSITORY / "scripts/bench.d"))


def pytest_terminal_summary(terminalreporter) -> None:
    """What tests noted as `shown`, below all results: their own output is lost where they run in several processes."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "shown" and report.when == "call":
                    terminalreporter.write_line(f"\n{text}")


class Nlpflow:
    """The command line, run in one folder; settings of the person who runs the tests do not reach it."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NLPFLOW_")}
        self.environment = {**kept, "NO_COLOR": "1", **(environment or {})}

    def start(self, *arguments: object) -> subprocess.Popen:
        assert MAIN.exists(), "the command line was not built: start scripts/nlpflow once"
        command = ["node", str(MAIN), *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def __call__(self, *arguments: object) -> str:
        """Runs to the end and returns standard output; a failure shows what was said."""
        process = self.start(*arguments)
        out, err = process.communicate()
        assert process.returncode == 0, f"nlpflow {arguments} ended with {process.returncode}\n{err[-4000:]}\n{out[-2000:]}"
        return out

    def config(self, text: str) -> Path:
        path = self.folder / "nlpflow.yaml"
        path.write_text(text)
        return path

    def get(self, artifact: str, file: str) -> Path:
        self("get", "last", artifact, "-o", file)
        return self.folder / file

    def run_folder(self) -> Path:
        """Folder of the newest run: ids tell the second only, records the millisecond."""
        records = (self.folder / ".nlpflow/runs").glob("*/run.json")
        return max(records, key=lambda path: json.loads(path.read_text())["created"]).parent


@pytest.fixture
def nlpflow(tmp_path: Path) -> Nlpflow:
    return Nlpflow(tmp_path)


def shared(name: str) -> Path:
    """A file of the reference material; the test is skipped, and says so, where it is not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the reference file {name} is not here (NLPFLOW_SHARED names the folder that holds it)")
    return path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every 20th package of the example: 3,184 rows."""
    with gzip.open(EXAMPLE, "rt", newline="") as file:
        table = pd.read_csv(file, keep_default_na=False, dtype=str)
    path = tmp_path_factory.mktemp("sample") / "sample.csv"
    table.iloc[::20].to_csv(path, index=False)
    return path


def small_config(source: Path, tune: str = "folds: 3, grid: { trees: [20, 40], tree_depth: [3, 6], sample_size: [0.7] }") -> str:
    """A configuration that takes seconds: few trees, rows left out at random in each round."""
    return f"""
data: {{ source: {source}, text: description, outcome: log1p(installed_size) }}
split: {{ prop: 0.8, seed: 7 }}
recipe:
  - tokenize: words
  - stopwords: {{ source: snowball, language: en }}
  - tokenfilter: {{ min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 }}
  - tfidf: {{}}
model: {{ objective: reg:squarederror, zeros: value, min_n: 1 }}
tune: {{ {tune}, metric: rmse }}
"""
