"""Four drifting arms that pay points: each mean wanders about 50 on its own, and no arm stays the best for long.

What is observed: nothing. What must be learnt within an episode: which arm pays most now, which asks for a look at
the others from time to time. Source: Daw, O'Doherty, Dayan, Seymour & Dolan 2006, Nature 441:876: ``mu <- decay mu +
(1 - decay) centre + noise``, decay .9836, centre 50, standard deviation 2.8; a payoff is drawn with standard
deviation 4 around the mean and rounded to whole points between 1 and 100; 300 trials. How ours departs: the walks are
drawn anew each episode, from their stationary distribution (the paper used three made beforehand), and points are
given as ``reward_scale`` (.01) times their number, since networks learn badly from large rewards; ``reward_scale=1``
gives points.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.arms_players import arms_players, rescorla_wagner
from tasks.kalman import GaussianArms, KalmanGreedy, KalmanThompson, KalmanUCB
from tasks.settings import check_above_zero, check_at_least


class DriftingState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    mean: np.ndarray  # (n_episodes, n_arms) points


@dataclass(frozen=True)
class DriftingBandit(ArmsTask):
    """Gaussian arms whose means take decaying random walks.

    Parameters
    ----------
    n_arms : int
        >= 2.
    decay : float
        In [0, 1).
    centre, drift_sd, payoff_sd : float
        In points.
    reward_scale : float
        Reward per point, > 0.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    ``mu_a(t + 1) = decay mu_a(t) + (1 - decay) centre + N(0, drift_sd^2)``, for all arms, taken or not, from
    ``mu_a(1) ~ N(centre, drift_sd^2 / (1 - decay^2))``. Points are ``N(mu_a, payoff_sd^2)``, rounded, within 1 and
    100.
    """

    n_arms: int = 4
    decay: float = 0.9836
    centre: float = 50.0
    drift_sd: float = 2.8
    payoff_sd: float = 4.0
    reward_scale: float = 0.01
    n_trials: int = 300
    trial_index: bool = False
    name: str = "bandit/restless4"

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise UserError(f"decay must lie in [0, 1), got {self.decay}; at 1 the walks have no stationary spread.")
        check_at_least(self, n_arms=2, n_trials=1, drift_sd=0, payoff_sd=0)
        check_above_zero(self, "reward_scale")

    @property
    def stationary_sd(self) -> float:
        """Standard deviation of a mean about the centre in the long run, in points."""
        return self.drift_sd / float(np.sqrt(1 - self.decay**2))

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(self.n_arms, "Daw et al. 2006", (self.reward_scale, 100 * self.reward_scale))

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[DriftingState, np.ndarray]:
        """Draw the means of every episode; see ``Task.begin``."""
        mean = self.centre + self.stationary_sd * rng.standard_normal((n_episodes, self.n_arms))
        return DriftingState(0, mean), self.observe(0, n_episodes)

    def advance(
        self, state: DriftingState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[DriftingState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode, then let the means drift; see ``Task.advance``."""
        n_episodes, trial = len(state.mean), state.trial + 1
        expected = of_chosen(state.mean, self.check_action(action, n_episodes))
        points = np.clip(np.rint(expected + self.payoff_sd * rng.standard_normal(n_episodes)), 1, 100)
        noise = self.drift_sd * rng.standard_normal(state.mean.shape)
        mean = self.decay * state.mean + (1 - self.decay) * self.centre + noise
        observation = self.observe(trial, n_episodes)
        return DriftingState(trial, mean), observation, points * self.reward_scale, self.done(trial, n_episodes)

    def hidden(self, state: DriftingState) -> dict[str, np.ndarray]:
        """``mean_reward``: (n_episodes, n_arms), in units of reward."""
        return {"mean_reward": state.mean * self.reward_scale}

    def known_arms(self) -> GaussianArms:
        """Return what a Kalman filter is told of this task: everything but the means."""
        scale = self.reward_scale
        start = (self.centre * scale, (self.stationary_sd * scale) ** 2, (self.payoff_sd * scale) ** 2)
        mean, variance, noise_variance = ((number,) * self.n_arms for number in start)
        return GaussianArms(mean, variance, noise_variance, drift_variance=(self.drift_sd * scale) ** 2,
                            decay=self.decay, centre=self.centre * scale)


BEST_RATE = (0.7, 0.2)
"""Learning rate, and inverse temperature per point, of the Rescorla-Wagner learner that earns most.

Out of rates .3, .5, .7, .8, .9 and inverse temperatures .05, .1, .2, .3, .4, .6, in 500 episodes each.
"""


def restless4_players(task: DriftingBandit) -> list[Agent]:
    """Return every reference player of the drifting bandit, the simplest first."""
    rate, inverse_temperature = BEST_RATE
    arms, scale = task.known_arms(), task.reward_scale
    learner = rescorla_wagner(task, rate, inverse_temperature / scale, initial_value=task.centre * scale)
    return arms_players(task, [learner, KalmanGreedy(task, arms), KalmanUCB(task, arms), KalmanThompson(task, arms)])
