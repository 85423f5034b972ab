"""The two-step task in a large cohort, twice (Shahar et al. 2019): 554 people, two measurements 18 months apart.

Observed: both choices, the second-stage state, reward and response times of the trials that were kept upstream;
slow and implausibly fast trials were removed there and their numbers are lost, so ``trial`` counts kept trials and
two rows that follow each other need not have followed each other in time. Reward probabilities are not in the file.
Source: transcripts in natural language (Psych-201), one a person; the letters of options and states differ from
person to person and are named in the instructions. How they are recoded: options count from 0 in the order in which
they are named; in all 1108 sessions the first option commonly led to the *second* state named (70 %), so the states
are swapped, and option 0 commonly leads to state 0 as everywhere in this project.
"""

import gzip
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import TrialTableError
from cogmeta.trials import TWO_STEP, validate_trials

COMMIT = "c63dea18897393b706227b50024b27fa8d8907d8"
TRANSCRIPTS = "prompts.jsonl.zip"
MEASUREMENTS = (1, 2)

_NAMES = re.compile(
    r"choose between two options: (\w) and (\w)\..*?"
    r"second-stage states: (\w) or (\w)\..*?"
    r"between two options: (\w) and (\w)\.",
    re.DOTALL,
)
_TRIAL = re.compile(
    r"You choose <<(\w)>>\. This leads to state (\w)\. In state \w, you choose <<(\w)>>\. You receive (a|no) reward\."
)
_RETURN = "You are now back"


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
    with _open(paths[TRANSCRIPTS]) as lines:
        people = [_read_person(json.loads(line)) for line in lines]
    trials = pd.concat(people, ignore_index=True)
    if measurement is not None:
        trials = trials[trials["measurement"] == measurement]
    return validate_trials(trials, TWO_STEP)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path) as lines:
            yield lines
    else:
        with zipfile.ZipFile(path) as archive, archive.open("prompts.jsonl") as lines:
            yield lines


def _read_person(record: dict) -> pd.DataFrame:
    """Return one person's trials from the record ``{"text", "participant", "RTs"}``."""
    text, subject = record["text"], str(record["participant"])
    names = _NAMES.search(text)
    first, _, second = text.partition(_RETURN)
    trials = [_TRIAL.findall(part) for part in (first, second)]
    if names is None or 2 * sum(map(len, trials)) != len(record["RTs"]):
        raise TrialTableError(f"the transcript of subject {subject!r} does not read as expected: found "
                              f"{sum(map(len, trials))} trials and {len(record['RTs'])} response times.")
    return _recode(trials, names.groups(), subject, np.asarray(record["RTs"], float).reshape(-1, 2))


def _recode(trials: list[list[tuple]], names: tuple[str, ...], subject: str, rt: np.ndarray) -> pd.DataFrame:
    option1, state, option2 = names[:2], names[2:4], names[4:]
    rows = [trial for part in trials for trial in part]
    measurement = np.repeat(MEASUREMENTS, [len(part) for part in trials])
    return pd.DataFrame({
        "subject": subject,
        "session": measurement - 1,
        "trial": np.concatenate([np.arange(len(part)) for part in trials]),
        "choice1": [option1.index(row[0]) for row in rows],
        "state2": [1 - state.index(row[1]) for row in rows],
        "choice2": [option2.index(row[2]) for row in rows],
        "reward": [float(row[3] == "a") for row in rows],
        "rt1": rt[:, 0] / 1000,
        "rt2": rt[:, 1] / 1000,
        "measurement": measurement,
    })


SHAHAR2019 = DataSet(
    name="shahar2019_twostep_nspn",
    task="two_step/daw2011",
    who="554 people (NSPN cohort), measured twice",
    n_subjects=554,
    licence="Apache-2.0",
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
)
"""A large sample with both signatures, model-free and model-based; cite the paper when using it."""
