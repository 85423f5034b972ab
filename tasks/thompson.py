"""Thompson sampling: each arm is pulled as often as it is the best one, given what has been seen.

Usually it is played by drawing from the posteriors. Here the probability that an arm is best is computed exactly, so
that the player can also be scored by likelihood. Sources: Thompson 1933; Chapelle & Li 2011.
"""

import functools

import numpy as np
from scipy.special import gammaln

from tasks.bandit_players import BanditPlayer, Counts, distinct_rows


MOST_TRIALS = 250
"""Longest episode for which ``players`` offers Thompson sampling: the tables grow with the cube of the pulls."""


class Thompson(BanditPlayer):
    """Probability matching with Beta(1, 1) priors.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.

    References
    ----------
    Thompson 1933, Biometrika 25:285.
    """

    name = "thompson"

    def logits(self, counts: Counts) -> np.ndarray:
        """Return the log-probability of each arm to be the best."""
        distinct, place = distinct_rows(np.concatenate([counts.successes, counts.failures], axis=1))
        with np.errstate(divide="ignore"):
            return np.log(best_arm_probability(distinct[:, : self.n_arms], distinct[:, self.n_arms :]))[place]


def best_arm_probability(successes: np.ndarray, failures: np.ndarray) -> np.ndarray:
    """Return the probability that each arm is the best, exactly.

    Parameters
    ----------
    successes, failures : (n, n_arms) int arrays
        The arms' posteriors are Beta(1 + successes, 1 + failures), independent.

    Returns
    -------
    (n, n_arms) float array
        Rows sum to 1.

    Notes
    -----
    ``P(arm i best) = integral of pdf_i(x) * product of cdf_j(x), j != i``. With whole counts the integrand is a
    polynomial, which Gauss-Legendre quadrature with enough nodes integrates exactly.

    Examples
    --------
    >>> best_arm_probability(np.array([[1, 0]]), np.array([[0, 0]])).round(12).tolist()
    [[0.666666666667, 0.333333333333]]
    """
    n_arms = successes.shape[1]
    total = int((successes + failures).sum(axis=1).max(initial=0))
    most = int((successes + failures).max(initial=0))
    density, below = _tables(_round_up(most, 25), _n_nodes(_round_up(total, 25), n_arms))
    code = _code(successes, failures)
    return _outdo(density[code], below[code])


def _outdo(density: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Integrate each arm's (weighted) density times the others' cdf; both are (n, n_arms, n_nodes)."""
    if density.shape[1] == 2:
        return np.einsum("nag,nag->na", density, below[:, ::-1])
    ones = np.ones_like(below[:, :1])
    before = np.cumprod(np.concatenate([ones, below[:, :-1]], axis=1), axis=1)
    after = np.cumprod(np.concatenate([ones, below[:, :0:-1]], axis=1), axis=1)[:, ::-1]
    return np.einsum("nag,nag,nag->na", density, before, after)


def _round_up(number: int, step: int) -> int:
    return -(-max(number, 1) // step) * step


def _n_nodes(total: int, n_arms: int) -> int:
    """Nodes that integrate a polynomial of degree ``total + n_arms - 1`` exactly."""
    return (total + n_arms) // 2 + 1


def _code(successes: np.ndarray, failures: np.ndarray) -> np.ndarray:
    pulls = successes + failures
    return pulls * (pulls + 1) // 2 + successes


@functools.lru_cache(maxsize=8)
def _tables(most: int, n_nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted pdf and cdf of Beta(1 + s, 1 + n - s) at the nodes, rows coded by ``_code``, n <= most."""
    node, weight = np.polynomial.legendre.leggauss(n_nodes)
    node, weight = (node + 1) / 2, weight / 2
    density = [(n + 1) * weight * _binomial(n, node) for n in range(most + 1)]
    below = [np.cumsum(_binomial(n + 1, node)[:0:-1], axis=0)[::-1] for n in range(most + 1)]
    return np.concatenate(density), np.concatenate(below)


def _binomial(n: int, x: np.ndarray) -> np.ndarray:
    """Return (n + 1, n_nodes) probabilities of 0 to n successes."""
    s = np.arange(n + 1)[:, None]
    return np.exp(gammaln(n + 1) - gammaln(s + 1) - gammaln(n - s + 1) + s * np.log(x) + (n - s) * np.log1p(-x))
