"""Gittins indices of Bernoulli arms, for a finite horizon and for discounted reward, and the player that goes by them.

The index of an arm is the certain payment per pull at which one would be indifferent between the arm, to be left at
any time, and the payment. It is found by calibration: for a grid of payments the value of the one-armed problem is
computed by backward induction, and the payment at which pulling stops being worth while is interpolated. Discounted,
the index policy is optimal (Gittins 1979); for a finite horizon, where it is used in Wang et al. 2016 and Duan et al.
2016, it is close to optimal, not exactly so.
"""

import functools

import numpy as np

from cogmeta.errors import UserError
from tasks.arms import ArmsTask
from tasks.bandit_players import BanditPlayer, Counts
from tasks.choosing import share_best

MOST_TRIALS = 500
"""Longest episode for which indices are computed: half a minute and half a gigabyte at 500, under a second at 100."""

MOST_OFFERED = 250
"""Longest episode for which ``players`` offers them unasked."""


class Gittins(BanditPlayer):
    """Pulls the arm of the highest Gittins index, with Beta(1, 1) priors.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1, of 1 to 500 trials an episode.
    discount : float, optional
        In (0, 1) for the discounted index; by default the finite horizon's, undiscounted.

    References
    ----------
    Gittins 1979, J R Stat Soc B 41:148.
    """

    name = "gittins"

    def __init__(self, task: ArmsTask, discount: float | None = None) -> None:
        super().__init__(task)
        n_trials = task.n_trials
        if not 1 <= n_trials <= MOST_TRIALS:
            raise UserError(f"Gittins indices are computed for 1 to {MOST_TRIALS} trials, got n_trials={n_trials}.")
        if discount is not None and not 0 < discount < 1:
            raise UserError(f"discount of Gittins indices must lie in (0, 1), got {discount}.")
        self.n_trials, self.index_discount = n_trials, discount

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms of the highest index."""
        pulls = counts.pulls
        played = pulls.sum(axis=1, keepdims=True)
        check_horizon(self.name, played, self.n_trials)
        if self.index_discount is not None:
            return share_best(discounted_indices(self.n_trials, self.index_discount)[pulls, counts.successes])
        return share_best(finite_indices(self.n_trials)[self.n_trials - played, pulls, counts.successes])


class ClosedFormGittins(BanditPlayer):
    """Pulls the arm of the highest closed-form index, an approximation for discounts near 1 taken at 1.

    Parameters
    ----------
    task : ArmsTask
        Whose rewards are 0 and 1.

    Notes
    -----
    ``m + v / (sqrt(n v) + m - 1/2)`` with ``n = 2 + pulls``, ``m`` the posterior mean, ``v = m (1 - m)``. It knows no
    horizon. Duan et al. 2016 had it among their baselines.

    References
    ----------
    Brezzi & Lai 2002, J Econ Dyn Control 27:87 (approximations of this kind); Duan et al. 2016, experiment code.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> agent = ClosedFormGittins(make_task("bandit/rl2_k2_n10"))
    >>> agent.logits(Counts(np.array([[1, 0]]), np.array([[0, 0]]))).tolist()
    [[0.0, -inf]]
    """

    name = "gittins-closed-form"

    def logits(self, counts: Counts) -> np.ndarray:
        """Share among the arms of the highest index."""
        mean, n = counts.posterior_mean, 2 + counts.pulls
        variance = mean * (1 - mean)
        return share_best(mean + variance / (np.sqrt(n * variance) + mean - 0.5))


def check_horizon(name: str, played: np.ndarray, n_trials: int) -> None:
    """Refuse an episode that goes on beyond the horizon that a player plans for."""
    if played.max(initial=0) >= n_trials:
        raise UserError(f"{name!r} plans for {n_trials} trials, but an episode has more. Make it with the n_trials of "
                        "the longest episode.")


@functools.lru_cache(maxsize=8)
def finite_indices(n_trials: int, n_payments: int = 401) -> np.ndarray:
    """Return the finite-horizon, undiscounted Gittins indices of Bernoulli arms.

    Parameters
    ----------
    n_trials : int
        Horizon.
    n_payments : int
        Grid points in [0, 1]; 401 gives indices to about 1e-5.

    Returns
    -------
    (n_trials + 1, n_trials + 1, n_trials + 1) float array
        At [m, n, s]: ``m`` >= 1 pulls remain, ``n`` were made, ``s`` of them paid; 0 outside m + n <= n_trials and s <= n. In
        single precision, good to 1e-5, for episodes of more than ``MOST_OFFERED`` trials.

    Notes
    -----
    Value of an arm that one pays ``x`` to pull and can leave for good: ``W_m = max(0, C_m)``,
    ``C_m(n, s) = p - x + p W_{m-1}(n + 1, s + 1) + (1 - p) W_{m-1}(n + 1, s)``, ``p = (1 + s) / (2 + n)``.
    The index is the ``x`` at which ``C_m = 0``.

    Examples
    --------
    >>> float(finite_indices(2)[1, 0, 0].round(6))  # one pull left: the posterior mean
    0.5
    """
    many = n_trials > MOST_OFFERED
    indices = np.zeros((n_trials + 1,) * 3, np.float32 if many else np.float64)
    payment = np.linspace(0, 1, n_payments, dtype=indices.dtype)
    for end in range(1, n_trials + 1):  # m + n, the pulls that were made and those that remain
        worth, buffer = np.zeros((end + 1, n_payments), payment.dtype), np.empty((end, n_payments), payment.dtype)
        for n in range(end - 1, -1, -1):
            mean = ((1 + np.arange(n + 1)) / (2 + n)).astype(payment.dtype)[:, None]
            pull = _pull(worth[1 : n + 2], worth[: n + 1], mean, payment, buffer[: n + 1])
            _cross(indices[end - n, n, : n + 1], pull, payment)
            np.maximum(pull, 0, out=worth[: n + 1])
    return indices


def _pull(paid: np.ndarray, unpaid: np.ndarray, mean: np.ndarray, payment: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return ``out``, filled with ``C = mean (1 + paid - unpaid) + unpaid - payment`` without further arrays."""
    np.subtract(paid, unpaid, out=out)
    out += 1
    out *= mean
    out += unpaid
    out -= payment
    return out


def _cross(indices: np.ndarray, pull: np.ndarray, payment: np.ndarray) -> None:
    """Interpolate where ``pull`` falls through 0 along its last axis."""
    after = np.count_nonzero(pull > 0, axis=-1)  # it only falls
    within = np.flatnonzero((after > 0) & (after < len(payment)))
    after = after[within]
    above, below = pull[within, after - 1], pull[within, after]
    indices[within] = payment[after - 1] + (payment[after] - payment[after - 1]) * above / (above - below)


@functools.lru_cache(maxsize=8)
def discounted_indices(n_trials: int, discount: float, n_payments: int = 801) -> np.ndarray:
    """Return the Gittins indices of Bernoulli arms under discounting.

    Parameters
    ----------
    n_trials : int
        Largest number of pulls wanted.
    discount : float
        In (0, 1).
    n_payments : int
        Grid points in [0, 1].

    Returns
    -------
    (n_trials + 1, n_trials + 1) float array
        At [n, s]: ``n`` pulls were made, ``s`` of them paid; 0 where s > n.

    Notes
    -----
    ``W = max(0, C)``, ``C(n, s) = p - x + discount (p W(n + 1, s + 1) + (1 - p) W(n + 1, s))``. The induction starts so
    far ahead (discount to that power is below 1e-7) that taking the arm's mean as known there does not matter.
    """
    indices = np.zeros((n_trials + 1, n_trials + 1))
    last = n_trials + int(np.ceil(np.log(1e-7) / np.log(discount)))
    for low in range(0, n_payments - 1, 25):
        payment = np.linspace(0, 1, n_payments)[low : low + 26]
        s = np.arange(last + 1)[:, None]
        worth = np.maximum(((1 + s) / (2 + last) - payment) / (1 - discount), 0)
        for n in range(last - 1, -1, -1):
            p = (1 + np.arange(n + 1)[:, None]) / (2 + n)
            pull = p - payment + discount * (p * worth[1:] + (1 - p) * worth[:-1])
            if n <= n_trials:
                _cross(indices[n, : n + 1], pull, payment)
            worth = np.maximum(pull, 0)
    return indices
