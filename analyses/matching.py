"""Herrnstein's matching law: are choices divided between two arms as the income from them is?

For every episode: log2 (choices of arm 0 / choices of arm 1) against log2 (rewards from arm 0 / rewards from arm 1), and
the line through them, ``log2 C0/C1 = bias + slope * log2 R0/R1`` (the generalised matching law, Baum 1974). A slope of 1 is
matching, less is undermatching. Source: Wang et al. 2018, figure 2a and d, after Tsutsui et al. 2016. How ours departs:
episodes in which an arm was never chosen or never paid have no ratio and are left out; their number is told.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.families import BANDIT
from cogmeta.trials import validate_trials

UNIT = ["subject", "session", "block"]


def matching_ratios(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the log ratios of every episode.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table of two arms with rewards >= 0.

    Returns
    -------
    DataFrame
        One row an episode: ``subject, session, block, log_choice_ratio, log_income_ratio`` (log2, arm 0 over arm 1),
        missing where a count is zero.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(6), "choice": [0, 0, 0, 0, 1, 1], "reward": [1, 1, 0, 0, 1, 0]})
    >>> matching_ratios(trials)[["log_choice_ratio", "log_income_ratio"]].values.tolist()
    [[1.0, 1.0]]
    """
    trials = validate_trials(trials, BANDIT, n_options=2, reward_range=(0.0, np.inf)).dropna(subset=["choice"])
    first = (trials["choice"] == 0).astype(float)
    parts = trials[UNIT].assign(c0=first, c1=1 - first, r0=first * trials["reward"], r1=(1 - first) * trials["reward"])
    sums = parts.groupby(UNIT, sort=False)[["c0", "c1", "r0", "r1"]].sum()
    ratios = {name: _log_ratio(sums[a], sums[b]) for name, a, b in (("log_choice_ratio", "c0", "c1"), ("log_income_ratio", "r0", "r1"))}
    return pd.DataFrame(ratios, index=sums.index).reset_index()


def _log_ratio(above: pd.Series, below: pd.Series) -> np.ndarray:
    defined = (above > 0) & (below > 0)
    return np.where(defined, np.log2(above.where(defined, 1.0)) - np.log2(below.where(defined, 1.0)), np.nan)


def matching_line(ratios: pd.DataFrame) -> dict[str, float]:
    """Return the line of the generalised matching law, by least squares.

    Parameters
    ----------
    ratios : DataFrame
        From ``matching_ratios``.

    Returns
    -------
    dict
        ``slope``, ``bias`` (log2 units), ``n_episodes`` that have both ratios, and ``n_without``, those that have not.
    """
    both = ratios.dropna(subset=["log_choice_ratio", "log_income_ratio"])
    slope, bias = np.polyfit(both["log_income_ratio"], both["log_choice_ratio"], 1)
    return {"slope": float(slope), "bias": float(bias), "n_episodes": len(both), "n_without": len(ratios) - len(both)}


def distance_from_line(ratios: pd.DataFrame, line: dict[str, float]) -> float:
    """Return how far, on average, episodes lie beyond a line, in log2 units of the choice ratio.

    Distances are taken outward: positive where the richer arm is chosen more often than the line says.
    """
    both = ratios.dropna(subset=["log_choice_ratio", "log_income_ratio"])
    residual = both["log_choice_ratio"] - line["bias"] - line["slope"] * both["log_income_ratio"]
    return float((np.sign(both["log_income_ratio"]) * residual).mean())


@styled
def plot_matching(groups: dict[str, pd.DataFrame], line: dict[str, float], ax: Axes | None = None) -> Axes:
    """Draw choice ratios against income ratios, one colour a group of episodes, with a fitted line and the identity.

    Parameters
    ----------
    groups : dict of str to DataFrame
        Name -> table of ``matching_ratios``.
    line : dict
        From ``matching_line``.
    ax : Axes, optional
    """
    ax = new_axes(ax, 2.9, 2.7)
    ends = np.array([-4.0, 4.0])
    ax.plot(ends, ends, color=REFERENCE, linewidth=0.8, linestyle=":", label="matching")
    ax.plot(ends, line["bias"] + line["slope"] * ends, color="black", linewidth=1, label=f"slope {line['slope']:.2f}")
    for color, (name, ratios) in zip(PALETTE, groups.items(), strict=False):
        ax.plot(ratios["log_income_ratio"], ratios["log_choice_ratio"], "o", markersize=2.5, alpha=0.5, color=color, markeredgewidth=0,
                label=name)
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set_aspect("equal")
    ax.set_xlabel("log2 (income ratio)")
    ax.set_ylabel("log2 (choice ratio)")
    ax.legend(loc="upper left", fontsize=6.5, handletextpad=0.4)
    return ax
