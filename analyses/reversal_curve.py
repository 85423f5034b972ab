"""Choices aligned to reversals: how soon the newly best arm is taken, and the formerly best one left alone.

A reversal is a trial whose best arm (by the hidden ``reward_probability_<arm>``) is not that of the trial before it in
the same episode. Shown in every study of reversal learning: accuracy falls below chance at the reversal, when people
go on with the arm that was best, and recovers. Source: the curves of Zorowitz et al. 2023, whose data are one of the
registered sets. How ours departs: the stretch before the first reversal is reported beside those after one.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.best_arm import arm_values, best_arm
from analyses.intervals import mean_interval
from analyses.style import REFERENCE, colors, new_axes, styled

_EPISODE = ["subject", "session", "block"]


def reversal_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Return every trial's place between reversals.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with ``reward_probability_<arm>`` columns, one arm best at any time.

    Returns
    -------
    DataFrame
        Rows as in ``trials``: ``subject, session, block, trial, n_reversals`` (before or on this trial, in the
        episode), ``position`` (trials since the reversal or the beginning, from 0), ``best`` and ``previous_best``
        (1.0 where the best, or formerly best, arm was taken; missing without a free choice, or before any reversal).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(4), "choice": [0, 0, 0, 1], "reward": [1, 1, 0, 1],
    ...                        "reward_probability_0": [0.8, 0.8, 0.2, 0.2],
    ...                        "reward_probability_1": [0.2, 0.2, 0.8, 0.8]})
    >>> reversal_trials(trials)[["n_reversals", "position", "best", "previous_best"]].values.tolist()
    [[0.0, 0.0, 1.0, nan], [0.0, 1.0, 1.0, nan], [1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]]
    """
    out = best_arm(trials).drop(columns=["rank", "regret"])
    arm = pd.Series(arm_values(trials).argmax(axis=1))
    keys = [out[name] for name in _EPISODE]
    before = arm.groupby(keys).shift()
    reversal = before.notna() & (before != arm)
    out["n_reversals"] = reversal.astype(int).groupby(keys).cumsum()
    stretch = [*keys, out["n_reversals"]]
    out["position"] = arm.groupby(stretch).cumcount()
    former = before.where(reversal).groupby(stretch).transform("first")
    chosen = pd.Series(pd.to_numeric(trials["choice"]).to_numpy(float, na_value=np.nan))
    out["previous_best"] = (chosen == former).astype(float).where(former.notna() & out["best"].notna())
    return out


def reversal_curve(trials: pd.DataFrame) -> pd.DataFrame:
    """Return how often the best and the formerly best arm are taken, by trials since the reversal.

    Parameters
    ----------
    trials : DataFrame
        As for ``reversal_trials``.

    Returns
    -------
    DataFrame
        ``measure`` ("best" or "previous_best"), ``after_reversal`` (bool), ``position`` (from 0), ``mean, low, high``
        (over subjects, 95 % interval), ``n_subjects, pooled, n_trials``.
    """
    table = reversal_trials(trials)
    table["after_reversal"] = table["n_reversals"] > 0
    curves = [_curve(table, "best"), _curve(table[table["after_reversal"]], "previous_best")]
    return pd.concat(curves, ignore_index=True)


def _curve(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    by = ["after_reversal", "position"]
    subjects = table.groupby(["subject", *by])[measure].mean().reset_index()
    out = mean_interval(subjects, measure, by).rename(columns={"n": "n_subjects"})
    pooled = table.groupby(by)[measure].agg(["mean", "count"]).reset_index()  # sorted as mean_interval sorts
    out["pooled"], out["n_trials"] = pooled["mean"], pooled["count"]
    out.insert(0, "measure", measure)
    return out


@styled
def plot_reversal_curve(curve: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the curves after a reversal with their 95 % bands.

    Parameters
    ----------
    curve : DataFrame
        From ``reversal_curve``.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    after = curve[curve["after_reversal"]]
    labels = {"best": "best arm", "previous_best": "formerly best arm"}
    for (measure, label), color in zip(labels.items(), colors(labels).values(), strict=True):
        line = after[after["measure"] == measure]
        ax.plot(line["position"], line["mean"], color=color, label=label)
        ax.fill_between(line["position"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
    ax.axvline(0, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set_xlabel("Trials since the reversal")
    ax.set_ylabel("Proportion of choices")
    ax.set_ylim(0, 1)
    ax.legend()
    return ax
