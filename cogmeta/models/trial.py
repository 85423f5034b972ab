"""One trial as a model's ``update`` sees it, and the shapes that models and their callers agree on."""

from types import SimpleNamespace

import numpy as np


class Trial(SimpleNamespace):
    """What happened in one trial, one attribute a column of the trial table.

    Choices and states are one-hot: ``(n_options, *lanes)`` float arrays, 1 for the option taken (masks are faster than
    indexing, and shorter to write). Outcomes, ``reward`` above all, are ``(*lanes)`` float arrays.
    """


def in_tuple(logits: np.ndarray | tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """Return what a policy returned as a tuple, one array a choice."""
    return logits if isinstance(logits, tuple) else (logits,)


def one_hot(index: np.ndarray, n_options: int) -> np.ndarray:
    """Return (n_options, *index.shape) floats: 1 where ``index`` names the option, 0 for negative indices.

    Examples
    --------
    >>> one_hot(np.array([1, 0, -1]), 2)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    index = np.asarray(index)
    return (index == np.arange(n_options).reshape(-1, *(1,) * index.ndim)).astype(np.float64)
