"""How much memory training takes: 1,024 episodes of 500 steps side by side, whole or in truncated unrolls.

    python -m benchmarks.training_memory [--out FILE.csv]

Five-armed bandits of 500 pulls (``bandit/rl2_k5_n500``), one whole batch of episodes, a fresh process a row, one thread: the
largest resident memory, with what Python and the libraries take. A tape keeps every activation of an unroll, so that memory grows
with ``unroll`` and not with the episode.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.printed_rows import print_rows
from cogmeta.agents.store import NETWORKS
from cogmeta.one_thread import one_thread
from cogmeta.training import A2C
from cogmeta.training.run import Run
from tasks.registry import make_task

TASK, UNROLLS = "bandit/rl2_k5_n500", (500, 100, 20)


def measure(kind: str, n_units: int, n_episodes: int, unroll: int) -> dict[str, object]:
    """Train on one batch of episodes in this process and return a row of the table."""
    task = make_task(TASK)
    run = Run(NETWORKS[kind].for_task(task, n_units), task, A2C(n_steps=1, n_episodes=n_episodes, unroll=unroll))
    began = time.thread_time()
    with one_thread(), torch.no_grad():
        while not run.finished:
            run.advance()
    return {"network": f"{kind}-{n_units}", "episodes": n_episodes, "unroll": unroll, "steps": run.steps,
            "cpu_seconds": round(time.thread_time() - began, 1), "gigabytes": round(peak_gigabytes(), 2)}


def peak_gigabytes() -> float:
    """Return the largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # Linux counts kilobytes


def measured_apart(*given: object) -> dict[str, object]:
    """Return the row that a fresh process measures."""
    command = [sys.executable, "-m", "benchmarks.training_memory", "--one", *map(str, given)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print a row as soon as it is there, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=4, metavar=("KIND", "UNITS", "EPISODES", "UNROLL"), help="one row, as JSON")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one[0], *map(int, given.one[1:]))))
        return
    print_rows((measured_apart(kind, 256, 1024, unroll) for kind in ("lstm", "gru") for unroll in UNROLLS), given.out)


if __name__ == "__main__":
    main()
