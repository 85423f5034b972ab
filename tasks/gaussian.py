"""Two arms that pay points about a mean of their own, drawn afresh every ten trials: what people explore for, and how.

What is observed: nothing (2018), or which arms are risky and which safe (2019). What must be learnt within an
episode, a block of the experiment: which arm pays more, when ten trials are all there is. Sources: Gershman 2018,
Cognition 173:34 (experiment 1: mean ~ N(0, 10), rewards N(mean, 10) against an arm that always pays 0; experiment 2:
both means ~ N(0, 100), rewards N(mean, 10)); Gershman 2019, Decision (means ~ N(0, 100), rewards of variance 16 on a
risky arm and .00001 on a safe one; risky-safe, safe-risky, risky-risky, safe-safe). All second numbers are variances.
How ours departs: rewards are ``reward_scale`` (.1) times the points, since networks learn badly from large rewards
(``reward_scale=1`` gives points, as in tables of people); they are cut six standard deviations from zero, which
happens once in a hundred million trials.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.arms_players import arms_players
from tasks.kalman import GaussianArms, KalmanGreedy, KalmanHybrid, KalmanThompson, KalmanUCB
from tasks.settings import check_above_zero, check_at_least


class GaussianState(NamedTuple):
    """State of a batch of episodes; everything in units of reward."""

    trial: int
    mean: np.ndarray  # (n_episodes, 2)
    noise_sd: np.ndarray  # (n_episodes, 2)
    shown: np.ndarray | None = None  # (n_episodes, 2) whether each arm is risky


class _TwoGaussians(ArmsTask):
    """What both designs share; ``_spread`` gives the largest standard deviation of a reward, in points."""

    reward_scale: float
    citation: ClassVar[str]

    def _check(self, *variances: float) -> None:
        check_at_least(self, n_trials=1)
        check_above_zero(self, "reward_scale")
        if min(variances) < 0:
            raise UserError(f"{self.name!r} needs variances >= 0, got {variances}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        most = 6 * self._spread() * self.reward_scale
        return self.spec_of(2, self.citation, (-most, most))

    def advance(
        self, state: GaussianState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[GaussianState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode; see ``Task.advance``."""
        n_episodes, trial = len(state.mean), state.trial + 1
        action = self.check_action(action, n_episodes)
        noise = of_chosen(state.noise_sd, action) * rng.standard_normal(n_episodes)
        reward = np.clip(of_chosen(state.mean, action) + noise, *self.spec.reward_range)
        observation = self.observe(trial, n_episodes, state.shown)
        return state._replace(trial=trial), observation, reward, self.done(trial, n_episodes)

    def hidden(self, state: GaussianState) -> dict[str, np.ndarray]:
        """``mean_reward``: (n_episodes, 2), in units of reward."""
        return {"mean_reward": state.mean}


@dataclass(frozen=True)
class GaussianBandit(_TwoGaussians):
    """Two Gaussian arms, each with its own variances.

    Parameters
    ----------
    mean_variance : tuple of two floats
        Of the arms' means, drawn about 0 each episode; points squared. With 0 an arm's mean is 0.
    noise_variance : tuple of two floats
        Of an arm's rewards about its mean; points squared.
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
    ``mu_a ~ N(0, mean_variance_a)`` once an episode, ``points ~ N(mu_a, noise_variance_a)``, reward ``reward_scale *
    points``. Of what a Kalman filter believes, ``V = m_0 - m_1``, ``RU = s_0 - s_1`` and ``TU = sqrt(s_0^2 +
    s_1^2)``, choices of people are told by ``P(0) = Phi(w_1 V + w_2 RU + w_3 V / TU)``.
    """

    citation: ClassVar[str] = "Gershman 2018"

    mean_variance: tuple[float, ...] = (100.0, 100.0)
    noise_variance: tuple[float, ...] = (10.0, 10.0)
    reward_scale: float = 0.1
    n_trials: int = 10
    trial_index: bool = False
    name: str = "bandit/gaussian2018_2"

    def __post_init__(self) -> None:
        if not len(self.mean_variance) == len(self.noise_variance) == 2:
            raise UserError(f"mean_variance and noise_variance must be two numbers each, one per arm, got "
                            f"{self.mean_variance} and {self.noise_variance}.")
        self._check(*self.mean_variance, *self.noise_variance)

    def _spread(self) -> float:
        return float(np.sqrt(np.add(self.mean_variance, self.noise_variance).max()))

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[GaussianState, np.ndarray]:
        """Draw the means of every episode; see ``Task.begin``."""
        mean = self.reward_scale * np.sqrt(self.mean_variance) * rng.standard_normal((n_episodes, 2))
        noise_sd = np.tile(self.reward_scale * np.sqrt(self.noise_variance), (n_episodes, 1))
        return GaussianState(0, mean, noise_sd), self.observe(0, n_episodes)

    def known_arms(self) -> GaussianArms:
        """Return what a Kalman filter is told of this task: everything but the means."""
        square = self.reward_scale**2
        return GaussianArms((0.0, 0.0), tuple(square * v for v in self.mean_variance),
                            tuple(square * v for v in self.noise_variance))


@dataclass(frozen=True)
class RiskyOrSafeBandit(_TwoGaussians):
    """Two Gaussian arms, each risky or safe, which is shown.

    Parameters
    ----------
    mean_variance : float
        Of the arms' means, drawn about 0 each episode; points squared.
    risky_variance, safe_variance : float
        Of an arm's rewards about its mean; points squared. Each arm of each episode is risky or safe, drawn evenly.
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
    ``mu_a ~ N(0, mean_variance)`` and whether an arm is risky ``~ Bernoulli(1/2)``, once an episode; ``points ~
    N(mu_a, risky_variance)`` or ``N(mu_a, safe_variance)``, reward ``reward_scale * points``.
    """

    citation: ClassVar[str] = "Gershman 2019"
    shown: ClassVar[tuple[str, ...]] = ("risky_0", "risky_1")

    mean_variance: float = 100.0
    risky_variance: float = 16.0
    safe_variance: float = 1e-5
    reward_scale: float = 0.1
    n_trials: int = 10
    trial_index: bool = False
    name: str = "bandit/gaussian2019"

    def __post_init__(self) -> None:
        self._check(self.mean_variance, self.risky_variance, self.safe_variance)

    def _spread(self) -> float:
        return float(np.sqrt(self.mean_variance + max(self.risky_variance, self.safe_variance)))

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[GaussianState, np.ndarray]:
        """Draw the means of every episode, and which arms are risky; see ``Task.begin``."""
        mean = self.reward_scale * np.sqrt(self.mean_variance) * rng.standard_normal((n_episodes, 2))
        risky = rng.integers(0, 2, (n_episodes, 2))
        noise_sd = self.reward_scale * np.sqrt(np.where(risky, self.risky_variance, self.safe_variance))
        return GaussianState(0, mean, noise_sd, risky.astype(float)), self.observe(0, n_episodes, risky)

    def known_arms(self) -> GaussianArms:
        """Return what a Kalman filter is told of this task: everything but the means."""
        square = self.reward_scale**2
        safe, risky = square * self.safe_variance, square * self.risky_variance
        return GaussianArms((0.0, 0.0), (square * self.mean_variance,) * 2, (risky, risky), shown_noise=(safe, risky))


PEOPLE = {"bandit/gaussian2018_1": (0.520, 0.245, 0.450), "bandit/gaussian2018_2": (0.044, 0.033, 0.560)}
"""Weights of V, RU (per point) and V / TU: a probit pooled over the people of either experiment of 2018."""


def gaussian_players(task: GaussianBandit | RiskyOrSafeBandit) -> list[Agent]:
    """Return every reference player of a Gaussian bandit, the simplest first."""
    arms = task.known_arms()
    value, relative, total = PEOPLE.get(task.name, PEOPLE["bandit/gaussian2018_2"])
    hybrid = KalmanHybrid(task, arms, (value / task.reward_scale, relative / task.reward_scale, total))
    return arms_players(task, [KalmanGreedy(task, arms), KalmanUCB(task, arms), KalmanThompson(task, arms), hybrid])
