"""Whether people look further where looking further can pay: choices of the horizon task by the horizon of the game.

At the first free choice of a game, with unequal information ([1 3]) the less seen arm is the informative one: taking it
is directed exploration. With equal information ([2 2]) taking the arm with the lower observed mean is random
exploration. Both should be more frequent where more choices follow. Source: Wilson et al. 2014 (J Exp Psychol Gen
143:2074). How ours departs: observed means that are equal have no lower one and are left out.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import UNIT, mean_interval
from analyses.style import colors, new_axes, styled
from cogmeta.errors import TrialTableError
from cogmeta.families import BANDIT
from cogmeta.fitting import fit
from cogmeta.trials import validate_trials

MEASURES = {"high_information": "P(more informative)", "low_mean": "P(lower mean)"}
"""Column of ``first_free_choices`` -> label of its axis."""


def first_free_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the imposed trials and the first free one of every game: what the horizon model is fitted to.

    Parameters
    ----------
    trials : DataFrame
        Of the horizon task, with the columns ``forced`` and ``horizon``; a game is a block, or an episode.
    """
    lacking = [name for name in ("forced", "horizon") if name not in trials]
    if lacking:
        raise TrialTableError(f"measures of the horizon task need the columns 'forced' and 'horizon'; {lacking} missing.")
    table = validate_trials(trials, BANDIT, n_options=2, reward_range=(-np.inf, np.inf))
    n_free = (~table["forced"]).astype(int).groupby([table[name] for name in UNIT]).cumsum()
    return table[table["forced"] | (n_free == 1)].reset_index(drop=True)


def first_free_choices(trials: pd.DataFrame) -> pd.DataFrame:
    """Return one row a game: what was taken at the first free choice.

    Parameters
    ----------
    trials : DataFrame
        See ``first_free_trials``.

    Returns
    -------
    DataFrame
        ``subject, session, block, horizon, mean_difference`` (observed, arm 0 minus arm 1), ``high_information`` (1.0
        where the less seen arm was taken; missing where both were seen alike), ``low_mean`` (1.0 where the arm with
        the lower observed mean was taken; missing where information was unequal, or the means were equal).

    Examples
    --------
    >>> game = pd.DataFrame({"subject": "a", "trial": range(5), "choice": [0, 1, 1, 1, 0],
    ...                      "reward": [40, 50, 60, 55, 45], "forced": [True] * 4 + [False], "horizon": 1})
    >>> first_free_choices(game)[["mean_difference", "high_information"]].values.tolist()
    [[-15.0, 1.0]]
    """
    table = first_free_trials(trials)
    keys = list(UNIT)
    looks = table[table["forced"]].groupby([*keys, "choice"], sort=False)["reward"].agg(["mean", "size"]).unstack("choice")
    free = table[~table["forced"] & table["choice"].notna()].set_index(keys)
    looks = looks.reindex(free.index)
    choice = free["choice"].to_numpy(int)
    difference = (looks["mean"][0] - looks["mean"][1]).to_numpy(float)
    more = (looks["size"][1].fillna(0) - looks["size"][0].fillna(0)).to_numpy(float)  # > 0: arm 0 is the informative one
    high = np.where(more == 0, np.nan, choice == (more < 0))
    low = np.where((more != 0) | (difference == 0) | np.isnan(difference), np.nan, choice == (difference > 0))
    columns = {"horizon": free["horizon"].to_numpy(), "mean_difference": difference, "high_information": high, "low_mean": low}
    return free.index.to_frame(index=False).assign(**columns)


def exploration_by_horizon(games: pd.DataFrame) -> pd.DataFrame:
    """Return both measures by horizon, over subjects.

    Parameters
    ----------
    games : DataFrame
        From ``first_free_choices``.

    Returns
    -------
    DataFrame
        ``measure, horizon, mean, low, high`` (95 % interval over subjects; missing for one), ``n_subjects``,
        ``pooled`` (of all games), ``n_games``.
    """
    parts = []
    for measure in MEASURES:
        own = games.groupby(["subject", "horizon"])[measure].mean().dropna().reset_index()
        part = mean_interval(own, measure, "horizon").rename(columns={"n": "n_subjects"})
        pooled = games.groupby("horizon")[measure].agg(["mean", "count"]).loc[part["horizon"].tolist()]
        part["pooled"], part["n_games"] = pooled["mean"].to_numpy(), pooled["count"].to_numpy()
        parts.append(part.assign(measure=measure))
    out = pd.concat(parts, ignore_index=True)
    return out[["measure", "horizon", *(c for c in out if c not in ("measure", "horizon"))]]


def fit_by_horizon(
    trials: pd.DataFrame, reward_range: tuple[float, float], method: str = "map", seed: int = 0
) -> pd.DataFrame:
    """Return information bonus, decision noise and side bias of every subject at each horizon.

    Parameters
    ----------
    trials : DataFrame
        See ``first_free_trials``.
    reward_range : tuple of float
        Smallest and largest reward that can be, such as (1, 100) of points, or ``task.spec.reward_range``.
    method : str
        Of ``cogmeta.fitting.fit``.
    seed : int
        Of the fits' starts.

    Returns
    -------
    DataFrame
        The table of a fit, with the column ``horizon`` in front.
    """
    table = first_free_trials(trials)
    tables = []
    for horizon, own in table.groupby("horizon"):
        fitted = fit("bandit/information_bonus", own, method=method, reward_range=reward_range, seed=seed)
        tables.append(fitted.table.assign(horizon=horizon))
    out = pd.concat(tables, ignore_index=True)
    return out[["horizon", *(c for c in out if c != "horizon")]]


@styled
def plot_exploration_by_horizon(
    tables: Mapping[str, pd.DataFrame], measure: str = "high_information", ax: Axes | None = None
) -> Axes:
    """Draw one measure of exploration by horizon, with 95 % intervals.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> table of ``exploration_by_horizon``.
    measure : {"high_information", "low_mean"}
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    for (name, table), color in zip(tables.items(), colors(tables).values(), strict=True):
        rows = table[table["measure"] == measure]
        ends = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["mean"].to_numpy(float))
        ax.errorbar(rows["horizon"], rows["mean"], yerr=np.nan_to_num(ends), fmt="o-", markersize=4, capsize=2, color=color,
                    label=name)
    ax.set_xticks(sorted({h for table in tables.values() for h in table["horizon"]}))
    ax.set_xlabel("Horizon (free choices)")
    ax.set_ylabel(MEASURES[measure])
    ax.legend()
    return ax
