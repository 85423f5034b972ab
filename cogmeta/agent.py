"""The contract of an agent: a state goes in, a preference over actions and a new state come out.

Networks, ideal observers and cognitive models with given parameters all behave through it, so that one
``simulate`` serves them all and one ``log_likelihood`` scores them all by replay.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

NO_ACTION = -1
"""The ``previous_action`` of an episode's first step."""


class Agent(ABC):
    """Something that behaves.

    Attributes
    ----------
    name : str
        For tables and legends.
    discount : float or None
        Discount of the value that ``step`` reports; None where it reports none.
    sees_hidden : bool
        True for an oracle, which is told what the task hides through ``see_hidden``.
    family : str or None
        Name of the only family of tasks that it can play, such as ``"bandit"``; None where that is left open.
    """

    name: str = "agent"
    discount: float | None = None
    sees_hidden: bool = False
    family: str | None = None

    @abstractmethod
    def initial_state(self, n_episodes: int) -> Any:
        """Return the state before the first step of ``n_episodes`` episodes."""

    def next_episode(self, state: Any, action: np.ndarray, reward: np.ndarray) -> Any:
        """Return the state in which the next episode of an epoch starts, from that after the last one's last step.

        By default the initial state: recurrent activity starts afresh. An agent with episodic memory writes down the
        episode that has ended, and keeps what it wrote. Called only in tasks with several episodes an epoch.

        Parameters
        ----------
        state : object
            From the last ``step``; it is not changed in place.
        action : (n_episodes,) int array
            The last of the episode that has ended; no ``step`` hears of it.
        reward : (n_episodes,) float array
            For it.
        """
        return self.initial_state(len(action))

    @abstractmethod
    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        """Take in one exchange with the task and say how it would act now.

        Parameters
        ----------
        observation : (n_episodes, observation_size) float array
        previous_action : (n_episodes,) int array
            ``NO_ACTION`` at the first step of an episode.
        previous_reward : (n_episodes,) float array
            0 at the first step.
        state : object
            From ``initial_state`` or the last ``step``; it is not changed in place.

        Returns
        -------
        logits : (n_episodes, n_actions) float array
            Unnormalised log-probabilities of the actions; ``-inf`` for an action never taken.
        value : (n_episodes,) float array
            Expected discounted reward from here on; NaN where the agent has no critic.
        state : object
        """

    def see_hidden(self, hidden: dict[str, np.ndarray], state: Any) -> Any:
        """Return the state after being told what the task hides at this step (only if ``sees_hidden``)."""
        return state

    def activity(self, state: Any) -> dict[str, np.ndarray]:
        """Return what can be recorded from a state, by name: arrays (n_episodes, n_units)."""
        return {}

    def fingerprint(self) -> str:
        """Return a digest of everything that learning could change; evaluation asserts that it stays the same."""
        return ""
