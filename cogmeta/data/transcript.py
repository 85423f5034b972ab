"""Behaviour told in words, one person a line (Psych-101, Psych-201): ``You choose <<M>>. This leads to state A.``

Each line is a JSON object with ``text``, ``participant`` and, in some, ``RTs`` (milliseconds, in the order of the
choices). A ``Transcript`` says how the text reads, by regular expressions with named groups: the groups of ``trial``
are the columns of the raw table, one row for every place where it matches; the groups of ``names``, called
``<column>_<code>``, find in each person's own instructions which letter has which code.
"""

import gzip
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError


@dataclass(frozen=True)
class Transcript:
    """How a transcript reads.

    Attributes
    ----------
    trial : str
        Regular expression of one trial; its named groups become columns.
    names : str
        Regular expression of the instructions; group ``choice1_0`` finds the letter of option 0 of ``choice1``. Empty
        where letters mean the same for everybody, and are recoded later.
    session : str
        Words with which a new session begins; empty where there is just one.
    times : tuple of str
        Columns of the response times of a trial (seconds), in order; empty to leave them out.
    """

    trial: str
    names: str = ""
    session: str = ""
    times: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in (self.trial, self.names):
            try:
                re.compile(pattern)
            except re.error as error:
                raise UserError(f"{pattern!r} is not a regular expression: {error}.") from error
        if not re.compile(self.trial).groupindex:
            raise UserError("the pattern of a trial has no named group; write (?P<choice1>\\w) where a choice stands.")

    def read_person(self, record: Mapping) -> pd.DataFrame:
        """Return one person's trials: ``subject, session, trial`` (from 0 in each session), columns and times.

        Examples
        --------
        >>> told = Transcript(trial=r"press <<(?P<choice>\\w)>> and get (?P<reward>\\d)",
        ...                   names=r"(?P<choice_0>\\w) or (?P<choice_1>\\w)\\.")
        >>> text = "Choose K or B. You press <<B>> and get 1. You press <<K>> and get 0."
        >>> told.read_person({"participant": "7", "text": text})
          subject  session  trial  choice reward
        0       7        0      0       1      1
        1       7        0      1       0      0
        """
        text, subject = record["text"], str(record["participant"])
        parts = text.split(self.session) if self.session else [text]
        trial = re.compile(self.trial)
        found = [[match.groupdict() for match in trial.finditer(part)] for part in parts]
        rows = pd.DataFrame([row for part in found for row in part], columns=list(trial.groupindex))
        if rows.empty:
            raise TrialTableError(f"no trial was found in the transcript of subject {subject!r}; its text begins "
                                  f"{text[:60]!r}. Compare the pattern of a trial with it.")
        rows.insert(0, "subject", subject)
        rows.insert(1, "session", np.repeat(np.arange(len(found)), [len(part) for part in found]))
        rows.insert(2, "trial", rows.groupby("session").cumcount())
        return rows.assign(**self._codes(rows, text, subject), **self._times(record, len(rows), subject))

    def _codes(self, rows: pd.DataFrame, text: str, subject: str) -> dict[str, pd.Series]:
        """Return every column that is told in a person's own letters, as codes."""
        if not self.names:
            return {}
        match = re.search(self.names, text, re.DOTALL)
        if match is None:
            raise TrialTableError(f"the names of the options were not found in the transcript of subject {subject!r}.")
        code: dict[str, dict[str, int]] = {}
        for group, letter in match.groupdict().items():
            column, _, number = group.rpartition("_")
            code.setdefault(column, {})[letter] = int(number)
        return {column: self._recoded(rows, column, letters, subject) for column, letters in code.items()}

    @staticmethod
    def _recoded(rows: pd.DataFrame, column: str, letters: dict[str, int], subject: str) -> pd.Series:
        codes = rows[column].map(letters)
        if codes.isna().any():
            row = int(np.argmax(codes.isna()))
            raise TrialTableError(f"{column} is {rows[column][row]!r} at row {row} of subject {subject!r}, but the "
                                  f"instructions name {sorted(letters)}.")
        return codes.astype(int)

    def _times(self, record: Mapping, n_trials: int, subject: str) -> dict[str, np.ndarray]:
        """Return the columns of response times, in seconds."""
        if not self.times:
            return {}
        times = np.asarray(record.get("RTs", []), float)
        if len(times) != n_trials * len(self.times):
            raise TrialTableError(f"the transcript of subject {subject!r} does not read as expected: found {n_trials} "
                                  f"trials and {len(times)} response times.")
        return dict(zip(self.times, times.reshape(n_trials, -1).T / 1000, strict=True))


def read_transcripts(path: str | Path, transcript: Transcript) -> pd.DataFrame:
    """Read a file of transcripts, JSON lines as they are, gzipped or zipped.

    Parameters
    ----------
    path : str or Path
    transcript : Transcript

    Returns
    -------
    DataFrame
        One row a trial; what is not recoded by ``names`` is text.
    """
    with _open(Path(path)) as lines:
        people = [transcript.read_person(json.loads(line)) for line in lines if line.strip()]
    if not people:
        raise TrialTableError(f"{str(path)!r} has no transcripts; expected one JSON object a line.")
    return pd.concat(people, ignore_index=True)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path) as lines:
            yield lines
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as lines:
            yield lines
    else:
        with path.open("rb") as lines:
            yield lines
