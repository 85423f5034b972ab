"""Speed of the tasks: environment steps a second, one thread, played side by side and one episode at a time.

    python -m benchmarks.tasks
    python -m benchmarks.tasks --tasks bandit/independent two_step/wang2018 --seconds 1

For every task, uniformly random actions, drawn beforehand, at 1, 32 and 1,024 episodes side by side; whole episodes,
so that drawing the hidden parameters counts. Beside them the same protocol as a plain Python loop over single
episodes with scalars, as Gymnasium-style environments are mostly written: for a Bernoulli bandit and the two-step
task of Wang et al. 2018.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from cogmeta.task import Task
from tasks.registry import make_task, task_names

SIZES = (1, 32, 1024)
"""Episodes side by side."""


def steps_per_second(task: Task, n_episodes: int, seconds: float) -> float:
    """Return environment steps a CPU-second of whole episodes, for about ``seconds``."""
    spec, rng = task.spec, np.random.default_rng(0)
    actions = rng.integers(0, spec.n_actions, (spec.n_steps, n_episodes))

    def play() -> int:
        state, _ = task.begin(n_episodes, rng)
        for action in actions:
            state, _, _, _ = task.advance(state, action, rng)
        return actions.size

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
        _observation = np.array([trial / n_trials, reward], np.float32)
    return n_trials


def single_two_step(n_trials: int = 100) -> int:
    """Play one episode of the two-step task of Wang et al. 2018 with scalars, as a plain loop; return its steps."""
    rng = _RNG
    better = rng.integers(2)
    for _ in range(n_trials):
        action = rng.integers(2)
        state2 = action if rng.uniform() < 0.8 else 1 - action
        _observation = np.eye(3, dtype=np.float32)[1 + state2]
        rng.integers(2)
        _reward = 1.0 if rng.uniform() < (0.9 if state2 == better else 0.1) else 0.0
        _observation = np.eye(3, dtype=np.float32)[0]
        better = better if rng.uniform() > 0.025 else 1 - better
    return 2 * n_trials


_RNG = np.random.default_rng(0)
SINGLE = {"bandit/independent": single_bandit, "two_step/wang2018": single_two_step}


def main() -> None:
    """Print one line a task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=task_names())
    parser.add_argument("--seconds", type=float, default=0.3)
    arguments = parser.parse_args()
    print(f"{'steps a second':28s}" + "".join(f"{size:>12,}" for size in SIZES) + f"{'plain loop':>14s}")
    for name in arguments.tasks:
        speeds = [steps_per_second(make_task(name), size, arguments.seconds) for size in SIZES]
        alone = f"{measured(SINGLE[name], arguments.seconds):14,.0f}" if name in SINGLE else ""
        print(f"{name:28s}" + "".join(f"{speed:12,.0f}" for speed in speeds) + alone, flush=True)


if __name__ == "__main__":
    main()
