"""Speed of the tasks: environment steps a CPU-second, one thread, played side by side and one episode at a time.

    python -m benchmarks.tasks --out benchmarks/measured/tasks.json
    python -m benchmarks.tasks --tasks bandit/independent two_step/wang2018 --seconds 1
    python -m benchmarks.tasks --neurogym ../neurogym/bin/python --out benchmarks/measured/tasks.json

For every task, uniformly random actions, drawn beforehand, in whole episodes, so that drawing the hidden parameters
counts: 1,024 episodes side by side (32 where one observation has more than 1,000 numbers), and one episode as a
Gymnasium environment stepped in a Python loop. For one bandit and one two-step task also the growth from 1 to 8,192
episodes, and what others' code does there: a single environment written with scalars, as public reproductions have it
(``benchmarks/single_environments.py``), and NeuroGym, where an interpreter that has it is given
(``benchmarks/neurogym_steps.py``).
"""

import argparse
import json
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np

from benchmarks.single_environments import SINGLE
from cogmeta.errors import UserError
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


def single_steps_per_second(env: gymnasium.Env, n_steps: int, seconds: float) -> float:
    """Return steps a CPU-second of episodes of ``n_steps`` at most, one after another, through Gymnasium's interface."""
    actions = np.random.default_rng(0).integers(0, env.action_space.n, n_steps).tolist()
    env.reset(seed=0)

    def play() -> int:
        env.reset()
        for step, action in enumerate(actions, start=1):
            if env.step(action)[2]:
                return step
        return n_steps

    return measured(play, seconds)


def measured(play: Callable[[], int], seconds: float) -> float:
    """Return how much ``play`` does a CPU-second; once to warm up, then for about ``seconds``."""
    play()
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        done += play()
    return done / (time.process_time() - start)


def row(name: str, seconds: float) -> dict[str, object]:
    """Return what is measured of one task."""
    task = make_task(name)
    n_episodes = FEW if task.spec.observation_size > LARGE else SIDE_BY_SIDE
    found = {"task": name, "episodes": n_episodes, "batched": steps_per_second(task, n_episodes, seconds),
             "gymnasium": single_steps_per_second(TaskEnv(task), task.spec.n_steps, seconds),
             "bar": BAR.get(name.split("/")[0])}
    if name in SINGLE:
        single = single_steps_per_second(SINGLE[name](), task.spec.n_steps, seconds)
        found |= {"growth": {str(size): steps_per_second(task, size, seconds) for size in SIZES},
                  "peers": {"single environment": single}}
    return found


def neurogym(python: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Return steps a CPU-second of NeuroGym by our task's name, measured by another interpreter, which has it."""
    script = Path(__file__).with_name("neurogym_steps.py")
    done = subprocess.run([python, script, str(seconds)], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{python} could not run NeuroGym: {done.stderr.strip().splitlines()[-1]}. Its environment needs "
                        "pip install neurogym torch.")
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: {f"NeuroGym {found['version']}": steps} for name, steps in found["steps_per_second"].items()}


def main() -> None:
    """Print one line a task; write them all as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=task_names())
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--neurogym", type=Path, help="an interpreter with NeuroGym, to be measured in the same run")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    theirs = neurogym(arguments.neurogym, arguments.seconds) if arguments.neurogym else {}
    print(f"{'steps a CPU-second':28s}{'episodes':>10s}{'batched':>14s}{'Gymnasium':>12s}")
    rows = []
    for name in arguments.tasks:
        rows.append(found := row(name, arguments.seconds))
        if "peers" in found:
            found["peers"] |= theirs.get(name, {})
        print(f"{name:28s}{found['episodes']:10,}{found['batched']:14,.0f}{found['gymnasium']:12,.0f}", flush=True)
    if arguments.out:
        record = {"seconds": arguments.seconds, "numpy": np.__version__, "python": platform.python_version(), "rows": rows}
        with atomic_path(arguments.out) as part:
            part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
