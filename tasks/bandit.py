"""Bernoulli bandits: each arm pays 1 with its own hidden probability, fixed for the episode.

What is observed: nothing but the trial's place in the episode. What must be learnt within an episode: which arm
pays most, at the least cost. Sources: Wang et al. 2016, experiments 1 and 2 (arXiv 1611.05763, section 3.1);
Duan et al. 2016 (k arms). How ours departs: the place in the episode is given as ``trial / n_trials`` in [0, 1)
(the paper does not state its scale) and can be withheld with ``trial_index=False``, as in Wang et al. 2018.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError, unknown_name
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, pay
from tasks.settings import check_at_least

ARM_PRIORS = {
    "independent": "every arm ~ U[0, 1]",
    "uniform": "two arms, p ~ U[0, 1] and 1 - p",
    "easy": "two arms, (0.1, 0.9) or (0.9, 0.1)",
    "medium": "two arms, (0.25, 0.75) or (0.75, 0.25)",
    "hard": "two arms, (0.4, 0.6) or (0.6, 0.4)",
}
"""The distributions D_i, D_u, D_e, D_m, D_h of Wang et al. 2016, section 3.1."""

LOW_ARM = {"easy": 0.1, "medium": 0.25, "hard": 0.4}
"""What the worse arm pays with where there are just two possibilities."""


class BanditState(NamedTuple):
    """State of a batch of bandit episodes."""

    trial: int
    reward_probability: np.ndarray  # (n_episodes, n_arms)


@dataclass(frozen=True)
class BernoulliBandit(ArmsTask):
    """A Bernoulli bandit whose arms are drawn afresh each episode.

    Parameters
    ----------
    arms : {"independent", "uniform", "easy", "medium", "hard"}
        Distribution of the arms' probabilities, see ``ARM_PRIORS``.
    n_arms : int
        >= 2; the dependent distributions have exactly 2.
    n_trials : int
        >= 1; one step each.
    trial_index : bool
        Whether the agent sees ``trial / n_trials`` (Wang 2016) or a constant 0 (Wang 2018).
    reward_probability : tuple of float, optional
        Fix the arms instead of drawing them, for test problems such as (0.25, 0.75).
    name : str
        Registered id.

    Notes
    -----
    Once an episode ``p_a ~`` the distribution named by ``arms``, such as ``p_a ~ U[0, 1]`` for each arm, or ``p_1 = 1
    - p_0``; then in every trial ``r ~ Bernoulli(p_a)`` for the arm ``a`` taken. Regret of an episode: ``sum_t (max_a
    p_a - p_{a_t})``.

    Examples
    --------
    >>> task = BernoulliBandit(arms="easy", n_trials=3)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(2, rng)
    >>> state, observation, reward, done = task.advance(state, np.array([0, 1]), rng)
    >>> observation.shape, done.tolist()
    ((2, 1), [False, False])
    """

    arms: str = "independent"
    n_arms: int = 2
    n_trials: int = 100
    trial_index: bool = True
    reward_probability: tuple[float, ...] | None = None
    name: str = "bandit/independent"

    def __post_init__(self) -> None:
        if self.arms not in ARM_PRIORS:
            raise unknown_name("arm distribution", self.arms, ARM_PRIORS)
        check_at_least(self, n_arms=2, n_trials=1)
        if self.arms != "independent" and self.n_arms != 2:
            raise UserError(f"arms={self.arms!r} is defined for two arms, got n_arms={self.n_arms}. Use 'independent'.")
        if self.reward_probability is not None:
            self._check_fixed_arms()

    def _check_fixed_arms(self) -> None:
        fixed = np.asarray(self.reward_probability, float)
        if fixed.shape != (self.n_arms,) or not ((fixed >= 0) & (fixed <= 1)).all():
            raise UserError(f"reward_probability must be {self.n_arms} numbers in [0, 1], one per arm, "
                            f"got {self.reward_probability}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(self.n_arms, "Wang et al. 2016, section 3.1")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[BanditState, np.ndarray]:
        """Draw the arms of ``n_episodes`` episodes; see ``Task.begin``."""
        if self.reward_probability is not None:
            arms = np.tile(np.asarray(self.reward_probability, float), (n_episodes, 1))
        else:
            arms = self._draw(n_episodes, rng)
        return BanditState(0, arms), self.observe(0, n_episodes)

    def _draw(self, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        if self.arms == "independent":
            return rng.random((n_episodes, self.n_arms))
        if self.arms == "uniform":
            first = rng.random(n_episodes)
        else:
            low = LOW_ARM[self.arms]
            first = np.where(rng.random(n_episodes) < 0.5, low, 1 - low)
        return np.stack([first, 1 - first], axis=1)

    def advance(
        self, state: BanditState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[BanditState, np.ndarray, np.ndarray, np.ndarray]:
        """Pull one arm in every episode; see ``Task.advance``."""
        n_episodes, trial = len(state.reward_probability), state.trial + 1
        reward = pay(state.reward_probability, self.check_action(action, n_episodes), rng)
        return BanditState(trial, state.reward_probability), self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: BanditState) -> dict[str, np.ndarray]:
        """``reward_probability``: (n_episodes, n_arms)."""
        return {"reward_probability": state.reward_probability}
