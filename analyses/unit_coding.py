"""What single units of a network code: partial correlations of their activity with factors, and the share that codes each.

The partial correlation of a unit with one factor is the correlation of what is left of both once the other factors are
regressed out. Source: Wang et al. 2018, figure 2e (last action, last reward, their product, value). How ours departs:
the paper counts units by significance, whose threshold is not printed and which grows with the number of episodes
played; we count those whose absolute partial correlation exceeds a named size.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout

CODED = 0.1
"""Absolute partial correlation above which a unit is said to code a factor (a small effect, Cohen 1988)."""


def partial_correlations(activity: np.ndarray, factors: pd.DataFrame) -> pd.DataFrame:
    """Return the partial correlation of every unit with every factor, the other factors held.

    Parameters
    ----------
    activity : (n_samples, n_units) float array
    factors : DataFrame
        (n_samples, n_factors) numbers.

    Returns
    -------
    DataFrame
        One row a unit and factor: ``unit, factor, partial_correlation`` (in [-1, 1]; 0 for a unit that never moves).

    Raises
    ------
    UserError
        A factor does not vary, or is a sum of the others.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> factors = pd.DataFrame({"action": rng.normal(size=500), "reward": rng.normal(size=500)})
    >>> activity = factors[["action"]].to_numpy() * 2.0
    >>> partial_correlations(activity, factors)["partial_correlation"].abs().round(2).tolist()
    [1.0, 0.0]
    """
    activity = np.asarray(activity, float)
    design = check_factors(factors)
    rows = []
    for k, name in enumerate(factors):
        others = np.delete(design, k + 1, axis=1)
        left = residuals(others, np.column_stack([design[:, k + 1], activity]))
        rows.append(pd.DataFrame({"unit": range(activity.shape[1]), "factor": name, "partial_correlation": _correlation(left[:, 0], left[:, 1:])}))
    return pd.concat(rows, ignore_index=True)


def check_factors(factors: pd.DataFrame) -> np.ndarray:
    """Return the design of a regression on factors, (n_samples, 1 + n_factors), ones first; raise where they cannot be told apart."""
    design = np.column_stack([np.ones(len(factors)), factors.to_numpy(float)])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise UserError(f"the factors {list(factors)} cannot be told apart: one does not vary, or is a sum of the others.")
    return design


def residuals(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return what least squares on a design (n_samples, n_columns) leaves of values (n_samples, ...)."""
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def _correlation(one: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Return the correlation of residuals (means are zero) with each column; 0 for a column of rounding errors."""
    size = np.sqrt((many**2).sum(axis=0) * (one**2).sum())
    moves = size > 1e-9 * len(one)
    return np.where(moves, one @ many / np.where(moves, size, 1.0), 0.0)


def last_trial_factors(rollout: Rollout) -> tuple[np.ndarray, pd.DataFrame]:
    """Return what units do before each choice of a two-armed bandit, and what they may code.

    Parameters
    ----------
    rollout : Rollout
        Of one step a trial, with the activity ``"hidden"`` and the agent's value.

    Returns
    -------
    activity : (n_samples, n_units) float array
        From the second trial on.
    factors : DataFrame
        ``last action`` and ``last reward`` (-1 or 1), their product ``action x reward``, and ``value``.
    """
    action = np.where(rollout.action[:-1] == 0, 1.0, -1.0).ravel()
    reward = np.where(rollout.reward[:-1] > 0, 1.0, -1.0).ravel()
    activity = rollout.activity["hidden"][1:]
    factors = pd.DataFrame({"last action": action, "last reward": reward, "action x reward": action * reward,
                            "value": rollout.value[1:].ravel()})
    return activity.reshape(-1, activity.shape[-1]), factors


def coding_share(table: pd.DataFrame, threshold: float = CODED) -> pd.Series:
    """Return, by factor, the share of units whose absolute partial correlation exceeds a threshold.

    Parameters
    ----------
    table : DataFrame
        From ``partial_correlations``.
    threshold : float
    """
    coded = table["partial_correlation"].abs() > threshold
    return coded.groupby(table["factor"], sort=False).mean()


@styled
def plot_unit_coding(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the absolute partial correlation of every unit by factor, with means.

    Parameters
    ----------
    table : DataFrame
        From ``partial_correlations``.
    ax : Axes, optional
    """
    ax = new_axes(ax, 2.8, 2.4)
    size = table["partial_correlation"].abs()
    names = list(table["factor"].unique())
    for place, name in enumerate(names):
        one = size[table["factor"] == name].to_numpy()
        ax.bar(place, one.mean(), width=0.7, color=PALETTE[0], alpha=0.3)
        spread = 0.5 * ((np.arange(len(one)) * 0.618) % 1 - 0.5)  # a fixed scatter, so that points do not hide each other
        ax.plot(place + spread, one, "o", markersize=2, color=PALETTE[0], alpha=0.6, markeredgewidth=0)
    ax.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
    ax.set_ylim(0, 1)
    ax.set_ylabel("|Partial correlation| of a unit")
    return ax
