"""How soon a network is good: what several seeds reach in budgets of time and of episodes.

    python -m benchmarks.time_to_regret [--goals NAME ...] [--seeds 0 1 ...] [--out FILE.csv]

A goal is a task, a recipe whose schedules end with its budget, and a bar. Seconds are those of training alone, on one thread. CPU time
stands beside wall time, since a machine is seldom quiet. Each trained network plays 5,000 fresh episodes.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.printed_rows import print_rows
from cogmeta.training import Dyna, Learner, train
from tasks.presets import make_agent, preset
from tasks.registry import make_task
from tasks.train_run import measure

_BANDIT, _TWO_STEP = preset("bandit/independent").learner, preset("two_step/wang2018").learner


class Goal(NamedTuple):
    """A bar that a recipe is held against."""

    task: str
    learner: Learner
    quality: str
    bar: float
    says: str


GOALS = {
    "thompson": Goal(  # entropy weight .05: 2.52 to 2.84; 32 units, 7.5 M steps: 2.30 to 3.37
        "bandit/independent", replace(_BANDIT, n_steps=5_500_000, n_episodes=128, unroll=50), "regret", 2.78, "<= 2.78 in 10 s"),
    "minute": Goal("bandit/independent", _BANDIT, "regret", 2.0, "<= 2.0 in 60 s, 4 of 5 seeds"),
    "paper's episodes": Goal(
        "bandit/independent",
        Dyna(n_steps=2_000_000),  # PPO: 2.3 to 2.8
        "regret", 2.2, "<= 2.2 in 20,000 episodes, 4 of 5 seeds"),
    "two-step": Goal("two_step/wang2018", replace(_TWO_STEP, n_steps=900_000), "reward_per_trial", 0.70, ">= .70 in 12 s, 8 of 8 seeds"),
}


def reached(name: str, seed: int) -> dict[str, object]:
    """Train for one goal from one seed and return a row of the table."""
    goal = GOALS[name]
    task, agent = make_task(goal.task), make_agent(goal.task, seed=seed)
    wall, cpu = time.perf_counter(), time.thread_time()
    trained = train(agent, task, goal.learner, seed=seed)
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    found = measure(trained, task, 5_000)[goal.quality]
    met = found <= goal.bar if goal.quality == "regret" else found >= goal.bar
    return {"goal": name, "says": goal.says, "seed": seed, "steps": goal.learner.n_steps, "wall_seconds": round(wall, 1),
            "cpu_seconds": round(cpu, 1), goal.quality: found, "met": met}


def main(arguments: list[str] | None = None) -> None:
    """Train, print a row as soon as it is there, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--goals", nargs="+", default=list(GOALS), choices=list(GOALS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, help="CSV file to write")
    given = parser.parse_args(arguments)
    print_rows((reached(name, seed) for name in given.goals for seed in given.seeds), given.out)


if __name__ == "__main__":
    main()
