"""What can be read out of activity by a linear readout that never saw the episode.

Ridge regression from activity to a latent quantity, cross-validated over whole episodes: samples of one episode are
much alike, and a readout that has seen some of them would know the others by the episode, not by the latent quantity.
Source: Wang et al. 2018, figure 3b (volatility read out of a network). How ours departs: the paper does not say how
its readout was fitted.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, new_axes, styled
from cogmeta.errors import UserError


def cross_validated_readout(
    activity: np.ndarray, target: np.ndarray, rng: np.random.Generator, n_folds: int = 5, penalty: float = 1.0
) -> np.ndarray:
    """Return a linear readout's estimate of a latent quantity in episodes that it was not fitted to.

    Parameters
    ----------
    activity : (n_steps, n_episodes, n_units) float array
    target : (n_steps, n_episodes) array of numbers
    rng : numpy.random.Generator
        Shares the episodes among the folds.
    n_folds : int
        >= 2, at most the number of episodes.
    penalty : float
        Of the ridge regression, > 0, in units of the mean variance of a unit; 1 weighs as much as one sample.

    Returns
    -------
    (n_steps, n_episodes) float array

    Raises
    ------
    UserError
        Fewer episodes than folds, or shapes that do not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> activity = rng.normal(size=(20, 10, 3))
    >>> readout = cross_validated_readout(activity, activity[..., 0] > 0, rng)
    >>> float(np.corrcoef(readout.ravel(), activity[..., 0].ravel())[0, 1]) > 0.95
    True
    """
    n_steps, n_episodes, n_units = np.shape(activity)
    if np.shape(target) != (n_steps, n_episodes):
        raise UserError(f"target must have shape {(n_steps, n_episodes)}, one number a step and episode, got {np.shape(target)}.")
    if not 2 <= n_folds <= n_episodes:
        raise UserError(f"n_folds must lie between 2 and the number of episodes, {n_episodes}, got {n_folds}.")
    fold = rng.permutation(np.arange(n_episodes) % n_folds)
    readout = np.empty((n_steps, n_episodes))
    for one in range(n_folds):
        held = fold == one
        weights, middle, base = _ridge(activity[:, ~held].reshape(-1, n_units), np.asarray(target, float)[:, ~held].ravel(), penalty)
        readout[:, held] = (activity[:, held] - middle) @ weights + base
    return readout


def _ridge(activity: np.ndarray, target: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return weights, the activity's mean and the target's mean."""
    middle, base = activity.mean(axis=0), target.mean()
    centred = activity - middle
    gram = centred.T @ centred
    ridge = penalty * np.trace(gram) / gram.size**0.5 / len(target)
    return np.linalg.solve(gram + ridge * np.eye(len(gram)), centred.T @ (target - base)), middle, float(base)


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> float:
    """Return the probability that a score is higher where ``positive`` is true than where it is false; ties count half.

    Parameters
    ----------
    score : array of numbers
    positive : bool array of the same shape

    Examples
    --------
    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    score, positive = np.ravel(score), np.ravel(positive).astype(bool)
    n_positive, n_negative = positive.sum(), (~positive).sum()
    if not n_positive or not n_negative:
        raise UserError("both kinds of samples are needed: all are of one kind.")
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((rank[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


@styled
def plot_readout(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the course of a readout over trials, a colour a group of episodes.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``trial`` (from 0) and ``readout``, the mean over the episodes of the group.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for color, (name, rows) in zip(PALETTE, table.groupby("group", sort=False), strict=False):
        ax.plot(rows["trial"] + 1, rows["readout"], color=color, linewidth=1.1, label=name)
    ax.set_xlabel("Trial")
    ax.set_ylabel("Readout")
    return ax
