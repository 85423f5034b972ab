"""Explore or exploit within a known horizon (Song, Bnaya & Ma 2019): 447 people in five experiments.

Observed: on each of 5 to 10 days a person tries a new restaurant (a fresh reward between 1 and 5) or returns to the
best one so far (its known reward); the number of days is shown. Source: the authors' MATLAB files, one a person. How
they are recoded, to fit the bandit tables: ``choice`` is 1 for exploring and 0 for exploiting, so the two options are
acts and not arms (an arm's value learnt by trial and error describes them badly; ``best_before`` is what exploiting
would have paid). A sequence of days is a ``block``, its days are ``trial`` 0, 1, ...; rewards stay points. On the
first day there is nothing to return to, so everybody explores: such a choice is marked ``forced``. The files of people 52 and 54 of experiment 5 are identical, byte by byte; both are read.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from scipy.io import loadmat

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError

COMMIT = "15f94bc129fa92a83c1e543495d32d7be603af4f"
EXPERIMENTS = (1, 2, 3, 4, 5)

CHECKSUMS: dict[str, str] = json.loads(files("cogmeta.data").joinpath("song2019.json").read_text(encoding="utf-8"))
"""Path -> sha256 of the 447 files."""


def read(paths: Mapping[str, Path], experiment: int | None = None) -> pd.DataFrame:
    """Read the sequences of one or all experiments.

    Parameters
    ----------
    paths : mapping of str to Path
        Where each MATLAB file lies.
    experiment : {1, 2, 3, 4, 5}, optional
        By default all.

    Returns
    -------
    DataFrame
        The bandit columns and those that the data set's ``columns`` describe. Subjects are named
        ``exp<experiment>_<file>``.
    """
    tables = [_read_person(path, name) for name, path in paths.items() if experiment in (None, _experiment(name))]
    return pd.concat(tables, ignore_index=True)


def _experiment(name: str) -> int:
    return int(name[len("Exp")])


def _read_person(path: Path, name: str) -> pd.DataFrame:
    data = loadmat(path)["data"].astype(float)
    sequence, n_days, day, rt, explore, reward = data[:, :6].T
    subject = f"exp{_experiment(name)}_{Path(name).stem}"
    trials = pd.DataFrame({
        "subject": subject, "block": sequence.astype(int) - 1, "trial": day.astype(int) - 1,
        "choice": explore, "reward": reward, "rt": rt / 1000, "n_days": n_days.astype(int),
        "experiment": _experiment(name), "forced": day == 1,
    })
    best = trials.groupby("block")["reward"].cummax()
    trials["best_before"] = best.groupby(trials["block"]).shift()
    if data.shape[1] > 6:
        _check_best(data[:, 6], best.to_numpy(), name)
    return trials


def _check_best(recorded: np.ndarray, best: np.ndarray, name: str) -> None:
    """Refuse a file whose seventh column is not the best reward so far."""
    wrong = np.flatnonzero(recorded != best)
    if len(wrong):
        raise TrialTableError(f"{name} says that the best reward so far is {recorded[wrong[0]]:g} at row {wrong[0]}, "
                              f"but its rewards say {best[wrong[0]]:g}. Compare it with the original: "
                              "cogmeta data check.")


def _file(path: str, sha256: str) -> DataFile:
    return DataFile(path, f"https://github.com/mingyus/explore-exploit/raw/{COMMIT}/data/{quote(path)}", sha256)


SONG2019 = DataSet(
    name="song2019_explore_exploit",
    family="bandit",
    task="explore or exploit within 5 to 10 days",
    who="447 people in 5 experiments: 65 in the laboratory, 382 online",
    n_subjects=447,
    licence="MIT",
    citation="Song, M., Bnaya, Z., & Ma, W. J. (2019). Sources of suboptimality in a minimalistic explore-exploit "
             "task. Nature Human Behaviour, 3, 361-368.",
    doi="10.1038/s41562-018-0526-x",
    source="https://github.com/mingyus/explore-exploit",
    files=tuple(_file(path, sha256) for path, sha256 in CHECKSUMS.items()),
    read=read,
    options={"experiment": EXPERIMENTS},
    n_options=2,
    reward_range=(1.0, 5.0),
    columns={
        "rt": "response time in seconds; pauses of many minutes are in it",
        "n_days": "number of days of the sequence, known to the person",
        "experiment": "1 (laboratory), 2 (online), 3 (online; its files are named \"nohistory\"), 4 (laboratory) and 5 "
                      "(online; the files of both are named \"noconfirm\")",
        "forced": "whether it was the first day, on which one can only explore",
        "best_before": "best reward of the days before, which exploiting pays; missing on the first day",
    },
    statistics=(
        "people and rows of each experiment", "P(explore) pooled, by number of days, on the first day",
        "explorations a sequence by number of days", "mean reward", "share of exploitations that paid the best so far",
        "share of sequences with a return to exploring", "median response time",
    ),
)
"""How people spend a known horizon; cite the paper when using it."""
