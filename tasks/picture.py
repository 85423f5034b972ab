"""A played episode as a picture in text: what is seen, done and paid at every step of a few trials."""

import numpy as np

from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from cogmeta.task import Task

MOST_ENTRIES, MOST_STEPS = 40, 12
"""Longest observation that is drawn entry by entry; most steps of a picture."""

_SHADES = "·░▒▓█"


def picture(task: Task, seed: int = 0) -> str:
    """Return the first trials of one episode that a random player played, a line a step.

    Parameters
    ----------
    task : Task
    seed : int

    Returns
    -------
    str
        Columns trial, step, what is seen (one sign an entry: ``·`` is 0, ``█`` 1 or more, shades between, ``-`` below 0),
        action and reward; a rule between trials.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> print(picture(make_task("two_step/wang2018")).splitlines()[0])
    trial  step  sees  action  reward
    """
    rollout = simulate(RandomAgent(task), task, 1, seed=seed)
    per_trial = task.spec.steps_per_trial
    n_steps = min(rollout.n_steps, max(per_trial, MOST_STEPS // per_trial * per_trial, 1), MOST_STEPS)
    seen = [look(rollout.observation[step, 0]) for step in range(n_steps)]
    width = max(4, *(len(text) for text in seen))
    lines = [f"trial  step  {'sees':{width}s}  action  reward"]
    for step in range(n_steps):
        if step and step % per_trial == 0 and per_trial > 1:
            lines.append("-" * len(lines[0]))
        lines.append(f"{step // per_trial:5d}  {step:4d}  {seen[step]:{width}s}  {rollout.action[step, 0]:6d}  "
                     f"{rollout.reward[step, 0]:6.3g}")
    return "\n".join(lines)


def look(observation: np.ndarray) -> str:
    """Return an observation as one sign an entry, or how many entries it has where these are many.

    Examples
    --------
    >>> look(np.array([0.0, 1.0, 0.4, -1.0]))
    '·█▒-'
    """
    if observation.size > MOST_ENTRIES:
        return f"{observation.size:,} numbers"
    shade = np.ceil(np.clip(observation, 0, 1) * (len(_SHADES) - 1) - 1e-9).astype(int)
    return "".join("-" if value < 0 else _SHADES[level] for value, level in zip(observation, shade, strict=True))
