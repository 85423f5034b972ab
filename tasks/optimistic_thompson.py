"""Optimistic Thompson sampling: of several draws of all arms' means, go by the likeliest.

Observed and assumed: rewards of 0 and 1, Beta(1, 1) priors. With one draw it is Thompson sampling, played by drawing,
where ``tasks/thompson.py`` computes its probabilities. Source: Duan et al. 2016, table 1 (column OTS), and its authors'
experiment code: ``n_samples`` draws, the one of the highest posterior density counts, ``n_samples`` tuned in 1 to 20.

How ours departs: an agent must say the same in a replay, so that draws come from a generator whose key is the history
of the episode. Early histories are shared by many episodes; there the probability of every arm is the mean of several
replicates, and the very first pull is even, as it is by symmetry.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import xlog1py, xlogy

from cogmeta.errors import UserError
from tasks.arms import ArmsTask
from tasks.arms_players import ArmsPlayer
from tasks.bandit_players import Counts, count
from tasks.history_key import mix


class History(NamedTuple):
    """What it remembers."""

    counts: Counts
    key: np.ndarray  # (n_episodes,) uint64, of all pulls and outcomes in their order


class OptimisticThompson(ArmsPlayer):
    """Takes the best arm of the likeliest of several posterior draws.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.
    n_samples : int
        >= 1; 1 is Thompson sampling.

    References
    ----------
    Duan et al. 2016, arXiv 1611.02779, table 1.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> agent = OptimisticThompson(make_task("bandit/rl2_k5_n10"), n_samples=3)
    >>> agent.logits(agent.initial_state(1)).tolist()  # nothing is known: any arm
    [[0.0, 0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(self, task: ArmsTask, n_samples: int = 10) -> None:
        super().__init__(task)
        if n_samples < 1:
            raise UserError(f"n_samples must be at least 1, got {n_samples}.")
        self.n_samples, self.name = n_samples, "optimistic-thompson"

    def initial_state(self, n_episodes: int) -> History:
        """Return counts of nothing."""
        nothing = np.zeros((n_episodes, self.n_arms), np.int64)
        return History(Counts(nothing, nothing), np.zeros(n_episodes, np.uint64))

    def learn(self, state: History, action: np.ndarray, reward: np.ndarray) -> History:
        """Count the last pull."""
        return History(count(state.counts, action, reward), mix(state.key, 2.0 * action + reward))

    def value(self, state: History) -> np.ndarray:
        """It does not look ahead."""
        return np.full(len(state.key), np.nan)

    def logits(self, state: History) -> np.ndarray:
        """Return the log of the share of replicates in which each arm is taken."""
        _, first, place = np.unique(state.key, return_index=True, return_inverse=True)
        counts = Counts(state.counts.successes[first], state.counts.failures[first])
        played = counts.pulls.sum(axis=1)
        share = np.full(counts.successes.shape, 1.0 / self.n_arms)
        for trial in np.unique(played[played > 0]):
            rows = np.flatnonzero(played == trial)
            for part in np.array_split(rows, -(-len(rows) // 100)):
                share[part] = self._share(counts, state.key[first], part, replicates(trial))
        with np.errstate(divide="ignore"):
            return np.log(share * self.n_arms)[place.reshape(-1)]

    def _share(self, counts: Counts, key: np.ndarray, rows: np.ndarray, n_replicates: int) -> np.ndarray:
        """Return (n_rows, n_arms): in how many of the replicates each arm is taken."""
        successes, failures = counts.successes[rows, None, None], counts.failures[rows, None, None]
        draws = np.empty((len(rows), n_replicates, self.n_samples, self.n_arms))
        for i, row in enumerate(rows):
            rng = np.random.Generator(np.random.Philox(key=int(key[row])))
            draws[i] = rng.beta(1 + successes[i], 1 + failures[i], draws.shape[1:])
        if self.n_samples > 1:
            density = (xlogy(successes, draws) + xlog1py(failures, -draws)).sum(axis=-1)
            draws = np.take_along_axis(draws, density.argmax(axis=-1)[..., None, None], axis=2)
        best = draws[:, :, 0].argmax(axis=-1)
        return (best[..., None] == np.arange(self.n_arms)).mean(axis=1)


def replicates(trial: int) -> int:
    """Return over how many replicates probabilities are averaged after ``trial`` pulls: fewer as histories part.

    Examples
    --------
    >>> [replicates(trial) for trial in (1, 2, 3, 4, 100)]
    [200, 25, 3, 1, 1]
    """
    return max(1, 200 // 8 ** min(int(trial) - 1, 3))
