"""Shifting volatility: two arms whose roles swap at random moments in volatile spells and never in stable ones.

What is observed: nothing. What must be learnt within an episode: which arm pays more now, and whether the world is
stable or volatile at present, which no cue tells. Source: Wang et al. 2018, simulation 2: networks are trained on "a
series of episodes with shifting volatility" and tested on a stable and a volatile half (``bandit/volatile``). The
paper's text does not print the statistics of the training episodes; ours: probabilities as in the test, spells end
with a hazard of .01 a trial, in volatile ones the arms swap with a hazard of .04 (25 trials on average, as in the
test, but at random moments, so that their timing cannot be learnt).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, one_better, pay
from tasks.settings import check_at_least, check_probability


class ShiftingState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    better: np.ndarray  # (n_episodes,) int: the arm that is better now
    volatile: np.ndarray  # (n_episodes,) bool


@dataclass(frozen=True)
class ShiftingBandit(ArmsTask):
    """Two Bernoulli arms, ``p`` and ``1 - p``, in stable and volatile spells that end at random.

    Parameters
    ----------
    stable_probability, volatile_probability : float
        What the better arm pays with in either kind of spell, in [0, 1].
    reversal_hazard : float
        Probability a trial that the arms swap in a volatile spell, in [0, 1].
    shift_hazard : float
        Probability a trial that a spell ends and one of the other kind begins, in [0, 1].
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    The better arm pays with ``q``, the other with ``1 - q``. After each trial the spell changes its kind with
    probability ``shift_hazard``; then, in a volatile spell, the arms swap with probability ``reversal_hazard``.
    Spells last ``1 / shift_hazard`` trials on average.
    """

    stable_probability: float = 0.75
    volatile_probability: float = 0.8
    reversal_hazard: float = 0.04
    shift_hazard: float = 0.01
    n_trials: int = 200
    trial_index: bool = False
    name: str = "bandit/shifting_volatility"

    def __post_init__(self) -> None:
        for name in ("stable_probability", "volatile_probability", "reversal_hazard", "shift_hazard"):
            check_probability(name, getattr(self, name))
        check_at_least(self, n_trials=1)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(2, "Wang et al. 2018, simulation 2")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[ShiftingState, np.ndarray]:
        """Draw the better arm and the first spell; see ``Task.begin``."""
        state = ShiftingState(0, rng.integers(0, 2, n_episodes), rng.random(n_episodes) < 0.5)
        return state, self.observe(0, n_episodes)

    def advance(
        self, state: ShiftingState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[ShiftingState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode, then let spells end and arms swap; see ``Task.advance``."""
        n_episodes, trial = len(state.better), state.trial + 1
        reward = pay(self.hidden(state)["reward_probability"], self.check_action(action, n_episodes), rng)
        volatile = state.volatile ^ (rng.random(n_episodes) < self.shift_hazard)
        better = state.better ^ (volatile & (rng.random(n_episodes) < self.reversal_hazard))
        state = ShiftingState(trial, better, volatile)
        return state, self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: ShiftingState) -> dict[str, np.ndarray]:
        """``reward_probability``: (n_episodes, 2); ``volatile``: (n_episodes,) bool."""
        high = np.where(state.volatile, self.volatile_probability, self.stable_probability)
        return {"reward_probability": one_better(state.better, high), "volatile": state.volatile}
