"""What is chosen in the bandit with an informative arm: the arm that tells, the target, or another.

Source: Wang et al. 2016, experiment 3: the informed way is to take the informative arm once, on the first trial, and
the target that it names ever after.
"""

import pandas as pd

from analyses.intervals import UNIT, by_unit, mean_interval
from cogmeta.errors import TrialTableError
from cogmeta.families import BANDIT
from cogmeta.trials import validate_trials

KINDS = ("informative", "target", "other")


def informed_choice(trials: pd.DataFrame, n_targets: int = 10) -> pd.DataFrame:
    """Return the share of episodes that take each kind of arm, trial by trial.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with the column ``target``; arm ``n_targets`` is the informative one.
    n_targets : int

    Returns
    -------
    DataFrame
        One row a trial and kind: ``trial`` (from 0 within the episode), ``kind`` ("informative", "target", "other"),
        ``mean, low, high, n`` (share of the episodes, 95 % interval over subjects, number of subjects).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": [0, 1], "choice": [10, 3], "reward": [0.4, 5.0], "target": 3})
    >>> informed_choice(trials).query("mean == 1")["kind"].tolist()
    ['informative', 'target']
    """
    if "target" not in trials:
        raise TrialTableError("which arm is the target must stand in the column 'target'; tables of simulated agents have it.")
    trials = validate_trials(trials, BANDIT, n_options=n_targets + 1, reward_range=(-float("inf"), float("inf")))
    trials = trials.assign(trial=trials.groupby(list(UNIT), sort=False).cumcount()).dropna(subset=["choice"])
    taken = {"informative": trials["choice"] == n_targets, "target": trials["choice"] == trials["target"]}
    taken["other"] = ~(taken["informative"] | taken["target"])
    tables = [mean_interval(by_unit(trials.assign(share=taken[kind].astype(float)), "share", "trial"), "share", "trial")
              .assign(kind=kind) for kind in KINDS]
    return pd.concat(tables, ignore_index=True)[["trial", "kind", "mean", "low", "high", "n"]]
