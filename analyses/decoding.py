"""What can be read out of activity by a linear readout that never saw the episode.

Ridge regression (scikit-learn's) from standardised activity to a latent quantity, cross-validated over whole episodes:
samples of one episode are much alike, and a readout that has seen some of them would know the others by the episode, not
by the latent quantity.
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
        Of the ridge regression on standardised units, > 0; 1 weighs as much as one sample.

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
    # here and below, because loading scikit-learn takes a second that other analyses and figures need not spend
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    n_steps, n_episodes, n_units = np.shape(activity)
    if np.shape(target) != (n_steps, n_episodes):
        raise UserError(f"target must have shape {(n_steps, n_episodes)}, one number a step and episode, got {np.shape(target)}.")
    if not 2 <= n_folds <= n_episodes:
        raise UserError(f"n_folds must lie between 2 and the number of episodes, {n_episodes}, got {n_folds}.")
    fold = rng.permutation(np.arange(n_episodes) % n_folds)
    readout = make_pipeline(StandardScaler(), Ridge(alpha=penalty))
    said = cross_val_predict(readout, np.reshape(activity, (-1, n_units)), np.ravel(target).astype(float), cv=LeaveOneGroupOut(),
                             groups=np.broadcast_to(fold, (n_steps, n_episodes)).ravel())
    return said.reshape(n_steps, n_episodes)


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
    from sklearn.metrics import roc_auc_score

    positive = np.ravel(positive).astype(bool)
    if positive.all() or not positive.any():
        raise UserError("both kinds of samples are needed: all are of one kind.")
    return float(roc_auc_score(positive, np.ravel(score)))


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
