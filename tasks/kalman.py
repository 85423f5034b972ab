"""Players of Gaussian arms: a Kalman filter that knows what it does not know, and the ways to explore by it.

The filter keeps for every arm the mean and variance of its belief. Greedy takes the higher mean; UCB the higher mean
plus uncertainty; Thompson sampling takes an arm as often as it is the best; the hybrid is a probit of value, relative
uncertainty and value over total uncertainty. Sources: Daw et al. 2006 (drifting arms); Gershman 2018, Cognition
173:34 (``UCB: P = Phi((V + gamma RU) / lambda)``, ``Thompson: P = Phi(V / TU)``, ``hybrid: P = Phi(w1 V + w2 RU + w3
V / TU)``, with ``V = m1 - m2``, ``RU = s1 - s2``, ``TU = sqrt(s1^2 + s2^2)``). How ours departs: with more than two
arms UCB takes the highest bound for certain, and Thompson's probability is computed by quadrature.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr

from tasks.arms import ArmsTask
from tasks.arms_players import ArmsPlayer
from tasks.choosing import share_best


@dataclass(frozen=True)
class GaussianArms:
    """What a Kalman filter is told of its task, one entry an arm.

    Attributes
    ----------
    mean, variance : tuple of float
        Of every arm before the first trial, in units of reward and reward squared.
    noise_variance : tuple of float
        Of a reward around the arm's mean.
    shown_noise : tuple of two floats, optional
        Where the task shows of every arm whether it is risky: the noise of a safe arm and of a risky one. It takes the
        place of ``noise_variance``.
    drift_variance : float
        Added to every arm each trial.
    decay, centre : float
        Each trial ``mean <- decay * mean + (1 - decay) * centre``.
    """

    mean: tuple[float, ...]
    variance: tuple[float, ...]
    noise_variance: tuple[float, ...]
    shown_noise: tuple[float, float] | None = None
    drift_variance: float = 0.0
    decay: float = 1.0
    centre: float = 0.0


class Belief(NamedTuple):
    """What is believed of the arms, (n_episodes, n_arms) each."""

    mean: np.ndarray
    variance: np.ndarray
    noise_variance: np.ndarray  # of their rewards; it is known


class KalmanPlayer(ArmsPlayer):
    """Keeps a Kalman filter of every arm; how it chooses is for its subclasses to say.

    Parameters
    ----------
    task : ArmsTask
    arms : GaussianArms
        What it is told of the task.

    Notes
    -----
    ``kappa = s^2 / (s^2 + noise)``, ``m += kappa (r - m)``, ``s^2 -= kappa s^2`` for the arm taken; then for every arm
    ``m <- decay m + (1 - decay) centre``, ``s^2 <- decay^2 s^2 + drift``. An arm without noise is known once
    it was taken.
    """

    def __init__(self, task: ArmsTask, arms: GaussianArms) -> None:
        super().__init__(task)
        self.arms = arms

    def initial_state(self, n_episodes: int) -> Belief:
        """Return the belief before the first trial."""
        known = (self.arms.mean, self.arms.variance, self.arms.noise_variance)
        return Belief(*(np.tile(np.asarray(numbers, float), (n_episodes, 1)) for numbers in known))

    def look(self, state: Belief, observation: np.ndarray) -> Belief:
        """See which arms are risky, where that is shown."""
        if self.arms.shown_noise is None:
            return state
        safe, risky = self.arms.shown_noise
        return state._replace(noise_variance=np.where(observation[:, 1:] > 0, risky, safe))

    def learn(self, state: Belief, action: np.ndarray, reward: np.ndarray) -> Belief:
        """Take in a reward, then let the arms drift."""
        return drifted(observed(state, action, reward), self.arms)

    @abstractmethod
    def logits(self, state: Belief) -> np.ndarray:
        """Return (n_episodes, n_arms) log-probabilities up to a constant."""

    def value(self, state: Belief) -> np.ndarray:
        """It reports none."""
        return np.full(len(state.mean), np.nan)

    def activity(self, state: Belief) -> dict[str, np.ndarray]:
        """``mean`` and ``variance`` of every arm."""
        return {"mean": state.mean, "variance": state.variance}


def observed(belief: Belief, action: np.ndarray, reward: np.ndarray) -> Belief:
    """Return the belief after one reward an episode."""
    total = belief.variance + belief.noise_variance
    gain = np.divide(belief.variance, total, out=np.zeros_like(total), where=total > 0)
    gain = np.where(action[:, None] == np.arange(total.shape[1]), gain, 0.0)
    mean = belief.mean + gain * (reward[:, None] - belief.mean)
    return belief._replace(mean=mean, variance=belief.variance * (1 - gain))


def drifted(belief: Belief, arms: GaussianArms) -> Belief:
    """Return the belief one trial on."""
    mean = arms.decay * belief.mean + (1 - arms.decay) * arms.centre
    return belief._replace(mean=mean, variance=arms.decay**2 * belief.variance + arms.drift_variance)


class KalmanGreedy(KalmanPlayer):
    """Takes the arm with the highest mean."""

    name = "kalman-greedy"

    def logits(self, state: Belief) -> np.ndarray:
        """Share among the best."""
        return share_best(state.mean)


class KalmanUCB(KalmanPlayer):
    """Takes the arm with the highest mean plus ``bonus`` standard deviations.

    Parameters
    ----------
    task : ArmsTask
    arms : GaussianArms
    bonus : float
        Gershman's gamma.
    noise : float
        Gershman's lambda, of two arms' choices, in units of reward; 0 takes the higher bound for certain.
    """

    name = "kalman-ucb"

    def __init__(self, task: ArmsTask, arms: GaussianArms, bonus: float = 1.0, noise: float = 0.0) -> None:
        super().__init__(task, arms)
        self.bonus, self.noise = bonus, noise

    def logits(self, state: Belief) -> np.ndarray:
        """Share among the highest bounds, or choose by probit."""
        bound = state.mean + self.bonus * np.sqrt(state.variance)
        return probit_logits((bound[:, 0] - bound[:, 1]) / self.noise) if self.noise else share_best(bound)


class KalmanThompson(KalmanPlayer):
    """Takes each arm as often as it is the best one, given what has been seen."""

    name = "kalman-thompson"

    def logits(self, state: Belief) -> np.ndarray:
        """Return the log-probability of each arm to be the best."""
        if self.n_arms == 2:
            return probit_logits(value_over_uncertainty(state))
        with np.errstate(divide="ignore"):
            return np.log(best_gaussian_probability(state.mean, np.sqrt(state.variance)))


class KalmanHybrid(KalmanPlayer):
    """Weighs value, relative uncertainty and value over total uncertainty; for two arms.

    Parameters
    ----------
    task : ArmsTask
    arms : GaussianArms
    weights : sequence of three floats
        Of V, RU (each per unit of reward) and V / TU.
    """

    name = "kalman-hybrid"

    def __init__(self, task: ArmsTask, arms: GaussianArms, weights: Sequence[float]) -> None:
        super().__init__(task, arms)
        self.weights = tuple(weights)

    def logits(self, state: Belief) -> np.ndarray:
        """Choose by probit."""
        value = state.mean[:, 0] - state.mean[:, 1]
        deviation = np.sqrt(state.variance)
        w_value, w_relative, w_total = self.weights
        relative = deviation[:, 0] - deviation[:, 1]
        return probit_logits(w_value * value + w_relative * relative + w_total * value_over_uncertainty(state))


def value_over_uncertainty(belief: Belief) -> np.ndarray:
    """Return (n_episodes,) V / TU of two arms; infinite, or 0 for equal means, where nothing is uncertain.

    Examples
    --------
    >>> value_over_uncertainty(Belief(np.array([[3.0, 0.0]]), np.array([[4.0, 5.0]]), np.ones((1, 2)))).tolist()
    [1.0]
    """
    value, total = belief.mean[:, 0] - belief.mean[:, 1], np.sqrt(belief.variance.sum(axis=1))
    certain = np.where(value == 0, 0.0, np.copysign(np.inf, value))
    return np.divide(value, total, out=certain, where=total > 0)


def probit_logits(score: np.ndarray) -> np.ndarray:
    """Return (n_episodes, 2) log-probabilities of taking arm 0 with ``Phi(score)``.

    Examples
    --------
    >>> np.exp(probit_logits(np.array([0.0]))).tolist()
    [[0.5, 0.5]]
    """
    return np.stack([log_ndtr(score), log_ndtr(-score)], axis=1)


_NODE, _WEIGHT = np.polynomial.hermite_e.hermegauss(60)


def best_gaussian_probability(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Return the probability of each of several independent Gaussians to be the highest.

    Parameters
    ----------
    mean, deviation : (n, n_arms) float arrays
        Deviations > 0.

    Returns
    -------
    (n, n_arms) float array
        Rows sum to 1; 60-point Gauss-Hermite quadrature.

    Examples
    --------
    >>> best_gaussian_probability(np.array([[1.0, 0.0]]), np.ones((1, 2))).round(4).tolist()
    [[0.7602, 0.2398]]
    """
    n_arms = mean.shape[1]
    probability = np.empty_like(mean)
    for arm in range(n_arms):
        others = np.arange(n_arms) != arm
        draw = mean[:, arm, None] + deviation[:, arm, None] * _NODE  # (n, n_nodes)
        below = ndtr((draw[:, None] - mean[:, others, None]) / deviation[:, others, None])
        probability[:, arm] = below.prod(axis=1) @ _WEIGHT
    return probability / probability.sum(axis=1, keepdims=True)
