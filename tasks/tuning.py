"""Tune the constant of a player on what it earns, as the baselines of Duan et al. 2016 were tuned.

A player that does not know how long an episode is earns in its first trials what it would in a shorter episode: one
simulation gives all lengths. The paper tuned on the very problems that it then reported; here tuning and reporting
have seeds of their own.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.simulate import check_seed, sample
from cogmeta.task import Task


def earnings(agent: Agent, task: Task, n_episodes: int, seed: int = 0, lengths: Sequence[int] = ()) -> np.ndarray:
    """Return what an agent earns, without keeping what it did; the draws are those of ``simulate``.

    Parameters
    ----------
    agent : Agent
    task : Task
    n_episodes : int
    seed : int
    lengths : sequence of int, optional
        Numbers of steps; by default those of an episode.

    Returns
    -------
    (len(lengths), n_episodes) float array
        Sum of the rewards of the first so many steps.
    """
    lengths = tuple(lengths) or (task.spec.n_steps,)
    task_rng, action_rng = check_seed(seed).spawn(2)
    task_state, observation = task.begin(n_episodes, task_rng)
    action, reward = np.full(n_episodes, NO_ACTION), np.zeros(n_episodes)
    state, total, kept = agent.initial_state(n_episodes), np.zeros(n_episodes), {}
    for t in range(max(lengths)):
        state = agent.see_hidden(task.hidden(task_state), state) if agent.sees_hidden else state
        logits, _, state = agent.step(observation, action, reward, state)
        action = sample(logits, action_rng)
        task_state, observation, reward, _ = task.advance(task_state, action, task_rng)
        total = total + reward
        kept[t + 1] = total
    return np.stack([kept[length] for length in lengths])


def tune(
    make: Callable[[float], Agent], task: Task, grid: Sequence[float], n_episodes: int = 250, seed: int = 0,
    lengths: Sequence[int] = (),
) -> pd.DataFrame:
    """Return what a player earns with every constant of a grid, and which is best.

    Parameters
    ----------
    make : callable
        ``make(constant) -> Agent``.
    task : Task
    grid : sequence of float
        The constants; all play the same problems.
    n_episodes : int
        Problems played with each.
    seed : int
    lengths : sequence of int, optional
        Steps after which to count; by default those of an episode.

    Returns
    -------
    DataFrame
        ``length, constant, mean, sem, best``; one ``best`` a length.

    Examples
    --------
    >>> from tasks.bandit_players import PosteriorUCB
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/rl2_k5_n100")
    >>> table = tune(lambda scale: PosteriorUCB(task, scale), task, (0.0, 0.2, 1.0), lengths=(10, 100))
    >>> table.loc[table["best"], ["length", "constant"]].values.tolist()[-1]
    [100.0, 0.2]
    """
    lengths = tuple(lengths) or (task.spec.n_steps,)
    rows = []
    for constant in grid:
        for length, total in zip(lengths, earnings(make(constant), task, n_episodes, seed, lengths), strict=True):
            rows.append({"length": length, "constant": constant, "mean": total.mean(),
                         "sem": total.std(ddof=1) / np.sqrt(n_episodes)})
    table = pd.DataFrame(rows).sort_values(["length", "constant"], ignore_index=True)
    return table.assign(best=table.index.isin(table.groupby("length")["mean"].idxmax()))
