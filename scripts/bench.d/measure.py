"""Runs a command and measures it."""

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Measured:
    """Seconds on the clock and of processors, the largest resident sets of all processes added up, standard output, and the
    bytes that went to disks."""

    seconds: float
    processor: float
    peak: int
    output: str
    written: int


def run(command: list[object], cwd: Path | None = None, environment: dict[str, str] | None = None) -> Measured:
    """Runs to the end; raises when the command fails. Pages that several processes share count once for each."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NLPFLOW_") or name == "NLPFLOW_CACHE"}
    kept.update(environment or {})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=kept, stdout=subprocess.PIPE, text=True)
    peaks: dict[int, int] = {}
    done = threading.Event()

    def sample() -> None:
        # The kernel keeps the peaks: to look often would find the same, and slow down what is measured.
        while not done.wait(0.2):
            for pid in family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), peak(pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    done.set()
    sampler.join()
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # The kernel counts blocks of 512 bytes, whatever the disk has.
    written = 512 * (after.ru_oublock - before.ru_oublock)
    return Measured(seconds, processor, sum(peaks.values()), output, written)


def family(pid: int) -> list[int]:
    """A process and all that it started, threads' children too."""
    try:
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in family(int(child)))]


def peak(pid: int | str) -> int:
    """Bytes of the largest resident set that a process had so far, as the kernel keeps it."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
