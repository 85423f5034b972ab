"""The classical players of Bernoulli bandits, as agents: what they know is how often each arm paid and did not.

Conventions: UCB1 adds ``sqrt(exploration * log(t) / n)`` to an arm's
mean, where ``t`` counts the pulls so far; the posterior of an arm starts at Beta(1, 1); exact ties are shared evenly.
Sources: Auer et al. 2002 (UCB1); Kaufmann et al. 2012 (Bayes-UCB); Duan et al. 2016 (greedy on the posterior mean).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from cogmeta.errors import UserError, unknown_name
from tasks.arms import ArmsTask
from tasks.arms_players import ArmsPlayer
from tasks.choosing import TIES, share_best


class Counts(NamedTuple):
    """What a player of Bernoulli arms remembers."""

    successes: np.ndarray  # (n_episodes, n_arms) int
    failures: np.ndarray  # (n_episodes, n_arms) int

    @property
    def pulls(self) -> np.ndarray:
        """(n_episodes, n_arms) pulls of each arm."""
        return self.successes + self.failures

    @property
    def posterior_mean(self) -> np.ndarray:
        """(n_episodes, n_arms) mean of Beta(1 + successes, 1 + failures)."""
        return (1 + self.successes) / (2 + self.pulls)


class BanditPlayer(ArmsPlayer):
    """A player of Bernoulli arms that goes by its counts.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.
    """

    def initial_state(self, n_episodes: int) -> Counts:
        """Return counts of nothing."""
        nothing = np.zeros((n_episodes, self.n_arms), np.int64)
        return Counts(nothing, nothing)

    def learn(self, state: Counts, action: np.ndarray, reward: np.ndarray) -> Counts:
        """Count the last pull."""
        return count(state, action, reward)

    def value(self, counts: Counts) -> np.ndarray:
        """Return (n_episodes,) expected reward from here on; NaN where the player does not know it."""
        return np.full(len(counts.successes), np.nan)


def count(counts: Counts, action: np.ndarray, reward: np.ndarray) -> Counts:
    """Return counts with one more pull in each episode; none where ``action`` is negative."""
    paid = reward == 1
    if not (paid | (reward == 0)).all():
        other = reward[~paid & (reward != 0)][0]
        raise UserError(f"players of Bernoulli bandits know rewards of 0 and 1 only, got {other:g}.")
    pulled = action[:, None] == np.arange(counts.successes.shape[1])
    return Counts(counts.successes + (pulled & paid[:, None]), counts.failures + (pulled & ~paid[:, None]))


class EpsilonGreedy(BanditPlayer):
    """Pulls the arm of the highest posterior mean, or with probability ``epsilon`` any arm.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.
    epsilon : float
        In [0, 1]; 0 is greedy.
    ties : {"shared", "first"}
        Which of several best arms it pulls. With many arms sharing earns more: it tries new ones sooner.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> agent = EpsilonGreedy(make_task("bandit/easy"), epsilon=0.1)
    >>> np.exp(agent.logits(Counts(np.array([[3, 1]]), np.array([[0, 2]])))).round(2).tolist()
    [[0.95, 0.05]]
    """

    def __init__(self, task: ArmsTask, epsilon: float = 0.1, ties: str = "shared") -> None:
        super().__init__(task)
        self.best = _best(ties)
        if not 0 <= epsilon <= 1:
            raise UserError(f"epsilon must lie in [0, 1], got {epsilon}.")
        self.epsilon, self.name = epsilon, "epsilon-greedy" if epsilon else "greedy"

    def logits(self, counts: Counts) -> np.ndarray:
        """Return log-probabilities."""
        best = np.isfinite(self.best(counts.posterior_mean))
        probability = self.epsilon / self.n_arms + (1 - self.epsilon) * best / best.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            return np.log(probability)


class UCB1(BanditPlayer):
    """Pulls the arm with the highest upper confidence bound; each arm once at first.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.
    exploration : float
        >= 0; 2 is the original, 1 the variant of Wang et al. 2016.

    Notes
    -----
    ``mean + sqrt(exploration * log(t) / n)`` with ``n`` pulls of the arm out of ``t`` so far.

    References
    ----------
    Auer, Cesa-Bianchi & Fischer 2002, Machine Learning 47:235.
    """

    name = "ucb1"

    def __init__(self, task: ArmsTask, exploration: float = 2.0) -> None:
        super().__init__(task)
        if exploration < 0:
            raise UserError(f"exploration must be >= 0, got {exploration}.")
        self.exploration = exploration

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms of the highest bound."""
        pulls = np.maximum(counts.pulls, 1)
        log_t = np.log(np.maximum(counts.pulls.sum(axis=1, keepdims=True), 1))
        bound = counts.successes / pulls + np.sqrt(self.exploration * log_t / pulls)
        return share_best(np.where(counts.pulls == 0, np.inf, bound))


class PosteriorUCB(BanditPlayer):
    """Pulls the arm with the highest bound about its posterior mean, the bound scaled by a tuned constant.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.
    scale : float
        >= 0; 0 is greedy. Duan et al. tuned it for every number of arms and pulls, mostly to .1 or .2.
    ties : {"shared", "first"}
        Which of several best arms it pulls.

    Notes
    -----
    ``(1 + s) / (2 + n) + scale * sqrt(2 log(t) / (2 + n))``, ``n`` pulls of the arm of which ``s`` paid, before pull
    number ``t``, from 1.

    References
    ----------
    Duan et al. 2016, arXiv 1611.02779, and its authors' experiment code.
    """

    name = "ucb-tuned"

    def __init__(self, task: ArmsTask, scale: float = 0.2, ties: str = "shared") -> None:
        super().__init__(task)
        self.best = _best(ties)
        if scale < 0:
            raise UserError(f"scale must be >= 0, got {scale}.")
        self.scale = scale

    def logits(self, counts: Counts) -> np.ndarray:
        """Take the arm of the highest bound."""
        log_t = np.log(counts.pulls.sum(axis=1, keepdims=True) + 1)
        return self.best(counts.posterior_mean + self.scale * np.sqrt(2 * log_t / (2 + counts.pulls)))


class BayesUCB(BanditPlayer):
    """Pulls the arm with the highest upper quantile of its posterior.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.

    Notes
    -----
    The quantile is ``1 - 1 / (t + 1)`` of Beta(1 + successes, 1 + failures) after ``t`` pulls: trial number
    ``t + 1`` of the paper, with its exponent ``c = 0``.

    References
    ----------
    Kaufmann, Cappé & Garivier 2012, AISTATS.
    """

    name = "bayes-ucb"

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms of the highest quantile."""
        trial = np.broadcast_to(counts.pulls.sum(axis=1, keepdims=True) + 1, counts.successes.shape)
        seen = np.stack([counts.successes, counts.failures, trial], axis=-1).reshape(-1, 3)
        distinct, place = distinct_rows(seen)
        quantile = betaincinv(1 + distinct[:, 0], 1 + distinct[:, 1], 1 - 1 / distinct[:, 2])
        return share_best(quantile[place].reshape(counts.successes.shape))


def _best(ties: str) -> Callable[[np.ndarray], np.ndarray]:
    if ties not in TIES:
        raise unknown_name("way with ties", ties, TIES)
    return TIES[ties]


def distinct_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of an array of integers >= 0, and the place of each row among them.

    Examples
    --------
    >>> distinct_rows(np.array([[1, 2], [0, 1], [1, 2]]))
    (array([[0, 1],
           [1, 2]]), array([1, 0, 1]))
    """
    base = int(table.max()) + 1
    if base ** table.shape[1] >= 2**62:
        distinct, place = np.unique(table, axis=0, return_inverse=True)
        return distinct, place.reshape(-1)
    code = table @ (base ** np.arange(table.shape[1])[::-1])
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return table[first], place.reshape(-1)
