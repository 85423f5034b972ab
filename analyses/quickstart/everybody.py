"""Everybody plays: the frozen network and every reference of its task, on the same fresh episodes."""

from collections.abc import Callable, Iterator

import pandas as pd

from cogmeta.agent import Agent
from cogmeta.simulate import simulate
from cogmeta.task import Task
from tasks.players import players

NETWORK = "network"
"""What the network is called beside its references."""

Listener = Callable[[str, int, int], None]
"""Called with (player, done, in all)."""


def everybody_plays(network: Agent, task: Task, n_episodes: int, seed: int, listener: Listener) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every player's name and trial table, the network's first.

    Parameters
    ----------
    network : Agent
    task : Task
    n_episodes : int
        Each plays so many.
    seed : int
        All meet the same hidden parameters.
    listener : callable
        Called before each player, and at the end.

    Examples
    --------
    >>> from tasks.players import player
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/informative")
    >>> played = everybody_plays(player("search", task), task, 5, 0, lambda name, done, total: None)
    >>> {name: len(trials) for name, trials in played}["network"]
    25
    """
    everybody = {NETWORK: network, **players(task)}
    for done, (name, agent) in enumerate(everybody.items()):
        listener(name, done, len(everybody))
        yield name, simulate(agent, task, n_episodes, seed).to_trials()
    listener("", len(everybody), len(everybody))
