"""Speed of the tasks: environment steps a CPU-second, one thread, played side by side and one episode at a time.

    python -m benchmarks.tasks --out benchmarks/measured/tasks.json
    python -m benchmarks.tasks --tasks bandit/independent two_step/wang2018 --seconds 1

For every task, uniformly random actions, drawn beforehand, in whole episodes, so that drawing the hidden parameters
counts: 1,024 episodes side by side (32 where one observation has more than 1,000 numbers), and one episode as a
Gymnasium environment stepped in a Python loop. For one bandit and one two-step task also the growth from 1 to 8,192
episodes, and the same protocol as a plain loop with scalars, as single environments are mostly written.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cogmeta.files import atomic_path
from cogmeta.gym import TaskEnv
from cogmeta.task import Task
from tasks.registry import make_task, task_names

SIDE_BY_SIDE, FEW = 1024, 32
"""Episodes of the main column; of tasks whose observations have more than ``LARGE`` numbers."""

LARGE = 1000

SIZES = (1, 32, 1024, 8192)
"""Episodes side by side where growth is shown."""

BAR = {"bandit": 5e6, "two_step": 5e6}
"""Steps a second at 1,024 episodes that are asked of a family."""


def steps_per_second(task: Task, n_episodes: int, seconds: float) -> float:
    """Return environment steps a CPU-second of whole episodes side by side, for about ``seconds``."""
    spec, rng = task.spec, np.random.default_rng(0)
    actions = rng.integers(0, spec.n_actions, (spec.n_steps, n_episodes))

    def play() -> int:
        state, _ = task.begin(n_episodes, rng)
        for action in actions:
            state, _, _, _ = task.advance(state, action, rng)
        return actions.size

    return measured(play, seconds)


def gymnasium_steps_per_second(task: Task, seconds: float) -> float:
    """Return steps a CPU-second of one episode after another through Gymnasium's interface."""
    env, n_steps = TaskEnv(task), task.spec.n_steps
    actions = np.random.default_rng(0).integers(0, task.spec.n_actions, n_steps).tolist()
    env.reset(seed=0)

    def play() -> int:
        env.reset()
        for action in actions:
            env.step(action)
        return n_steps

    return measured(play, seconds)


def measured(play: Callable[[], int], seconds: float) -> float:
    """Return how much ``play`` does a CPU-second; once to warm up, then for about ``seconds``."""
    play()
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        done += play()
    return done / (time.process_time() - start)


def single_bandit(n_trials: int = 100) -> int:
    """Play one episode of a two-armed Bernoulli bandit with scalars, as a plain loop; return its steps."""
    rng = _RNG
    arms = rng.uniform(size=2)
    for trial in range(n_trials):
        action = rng.integers(2)
        reward = 1.0 if rng.uniform() < arms[action] else 0.0
        _ = np.array([trial / n_trials, reward], np.float32)
    return n_trials


def single_two_step(n_trials: int = 100) -> int:
    """Play one episode of the two-step task of Wang et al. 2018 with scalars, as a plain loop; return its steps."""
    rng = _RNG
    better = rng.integers(2)
    for _ in range(n_trials):
        action = rng.integers(2)
        state2 = action if rng.uniform() < 0.8 else 1 - action
        _ = np.eye(3, dtype=np.float32)[1 + state2]
        rng.integers(2)
        _ = 1.0 if rng.uniform() < (0.9 if state2 == better else 0.1) else 0.0
        _ = np.eye(3, dtype=np.float32)[0]
        better = better if rng.uniform() > 0.025 else 1 - better
    return 2 * n_trials


_RNG = np.random.default_rng(0)
SINGLE = {"bandit/independent": single_bandit, "two_step/wang2018": single_two_step}
"""Tasks whose growth is shown -> their plain loop."""


def row(name: str, seconds: float) -> dict[str, object]:
    """Return what is measured of one task."""
    task = make_task(name)
    n_episodes = FEW if task.spec.observation_size > LARGE else SIDE_BY_SIDE
    found = {"task": name, "episodes": n_episodes, "batched": steps_per_second(task, n_episodes, seconds),
             "gymnasium": gymnasium_steps_per_second(task, seconds), "bar": BAR.get(name.split("/")[0])}
    if name in SINGLE:
        found |= {"growth": {str(size): steps_per_second(task, size, seconds) for size in SIZES},
                  "plain_loop": measured(SINGLE[name], seconds)}
    return found


def main() -> None:
    """Print one line a task; write them all as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=task_names())
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    print(f"{'steps a CPU-second':28s}{'episodes':>10s}{'batched':>14s}{'Gymnasium':>12s}")
    rows = []
    for name in arguments.tasks:
        rows.append(found := row(name, arguments.seconds))
        print(f"{name:28s}{found['episodes']:10,}{found['batched']:14,.0f}{found['gymnasium']:12,.0f}", flush=True)
    if arguments.out:
        record = {"seconds": arguments.seconds, "numpy": np.__version__, "python": platform.python_version(), "rows": rows}
        with atomic_path(arguments.out) as part:
            part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
