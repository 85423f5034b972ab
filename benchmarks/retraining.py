"""How long ``cogmeta figure --all --retrain`` would train, estimated from a few updates of every kind of training.

    python -m benchmarks.retraining [--seconds 4] [--out FILE.csv]

The first seed of every task and kind of network that a figure asks for is trained as ``--retrain`` trains it, one update unmeasured (what
is compiled then, and buffers) and as many more as fill some CPU seconds, at least two; that pace goes with all steps of all its
seeds. CPU seconds of one thread: with one core free that is the wall time, with trainings on two cores half of it. What is
recorded beside each shipped network is wall time, on cores that did other work, too.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
import torch

from benchmarks.printed_rows import print_rows
from cogmeta.agents.store import load_record
from cogmeta.one_thread import one_thread
from cogmeta.training.run import Run
from figures.registry import FIGURES
from figures.retrain import Training, training_of
from tasks.registry import make_task
from tasks.shipped import shipped_folder
from tasks.train_run import first_agent, learner_of


def needed() -> dict[str, list[int]]:
    """Return the networks that figures ask for, named as there, with their seeds; each once."""
    seeds: dict[str, set[int]] = {}
    for figure in FIGURES.values():
        for named, asked in figure.agents:
            seeds.setdefault(named, set()).update(asked)
    return {named: sorted(all_of_it) for named, all_of_it in seeds.items()}


def pace(training: Training, seed: int, seconds: float) -> float:
    """Return how many CPU seconds a million steps of a training take, by some updates of it."""
    learner = learner_of(training.task, training.learner, training.n_steps, training.agent)
    run = Run(first_agent(training.task, learner, training.agent, seed), make_task(training.task), learner, seed)
    with one_thread(), torch.no_grad():
        run.advance()
        first, began, n = run.steps, time.thread_time(), 0
        while not run.finished and (n < 2 or time.thread_time() - began < seconds):
            run.advance()
            n += 1
    return (time.thread_time() - began) / (run.steps - first) * 1e6


def estimated(named: str, seeds: list[int], seconds: float) -> dict[str, object]:
    """Return a row: what all seeds of one kind of training take, and what was recorded when the shipped ones were trained."""
    trainings = [training_of(named, seed) for seed in seeds]
    records = [load_record(shipped_folder(one.task, seed, one.kind)) for one, seed in zip(trainings, seeds, strict=True)]
    each = pace(trainings[0], seeds[0], seconds)
    steps = sum(record.steps for record in records)
    return {"network": named, "seeds": len(seeds), "million_steps": round(steps / 1e6, 2), "cpu_seconds_a_million": round(each, 2),
            "minutes": round(each * steps / 6e7, 2), "recorded_minutes": round(sum(record.seconds for record in records) / 60, 2)}


def by_figure(table: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes of every figure whose networks are trained for it alone, and of all figures together."""
    a_seed = (table["minutes"] / table["seeds"]).set_axis(table["network"])
    rows = [{"figure": name, "minutes": sum(a_seed[named] * len(seeds) for named, seeds in figure.agents)} for name, figure in FIGURES.items() if figure.agents]
    return pd.DataFrame([*rows, {"figure": "all", "minutes": table["minutes"].sum()}]).round({"minutes": 1})


def main(arguments: list[str] | None = None) -> None:
    """Estimate, print a row as soon as it is there, then what every figure takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="CPU seconds that each kind is trained for")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    given = parser.parse_args(arguments)
    rows: list[dict[str, object]] = []
    print_rows((rows.append(row) or row for row in (estimated(named, seeds, given.seconds) for named, seeds in needed().items())), given.out)
    print(by_figure(pd.DataFrame(rows)).to_string(index=False))


if __name__ == "__main__":
    main()
