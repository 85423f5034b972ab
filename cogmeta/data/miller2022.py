"""The two-step task in rats (Miller, Botvinick & Brody 2017, 2022): six rats, up to 15 sessions each.

Observed: the side of the first poke, the outcome port that was reached, reward, and the ports' reward probabilities
(.8 and .2, in blocks). Source: the authors' MATLAB 7.3 file, read with h5py; its time stamps are left out. How it
is recoded: ``choice1`` is the side, left 0 and right 1. In some rats the left side commonly led to the left port, in
others to the right port (``congruent`` says which); ``state2`` is the port to which the side of that number commonly
leads, so that option 0 commonly leads to state 0 as everywhere in this project. Its own record of common transitions
agrees with that on every row, or the file is refused.

A first choice that was instructed is marked ``forced``. A trial that was broken off (a violation, or no outcome) is a row without choice, state
or reward. Trial numbers are the file's own order, from 0, through all sessions of a rat. There is no second choice.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError, UserError

try:
    import h5py
except ModuleNotFoundError:
    h5py = None

COMMIT = "748f21648eaf7b6bde0af1b0577cdd2023068a0b"
FILE = "ofc_physdata.mat"
FIELDS = {
    "choice1": "sides1", "port": "sides2", "common": "trans_common", "reward": "rewards", "left": "leftprobs",
    "right": "rightprobs", "better": "better_choices", "new_session": "new_sess", "violation": "viols",
}
"""Our name -> field of the file's structs."""


def read(paths: Mapping[str, Path]) -> pd.DataFrame:
    """Read all rats.

    Parameters
    ----------
    paths : mapping of str to Path

    Returns
    -------
    DataFrame
        The two-step columns without ``choice2``, and those that the data set's ``columns`` describe.

    Raises
    ------
    UserError
        h5py is not installed.
    """
    if h5py is None:
        raise UserError(f"{FILE} is a MATLAB 7.3 file, which needs h5py. Install it: pip install 'cogmeta[matlab]'.")
    with h5py.File(paths[FILE]) as file:
        rats = [_read_struct(file[reference]) for reference in file["ratdatas"][()].ravel()]
    return pd.concat([_recode(name, raw) for name, raw in rats], ignore_index=True)


def _read_struct(struct: "h5py.Group") -> tuple[str, pd.DataFrame]:
    """Return a rat's name and the fields that have one value a trial; sides become the letters l, r, v."""
    columns = {ours: struct[field][()].ravel() for ours, field in FIELDS.items()}
    letters = {name: [chr(code) for code in columns[name]] for name in ("choice1", "port")}
    return "".join(chr(code) for code in struct["ratname"][()].ravel()), pd.DataFrame(columns | letters)


def _recode(rat: str, raw: pd.DataFrame) -> pd.DataFrame:
    void = (raw["violation"] == 1) | (raw["port"] == "v")
    forced = raw["better"].isna()
    side, port = (raw["choice1"] == "r").astype(float), (raw["port"] == "r").astype(float)
    congruent = (side == port)[~void].mean() > 0.5
    state = port if congruent else 1 - port
    _check_transitions(rat, raw, side == state, void)
    of_left, of_right = (raw["left"], raw["right"]) if congruent else (raw["right"], raw["left"])
    return pd.DataFrame({
        "subject": rat, "session": raw["new_session"].cumsum().astype(int) - 1, "trial": np.arange(len(raw)),
        "choice1": side.mask(void), "state2": state.mask(void), "reward": raw["reward"].mask(void),
        "forced": forced, "violation": void,
        "congruent": congruent, "better_state": (of_right > of_left).astype(int), "reward_probability_0": of_left,
        "reward_probability_1": of_right, "side": raw["choice1"], "port": raw["port"],
        "common_recorded": raw["common"] == 1,
    })


def _check_transitions(rat: str, raw: pd.DataFrame, common: pd.Series, void: pd.Series) -> None:
    wrong = ~void & (common != (raw["common"] == 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise TrialTableError(f"{FILE} says trans_common={raw['common'][row]:g} at trial {row} of rat {rat!r}, but its "
                              "sides say otherwise. Compare it with the original: cogmeta data check.")


MILLER2022 = DataSet(
    name="miller2022_rat_twostep",
    family="two_step",
    task="two_step/miller2017",
    who="6 rats",
    n_subjects=6,
    licence="MIT",
    citation="Miller, K. J., Botvinick, M. M., & Brody, C. D. (2022). Value representations in the rodent "
             "orbitofrontal cortex drive learning, not choice. eLife, 11, e64575.",
    doi="10.7554/eLife.64575",
    source="https://github.com/Brody-Lab/MixtureAgentsModels",
    files=(
        DataFile(FILE, f"https://github.com/Brody-Lab/MixtureAgentsModels/raw/{COMMIT}/data/{FILE}",
                 "8b7f5649f572391605ace2a3b237441ab2a8a8b2c2037da2e62e548a618c69ed"),
    ),
    read=read,
    columns={
        "forced": "whether the first choice was instructed",
        "violation": "whether the trial was broken off; nothing of it is used",
        "congruent": "whether a side commonly led to the port of the same side, in this rat",
        "better_state": "the state that pays with .8",
        "reward_probability_0, reward_probability_1": "reward probability of each state",
        "side, port": "as recorded, l, r or v (no outcome), also of instructed choices and violations",
        "common_recorded": "the file's own record of the transition, also of violations, where it means nothing",
    },
    statistics=(
        "rats, sessions, rows, instructed rows", "P(common)", "P(congruent) by rat", "mean reward of free choices",
        "P(better choice) by rat", "stay probabilities by rat, pooled and mean over rats; their indices",
        "pooled logistic regression of staying on reward and transition",
    ),
)
"""Rats that plan; cite the paper when using them, and Miller et al. 2017 (Nature Neuroscience) for the task."""
