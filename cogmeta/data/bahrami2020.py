"""A restless four-armed bandit (Bahrami & Navajas 2020): 965 people, 150 trials, three fixed schedules of payoffs.

Observed: the arm chosen, the points it paid, the response time, and what each arm would have paid. Source: a copy in a
public repository that differs from the file of the authors' archive in its column names alone. How the file is
recoded: arms are 1 to 4 there and 0 to 3 here; the text ``NaN`` (no response within 4 seconds, 4934 trials) becomes a
missing choice and reward; there is no trial number, so trials are counted in the order of the rows, from 0. Rewards
stay points. The walks of the registered task are of the same kind, but these three schedules were made beforehand.
Response times stay as they are: one is negative and 931 exceed the deadline.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError

COMMIT = "a835fc396f0eab2b618a2df7acf45302c2b906c6"
FILE = "DataAllSubjectsRewards.csv"
SCHEDULES = (2, 3, 4)
N_ARMS = 4


def read(paths: Mapping[str, Path], schedule: int | None = None) -> pd.DataFrame:
    """Read the trials of one or all schedules of payoffs.

    Parameters
    ----------
    paths : mapping of str to Path
    schedule : {2, 3, 4}, optional
        The schedule's number in the file; by default all.

    Returns
    -------
    DataFrame
        The bandit columns, ``rt`` (seconds), ``schedule`` and ``payoff_<arm>`` (points).
    """
    raw = pd.read_csv(paths[FILE])
    if schedule is not None:
        raw = raw[raw["payoff_structure"] == schedule].reset_index(drop=True)
    payoff = raw[[f"reward_{arm + 1}" for arm in range(N_ARMS)]].to_numpy(float)
    trials = pd.DataFrame({
        "subject": raw["user"], "trial": raw.groupby("user").cumcount(), "choice": raw["choice"] - 1,
        "reward": raw["reward"].astype(float), "rt": raw["time"] / 1000, "schedule": raw["payoff_structure"],
    })
    _check_payoffs(trials, payoff)
    return trials.assign(**{f"payoff_{arm}": payoff[:, arm] for arm in range(N_ARMS)})


def _check_payoffs(trials: pd.DataFrame, payoff: np.ndarray) -> None:
    """Refuse a file in which somebody did not receive what the chosen arm paid."""
    row = np.flatnonzero(trials["choice"].notna())
    paid = payoff[row, trials["choice"].to_numpy()[row].astype(int) % N_ARMS]
    wrong = row[paid != trials["reward"].to_numpy()[row]]
    if len(wrong):
        raise TrialTableError(f"{FILE} says reward {trials['reward'][wrong[0]]:g} at row {wrong[0]}, but not that the "
                              "chosen arm paid it. Compare it with the original: cogmeta data check.")


BAHRAMI2020 = DataSet(
    name="bahrami2020_restless4",
    family="bandit",
    task="bandit/restless4",
    who="965 people",
    n_subjects=965,
    licence="MIT of the repository of a third party that holds the copy; the licence of the authors' archive "
            "(https://osf.io/f3t2a) was not read",
    citation="Bahrami, B., & Navajas, J. (2020). 4 arm bandit task dataset. OSF.",
    doi="10.17605/OSF.IO/F3T2A",
    source="https://github.com/oomcth/Deep-learning-Multi-armed-bandits",
    files=(
        DataFile(FILE, f"https://github.com/oomcth/Deep-learning-Multi-armed-bandits/raw/{COMMIT}/{FILE}",
                 "3f0664d85dfef5220410cac0a162dedd4fa25939fbef21a2e7e0099c3ecc1bdf"),
    ),
    read=read,
    options={"schedule": SCHEDULES},
    n_options=N_ARMS,
    reward_range=(0.0, 100.0),
    settings={"reward_scale": 1.0, "n_trials": 150},
    columns={
        "rt": "response time in seconds, as recorded",
        "schedule": "number of the payoff schedule, the same for all its people",
        "payoff_0 ... payoff_3": "points that each arm paid on that trial",
    },
    statistics=(
        "people, rows, missed trials, people a schedule", "share of each arm",
        "P(best arm) pooled, mean over people, by schedule, by trial",
        "mean reward pooled, mean over people, by schedule",
        "mean payoff of a random chooser", "mean regret and rank of the chosen arm", "P(repeat)", "response times",
    ),
)
"""The largest restless bandit that is public; cite the data set when using it."""
