"""How often a bandit's arm is taken again, by what it paid: win-stay and lose-shift.

Observed in every learner of values: more staying after reward than after none. Source: the measure is old (Robbins
1952); the two rules for the trial before are those of ``analyses.trial_history``. How ours departs: a reward above
``threshold`` counts as rewarded, so that points can be used too, and pairs never join two episodes.
"""

import numpy as np
import pandas as pd

from analyses.intervals import mean_interval
from cogmeta.families import BANDIT
from cogmeta.trials import episode_rows, free_choices, validate_trials


def stay_after_outcome(trials: pd.DataFrame, adjacent: bool = False, threshold: float = 0.0) -> pd.DataFrame:
    """Return how often each subject took the same arm again, after reward and after none.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table.
    adjacent : bool
        False: trials without a response are dropped, then neighbours are paired. True: only trials with consecutive
        numbers are paired.
    threshold : float
        Rewards above it count as reward, in units of reward.

    Returns
    -------
    DataFrame
        Two rows a subject: ``subject, reward`` (bool, of the trial before), ``stay`` (proportion, missing where n is
        0), ``n`` (pairs), ``flag`` (why ``stay`` is missing, else empty).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(4), "choice": [0, 0, 1, 1], "reward": [1, 0, 0, 1]})
    >>> stay_after_outcome(trials)[["reward", "stay", "n"]].values.tolist()
    [[True, 1.0, 1], [False, 0.5, 2]]
    """
    trials = free_choices(validate_trials(trials, BANDIT, reward_range=(-np.inf, np.inf)), BANDIT)
    now, before = _pairs(trials, adjacent)
    choice = trials["choice"].to_numpy(float, na_value=np.nan)
    subject, names = pd.factorize(trials["subject"])
    place = 2 * subject[now] + (trials["reward"].to_numpy()[before] <= threshold)
    n = np.bincount(place, minlength=2 * len(names))
    n_stay = np.bincount(place, weights=choice[now] == choice[before], minlength=len(n))
    return pd.DataFrame({
        "subject": np.repeat(np.asarray(names), 2), "reward": np.tile([True, False], len(names)),
        "stay": np.divide(n_stay, n, out=np.full(len(n), np.nan), where=n > 0), "n": n,
        "flag": np.where(n > 0, "", "no such trial before a choice"),
    })


def group_stay_after_outcome(table: pd.DataFrame) -> pd.DataFrame:
    """Return the group's staying after reward and after none: every subject counts once.

    Parameters
    ----------
    table : DataFrame
        From ``stay_after_outcome``.

    Returns
    -------
    DataFrame
        Two rows: ``reward, stay`` (mean over the subjects that have such pairs), ``low, high`` (95 % interval of that
        mean), ``n_subjects``, ``pooled`` (proportion of all pairs), ``n_pairs``.
    """
    out = mean_interval(table, "stay", "reward").rename(columns={"mean": "stay", "n": "n_subjects"})
    pairs = table.assign(n_stay=table["stay"].fillna(0) * table["n"]).groupby("reward")[["n_stay", "n"]].sum()
    out["pooled"] = (pairs["n_stay"] / pairs["n"].where(pairs["n"] > 0)).to_numpy()
    out["n_pairs"] = pairs["n"].to_numpy()
    return out.iloc[::-1].reset_index(drop=True)


def _pairs(trials: pd.DataFrame, adjacent: bool) -> np.ndarray:
    """Return (2, n_pairs) rows: trials with a choice, and the trial before each in its episode."""
    rows = episode_rows(trials, BANDIT)
    pairs = np.stack([rows[1:].T.ravel(), rows[:-1].T.ravel()])
    pairs = pairs[:, pairs[0] >= 0]
    number = trials["trial"].to_numpy(int)[pairs]
    return pairs[:, number[0] - number[1] == 1] if adjacent else pairs
