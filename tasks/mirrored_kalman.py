"""A Kalman filter of two arms that pay with ``p`` and ``1 - p``, where ``p`` changes: the simplest learner whose rate is its own.

It takes rewards of 0 and 1 for Gaussian and whatever ``p`` does for a walk about 1/2 of the same variance and correlation
from trial to trial, so that it is no optimum; its gain settles at the rate that is best for such a walk. Source: Kalman
1960 (J Basic Eng 82:35). How ours departs: it is a reference of our choice; the papers of these tasks compare with
learners of one fixed rate, with UCB and with Thompson sampling.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError
from tasks.arms import ArmsTask
from tasks.arms_players import ArmsPlayer
from tasks.choosing import share_best


class WalkBelief(NamedTuple):
    """What is believed of ``p``, (n_episodes,) each."""

    mean: np.ndarray
    variance: np.ndarray


class MirroredKalman(ArmsPlayer):
    """Filters the probability of arm 0, knows that of arm 1 to be one minus it, and takes the higher.

    Parameters
    ----------
    task : ArmsTask
        Two arms that pay 0 or 1.
    variance : float
        Of ``p`` about 1/2 in the long run, in (0, 1/4).
    correlation : float
        Of ``p`` with itself one trial later, in [0, 1].

    Notes
    -----
    With ``y = r`` for arm 0 and ``1 - r`` for arm 1: ``kappa = s^2 / (s^2 + 1/4 - variance)``, ``m += kappa (y - m)``,
    ``s^2 -= kappa s^2``; then ``m <- 1/2 + c (m - 1/2)``, ``s^2 <- c^2 s^2 + (1 - c^2) variance``. ``1/4 - variance`` is the
    mean of ``p (1 - p)``.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> agent = MirroredKalman(make_task("bandit/restless"), 1 / 12, 1.0)
    >>> agent.learn(agent.initial_state(1), np.array([0]), np.array([1.0])).mean.round(4).tolist()  # Beta(2, 1): 2/3
    [0.6667]
    """

    name = "kalman-filter"

    def __init__(self, task: ArmsTask, variance: float, correlation: float) -> None:
        super().__init__(task)
        if not (0 < variance < 0.25 and 0 <= correlation <= 1):
            raise UserError(f"variance must lie in (0, 1/4) and correlation in [0, 1], got {variance} and {correlation}.")
        self.variance, self.correlation = variance, correlation

    def initial_state(self, n_episodes: int) -> WalkBelief:
        """Either arm may be better."""
        return WalkBelief(np.full(n_episodes, 0.5), np.full(n_episodes, self.variance))

    def learn(self, state: WalkBelief, action: np.ndarray, reward: np.ndarray) -> WalkBelief:
        """Take in an outcome, then let ``p`` move."""
        gain = state.variance / (state.variance + 0.25 - self.variance)
        mean = state.mean + gain * (np.where(action == 0, reward, 1 - reward) - state.mean)
        spread = self.correlation**2 * state.variance * (1 - gain) + (1 - self.correlation**2) * self.variance
        return WalkBelief(0.5 + self.correlation * (mean - 0.5), spread)

    def logits(self, state: WalkBelief) -> np.ndarray:
        """Share among the better arms."""
        return share_best(np.stack([state.mean, 1 - state.mean], axis=1))
