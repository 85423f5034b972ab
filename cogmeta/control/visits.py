"""What was done and not yet credited: steps wait until their visit is over, and then learn what they led to.

A visit ends where an episode of an epoch does, or where the task shows that a new one begins; lives side by side may end
theirs at different steps.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """One exchange of a batch of lives."""

    observation: np.ndarray  # (n_lives, observation_size)
    action: np.ndarray  # (n_lives,) int
    reward: np.ndarray  # (n_lives,)


class Visits(NamedTuple):
    """The visits under way.

    Attributes
    ----------
    steps : tuple of Step
    begun : (n_lives,) int array
        Place in ``steps`` at which each life's visit began.
    """

    steps: tuple[Step, ...]
    begun: np.ndarray

    @classmethod
    def none(cls, n_lives: int) -> "Visits":
        """Return visits without a step."""
        return cls((), np.zeros(n_lives, np.int64))

    def with_step(self, step: Step) -> "Visits":
        """Return the visits with one step more."""
        return Visits((*self.steps, step), self.begun)

    def without(self, over: np.ndarray) -> "Visits":
        """Return the visits once some, (n_lives,) bool, are over."""
        begun = np.where(over, len(self.steps), self.begun)
        first = int(begun.min())
        return Visits(self.steps[first:], begun - first)

    def credited(self, over: np.ndarray, discount: float, n_steps: int | None = None,
                 value: np.ndarray | None = None) -> Iterator[tuple[Step, np.ndarray, np.ndarray]]:
        """Yield the steps of visits that are over, the last first, with what each led to.

        Parameters
        ----------
        over : (n_lives,) bool array
        discount : float
        n_steps : int, optional
            Rewards that count; by default all to the end of the visit.
        value : (steps, n_lives) array, optional
            Value at each step, for what lies beyond ``n_steps`` rewards.

        Yields
        ------
        step : Step
        outcome : (n_lives,) array
            The discounted return.
        where : (n_lives,) bool array
            Lives in which the step belongs to a visit that is over.
        """
        outcomes = step_returns(np.array([step.reward for step in self.steps]), discount, n_steps, value)
        for t in range(len(self.steps) - 1, -1, -1):
            yield self.steps[t], outcomes[t], over & (self.begun <= t)


def step_returns(
    r_t: np.ndarray, discount: float, n_steps: int | None = None, v_tm1: np.ndarray | None = None
) -> np.ndarray:
    """Return the discounted reward of the next ``n_steps`` steps and the value after them, for every step of a visit.

    Parameters
    ----------
    r_t : (steps, n_lives) array
        To the end of the visit.
    discount : float
    n_steps : int, optional
        By default all.
    v_tm1 : (steps, n_lives) array, optional
        Value before each step; needed where ``n_steps`` does not reach the end.

    Returns
    -------
    (steps, n_lives) float64 array

    Notes
    -----
    ``G_t = sum_{j < N} discount^j r_{t+j} + discount^N v_{t+N}``; nothing comes after the last step.

    References
    ----------
    Pritzel et al. 2017, eq. 3; Sutton & Barto 2018, eq. 7.1.

    Examples
    --------
    >>> reward, value = np.array([[1.0], [1.0], [1.0]]), np.array([[9.0], [9.0], [4.0]])
    >>> step_returns(reward, 0.5).ravel().tolist(), step_returns(reward, 0.5, 2, value).ravel().tolist()
    ([1.75, 1.5, 1.0], [2.5, 1.5, 1.0])
    """
    length = len(r_t)
    n_steps = length if n_steps is None else min(n_steps, length)
    out = np.zeros(r_t.shape)
    for j in range(n_steps):
        out[:length - j] += discount**j * r_t[j:]
    if n_steps < length:
        out[:length - n_steps] += discount**n_steps * v_tm1[n_steps:]
    return out
