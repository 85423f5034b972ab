"""The Bayesian learner of Behrens et al. 2007: it infers how fast the world changes, and learns as fast as that asks.

The world pays on one of two sides; ``r`` is the probability of the first. ``r`` changes from trial to trial, the more
the larger the volatility ``v``; ``v`` itself changes, the more the larger ``k``, which is constant. All three are
inferred on a grid. Source: Behrens, Woolrich, Walton & Rushworth 2007, Nat Neurosci 10:1214. How ours departs: the
paper's text gives the Beta distribution by mean and width; we write it as ``Beta(r / V, (1 - r) / V)`` with ``V =
exp(v)``, whose mean is r and whose spread grows with V; ``exp(k)`` is the standard deviation of a step of v; the
grid's ranges are ours.
"""

import numpy as np
from scipy.special import betainc
from scipy.special import ndtr

from tasks.arms import ArmsTask
from tasks.arms_players import ArmsPlayer
from tasks.choosing import share_best
from tasks.walks import grid


class VolatilityLearner(ArmsPlayer):
    """Infers probability, volatility and the drift of volatility, and takes the arm that likely pays more.

    Parameters
    ----------
    task : ArmsTask
        Two arms of which one pays with ``r``, the other with ``1 - r``; rewards 0 and 1.
    n_points, n_volatilities, n_drifts : int
        Grid points of r in [0, 1], of v in [-8, -1], and of k in [-3, 1].

    Notes
    -----
    ``p(r' | r, v') = Beta(r / V', (1 - r) / V')``, ``p(v' | v, k) = N(v, exp k)``, both renormalised on the grid. Its
    state is the belief, (n_episodes, n_drifts, n_volatilities, n_points).

    References
    ----------
    Behrens et al. 2007, supplementary note.
    """

    name = "volatility-learner"

    def __init__(self, task: ArmsTask, n_points: int = 30, n_volatilities: int = 15, n_drifts: int = 5) -> None:
        super().__init__(task)
        self.point = grid(0.0, 1.0, n_points)
        self.log_volatility = np.linspace(-8.0, -1.0, n_volatilities)
        self.log_drift = np.linspace(-3.0, 1.0, n_drifts)
        self._change = np.stack([_beta_step(n_points, v) for v in self.log_volatility])
        self._speed = np.stack([_normal_step(self.log_volatility, np.exp(k)) for k in self.log_drift])

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return an even belief."""
        shape = (len(self.log_drift), len(self.log_volatility), len(self.point))
        return np.full((n_episodes, *shape), 1 / np.prod(shape))

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Bayes' rule for the outcome, then v changes and with it r."""
        for_first = ((action == 0) == (reward == 1))[:, None, None, None]
        belief = state * np.where(for_first, self.point, 1 - self.point)
        belief /= belief.sum(axis=(1, 2, 3), keepdims=True)
        moved = np.swapaxes(self._speed, 1, 2) @ belief
        return np.einsum("ekvr,vrs->ekvs", moved, self._change, optimize=True)

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the arms with the higher mean."""
        first = self.probability(state)
        return share_best(np.stack([first, 1 - first], axis=1))

    def probability(self, state: np.ndarray) -> np.ndarray:
        """Return (n_episodes,) the mean of r: what arm 0 is expected to pay."""
        return state.sum(axis=(1, 2)) @ self.point

    def volatility(self, state: np.ndarray) -> np.ndarray:
        """Return (n_episodes,) the mean of v, the log volatility."""
        return state.sum(axis=(1, 3)) @ self.log_volatility

    def activity(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """``probability`` and ``volatility``, (n_episodes, 1) each."""
        return {"probability": self.probability(state)[:, None], "volatility": self.volatility(state)[:, None]}


def _beta_step(n_points: int, log_volatility: float) -> np.ndarray:
    """Return (from, to) probabilities of a change of r between grid cells; rows sum to 1."""
    mean, size = grid(0.0, 1.0, n_points)[:, None], np.exp(-log_volatility)
    edge = np.linspace(0.0, 1.0, n_points + 1)
    return np.diff(betainc(mean * size, (1 - mean) * size, edge), axis=1)


def _normal_step(point: np.ndarray, step_sd: float) -> np.ndarray:
    """Return (from, to) probabilities of a change of v between grid points; rows sum to 1."""
    middle = (point[1:] + point[:-1]) / 2
    edge = np.concatenate([[-np.inf], middle, [np.inf]])
    return np.diff(ndtr((edge - point[:, None]) / step_sd), axis=1)
