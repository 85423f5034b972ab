"""People and rats beside networks: statistics of their trials where these are at hand, else the same statistics as measured before.

``python -m figures.people`` measures all of them and writes ``figures/measured/people_<measure>.csv``; a test holds the files to
the trials. Nothing is downloaded. Sources: the data sets of ``cogmeta.data`` (Miller, Botvinick & Brody 2022, rats; Feher da Silva
& Hare 2020; Shahar et al. 2019; Zorowitz et al. 2023). How ours departs: regressions of people are pooled, since a person's 200 trials
do not bear twenty weights, with an interval by jackknife over groups of people; those of rats are means over rats.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analyses.intervals import CONFIDENCE, mean_interval
from analyses.multi_lag_regression import multi_lag_regression
from analyses.reversal_curve import reversal_curve
from analyses.stay_probability import group_stay, stay_probability
from cogmeta.data.load import load_trials
from cogmeta.data.locate import local_path
from cogmeta.files import atomic_path

N_GROUPS = 20
"""Groups of people that the jackknife leaves out in turn; fewer where there are fewer people."""


@dataclass(frozen=True)
class Group:
    """Whose trials, of which data set.

    Attributes
    ----------
    data_set : str
        For ``load_trials``.
    options : dict
        For ``load_trials``.
    one_by_one : bool
        Whether each subject has enough trials for a regression of its own.
    """

    data_set: str
    options: Mapping[str, Any] = field(default_factory=dict)
    one_by_one: bool = False


TWO_STEP = {
    "rats": Group("miller2022_rat_twostep", one_by_one=True),
    "people, magic carpet": Group("feher2020_twostep", {"story": "magic_carpet"}),
    "people, NSPN": Group("shahar2019_twostep_nspn", {"measurement": 2}),
}
"""Name -> group of two-step subjects; rats played the task without a second choice, people that of Daw et al. 2011."""

REVERSAL = {"people": Group("zorowitz2023_reversal3", {"sample": "analysed"})}


def lags_of(trials: pd.DataFrame, group: Group) -> pd.DataFrame:
    """Return ``term, lag, coefficient, low, high`` of the multi-lag regression of a group.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table.
    group : Group
        One regression a subject and their means, or one of all with an interval by jackknife.
    """
    if group.one_by_one:
        each = multi_lag_regression(trials, per_subject=True)
        return mean_interval(each, "coefficient", ["term", "lag"]).rename(columns={"mean": "coefficient"}).drop(columns="n")
    whole = multi_lag_regression(trials)
    code, names = pd.factorize(trials["subject"])
    n = min(N_GROUPS, len(names))
    left_out = np.stack([multi_lag_regression(trials[code % n != one])["coefficient"].to_numpy(float) for one in range(n)])
    error = np.sqrt((n - 1) * left_out.var(axis=0))
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * error
    return whole[["term", "lag", "coefficient"]].assign(low=whole["coefficient"] - half, high=whole["coefficient"] + half)


MEASURES: dict[str, tuple[Mapping[str, Group], Callable[[pd.DataFrame, Group], pd.DataFrame]]] = {
    "stay": (TWO_STEP, lambda trials, group: group_stay(stay_probability(trials))),
    "multi_lag": (TWO_STEP, lags_of),
    "reversal": (REVERSAL, lambda trials, group: reversal_curve(trials)),
}
"""Name -> groups, and what is measured of each."""


def people(measure: str, fresh: bool = True) -> pd.DataFrame:
    """Return a statistic of every group, with the columns ``group`` and ``source`` (their trials, or as measured before).

    Parameters
    ----------
    measure : {"stay", "multi_lag", "reversal"}
    fresh : bool
        Whether trials that are at hand are measured anew, which takes some ten seconds for regressions.
    """
    groups, function = MEASURES[measure]
    before, rows = measured(measure), []
    for name, group in groups.items():
        if fresh and local_path(group.data_set, None):
            rows.append(function(load_trials(group.data_set, **group.options), group).assign(group=name, source="their trials"))
        else:
            rows.append(before[before["group"] == name].assign(source="measured before"))
    return pd.concat(rows, ignore_index=True)


def measured(measure: str) -> pd.DataFrame:
    """Return a statistic of every group as it was measured when the project was made."""
    with files("figures").joinpath("measured", f"people_{measure}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def write_measured() -> None:
    """Measure every group from its trials, and write the files."""
    for measure, (groups, function) in MEASURES.items():
        rows = [function(load_trials(group.data_set, **group.options), group).assign(group=name) for name, group in groups.items()]
        with atomic_path(str(files("figures").joinpath("measured", f"people_{measure}.csv"))) as part:
            pd.concat(rows, ignore_index=True).round(5).to_csv(part, index=False)


if __name__ == "__main__":
    write_measured()
