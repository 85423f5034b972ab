"""Three-armed reversal learning (Zorowitz et al. 2023): 406 people online, 90 trials with five reversals.

Observed: the arm chosen, its outcome, the response time, and which arm was best (it pays with .8, the others with .2).
Source: the authors' repository; the paper analyses the 386 people for whom it has metrics (``sample="analysed"``).
How the file is recoded: trials count from 0. Its blocks are the stretches between reversals; as learning goes on
through a reversal, they are *not* blocks of the trial table (which would start learning afresh) but stand in
``reversals``, the number of reversals so far. Choices and outcomes are written as floats; no trials are missing.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError

COMMIT = "ed7ac3114f394e6942c053abce1e2a6da4742684"
ADDRESS = f"https://github.com/nivlab/sciops/raw/{COMMIT}/01_Original/data"
SAMPLES = ("analysed", "returned")
N_ARMS = 3
BEST, OTHER = 0.8, 0.2


def read(paths: Mapping[str, Path], sample: str | None = None) -> pd.DataFrame:
    """Read the trials of those who were analysed, of those who were not, or of all.

    Parameters
    ----------
    paths : mapping of str to Path
    sample : {"analysed", "returned"}, optional
        The 386 people of the paper, or the 20 who had taken part before; by default both.

    Returns
    -------
    DataFrame
        The bandit columns and those that the data set's ``columns`` describe.
    """
    raw, failed = pd.read_csv(paths["data.csv"]), _failed_items(paths["metrics.csv"])
    analysed = raw["subject"].isin(failed.index)
    if sample is not None:
        raw = raw[analysed == (sample == "analysed")].reset_index(drop=True)
    _check(raw)
    best = raw["correct"]
    trials = pd.DataFrame({
        "subject": raw["subject"], "trial": raw["trial"] - 1, "choice": raw["choice"], "reward": raw["outcome"],
        "rt": raw["rt"], "reversals": raw["block"] - 1, "good_arm": best,
        **{f"reward_probability_{arm}": np.where(best == arm, BEST, OTHER) for arm in range(N_ARMS)},
        "platform": raw["platform"],
    })
    trials["sample"] = np.where(raw["subject"].isin(failed.index), *SAMPLES)
    trials["failed_attention_items"] = raw["subject"].map(failed)
    return trials


def _failed_items(path: Path) -> pd.Series:
    return pd.read_csv(path).set_index("subject")["infreq"]


def _check(raw: pd.DataFrame) -> None:
    """Refuse a file whose ``accuracy`` contradicts its choices."""
    wrong = (raw["accuracy"] == 1) != (raw["choice"] == raw["correct"])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise TrialTableError(f"data.csv says accuracy={raw['accuracy'][row]} at row {row}, but its choice says "
                              "otherwise. Compare it with the original: cogmeta data check.")


ZOROWITZ2023 = DataSet(
    name="zorowitz2023_reversal3",
    family="bandit",
    task="bandit/reversal3",
    who="406 people online, of whom 386 were analysed",
    n_subjects=406,
    licence="MIT",
    citation="Zorowitz, S., Solis, J., Niv, Y., & Bennett, D. (2023). Inattentive responding can induce spurious "
             "associations between task behaviour and symptom measures. Nature Human Behaviour, 7, 1667-1681.",
    doi="10.1038/s41562-023-01640-7",
    source="https://github.com/nivlab/sciops",
    files=(
        DataFile("data.csv", f"{ADDRESS}/data.csv", "f303f8c2ee5b45dac8a72269cfe1d36ba493ef8618f65cbf0a4c2e2ac95a521d"),
        DataFile(
            "metrics.csv", f"{ADDRESS}/metrics.csv", "1885d4eaf8deadefacbabe338a7cc6693f2688482d1da687e388eea1ec01fe9e",
            repacked=(
                ("derived_metrics_subset.csv", "c5334f8f4851eedb404132af6c2cf7ad4261ce3b8fe87d1443748913f25687fd"),
            ),
        ),
    ),
    read=read,
    options={"sample": SAMPLES},
    n_options=N_ARMS,
    columns={
        "rt": "response time in seconds, as recorded; some are 0",
        "reversals": "number of reversals so far, 0 to 5",
        "good_arm": "the arm that pays with .8",
        "reward_probability_0 ... reward_probability_2": "reward probability of each arm",
        "platform": "mturk or prolific",
        "sample": "analysed, or returned (had taken part before)",
        "failed_attention_items": "infrequency items that the person failed; missing for those who were not analysed",
    },
    statistics=(
        "people in the file and analysed, trials", "reward rate of the best and of the other arms",
        "accuracy, its standard deviation over people, mean outcome", "accuracy by trial before and after reversals",
        "P(previously best arm) by trial after a reversal", "P(stay) after reward and after none",
    ),
)
"""Reversal learning with checks of attention; cite the paper when using it."""
