"""Between what and what an agent can learn in a life: chance, and somebody who knows, both exactly.

For a random process both follow by backward induction over its steps, with the mean over actions for chance and the best
action for who knows; for the water maze by enumeration (``tasks/water_maze_exact.py``); for bandits whose contexts return they
are sums.
"""

from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from cogmeta.errors import UserError
from cogmeta.task import Task
from tasks.barcode import ContextBandit
from tasks.contextual_choice import ContextualChoice
from tasks.mdp import Processes, RandomMDP
from tasks.water_maze import WaterMaze
from tasks.water_maze_exact import earned


class Bounds(NamedTuple):
    """Expected reward of a visit, one number a life."""

    chance: np.ndarray
    best: np.ndarray
    visit_steps: int  # steps of a visit


@singledispatch
def life_bounds(task: Task, state: Any) -> Bounds:
    """Return what a visit of each life is worth, by chance and at best.

    Parameters
    ----------
    task : Task
        One of random processes, of the water maze, or a bandit whose contexts return.
    state : object
        From ``task.begin``.

    Raises
    ------
    UserError
        They are not known for this kind of task.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/barcode")
    >>> bounds = life_bounds(task, task.begin(1, np.random.default_rng(0))[0])
    >>> bounds.chance.round(6).tolist(), bounds.best.tolist(), bounds.visit_steps
    ([1.8], [9.0], 10)
    """
    raise UserError(f"chance and optimum of a life are known for random processes, the water maze and bandits whose contexts "
                    f"return, not for {task.spec.name!r}.")


@life_bounds.register
def _(task: RandomMDP, state: Any) -> Bounds:
    processes = state.processes
    return Bounds(chance_return(processes), processes.optimal_return, task.horizon)


@life_bounds.register
def _(task: WaterMaze, state: Any) -> Bounds:
    worth = earned(task)
    return _even(state, worth["random"].reward, worth["shortest-path"].reward, task.n_trials)


@life_bounds.register
def _(task: ContextBandit, state: Any) -> Bounds:
    chance = (task.good + (task.n_arms - 1) * task.bad) / task.n_arms
    return _even(state, task.n_trials * chance, task.n_trials * task.good, task.n_trials)


@life_bounds.register
def _(task: ContextualChoice, state: Any) -> Bounds:
    return _even(state, 1 / task.n_arms, 1.0, task.n_trials)


def _even(state: Any, chance: float, best: float, visit_steps: int) -> Bounds:
    """Return bounds that are the same in all lives."""
    n_lives = len(state.context)
    return Bounds(np.full(n_lives, chance), np.full(n_lives, best), visit_steps)


def chance_return(processes: Processes) -> np.ndarray:
    """Return (n,) expected reward of a visit of somebody who takes every action equally often.

    Notes
    -----
    ``V_0 = 0``, ``V_{m+1}(s) = mean_a (R(s, a) + sum_s' P(s' | s, a) V_m(s'))``.
    """
    walk, reward = processes.transition.mean(axis=2), processes.mean_reward.mean(axis=2)
    value = np.zeros_like(reward)
    for _ in range(processes.horizon):
        value = reward + np.matmul(walk, value[..., None])[..., 0]
    return value[:, 0]
