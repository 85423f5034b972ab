"""Correlation matrices in free coordinates, with the LKJ prior.

Row j of the Cholesky factor R of a correlation matrix has unit length and a positive last entry, so that it is
``(x_j, 1) / sqrt(1 + |x_j|^2)`` for free numbers x_j, one fewer than the row is long. In these the LKJ density of shape
η, proportional to ``|R R'|^(η - 1)``, is

    log p(x) = - Σ_j (K + 2 η - 1) / 2 log(1 + |x_j|^2)

with the Jacobian counted in. Each correlation is then ``2 Beta(η - 1 + K / 2, η - 1 + K / 2) - 1``.

References
----------
Lewandowski, Kurowicka & Joe 2009, J Multivar Anal 100:1989. The coordinates are ours: a row's density becomes that of a
multivariate t distribution, and neither tanh nor stick-breaking is needed.
"""

import numpy as np

SHAPE = 2.0
"""η: with 1 all correlation matrices are alike likely, larger ones prefer small correlations."""


def correlation_factor(free: np.ndarray, k: int) -> np.ndarray:
    """Return Cholesky factors (..., k, k) of correlation matrices, of free coordinates (..., k (k - 1) / 2).

    Examples
    --------
    >>> correlation_factor(np.array([0.75]), 2).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    rows = _rows(free, k)
    return rows / _lengths(rows)


def correlation_start(correlation: np.ndarray) -> np.ndarray:
    """Return the free coordinates (k (k - 1) / 2,) of a correlation matrix."""
    factor = np.linalg.cholesky(correlation)
    return (factor / np.diag(factor)[:, None])[np.tril_indices(len(factor), -1)]


def correlation_slope(free: np.ndarray, factor_slope: np.ndarray) -> np.ndarray:
    """Return a slope by the free coordinates, from that by the factors (..., k, k)."""
    k = factor_slope.shape[-1]
    rows = _rows(free, k)
    length = _lengths(rows)
    factor = rows / length
    along = (factor * factor_slope).sum(axis=-1, keepdims=True)
    return ((factor_slope - factor * along) / length)[(..., *np.tril_indices(k, -1))]


def lkj_log_density(free: np.ndarray, k: int, shape: float = SHAPE) -> np.ndarray:
    """Return the log-density (...) of free coordinates (..., k (k - 1) / 2), up to a constant."""
    return -(k + 2 * shape - 1) * np.log(_lengths(_rows(free, k))).sum(axis=(-2, -1))


def lkj_slope(free: np.ndarray, k: int, shape: float = SHAPE) -> np.ndarray:
    """Return the slope of ``lkj_log_density``."""
    rows = _rows(free, k)
    return -(k + 2 * shape - 1) * (rows / _lengths(rows) ** 2)[(..., *np.tril_indices(k, -1))]


def _rows(free: np.ndarray, k: int) -> np.ndarray:
    rows = np.zeros((*free.shape[:-1], k, k)) + np.eye(k)
    rows[(..., *np.tril_indices(k, -1))] = free
    return rows


def _lengths(rows: np.ndarray) -> np.ndarray:
    return np.sqrt((rows**2).sum(axis=-1, keepdims=True))
