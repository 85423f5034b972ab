"""From scores to choices: logits that share among the best options, take the first of the best, or are certain.

All are log-probabilities up to a constant, ``-inf`` for what is never taken.
"""

import numpy as np


def certain(action: np.ndarray, n_actions: int) -> np.ndarray:
    """Return (n, n_actions) log-probabilities of somebody who does not hesitate: 0 for the action that is taken.

    Parameters
    ----------
    action : (n,) int array
        In [0, n_actions).
    n_actions : int

    Examples
    --------
    >>> certain(np.array([1, 0]), 3).tolist()
    [[-inf, 0.0, -inf], [0.0, -inf, -inf]]
    """
    return np.where(action[:, None] == np.arange(n_actions), 0.0, -np.inf)


def share_best(score: np.ndarray) -> np.ndarray:
    """Return logits that share all probability among the best of each row; a tie is equality to 1e-12.

    Examples
    --------
    >>> share_best(np.array([[0.5, 0.5, 0.1]])).tolist()
    [[0.0, 0.0, -inf]]
    """
    return np.where(score >= score.max(axis=1, keepdims=True) - 1e-12, 0.0, -np.inf)


def first_best(score: np.ndarray) -> np.ndarray:
    """Return logits that take the first of the best of each row, as ``argmax`` does.

    Examples
    --------
    >>> first_best(np.array([[0.5, 0.5, 0.1]])).tolist()
    [[0.0, -inf, -inf]]
    """
    return certain(score.argmax(axis=1), score.shape[1])


TIES = {"shared": share_best, "first": first_best}
"""What to do where several options are best."""
