"""A behavioural data set: what it is, where it comes from, and the one function that reads it.

The project registers data sets and never contains them. An importer is one file with two things in it: a
``DataSet`` and its ``read`` function; ``cogmeta.data.registry`` lists them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.trials import validate_trials

Reader = Callable[..., pd.DataFrame]
"""``read(paths, **options)``: the found file of every registered path, and the data set's options, all given.

It returns a table in the columns of the data set's family; ``DataSet.trials`` validates it.
"""


@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Attributes
    ----------
    path : str
        Where it stands inside the data set's folder.
    url : str
        Public address, fixed to one commit.
    sha256 : str
        Digest of the file at that address, 64 hexadecimal digits.
    repacked : tuple of (str, str)
        Path and digest of other packings of the same content that serve as well where they lie in a folder.
    """

    path: str
    url: str
    sha256: str
    repacked: tuple[tuple[str, str], ...] = ()

    @property
    def packings(self) -> tuple[tuple[str, str], ...]:
        """Path and digest of every form in which the file may lie in a folder."""
        return ((self.path, self.sha256), *self.repacked)

    def find(self, folder: Path) -> tuple[Path, str] | None:
        """Return the file as it lies in ``folder`` and the digest that it should have, or None."""
        return next(((folder / path, sha256) for path, sha256 in self.packings if (folder / path).is_file()), None)


@dataclass(frozen=True)
class DataSet:
    """A registered data set.

    Attributes
    ----------
    name : str
        Also the name of its folder.
    family : str
        Family of trial tables that its trials fit.
    task : str
        Registered id of the task that was played; in words where none is registered.
    who : str
        Who played, and how many.
    n_subjects : int
    licence : str
        Licence of the place that the files come from.
    citation, doi : str
        The paper to cite.
    source : str
        Web page of the repository.
    files : tuple of DataFile
    read : callable
        See ``Reader``. The docstring of its module says what was observed and how it is recoded.
    options : mapping of str to tuple
        Values that each option of ``load_trials`` can have, besides None (all of them).
    n_options : int or None
        Options of a choice, where the family leaves it open.
    reward_range : tuple of float
        Smallest and largest reward that can be, in the units of the file.
    settings : mapping
        What the registered task must be told to be the one of these data: ``make_task(task, **settings)``.
    columns : mapping of str to str
        Columns besides the family's, and what they hold.
    statistics : tuple of str
        What the tests recompute from the loaded trials and compare with independent numbers, to 4 decimals.
    """

    name: str
    family: str
    task: str
    who: str
    n_subjects: int
    licence: str
    citation: str
    doi: str
    source: str
    files: tuple[DataFile, ...]
    read: Reader
    options: Mapping[str, tuple] = field(default_factory=dict)
    n_options: int | None = None
    reward_range: tuple[float, float] = (0.0, 1.0)
    settings: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    statistics: tuple[str, ...] = ()

    def trials(self, paths: Mapping[str, Path], **options: object) -> pd.DataFrame:
        """Return what ``read`` finds in the files as a validated trial table."""
        return validate_trials(self.read(paths, **options), self.family, self.n_options, self.reward_range)

    def check_options(self, **options: object) -> dict[str, object]:
        """Return every option with its value (None where it was not given), or say what there is to choose from.

        Raises
        ------
        UserError
            There is no such option, or no such value.
        """
        for option, value in options.items():
            if option not in self.options:
                raise unknown_name(f"option of {self.name}", option, self.options)
            if value is not None and value not in self.options[option]:
                known = ", ".join(repr(known) for known in self.options[option])
                raise UserError(f"{option} of {self.name} must be one of {known}, or None for all; got {value!r}.")
        return {option: options.get(option) for option in self.options}


def parse_checksums(text: str) -> dict[str, str]:
    """Read lines of ``sha256  path``, the format of the ``sha256sum`` program.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict
        Path -> digest.

    Examples
    --------
    >>> digest = "0" * 64
    >>> parse_checksums(f"{digest}  story/01.csv") == {"story/01.csv": digest}
    True
    """
    pairs = (line.split(maxsplit=1) for line in text.split("\n") if line.strip())
    return {path.strip(): sha256 for sha256, path in pairs}
