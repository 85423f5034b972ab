"""What an agent loses against always taking the best arm: expected regret and suboptimal pulls.

Expected regret of trial t is mu* - mu_a, with mu the true reward probabilities of that trial (hidden from the agent,
in the table as ``reward_probability_0, _1, ...``), mu* the largest of them and a the arm taken; the outcome itself does
not enter, so that luck does not. Source: Wang et al. 2016, section 3.1 (the axis of their figures, 0 to 4, is the
default here). A trial without a response, or with an imposed choice, adds nothing and has
a missing value.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import UNIT, by_unit, mean_interval
from analyses.style import colors, new_axes, styled
from cogmeta.errors import TrialTableError
from cogmeta.families import BANDIT
from cogmeta.trials import free_choices, validate_trials

_ARM = re.compile(r"reward_probability_(\d+)$")


def cumulative_regret(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the expected regret of every trial and its sum within the episode.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with ``reward_probability_<arm>`` columns.

    Returns
    -------
    DataFrame
        ``subject, session, block, trial`` (counted from 0 within the episode), ``regret`` (units of reward,
        missing where nothing was chosen), ``cumulative_regret``, ``suboptimal`` (1.0 where a better arm was left
        alone) and ``cumulative_suboptimal``. Rows as in ``trials``.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(3), "choice": [0, 1, 0], "reward": [1, 0, 0],
    ...                        "reward_probability_0": 0.25, "reward_probability_1": 0.75})
    >>> cumulative_regret(trials)["cumulative_regret"].tolist()
    [0.5, 0.5, 1.0]
    """
    means = reward_probabilities(trials)
    trials = free_choices(validate_trials(trials, BANDIT, n_options=means.shape[1]), BANDIT)
    regret = trial_regret(trials, means)
    out = trials[list(UNIT)].copy()
    episode = _episode(trials)
    out["trial"] = out.groupby(episode).cumcount()
    out["regret"] = regret
    out["cumulative_regret"] = out["regret"].fillna(0.0).groupby(episode).cumsum()
    out["suboptimal"] = np.where(np.isnan(regret), np.nan, regret > 0)
    out["cumulative_suboptimal"] = out["suboptimal"].fillna(0.0).groupby(episode).cumsum()
    return out


def suboptimal_pulls(trials: pd.DataFrame) -> pd.DataFrame:
    """Return how often each episode took an arm that was not the best.

    Parameters
    ----------
    trials : DataFrame
        As for ``cumulative_regret``.

    Returns
    -------
    DataFrame
        ``subject, session, block``, ``suboptimal_pulls`` and ``n_trials`` (with a response).
    """
    grouped = cumulative_regret(trials).groupby(list(UNIT), sort=False)["suboptimal"]
    return grouped.agg(suboptimal_pulls="sum", n_trials="count").reset_index()


def total_regret(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the mean regret and suboptimal pulls of whole episodes, with 95 % intervals over subjects.

    Parameters
    ----------
    trials : DataFrame
        As for ``cumulative_regret``.

    Returns
    -------
    DataFrame
        Two rows, ``measure`` ``"regret"`` and ``"suboptimal"``: ``mean, low, high, n``. An episode without any
        response has no regret, rather than none lost, and does not enter.
    """
    table = cumulative_regret(trials)
    rows = []
    for measure in ("regret", "suboptimal"):
        totals = table.groupby(list(UNIT), sort=False)[measure].sum(min_count=1)
        totals = totals.reset_index(name="total").assign(measure=measure)
        rows.append(mean_interval(by_unit(totals, "total", "measure"), "total", "measure"))
    return pd.concat(rows, ignore_index=True)


def regret_curve(table: pd.DataFrame, value: str = "cumulative_regret") -> pd.DataFrame:
    """Return the mean over subjects at every trial, with its 95 % interval.

    Parameters
    ----------
    table : DataFrame
        From ``cumulative_regret``.
    value : {"cumulative_regret", "regret", "suboptimal", "cumulative_suboptimal"}

    Returns
    -------
    DataFrame
        ``trial, mean, low, high, n``. Units are subjects, or the episodes of a lone subject.
    """
    return mean_interval(by_unit(table, value, "trial"), value, "trial")


@styled
def plot_cumulative_regret(
    tables: Mapping[str, pd.DataFrame],
    ax: Axes | None = None,
    value: str = "cumulative_regret",
    top: float | None = 4.0,
) -> Axes:
    """Draw the mean cumulative regret of several agents over trials, with bands of 95 %.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> table of ``regret_curve``, or of ``cumulative_regret`` (which is then averaged).
    ax : Axes, optional
    value : str
        What is drawn, see ``regret_curve``.
    top : float, optional
        The vertical axis ends here if all means do; it grows where they do not. None leaves it free.

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, 3.6, 2.7)
    curves = {name: table if "low" in table else regret_curve(table, value) for name, table in tables.items()}
    for (name, curve), color in zip(curves.items(), colors(curves).values(), strict=True):
        trial = curve["trial"] + 1
        ax.plot(trial, curve["mean"], color=color, label=name)
        ax.fill_between(trial, curve["low"], curve["high"], color=color, alpha=0.2, linewidth=0)
    highest = max(curve["mean"].max() for curve in curves.values())
    ax.set_ylim(0, top if top is not None and "regret" in value and highest <= top else None)
    ax.set_xlim(1, max(curve["trial"].max() for curve in curves.values()) + 1)
    ax.set_xlabel("Trial")
    ax.set_ylabel(_LABELS[value])
    crowded = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    ax.legend(**(crowded if len(curves) > 3 else {"loc": "upper left"}))
    return ax


_LABELS = {
    "cumulative_regret": "Cumulative regret\n(expected reward lost)",
    "regret": "Regret\n(expected reward lost a trial)",
    "suboptimal": "P(suboptimal arm)",
    "cumulative_suboptimal": "Suboptimal pulls (cumulative)",
}


def reward_probabilities(trials: pd.DataFrame) -> np.ndarray:
    """Return the hidden reward probabilities of a bandit table, (n_trials, n_arms), or say that they are not there."""
    columns = sorted((c for c in map(str, trials.columns) if _ARM.match(c)), key=lambda c: int(_ARM.match(c)[1]))
    expected = [f"reward_probability_{arm}" for arm in range(len(columns))]
    if len(columns) < 2 or columns != expected:
        raise TrialTableError("regret and best arms need the true reward probability of each arm in the columns "
                              f"reward_probability_0, reward_probability_1, ...; found {columns or 'none'}. "
                              "Tables of simulated agents have them.")
    return trials[columns].to_numpy(float)


def best_arm(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials,) float: 1 where the best arm of a validated bandit table was taken, 0 where not, else NaN."""
    regret = trial_regret(trials, reward_probabilities(trials))
    return np.where(np.isnan(regret), np.nan, regret == 0)


def trial_regret(trials: pd.DataFrame, means: np.ndarray) -> np.ndarray:
    """Return (n_trials,) mu* - mu_a, NaN where nothing was chosen."""
    choice = trials["choice"].to_numpy(float, na_value=np.nan)
    answered = ~np.isnan(choice)
    taken = means[np.arange(len(means)), np.where(answered, choice, 0).astype(int)]
    return np.where(answered, means.max(axis=1) - taken, np.nan)


def _episode(trials: pd.DataFrame) -> np.ndarray:
    return trials.groupby(list(UNIT), sort=False).ngroup().to_numpy()
