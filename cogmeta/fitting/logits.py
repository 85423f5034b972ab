"""What the logits of a choice tell of each lane: log-likelihood, slope and curvature, summed over trials.

Logits have the axes (option, trial, slab, lane) and are relative to the first option, which has no row; ``taken`` is one-hot,
(option, trial, lane), and zero where nothing is scored. Slab 0 holds what the model says, the others what it says when one
parameter is displaced.
"""

import numpy as np

CELLS = 10_000
"""Trials, times lanes, on which functions of one number run at once: what they need in between stays in a processor's cache."""


def log_probability(z: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return log softmax of the option taken, (trial, lane); ``z`` has no axis of slabs."""
    if len(z) == 1:
        return _two_options(z[0], taken)[0]
    top = np.maximum(z.max(axis=0), 0.0)
    norm = top + np.log(np.exp(-top) + np.exp(z - top).sum(axis=0))
    return (taken[1:] * z).sum(axis=0) - norm * taken.sum(axis=0)


def slope(z: np.ndarray, taken: np.ndarray, slabs: np.ndarray, displacement: float) -> tuple[np.ndarray, np.ndarray]:
    """Return log-likelihood and score of each lane, a column a slab of ``slabs``; z is used up."""
    jacobian = np.subtract(z[:, :, 1:], z[:, :, :1], out=z[:, :, 1:])
    if len(z) == 1:
        each, residual, _ = _two_options(z[0, :, 0], taken)
        residual = residual[None]
    else:
        each = log_probability(z[:, :, 0], taken)
        residual = taken[1:] - _probability(z[:, :, 0], taken)
    score = np.einsum("otkl,otl->lk", jacobian, residual) / displacement
    return each.sum(axis=0, dtype=float), score[:, slabs - 1]


def curvature(
    z: np.ndarray, taken: np.ndarray, slabs: np.ndarray, displacement: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log-likelihood, score and Fisher matrix of each lane, a row a slab of ``slabs``; z is used up."""
    jacobian = np.subtract(z[:, :, 1:], z[:, :, :1], out=z[:, :, 1:])
    if len(z) == 1:
        each, residual, variance = _two_options(z[0, :, 0], taken)
        score, fisher = _sums(jacobian[0], residual, variance)
    else:
        each = log_probability(z[:, :, 0], taken)
        score, fisher = _many_options(z[:, :, 0], jacobian, taken)
    own = slabs - 1
    return each.sum(axis=0, dtype=float), score[:, own] / displacement, fisher[:, own[:, None], own] / displacement**2


def _two_options(z: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log-probability of the option taken, its residual and the variance p (1 - p), all (trial, lane)."""
    out = np.empty((3, *z.shape), z.dtype)
    size = max(1, CELLS // max(1, z.shape[1]))
    for first in range(0, len(z), size):
        some = slice(first, first + size)
        sign = taken[1, some] - taken[0, some]
        scored, ahead = np.abs(sign), sign * z[some]
        share = np.exp(-np.abs(ahead))
        inverse = 1 / (1 + share)
        share *= inverse
        np.multiply(scored, np.minimum(ahead, 0.0) + np.log(inverse), out=out[0, some])
        np.multiply(sign, np.where(ahead > 0, share, inverse), out=out[1, some])
        np.multiply(scored, share * inverse, out=out[2, some])
    return tuple(out)


def _many_options(z: np.ndarray, jacobian: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return score and Fisher matrix where there are three options or more."""
    p = _probability(z, taken)
    mean = (p[:, :, None] * jacobian).sum(axis=0)
    flat = (-1, *jacobian.shape[2:])
    score, raw = _sums(jacobian.reshape(flat), (taken[1:] - p).reshape(-1, flat[-1]), p.reshape(-1, flat[-1]))
    return score, raw - _sums(mean, mean[:, 0], np.ones_like(mean[:, 0]))[1]


def _probability(z: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the probabilities of all options but the first, 0 where nothing is scored; axes (option, trial, lane)."""
    top = np.maximum(z.max(axis=0), 0.0)
    weight = np.exp(z - top)
    return taken.sum(axis=0) * weight / (np.exp(-top) + weight.sum(axis=0))


def _sums(jacobian: np.ndarray, residual: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sum J r and sum J w J' over the first axis; axes (row, slab, lane). Slabs that are zero cost nothing."""
    n_slabs, n_lanes = jacobian.shape[1:]
    score, fisher = np.zeros((n_lanes, n_slabs)), np.zeros((n_lanes, n_slabs, n_slabs))
    live = [k for k in range(n_slabs) if jacobian[::16, k].any() or jacobian[:, k].any()]
    for i, k in enumerate(live):
        score[:, k] = np.einsum("tl,tl->l", jacobian[:, k], residual)
        weighted = weight * jacobian[:, k]
        for j in live[i:]:
            fisher[:, k, j] = fisher[:, j, k] = np.einsum("tl,tl->l", weighted, jacobian[:, j])
    return score, fisher
