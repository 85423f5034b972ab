"""Returns and advantages: pure functions of time-major arrays.

Arrays are (n_steps, n_episodes). ``discount_t`` already holds the end of an episode: it is the discount, and 0 where
the step was an episode's last, so that no value leaks from one episode into another.
"""

import numpy as np


def discounts(done: np.ndarray, discount: float) -> np.ndarray:
    """Return the discount of what follows each step: 0 after an episode's last step.

    Parameters
    ----------
    done : (n_steps, n_episodes) bool array
    discount : float
        In [0, 1].

    Returns
    -------
    (n_steps, n_episodes) float64 array
    """
    return np.where(done, 0.0, discount)


def reward_prediction_errors(
    r_t: np.ndarray, discount_t: np.ndarray, v_tm1: np.ndarray, v_t: np.ndarray
) -> np.ndarray:
    """Return the dopamine-like signal of every step.

    Parameters
    ----------
    r_t : (n_steps, n_episodes) array
        Reward for the action of each step.
    discount_t : (n_steps, n_episodes) array
        Discount of what follows; 0 after an episode's last step.
    v_tm1 : (n_steps, n_episodes) array
        Value when the action was chosen.
    v_t : (n_steps, n_episodes) array
        Value one step later.

    Returns
    -------
    (n_steps, n_episodes) array
        In units of reward.

    Notes
    -----
    ``delta_t = r_t + discount_t v_t - v_tm1``.

    References
    ----------
    Sutton & Barto 2018, eq. 6.5; Wang et al. 2018, Methods.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> float(reward_prediction_errors(one, 0.9 * one, 0.5 * one, 2 * one)[0, 0])
    2.3
    """
    assert np.ndim(r_t) == np.ndim(discount_t) == np.ndim(v_tm1) == np.ndim(v_t) == 2
    return r_t + discount_t * v_t - v_tm1


def discounted_returns(r_t: np.ndarray, discount_t: np.ndarray, bootstrap: np.ndarray) -> np.ndarray:
    """Return the discounted reward from each step to the end of the unroll.

    Parameters
    ----------
    r_t, discount_t : (n_steps, n_episodes) arrays
    bootstrap : (n_episodes,) array
        Value after the last step, standing for everything beyond the unroll.

    Returns
    -------
    (n_steps, n_episodes) float64 array

    Notes
    -----
    ``R_t = r_t + discount_t R_{t+1}``, ``R_{n_steps} = bootstrap``: the n-step return of Wang et al. 2018.

    Examples
    --------
    >>> r, d = np.array([[1.0], [0.0], [2.0]]), np.array([[0.5], [0.5], [0.0]])
    >>> discounted_returns(r, d, np.array([100.0])).ravel().tolist()
    [1.5, 1.0, 2.0]
    """
    assert np.ndim(r_t) == np.ndim(discount_t) == 2
    total, out = np.asarray(bootstrap, np.float64), np.empty(np.shape(r_t))
    for t in range(len(r_t) - 1, -1, -1):
        total = out[t] = r_t[t] + discount_t[t] * total
    return out


def generalised_advantages(error_t: np.ndarray, discount_t: np.ndarray, eligibility: float) -> np.ndarray:
    """Return advantages: reward prediction errors gathered over the steps to come.

    Parameters
    ----------
    error_t : (n_steps, n_episodes) array
        Reward prediction errors.
    discount_t : (n_steps, n_episodes) array
    eligibility : float
        In [0, 1]: 0 gives the error itself, 1 the n-step return less the value.

    Returns
    -------
    (n_steps, n_episodes) float64 array

    Notes
    -----
    ``A_t = delta_t + discount_t eligibility A_{t+1}``.

    References
    ----------
    Schulman et al. 2016, arXiv 1506.02438, eq. 16.

    Examples
    --------
    >>> generalised_advantages(np.array([[1.0], [2.0]]), np.array([[0.5], [0.0]]), 0.5).ravel().tolist()
    [1.5, 2.0]
    """
    assert np.ndim(error_t) == np.ndim(discount_t) == 2
    return discounted_returns(error_t, eligibility * discount_t, np.zeros(np.shape(error_t)[1]))
