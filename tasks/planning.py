"""Planning with a finite horizon: backward induction over batches of Markov decision processes.

Sources: Puterman 1994, section 4.3 (backward induction); Jaksch, Ortner & Auer 2010 (the optimistic transition of
UCRL2). Arrays start with the batch axis; time comes first in results, as steps left less one.
"""

import numpy as np


def action_values(
    transition: np.ndarray, reward: np.ndarray, horizon: int, later_bonus: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return the best expected reward to the end after every action in every state.

    Parameters
    ----------
    transition : (n, n_states, n_actions, n_states) float array
        Probability of each next state.
    reward : (n, n_states, n_actions) float array
        Mean reward of each action.
    horizon : int
        Steps, >= 1.
    later_bonus : (n, n_states, n_actions) float array, optional
        Added for every step that remains after this one: for optimism about where an action leads.

    Returns
    -------
    (horizon, n, n_states, n_actions) float array
        Row ``m`` with m + 1 steps left.

    Notes
    -----
    ``Q_1 = R``, ``Q_{m+1}(s, a) = R(s, a) + m bonus(s, a) + sum_s' P(s' | s, a) max_a' Q_m(s', a')``.

    Examples
    --------
    >>> stay_or_go = np.array([[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]])
    >>> action_values(stay_or_go, np.array([[[0.0, 0.0], [1.0, 0.0]]]), horizon=2)[-1, 0].tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    n, n_states, n_actions = reward.shape
    flat = transition.reshape(n, n_states * n_actions, n_states)
    value = np.zeros((n, n_states), reward.dtype)
    out = np.empty((horizon, *reward.shape), reward.dtype)
    for m in range(horizon):
        out[m] = reward + m * later_bonus + np.matmul(flat, value[..., None]).reshape(reward.shape)
        value = out[m].max(axis=-1)
    return out


def optimistic_action_values(
    transition: np.ndarray, reward: np.ndarray, slack: np.ndarray, horizon: int, accumulate: bool = False
) -> np.ndarray:
    """Return action values under the most hopeful transitions within a distance of the given ones.

    Parameters
    ----------
    transition, reward, horizon
        As in ``action_values``; add the optimism about rewards to ``reward``.
    slack : (n, n_states, n_actions) float array
        Largest L1 distance between the hopeful transition probabilities and the given ones, >= 0.
    accumulate : bool
        Whether each step starts from the hopeful transitions of the step after it (unless all probability had moved),
        so that hope adds up: a slip of a public program with which published numbers were made.

    Returns
    -------
    (horizon, n, n_states, n_actions) float array

    Notes
    -----
    Half of the slack is added to the next state of the highest value and taken from those of the lowest, first from
    the worst.

    References
    ----------
    Jaksch, Ortner & Auer 2010, J Mach Learn Res 11:1563, figure 2.
    """
    value = np.zeros(reward.shape[:2], reward.dtype)
    out = np.empty((horizon, *reward.shape), reward.dtype)
    for m in range(horizon):
        order = value.argsort(axis=1)
        ranked = np.take_along_axis(transition, order[:, None, None, :], axis=-1)
        ascending = np.take_along_axis(value, order, axis=1)[:, None, None, :]
        below = ranked[..., :-1].cumsum(axis=-1)
        gained = np.minimum(slack / 2, below[..., -1])  # what the best can gain is what the others have
        below = np.maximum(below - gained[..., None], 0)  # the worst lose first
        best = ascending[..., 0, -1][..., None]
        # sum of p v by parts: v_last less the cumulated probability times each rise of value
        out[m] = reward + best - (below * np.diff(ascending, axis=-1)).sum(axis=-1)
        value = out[m].max(axis=-1)
        if accumulate:
            transition = _moved(transition, below, order, slack / 2 <= gained)
    return out


def _moved(transition: np.ndarray, below: np.ndarray, order: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return transitions whose cumulated probabilities, worst state first, are ``below`` (``where``), else as they were."""
    ones = np.ones_like(below[..., :1])
    ranked = np.diff(np.concatenate([0 * ones, below, ones], axis=-1), axis=-1)
    place = order.argsort(axis=1)[:, None, None, :]
    return np.where(where[..., None], np.take_along_axis(ranked, place, axis=-1), transition)
