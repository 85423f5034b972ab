"""Random walks that are reflected at two bounds, and their belief on a grid: what drifting bandits are made of."""

import numpy as np
from scipy.special import ndtri


def reflect(position: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return positions folded back into [low, high] at its reflecting ends, as often as it takes.

    Examples
    --------
    >>> reflect(np.array([0.2, 0.5, 0.8]), 0.25, 0.75).round(3).tolist()
    [0.3, 0.5, 0.7]
    """
    position = high - np.abs(high - (low + np.abs(position - low)))
    while position.size and position.min() < low:
        position = high - np.abs(high - (low + np.abs(position - low)))
    return position


def grid(low: float, high: float, n_points: int) -> np.ndarray:
    """Return (n_points,) middles of equal cells between two bounds."""
    return low + (high - low) * (np.arange(n_points) + 0.5) / n_points


def walk_matrix(low: float, high: float, n_points: int, step_sd: float) -> np.ndarray:
    """Return the probabilities of one Gaussian step of a reflected walk between grid cells.

    Parameters
    ----------
    low, high : float
        Bounds of the walk.
    n_points : int
        Cells between them.
    step_sd : float
        Standard deviation of a step, >= 0.

    Returns
    -------
    (n_points, n_points) float array
        From (row), to (column); rows sum to 1.

    Examples
    --------
    >>> walk_matrix(0.0, 1.0, 3, 0.0).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if not step_sd:
        return np.eye(n_points)
    quantile = ndtri((np.arange(1000) + 0.5) / 1000)
    landed = reflect(grid(low, high, n_points)[:, None] + step_sd * quantile, low, high)
    cell = np.clip(((landed - low) / (high - low) * n_points).astype(int), 0, n_points - 1)
    counts = np.stack([np.bincount(row, minlength=n_points) for row in cell])
    return counts / counts.sum(axis=1, keepdims=True)
