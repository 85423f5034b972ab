"""The two-step task in a large cohort, twice (Shahar et al. 2019): 554 people, two measurements 18 months apart.

Observed: both choices, the second-stage state, reward and response times of the trials that were kept upstream;
slow and implausibly fast trials were removed there and their numbers are lost, so ``trial`` counts kept trials and
two rows that follow each other need not have followed each other in time. Reward probabilities are not in the file.
Source: transcripts in natural language (Psych-201), one a person; the letters of options and states differ from
person to person and are named in the instructions. How they are recoded: options count from 0 in the order in which
they are named; in all 1108 sessions the first option commonly led to the *second* state named (70 %), so the states
are swapped, and option 0 commonly leads to state 0 as everywhere in this project.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.data.transcript import Transcript, read_transcripts

COMMIT = "c63dea18897393b706227b50024b27fa8d8907d8"
TRANSCRIPTS = "prompts.jsonl.zip"
MEASUREMENTS = (1, 2)

TRANSCRIPT = Transcript(
    trial=r"You choose <<(?P<choice1>\w)>>\. This leads to state (?P<state2>\w)\. "
          r"In state \w, you choose <<(?P<choice2>\w)>>\. You receive (?P<reward>a|no) reward\.",
    names=r"choose between two options: (?P<choice1_0>\w) and (?P<choice1_1>\w)\..*?"
          r"second-stage states: (?P<state2_1>\w) or (?P<state2_0>\w)\..*?"
          r"between two options: (?P<choice2_0>\w) and (?P<choice2_1>\w)\.",
    session="You are now back",
    times=("rt1", "rt2"),
)
"""How the transcripts read; the state named first is state 1."""


def read(paths: Mapping[str, Path], measurement: int | None = None) -> pd.DataFrame:
    """Read one or both measurements as a two-step trial table.

    Parameters
    ----------
    paths : mapping of str to Path
        Where the transcripts lie, zipped or gzipped.
    measurement : {1, 2}, optional
        By default both, as sessions 0 and 1 of each person.

    Returns
    -------
    DataFrame
        The two-step columns, ``rt1, rt2`` (seconds) and ``measurement``.
    """
    trials = read_transcripts(paths[TRANSCRIPTS], TRANSCRIPT)
    trials = trials.assign(reward=(trials["reward"] == "a").astype(float), measurement=trials["session"] + 1)
    return trials if measurement is None else trials[trials["measurement"] == measurement]


SHAHAR2019 = DataSet(
    name="shahar2019_twostep_nspn",
    family="two_step",
    task="two_step/daw2011",
    who="554 people (NSPN cohort), measured twice",
    n_subjects=554,
    licence="Apache-2.0 of Psych-201; the licence of the authors' archive (https://osf.io/zc24g) was not read",
    citation="Shahar, N., Hauser, T. U., Moutoussis, M., Moran, R., Keramati, M., NSPN consortium, & Dolan, R. J. "
             "(2019). Improving the reliability of model-based decision-making estimates in the two-stage decision "
             "task with reaction-times and drift-diffusion modeling. PLOS Computational Biology, 15(2), e1006803.",
    doi="10.1371/journal.pcbi.1006803",
    source="https://github.com/marcelbinz/Psych-201",
    files=(
        DataFile(
            TRANSCRIPTS,
            f"https://github.com/marcelbinz/Psych-201/raw/{COMMIT}/shahar2019twosteptask/{TRANSCRIPTS}",
            "a0bbea891b2ab743fff2028141c3e8d55109afb6dc5a2f19f6a17602f0a8b186",
            repacked=(("prompts.jsonl.gz", "86b6992ea0c06d7f63379744b858cc6a39c52ac696a99f307f58210735a61fac"),),
        ),
    ),
    read=read,
    options={"measurement": MEASUREMENTS},
    columns={"rt1, rt2": "response times in seconds", "measurement": "1, or 2 (18 months later); sessions 0 and 1"},
    statistics=(
        "people, trials, trials a person", "P(common), mean reward, median response times",
        "stay probabilities, pooled and mean over people; their indices",
        "pooled logistic regression of staying on reward and transition",
    ),
)
"""A large sample with both signatures, model-free and model-based; cite the paper when using it."""
