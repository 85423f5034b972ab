"""The Bayes-optimal players of the registered two-armed bandits: the most reward that anybody can expect.

Independent arms with uniform priors: dynamic programming over all counts, exact. Dependent arms (what one tells of the
other): every pull tells the same whichever arm is pulled, so that the best is to pull what now looks best; what is
seen of both arms is pooled in one count. Sources: Bellman 1956; the distributions of Wang et al. 2016, section 3.1.
"""

import functools
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from cogmeta.errors import UserError
from tasks.arms import ArmsTask
from tasks.bandit import LOW_ARM, BernoulliBandit
from tasks.bandit_players import BanditPlayer, Counts
from tasks.choosing import share_best
from tasks.gittins import check_horizon

MOST_TRIALS = 200
"""Longest episode that is solved exactly."""


class Plan(NamedTuple):
    """Solution of the two-armed problem, one entry for every possible pair of counts."""

    start: np.ndarray  # (n_trials + 1, n_trials + 1): first entry of the block with t pulls, n0 of them of arm 0
    value: np.ndarray  # expected reward from here on
    better: np.ndarray  # int8: 1 if arm 0 is better, -1 if arm 1, 0 if both are equally good


@functools.lru_cache(maxsize=4)
def solve(n_trials: int) -> Plan:
    """Solve the two-armed bandit with independent uniform priors by dynamic programming.

    Parameters
    ----------
    n_trials : int
        1 to 200; memory grows with its fourth power (40 MB at 100).

    Returns
    -------
    Plan

    Notes
    -----
    ``Q_a = p_a (1 + V after success) + (1 - p_a) V after failure``, ``p_a = (1 + s_a) / (2 + n_a)``,
    ``V = max(Q_0, Q_1)``, backward from V = 0 after the last trial.

    Examples
    --------
    >>> float(solve(1).value[0])
    0.5
    """
    if not 1 <= n_trials <= MOST_TRIALS:
        raise UserError(f"the exact solution is computed for 1 to {MOST_TRIALS} trials, got n_trials={n_trials}.")
    start, size = _layout(n_trials)
    value, better = np.zeros(size), np.zeros(size, np.int8)
    later = [np.zeros((n0 + 1, n_trials - n0 + 1)) for n0 in range(n_trials + 1)]
    for t in range(n_trials - 1, -1, -1):
        now = []
        for n0 in range(t + 1):
            first, second = _pull(later, n0, t - n0)
            now.append(np.maximum(first, second))
            block = slice(start[t, n0], start[t, n0] + first.size)
            gain = first - second
            value[block] = now[-1].ravel()
            better[block] = ((gain > 1e-10).astype(np.int8) - (gain < -1e-10)).ravel()
        later = now
    return Plan(start, value, better)


def _layout(n_trials: int) -> tuple[np.ndarray, int]:
    t, n0 = np.ogrid[: n_trials + 1, : n_trials + 1]
    sizes = np.where(n0 <= t, (n0 + 1) * (t - n0 + 1), 0)
    ends = np.cumsum(sizes).reshape(sizes.shape)
    return ends - sizes, int(ends[-1, -1])


def _pull(later: list[np.ndarray], n0: int, n1: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (n0 + 1, n1 + 1) of pulling either arm, by their successes."""
    p0 = ((1 + np.arange(n0 + 1)) / (2 + n0))[:, None]
    p1 = (1 + np.arange(n1 + 1)) / (2 + n1)
    after0, after1 = later[n0 + 1], later[n0]
    first = p0 * (1 + after0[1:] - after0[:-1]) + after0[:-1]
    second = p1 * (1 + after1[:, 1:] - after1[:, :-1]) + after1[:, :-1]
    return first, second


class BayesOptimalIndependent(BanditPlayer):
    """Optimal for two independent arms with uniform priors.

    Parameters
    ----------
    task : ArmsTask
        Two arms, 1 to 200 trials an episode.

    Notes
    -----
    Reports its exact value, undiscounted.
    """

    name = "bayes-optimal"
    discount = 1.0

    def __init__(self, task: ArmsTask) -> None:
        super().__init__(task)
        self.n_trials = task.n_trials

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms that are best to pull now."""
        better = solve(self.n_trials).better[self._entry(counts)]
        return np.where(np.stack([better, -better], axis=1) >= 0, 0.0, -np.inf)

    def value(self, counts: Counts) -> np.ndarray:
        """Return the expected reward of all trials left."""
        return solve(self.n_trials).value[self._entry(counts)]

    def _entry(self, counts: Counts) -> np.ndarray:
        pulls = counts.pulls
        played = pulls.sum(axis=1)
        check_horizon(self.name, played, self.n_trials)
        block = solve(self.n_trials).start[played, pulls[:, 0]]
        return block + counts.successes[:, 0] * (pulls[:, 1] + 1) + counts.successes[:, 1]


class BayesOptimalDependent(BanditPlayer):
    """Optimal for two arms that pay with p and 1 - p.

    Parameters
    ----------
    task : BernoulliBandit
        With a dependent distribution of the arms, see ``tasks.bandit.ARM_PRIORS``.

    Notes
    -----
    A success of arm 0 and a failure of arm 1 count as one for p, the others as one against. Reports its exact value,
    undiscounted.
    """

    name = "bayes-optimal"
    discount = 1.0

    def __init__(self, task: BernoulliBandit) -> None:
        super().__init__(task)
        self.n_trials = task.n_trials
        self._mean = pooled_mean(task.arms, task.n_trials)
        self._value = pooled_value(self._mean)

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms that look best."""
        mean = self._mean[self._entry(counts)]
        return share_best(np.stack([mean, 1 - mean], axis=1))

    def value(self, counts: Counts) -> np.ndarray:
        """Return the expected reward of all trials left."""
        return self._value[self._entry(counts)]

    def _entry(self, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
        played = counts.pulls.sum(axis=1)
        check_horizon(self.name, played, self.n_trials)
        return played, counts.successes[:, 0] + counts.failures[:, 1]


def pooled_mean(arms: str, n_trials: int) -> np.ndarray:
    """Return (n_trials + 1, n_trials + 1) posterior means of p after n pulls of which k speak for it.

    Examples
    --------
    >>> pooled_mean("uniform", 2)[2].round(3).tolist()
    [0.25, 0.5, 0.75]
    """
    n, k = np.ogrid[: n_trials + 1, : n_trials + 1]
    if arms == "uniform":
        return (1.0 + k) / (2 + n)
    if arms not in LOW_ARM:
        raise UserError(f"arms must be one of {['uniform', *LOW_ARM]}, got {arms!r}.")
    low = LOW_ARM[arms]
    high_likely = expit((2 * k - n) * logit(1 - low))
    return low + (1 - 2 * low) * high_likely


def pooled_value(mean: np.ndarray) -> np.ndarray:
    """Return the expected reward of all trials left, for the table of ``pooled_mean``."""
    value = np.zeros_like(mean)
    for n in range(len(mean) - 2, -1, -1):
        p, later = mean[n, : n + 1], value[n + 1]
        value[n, : n + 1] = np.maximum(p, 1 - p) + p * later[1 : n + 2] + (1 - p) * later[: n + 1]
    return value
