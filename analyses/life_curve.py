"""How an agent improves over a life: what it earns between chance and the optimum, and when it is half way.

Learners that are compared by how many steps they need (Blundell et al. 2016; Pritzel et al. 2017; Botvinick et al. 2019) are
held against the same two exact marks: 0 is chance, 1 is somebody who knows the problem.
"""

from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.simulate import check_seed, simulate
from cogmeta.task import Task
from tasks.life_bounds import life_bounds

CRITERION, WINDOW = 0.5, 3
"""Half way from chance to the optimum, in the mean of three visits."""


def life_curve(agent: Agent, task: Task, n_lives: int, seed: int) -> pd.DataFrame:
    """Let an agent live and return what it earned, visit by visit, in the mean over lives.

    Parameters
    ----------
    agent : Agent
    task : Task
        A life is what begins with its ``begin``.
    n_lives : int
        Lives that are lived side by side, >= 1.
    seed : int

    Returns
    -------
    DataFrame
        One row a visit: ``steps`` (made by its end), ``score`` (0 is chance, 1 the optimum).

    Examples
    --------
    >>> from tasks.players import player
    >>> from tasks.registry import make_task
    >>> task = make_task("mdp/random")
    >>> float(life_curve(player("optimum", task), task, 200, seed=0)["score"].mean().round(1))
    1.0
    """
    bounds = life_bounds(task, task.begin(n_lives, check_seed(seed).spawn(2)[0])[0])  # the problems that simulate draws
    reward = simulate(agent, task, n_lives, seed).reward
    visits = reward[:len(reward) // bounds.visit_steps * bounds.visit_steps].reshape(-1, bounds.visit_steps, n_lives).sum(axis=1)
    score = (visits - bounds.chance).mean(axis=1) / (bounds.best - bounds.chance).mean()
    return pd.DataFrame({"steps": bounds.visit_steps * np.arange(1, len(score) + 1), "score": score})


def steps_to_criterion(curve: pd.DataFrame, criterion: float = CRITERION, window: int = WINDOW) -> tuple[float, bool]:
    """Return after how many steps the mean of some visits first reaches a score, and whether it ever does.

    Parameters
    ----------
    curve : DataFrame
        Of ``life_curve``.
    criterion : float
    window : int
        Visits that are averaged, >= 1.

    Returns
    -------
    steps : float
        All steps of the life where it never does: a lower bound.
    reached : bool

    Examples
    --------
    >>> curve = pd.DataFrame({"steps": [10, 20, 30, 40], "score": [0.0, 0.2, 0.6, 0.8]})
    >>> steps_to_criterion(curve, 0.5, 2), steps_to_criterion(curve, 0.9, 2)
    ((40.0, True), (40.0, False))
    """
    mean = curve["score"].rolling(window).mean().to_numpy()
    reached = np.flatnonzero(mean >= criterion)
    if not len(reached):
        return float(curve["steps"].iloc[-1]), False
    return float(curve["steps"].iloc[reached[0]]), True


def thinned(curve: pd.DataFrame, n_points: int = 50) -> pd.DataFrame:
    """Return the mean score of each of at most ``n_points`` equal stretches of a life, at the stretch's end."""
    width = -(-len(curve) // n_points)
    stretch = np.arange(len(curve)) // width
    found: Any = curve.groupby(stretch).agg(steps=("steps", "last"), score=("score", "mean"))
    return found.reset_index(drop=True)
