"""A stable and a volatile half: two arms whose roles are constant for one half and swap again and again in the other.

What is observed: nothing. What must be learnt within an episode: which arm pays more now, from the last few trials
where the world is volatile and from many where it is stable. Sources: Behrens et al. 2007; Wang et al. 2018,
simulation 2 (test episodes of 200 trials, halves in either order, ``p1 + p2 = 1``). The papers' model task does not
print its probabilities: .75 stable, .8 volatile and a reversal every 25 trials are ours, after the experiment with
people (reversals every 30 or 40). How ours departs: outcomes are 0 or 1, where people's reward sizes varied; in the
experiment people saw the outcome of both options, which here follows from ``p1 + p2 = 1`` in probability only.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import unknown_name
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, one_better, pay
from tasks.arms_players import arms_players, rescorla_wagner
from tasks.mirrored_kalman import MirroredKalman
from tasks.settings import check_at_least, check_probability
from tasks.volatility import VolatilityLearner

ORDERS = {
    "either": "drawn each episode", "stable_first": "the stable half comes first", "volatile_first": "it comes last",
}
"""Orders of the halves."""


class VolatileState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    better: np.ndarray  # (n_episodes,) int: the arm that is better at first
    volatile_first: np.ndarray  # (n_episodes,) bool


@dataclass(frozen=True)
class VolatileBandit(ArmsTask):
    """Two Bernoulli arms, ``p`` and ``1 - p``: one half of the trials stable, the other volatile.

    Parameters
    ----------
    stable_probability, volatile_probability : float
        What the better arm pays with in either half, in [0, 1].
    reversal_every : int
        Trials between reversals in the volatile half, >= 1.
    order : {"either", "stable_first", "volatile_first"}
    n_trials : int
        One step each; the first ``n_trials // 2`` are the first half.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    The better arm pays with ``q``, the other with ``1 - q``: ``q = stable_probability`` in the stable half; in the
    volatile one ``q = volatile_probability`` and the arms swap after every ``reversal_every`` trials of it.
    """

    stable_probability: float = 0.75
    volatile_probability: float = 0.8
    reversal_every: int = 25
    order: str = "either"
    n_trials: int = 200
    trial_index: bool = False
    name: str = "bandit/volatile"

    def __post_init__(self) -> None:
        check_probability("stable_probability", self.stable_probability)
        check_probability("volatile_probability", self.volatile_probability)
        if self.order not in ORDERS:
            raise unknown_name("order of the halves", self.order, ORDERS)
        check_at_least(self, reversal_every=1, n_trials=1)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(2, "Behrens et al. 2007")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[VolatileState, np.ndarray]:
        """Draw the better arm and the order of the halves; see ``Task.begin``."""
        better = rng.integers(0, 2, n_episodes)
        first = rng.random(n_episodes) < {"either": 0.5, "stable_first": 0.0, "volatile_first": 1.0}[self.order]
        return VolatileState(0, better, first), self.observe(0, n_episodes)

    def advance(
        self, state: VolatileState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[VolatileState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode; see ``Task.advance``."""
        n_episodes, trial = len(state.better), state.trial + 1
        reward = pay(self.hidden(state)["reward_probability"], self.check_action(action, n_episodes), rng)
        return state._replace(trial=trial), self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: VolatileState) -> dict[str, np.ndarray]:
        """``reward_probability``: (n_episodes, 2); ``volatile``: (n_episodes,) bool."""
        half = self.n_trials // 2
        second = state.trial >= half
        volatile = state.volatile_first ^ second
        ran = np.where(volatile, state.trial - half * second, np.where(second, half - 1, 0))
        better = state.better ^ (ran // self.reversal_every % 2)
        high = np.where(volatile, self.volatile_probability, self.stable_probability)
        return {"reward_probability": one_better(better, high), "volatile": volatile}


BEST_RATE = (0.6, 20.0)
"""Learning rate and inverse temperature of the Rescorla-Wagner learner that earns most on ``bandit/volatile``.

Out of rates .1 to .9 and inverse temperatures 5, 10, 20, 40, 100, in 10,000 episodes each.
"""


def reversing_kalman(task: ArmsTask) -> Agent:
    """Return the Kalman filter that expects as much change in every trial as there is on average, half of them volatile."""
    better = np.array([task.stable_probability, task.volatile_probability])
    hazard = 1 / task.reversal_every if isinstance(task, VolatileBandit) else task.reversal_hazard
    variance = float(np.clip(np.square(better - 0.5).mean(), 1e-6, 0.25 - 1e-6))
    return MirroredKalman(task, variance, abs(1 - hazard))


def volatile_players(task: ArmsTask) -> list[Agent]:
    """Return every reference player of a volatile bandit, ``bandit/volatile`` or its like, the simplest first."""
    return arms_players(task, [rescorla_wagner(task, *BEST_RATE), reversing_kalman(task), VolatilityLearner(task)])
