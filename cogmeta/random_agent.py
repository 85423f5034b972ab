"""Chance as an agent: what everybody is compared with, and what the checks of a task play it with."""

import numpy as np

from cogmeta.agent import Agent
from cogmeta.task import Task


class RandomAgent(Agent):
    """Takes every action equally often; plays any task and remembers nothing.

    Parameters
    ----------
    task : Task
        Whose number of actions it takes over.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> agent = RandomAgent(make_task("bandit/easy"))
    >>> agent.step(np.zeros((1, 1)), np.array([-1]), np.zeros(1), agent.initial_state(1))[0]
    array([[0., 0.]])
    """

    name = "random"

    def __init__(self, task: Task) -> None:
        self.n_actions = task.spec.n_actions

    def initial_state(self, n_episodes: int) -> None:
        """Return nothing."""
        return None

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: None
    ) -> tuple[np.ndarray, np.ndarray, None]:
        """Prefer nothing; see ``Agent.step``."""
        n_episodes = len(previous_action)
        return np.zeros((n_episodes, self.n_actions)), np.full(n_episodes, np.nan), None
