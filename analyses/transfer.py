"""Whether what one first-stage state taught is used in the other: the mark of planning where transitions are certain.

In a two-step task with two first-stage states the option taken last is repeated (it leads to the same second-stage
state) more often the more it paid. After the *same* first-stage state every learner does so. After the *other* one only
planning does: its values belong to second-stage states, those of a model-free learner to options of one first-stage
state. Source: Kool, Cushman & Gershman 2016 (PLoS Comput Biol 12:e1005090); Doll et al. 2015 (Nat Neurosci 18:767).

How ours departs: the reward before is split at the table's mean, or enters the regression in standard deviations. A
model-free learner has a small effect after the other state too, since points that drift slowly make the rewards of one
second-stage state alike; what tells learners apart is the difference between same and other.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.logistic import fit_logistic
from analyses.style import REFERENCE, colors, new_axes, styled
from analyses.trial_history import lagged_rows
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.trials import validate_trials

STARTS = ("same", "other")
"""The first-stage state of a trial, seen from the one before."""


def transfer(trials: pd.DataFrame, adjacent: bool = False) -> pd.DataFrame:
    """Return how often each subject repeated an option, by what it paid and by whether the first-stage state is the same.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table with the column ``state1``.
    adjacent : bool
        How trials are paired, see ``analyses.trial_history``.

    Returns
    -------
    DataFrame
        Four rows a subject: ``subject, start`` ("same" or "other"), ``high`` (the reward before lay above the table's
        mean), ``stay`` (proportion in [0, 1], missing where n is 0), ``n`` (pairs).

    Raises
    ------
    UserError
        The table has no column ``state1``.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(3), "state1": [0, 0, 1], "choice1": [0, 0, 1],
    ...                        "state2": [0, 0, 1], "reward": [1.0, 0.2, 0.3]})
    >>> transfer(trials).query("n > 0")[["start", "high", "stay"]].values.tolist()
    [['same', True, 1.0], ['other', False, 0.0]]
    """
    table, now, before = _pairs(trials, adjacent)
    reward = table["reward"].to_numpy(float)
    pairs = pd.DataFrame({
        "subject": table["subject"].to_numpy()[now], "start": _start(table, now, before),
        "high": reward[before] > np.nanmean(reward), "stay": _stays(table, now, before),
    })
    cells = pd.MultiIndex.from_product([pd.unique(table["subject"]), STARTS, [True, False]],
                                       names=["subject", "start", "high"])
    grouped = pairs.groupby(["subject", "start", "high"])["stay"].agg(stay="mean", n="count")
    return grouped.reindex(cells).fillna({"n": 0}).astype({"n": int}).reset_index()


def transfer_regression(trials: pd.DataFrame, adjacent: bool = False) -> pd.DataFrame:
    """Return how strongly the reward before speaks for repeating the option, after the same state and after the other.

    Parameters
    ----------
    trials : DataFrame
        As in ``transfer``.
    adjacent : bool

    Returns
    -------
    DataFrame
        Two rows: ``start``, then the columns of ``LogisticFit.table`` of the effect of reward (log odds per standard
        deviation of the table's rewards), and ``n_pairs``. All pairs count as independent, which those of one person
        are not.

    Notes
    -----
    ``logit P(stay) = b0 + b1 (r - mean r) / sd r``, fitted to the pairs of each kind.
    """
    table, now, before = _pairs(trials, adjacent)
    reward = table["reward"].to_numpy(float)
    z = (reward - np.nanmean(reward)) / np.nanstd(reward)
    stays, start = _stays(table, now, before), _start(table, now, before)
    rows = []
    for kind in STARTS:
        here = start == kind
        fit = fit_logistic(np.column_stack([np.ones(here.sum()), z[before][here]]), stays[here])
        rows.append(fit.table().iloc[1:].assign(start=kind, n_pairs=fit.n))
    out = pd.concat(rows, ignore_index=True)
    return out[["start", *(c for c in out if c != "start")]]


def _pairs(trials: pd.DataFrame, adjacent: bool) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    table = validate_trials(trials, TWO_STEP, reward_range=(-np.inf, np.inf))
    if "state1" not in table:
        raise UserError("transfer needs the column state1, the first-stage state of each trial; found "
                        f"{[str(c) for c in trials.columns]}. With one first-stage state, see analyses.stay_probability.")
    now, before = lagged_rows(table, 1, adjacent)
    return table, now, before


def _stays(table: pd.DataFrame, now: np.ndarray, before: np.ndarray) -> np.ndarray:
    choice = table["choice1"].to_numpy(float, na_value=np.nan)
    return choice[now] == choice[before]


def _start(table: pd.DataFrame, now: np.ndarray, before: np.ndarray) -> np.ndarray:
    state1 = table["state1"].to_numpy(float, na_value=np.nan)
    return np.where(state1[now] == state1[before], *STARTS)


@styled
def plot_transfer(tables: Mapping[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw how much more often an option is repeated after a high than after a low reward, with 95 % intervals.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> table of ``transfer``.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, 3.0, 2.5)
    width = 0.8 / len(tables)
    for k, (name, color) in enumerate(colors(tables).items()):
        group = mean_interval(_differences(tables[name]), "difference", "start").set_index("start").loc[list(STARTS)]
        place = np.arange(2) + (k - (len(tables) - 1) / 2) * width
        half = np.nan_to_num(group["high"] - group["mean"])
        ax.bar(place, group["mean"], width=0.9 * width, color=color, alpha=0.85, label=name)
        ax.errorbar(place, group["mean"], yerr=half, fmt="none", ecolor="black", elinewidth=1, capsize=2)
    ax.axhline(0, color=REFERENCE, linewidth=0.8)
    ax.set_xticks([0, 1], STARTS)
    ax.set_xlabel("First-stage state of the trial before")
    ax.set_ylabel("P(stay | high) - P(stay | low)")
    if len(tables) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _differences(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.pivot(index=["subject", "start"], columns="high", values="stay")
    return (wide[True] - wide[False]).rename("difference").reset_index()
