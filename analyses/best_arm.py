"""Whether the arm taken was the best one of its trial, how good it was among all, and what it gave away.

Taken from what the task hid: ``reward_probability_<arm>`` (random outcomes) or ``payoff_<arm>`` (points that every arm
would have paid). Any arm with the largest value is best, so ties count as best; the rank is 1 plus the number of arms
that are strictly better. Source: usual measures of bandit studies (Daw et al. 2006 report the share of best choices).
"""

import re

import numpy as np
import pandas as pd

from analyses.intervals import mean_interval
from analyses.regret import trial_regret
from cogmeta.errors import TrialTableError
from cogmeta.families import BANDIT, INDEX
from cogmeta.trials import free_choices, validate_trials

_HIDDEN = ("payoff", "reward_probability")


def arm_values(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials, n_arms) float: what each arm paid, or how likely it paid, as the table has it.

    Raises
    ------
    TrialTableError
        The table has neither ``payoff_<arm>`` nor ``reward_probability_<arm>`` columns for two arms or more.
    """
    for stem in _HIDDEN:
        arms = sorted(int(m.group(1)) for c in trials if (m := re.fullmatch(rf"{stem}_(\d+)", str(c))))
        if len(arms) > 1 and arms == list(range(len(arms))):
            return trials[[f"{stem}_{arm}" for arm in arms]].to_numpy(float)
    raise TrialTableError("to tell which arm is best the table needs the columns payoff_0, payoff_1, ... or "
                          f"reward_probability_0, reward_probability_1, ...; found {[str(c) for c in trials]}.")


def best_arm(trials: pd.DataFrame) -> pd.DataFrame:
    """Return for every trial whether the best arm was taken.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with the arms' hidden values, see ``arm_values``.

    Returns
    -------
    DataFrame
        Rows as in ``trials``: ``subject, session, block, trial, best`` (1.0 or 0.0), ``rank`` (1 is best), ``regret``
        (value of the best arm minus that of the arm taken), the last three missing where nothing was chosen, or
        where the choice was imposed.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": [0, 1], "choice": [0, 1], "reward": [20, 20],
    ...                        "payoff_0": [20, 30], "payoff_1": [20, 20], "payoff_2": [5, 25]})
    >>> best_arm(trials)[["best", "rank", "regret"]].values.tolist()
    [[1.0, 1.0, 0.0], [0.0, 3.0, 10.0]]
    """
    values = arm_values(trials)
    trials = validate_trials(trials, BANDIT, n_options=values.shape[1], reward_range=(-np.inf, np.inf))
    trials = free_choices(trials, BANDIT)
    chosen = trials["choice"].to_numpy(float, na_value=np.nan)
    answered = ~np.isnan(chosen)
    taken = np.take_along_axis(values, np.where(answered, chosen, 0).astype(int)[:, None], axis=1)
    rank = 1.0 + (values > taken).sum(axis=1)
    return trials[list(INDEX)].assign(
        best=np.where(answered, rank == 1, np.nan), rank=np.where(answered, rank, np.nan),
        regret=trial_regret(trials, values),
    )


def best_rate(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Return how often the best arm was taken, over all trials or by a column.

    Parameters
    ----------
    table : DataFrame
        From ``best_arm``, with further columns assigned at will (a group, a position within the block).
    by : str, optional

    Returns
    -------
    DataFrame
        One row, or one a value of ``by``: ``mean, low, high`` (over subjects, each one's proportion; 95 %
        interval), ``n_subjects``, ``pooled`` (proportion of all trials), ``n_trials``.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["a", "a", "b"], "best": [1.0, 1.0, 0.0]})
    >>> best_rate(table)[["mean", "pooled"]].round(3).values.tolist()
    [[0.5, 0.667]]
    """
    group = [by] if by else ["all"]
    table = table if by else table.assign(all="all")
    subjects = table.groupby(["subject", *group])["best"].mean().reset_index()
    out = mean_interval(subjects, "best", group).rename(columns={"n": "n_subjects"})
    pooled = table.groupby(group)["best"].agg(["mean", "count"]).loc[out[group[0]].tolist()]
    out["pooled"], out["n_trials"] = pooled["mean"].to_numpy(), pooled["count"].to_numpy()
    return out if by else out.drop(columns="all")
