"""How much people explore within a known horizon, and whether they go back to exploring after exploiting.

For tables whose ``choice`` is 1 for exploring and 0 for exploiting, whose blocks are sequences of ``n_days`` choices,
and whose first choice is imposed (``forced``). The optimal policy explores more early and in longer sequences,
and switches to exploiting at most once, so every return is an error. Source: Song, Bnaya & Ma 2019. How ours departs:
the forced first choice can be counted, as their figures do, or left out.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import UNIT, mean_interval
from analyses.style import colors, new_axes, styled
from cogmeta.errors import TrialTableError

_NEEDED = ("choice", "forced", "n_days")


def sequences(trials: pd.DataFrame, count_forced: bool = True) -> pd.DataFrame:
    """Return one row a sequence of choices.

    Parameters
    ----------
    trials : DataFrame
        Such as ``load_trials("song2019_explore_exploit")``.
    count_forced : bool
        Whether the forced choice of the first day counts as an exploration.

    Returns
    -------
    DataFrame
        ``subject, session, block, n_days, n_choices, n_explore, returned`` (whether an exploration follows an
        exploitation).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "session": 0, "block": 0, "trial": range(4), "n_days": 4,
    ...                        "choice": [1, 1, 0, 1], "forced": [True, False, False, False]})
    >>> sequences(trials)[["n_choices", "n_explore", "returned"]].values.tolist()
    [[4, 3, True]]
    """
    lacking = [column for column in _NEEDED if column not in trials]
    if lacking:
        raise TrialTableError(f"measures of exploration need the columns {list(_NEEDED)}; {lacking} missing.")
    choice = trials["choice"].astype("Float64").to_numpy(float, na_value=np.nan)
    free = np.where(trials["forced"].to_numpy(bool), np.nan, choice)
    explore = choice if count_forced else free
    exploited = pd.Series(free == 0).groupby([trials[name].to_numpy() for name in UNIT]).cumsum().to_numpy() > 0
    table = trials[[*UNIT, "n_days"]].assign(
        n_choices=~np.isnan(explore), n_explore=explore == 1, returned=(free == 1) & exploited,
    )
    grouped = table.groupby([*UNIT, "n_days"], sort=False)
    out = grouped.agg(n_choices=("n_choices", "sum"), n_explore=("n_explore", "sum"), returned=("returned", "max"))
    return out.reset_index()


def exploration(table: pd.DataFrame) -> pd.DataFrame:
    """Return how much was explored, by the number of days.

    Parameters
    ----------
    table : DataFrame
        From ``sequences``.

    Returns
    -------
    DataFrame
        One row a number of days: ``n_days, mean, low, high`` (P(explore) over subjects, 95 % interval),
        ``n_subjects``, ``pooled`` (of all choices), ``explorations`` (mean a sequence), ``returns`` (share of
        sequences with a return), ``n_sequences``.
    """
    subjects = table.groupby(["subject", "n_days"])[["n_explore", "n_choices"]].sum().reset_index()
    subjects["p"] = subjects["n_explore"] / subjects["n_choices"]
    out = mean_interval(subjects, "p", "n_days").rename(columns={"n": "n_subjects"})
    total = table.groupby("n_days").agg(
        n_explore=("n_explore", "sum"), n_choices=("n_choices", "sum"), explorations=("n_explore", "mean"),
        returns=("returned", "mean"), n_sequences=("returned", "size"),
    ).reset_index()
    out["pooled"] = total["n_explore"] / total["n_choices"]
    return out.merge(total[["n_days", "explorations", "returns", "n_sequences"]], on="n_days")


@styled
def plot_exploration(tables: dict[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw P(explore) by the number of days with 95 % intervals.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Name -> table of ``exploration``.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    for (name, table), color in zip(tables.items(), colors(tables).values(), strict=True):
        ends = np.abs(table[["low", "high"]].to_numpy(float).T - table["mean"].to_numpy(float))
        ax.errorbar(table["n_days"], table["mean"], yerr=np.nan_to_num(ends), fmt="o-", markersize=4, capsize=2,
                    color=color, label=name)
    ax.set_xlabel("Days in the sequence")
    ax.set_ylabel("P(explore)")
    ax.legend()
    return ax
