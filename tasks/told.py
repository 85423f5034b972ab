"""The oracle of tasks without arms: somebody who is told what is hidden, and does at once what it calls for."""

from abc import abstractmethod

import numpy as np

from cogmeta.agent import Agent
from cogmeta.task import Task


class Told(Agent):
    """Is told one thing that the task hides, and need not learn.

    A subclass names what it is told, ``told``, and says by ``logits`` what it does then.

    Parameters
    ----------
    task : Task

    Attributes
    ----------
    told : str
        Name in ``Task.hidden``.
    """

    sees_hidden = True
    told: str

    def __init__(self, task: Task) -> None:
        self.task = task

    def initial_state(self, n_episodes: int) -> None:
        """Return nothing: it is told before it acts."""
        return None

    def see_hidden(self, hidden: dict[str, np.ndarray], state: np.ndarray | None) -> np.ndarray:
        """Be told."""
        return hidden[self.told]

    @abstractmethod
    def logits(self, observation: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Return (n_episodes, n_actions) log-probabilities up to a constant, given what is seen and told now."""

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Act by what it was told; see ``Agent.step``."""
        return self.logits(observation, state), np.full(len(observation), np.nan), state
