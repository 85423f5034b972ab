"""A two-armed bandit of free presses (Dezfouli et al. 2019): 34 healthy, 34 depressed and 33 bipolar people.

Observed: which of two keys was pressed, when, and whether an outcome was delivered; twelve blocks of 40 seconds, so
that people differ in the number of presses. Source: the authors' repository. How the file is recoded: its ``trial``
is the number of the *block*, and its ``block`` the half of the session; here ``block`` counts blocks from 0, ``half``
is 1 or 2, and presses are counted from 0 within a block. Its ``choice`` is no key but says whether the better action
was taken; here ``choice`` is the key (R1 is 0, R2 is 1), and which arm was better stands in ``good_arm`` and in the
nominal ``reward_probability_0, _1``. The word ``null`` in its ``outcome`` means that there was none; it is not a
missing trial, and no trials are missing.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError

COMMIT = "99d942f9c6d6232b57b6dbb9f75aad60512740e8"
FILE = "choices_diagno.csv.zip"
DIAGNOSES = ("Healthy", "Depression", "Bipolar")
KEYS = ("R1", "R2")
BEST = {1: 0.25, 2: 0.25, 3: 0.125, 4: 0.125, 5: 0.08, 6: 0.08}
"""Condition -> nominal reward probability of the better action."""
OTHER = 0.05
"""Nominal reward probability of the other action."""


def read(paths: Mapping[str, Path], diagnosis: str | None = None) -> pd.DataFrame:
    """Read the presses of one or all groups.

    Parameters
    ----------
    paths : mapping of str to Path
        Where the table lies, zipped or gzipped.
    diagnosis : {"Healthy", "Depression", "Bipolar"}, optional
        By default all.

    Returns
    -------
    DataFrame
        The bandit columns and those that the data set's ``columns`` describe.
    """
    raw = _table(paths[FILE])
    if diagnosis is not None:
        raw = raw[raw["diag"] == diagnosis].reset_index(drop=True)
    _check(raw)
    first = raw["condition"].map(BEST)
    key, best = _code(raw, "key"), _code(raw, "key") ^ _code(raw, "choice")
    return pd.DataFrame({
        "subject": raw["ID"], "block": raw["trial"] - 1, "trial": raw.groupby(["ID", "trial"]).cumcount(),
        "choice": key, "reward": raw["reward"].astype(float), "time": raw["time"] / 1000, "half": raw["block"],
        "condition": raw["condition"], "good_arm": best, "reward_probability_0": np.where(best == 0, first, OTHER),
        "reward_probability_1": np.where(best == 1, first, OTHER),
        "outcome": raw["outcome"].mask(raw["outcome"] == "null"), "diagnosis": raw["diag"],
        "press_rate": raw["PressRate.sec"], "mania": raw["Mania"], "depression": raw["Depression"],
    })


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open("choices_diagno.csv") as file:
            return pd.read_csv(file, keep_default_na=False)
    return pd.read_csv(path, keep_default_na=False)


def _code(raw: pd.DataFrame, column: str) -> np.ndarray:
    return (raw[column] == KEYS[1]).to_numpy(int)


def _check(raw: pd.DataFrame) -> None:
    """Refuse codes that are not known, and a reward that contradicts the outcome."""
    known = raw["key"].isin(KEYS) & raw["choice"].isin(KEYS) & raw["condition"].isin(list(BEST))
    wrong = ~known | ((raw["reward"] == 1) != (raw["outcome"] != "null"))
    if wrong.any():
        row = int(np.argmax(wrong))
        found = raw.loc[row, ["key", "choice", "condition", "outcome", "reward"]].to_dict()
        raise TrialTableError(f"the presses do not read as expected at row {row}: {found}. "
                              "Compare the file with the original: cogmeta data check.")


DEZFOULI2019 = DataSet(
    name="dezfouli2019_twoarmed",
    family="bandit",
    task="two-armed bandit of free presses, blocks of 40 s",
    who="101 people: 34 healthy, 34 depression, 33 bipolar",
    n_subjects=101,
    licence="Apache-2.0",
    citation="Dezfouli, A., Griffiths, K., Ramos, F., Dayan, P., & Balleine, B. W. (2019). Models that learn how "
             "humans learn: The case of decision-making and its disorders. PLOS Computational "
             "Biology, 15(6), e1006903.",
    doi="10.1371/journal.pcbi.1006903",
    source="https://github.com/adezfouli/rnn_beh",
    files=(
        DataFile(
            FILE, f"https://github.com/adezfouli/rnn_beh/raw/{COMMIT}/data/BD/{FILE}",
            "4c88203aaa14303adeff1239d19b246a01f69b0376d7cbbed64b996f17fdf928",
            repacked=(("choices_diagno.csv.gz", "bd32443fc581c367703898cba51ce78c708b36f977808257194318204581887a"),),
        ),
    ),
    read=read,
    options={"diagnosis": DIAGNOSES},
    n_options=2,
    columns={
        "time": "seconds since the half of the session began",
        "half": "half of the session, 1 or 2",
        "condition": "1 to 6, each in two blocks: the better action pays with .25 (1, 2), .125 (3, 4) or .08 (5, 6)",
        "good_arm": "the key that pays more often in this block",
        "reward_probability_0, reward_probability_1": "nominal reward probability of each key",
        "outcome": "which of two outcomes was delivered, O1 or O2; missing where none was",
        "diagnosis": "Healthy, Depression or Bipolar",
        "press_rate, mania, depression": "of the person: presses a second, and two symptom scores",
    },
    statistics=(
        "people, people by diagnosis, rows, blocks a person", "choices a block, by diagnosis", "P(best arm) pooled, "
        "mean over people, by diagnosis, by nominal probability, by position in the block",
        "reward rate of each action by condition", "mean reward",
        "P(stay) after reward and after none, pooled and mean over people",
    ),
)
"""Two groups of patients beside healthy people; cite the paper, and do not try to identify anybody."""
