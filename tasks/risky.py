"""A small reward for certain or a large one at a risk: two levers, imposed choices of both, then free ones.

What is observed: which lever is imposed now, if one is. What must be learnt: which lever is the risky one, and whether it
pays often enough. Source: Stopper et al. 2014 (Neuron 84:177), simulation 6 of Wang et al. 2018: 1 pellet for certain, 4
pellets with probability .5 (better than certain) or .125 (worse). How ours departs: the paper's text prints neither how
many choices are imposed and free nor the probabilities met in training. Ours are settings: ``n_forced`` (10, in pairs of
both levers in random order), ``n_trials`` (100, both numbers as in a public re-implementation), ``risky_probability``
and ``uniform``. Which lever is risky is drawn each episode. Rewards are ``reward_scale`` (.25) times the pellets, so
that the largest is 1.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask
from tasks.columns import imposed_in


class RiskyState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    lever: np.ndarray  # (n_episodes,) int, 0 or 1: the risky one
    probability: np.ndarray  # (n_episodes,) that it pays
    order: np.ndarray  # (n_episodes, n_forced) int, levers of the imposed choices


@dataclass(frozen=True)
class RiskyBandit(ArmsTask):
    """A lever that always pays ``small`` and one that pays ``large`` with a hidden probability.

    Parameters
    ----------
    risky_probability : tuple of float
        In [0, 1]: that the risky lever pays; one of them is drawn each episode, evenly.
    uniform : bool
        Whether it is drawn uniformly between the smallest and the largest of them instead: a range for training.
    small, large : float
        Pellets, 0 < small < large.
    n_forced : int
        Imposed choices at the beginning, even, >= 2.
    reward_scale : float
        Reward per pellet, > 0.
    n_trials : int
        Imposed and free, > n_forced.
    name : str
        Registered id.

    Notes
    -----
    ``r = reward_scale * small`` for the certain lever, ``reward_scale * large * Bernoulli(p)`` for the risky one,
    ``p`` drawn from ``risky_probability`` once an episode. The risky lever is worth ``reward_scale * large * p``: it
    is the better one where ``p > small / large``.

    Examples
    --------
    >>> task = RiskyBandit(risky_probability=(0.5,))
    >>> state, _ = task.begin(3, np.random.default_rng(0))
    >>> task.hidden(state)["mean_reward"].sum(axis=1).tolist()
    [0.75, 0.75, 0.75]
    """

    risky_probability: tuple[float, ...] = (0.5, 0.125)
    uniform: bool = False
    small: float = 1.0
    large: float = 4.0
    n_forced: int = 10
    reward_scale: float = 0.25
    n_trials: int = 100
    name: str = "bandit/risky"

    def __post_init__(self) -> None:
        if not self.risky_probability or not all(0 <= p <= 1 for p in self.risky_probability):
            raise UserError(f"risky_probability must be numbers in [0, 1], got {self.risky_probability}.")
        if not 0 < self.small < self.large or self.reward_scale <= 0:
            raise UserError(f"{self.name!r} needs 0 < small < large and reward_scale > 0, got {self.small}, {self.large} "
                            f"and {self.reward_scale}.")
        if self.n_forced < 2 or self.n_forced % 2 or self.n_trials <= self.n_forced:
            raise UserError(f"{self.name!r} needs an even n_forced >= 2, below n_trials, got n_forced={self.n_forced} and "
                            f"n_trials={self.n_trials}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=2, n_actions=2, n_trials=self.n_trials, n_steps=self.n_trials,
            reward_range=(0.0, self.large * self.reward_scale), citation="Stopper et al. 2014; Wang et al. 2018, simulation 6",
        )

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[RiskyState, np.ndarray]:
        """Draw the risky lever, its probability and the imposed choices of every episode; see ``Task.begin``."""
        lever = rng.integers(0, 2, n_episodes)
        chances = np.array(self.risky_probability)
        if self.uniform:
            probability = rng.uniform(chances.min(), chances.max(), n_episodes)
        else:
            probability = chances[rng.integers(0, len(chances), n_episodes)]
        first = rng.integers(0, 2, (n_episodes, self.n_forced // 2))
        order = np.stack([first, 1 - first], axis=-1).reshape(n_episodes, self.n_forced)
        state = RiskyState(0, lever, probability, order)
        return state, self._observe(state)

    def imposed(self, state: RiskyState) -> np.ndarray | None:
        """Return the lever that is to be pressed, in the first ``n_forced`` trials."""
        return state.order[:, state.trial] if state.trial < self.n_forced else None

    def advance(
        self, state: RiskyState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[RiskyState, np.ndarray, np.ndarray, np.ndarray]:
        """Press a lever in every episode; see ``Task.advance``."""
        n_episodes = len(state.lever)
        action = self.check_action(action, n_episodes)
        paid = self.large * (rng.random(n_episodes) < state.probability)
        reward = self.reward_scale * np.where(action == state.lever, paid, self.small)
        state = state._replace(trial=state.trial + 1)
        return state, self._observe(state), reward, self.done(state.trial, n_episodes)

    def hidden(self, state: RiskyState) -> dict[str, np.ndarray]:
        """``mean_reward`` (n_episodes, 2) in units of reward, ``risky_lever``, ``risky_probability``."""
        risky = state.lever[:, None] == np.arange(2)
        pellets = np.where(risky, self.large * state.probability[:, None], self.small)
        return {"mean_reward": self.reward_scale * pellets, "risky_lever": state.lever, "risky_probability": state.probability}

    def _observe(self, state: RiskyState) -> np.ndarray:
        imposed = self.imposed(state)
        return one_hot_or_nothing(np.full(len(state.lever), NO_ACTION) if imposed is None else imposed)

    def _seen(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        """Return the imposed lever of every trial, from the columns ``forced`` and ``choice``."""
        return one_hot_or_nothing(imposed_in(trials, row, "choice"))


def one_hot_or_nothing(imposed: np.ndarray) -> np.ndarray:
    """Return (..., 2) float32: the imposed lever, one-hot; zeros where the choice is free."""
    return (imposed[..., None] == np.arange(2)).astype(np.float32)
