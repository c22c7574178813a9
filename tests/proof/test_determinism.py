"""The same bytes for any number of workers, any chunk size, and after any kill."""

import hashlib
import json
import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest
from conftest import Nlpflow, small_config

# What has to be the same byte for byte. The record of a run holds times, so it cannot be.
FILES = ["results.parquet", "model.nlpf", "model.ubj", "predictions.parquet"]
# Of the run below: the table, its split, the features of 3 folds and of the model, 2 boosters a fold, the model.
TASKS = 1 + 1 + 4 + 6 + 1


def digests(nlpflow: Nlpflow) -> dict[str, str]:
    folder = nlpflow.run_folder()
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.fixture(scope="module")
def config_text(sample: Path) -> str:
    # Enough work for a kill to hit something: 2 boosters × 3 folds, some seconds in all.
    return small_config(sample, "folds: 3, grid: { trees: [150, 300], tree_depth: [4, 8], sample_size: [0.7] }")


@pytest.fixture(scope="module")
def undisturbed(config_text: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of a run that nothing disturbed."""
    nlpflow = Nlpflow(tmp_path_factory.mktemp("undisturbed"))
    config = nlpflow.config(config_text)
    nlpflow("run", config, "--workers", 1)
    return digests(nlpflow)


@pytest.mark.parametrize(
    ("workers", "chunk"), [(2, None), (1, 4_096), (2, 65_537), (2, 100_000_000)], ids=lambda value: str(value)
)
def test_workers_and_chunks_change_nothing(config_text, undisturbed, tmp_path: Path, workers: int, chunk: int | None):
    nlpflow = Nlpflow(tmp_path, {} if chunk is None else {"NLPFLOW_CHUNK_BYTES": str(chunk)})
    nlpflow("run", nlpflow.config(config_text), "--workers", workers)
    assert digests(nlpflow) == undisturbed


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def kill(pid: int) -> bool:
    """Sends SIGKILL to a process that this test started."""
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


# Ten moments in all: five times the program itself, five times one of its workers.
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers through /proc")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("victim", ["program", "worker"])
def test_a_killed_and_continued_run_ends_with_the_same_bytes(config_text, undisturbed, tmp_path, victim: str, seed: int):
    nlpflow = Nlpflow(tmp_path)
    config = nlpflow.config(config_text)
    moments = random.Random(f"{victim} {seed}")
    # So many finished tasks and a moment more, which is as far on a busy machine as on an idle one.
    finished, moment = moments.randrange(TASKS - 1), moments.uniform(0, 0.15)

    process = nlpflow.start("run", config, "--workers", 2, "--json")
    while finished > 0 and (line := process.stdout.readline()):
        finished -= json.loads(line)["event"] == "task.done"
    time.sleep(moment)
    workers = children(process.pid)
    if victim == "worker":
        # Between two stages there may be no worker yet: the next one that appears is meant.
        while not workers and process.poll() is None:
            time.sleep(0.005)
            workers = children(process.pid)
        hit = bool(workers) and kill(moments.choice(workers))
        _, said = process.communicate()
        assert hit, "no worker was there to kill"
        # One death is made good by trying again.
        assert process.returncode == 0, said[-4000:]
    else:
        hit = process.poll() is None and kill(process.pid)
        process.communicate()
        assert hit, "the run ended before it could be killed"
        assert process.returncode == -signal.SIGKILL
        # A parent that disappears takes its workers with it, also out of a native call.
        until = time.monotonic() + 5
        while any(map(alive, workers)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(alive, workers)), "a worker outlived its parent by five seconds"
        nlpflow("run", config, "--workers", 2)
    assert digests(nlpflow) == undisturbed


def processor_seconds() -> float:
    """What the ended programs have taken so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_a_run_that_is_started_again_reuses_everything(config_text, undisturbed, tmp_path: Path):
    nlpflow = Nlpflow(tmp_path)
    config = nlpflow.config(config_text)
    nlpflow("run", config)
    stages = sorted(path for path in (tmp_path / ".nlpflow/stages").glob("*/*"))
    before = processor_seconds()
    nlpflow("run", config)
    # On an idle machine it takes less time than that, since some of the work is done at once.
    assert processor_seconds() - before < 3
    assert sorted(path for path in (tmp_path / ".nlpflow/stages").glob("*/*")) == stages
    assert digests(nlpflow) == undisturbed
