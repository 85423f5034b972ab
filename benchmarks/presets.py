"""What ``cogmeta train TASK`` alone reaches: every preset, trained from several seeds and measured on fresh episodes.

    python -m benchmarks.presets [--tasks TASK ...] [--seeds 0 1 ...] [--out FILE.csv]

The numbers under ``expected`` in tasks/presets.py come from here. CPU time is that of training alone, on one thread.
"""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.printed_rows import print_rows
from cogmeta.agents.store import load_record
from tasks.registry import task_names
from tasks.train_run import train_into


def trained(task: str, seed: int) -> dict[str, object]:
    """Train one preset from one seed and return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        cpu = time.process_time()
        train_into(folder, task, seed=seed, test_episodes=5000)
        record = load_record(folder)
    return {"task": task, "seed": seed, "learner": record.learner, "steps": record.steps, "seconds": record.seconds,
            "cpu_seconds": round(time.process_time() - cpu, 1), **record.quality}


def main(arguments: list[str] | None = None) -> None:
    """Train, print a row as soon as it is there, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=task_names(), metavar="TASK")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3], metavar="SEED")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    given = parser.parse_args(arguments)
    print_rows((trained(task, seed) for task in given.tasks for seed in given.seeds), given.out)


if __name__ == "__main__":
    main()
