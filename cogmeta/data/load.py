"""A behavioural data set by name, as a trial table."""

import zipfile
import zlib
from pathlib import Path

import pandas as pd

from cogmeta.data.locate import data_path
from cogmeta.data.registry import get_data_set
from cogmeta.errors import UserError
from cogmeta.families import INDEX

_UNREADABLE = (OSError, EOFError, LookupError, ValueError, zipfile.BadZipFile, zlib.error)


def load_trials(name: str, folder: str | Path | None = None, **options: object) -> pd.DataFrame:
    """Load what people did as a trial table.

    Parameters
    ----------
    name : str
        A registered data set, such as ``"feher2020_twostep"``; ``cogmeta data list`` shows them.
    folder : str or Path, optional
        Where its files lie. By default: the folder in the environment variable ``COGMETA_DATA``, then the cache,
        then a download from the registered public address, verified by sha256.
    **options
        What the data set offers, such as ``story="magic_carpet"`` (feher2020_twostep); ``docs/data.md`` and
        ``cogmeta data list`` show the options. None, the default, is all.

    Returns
    -------
    DataFrame
        One row a trial in the columns of its family; trials without a response are rows with missing values.
        Rewards keep the units of the file; ``get_data_set(name).reward_range`` is what fits need to be told.

    Raises
    ------
    UserError
        Unknown name or option, files that are not there, cannot be downloaded, or cannot be read.
    """
    data_set = get_data_set(name)
    options = data_set.check_options(**options)
    folder = data_path(name, folder)
    paths = {file.path: file.find(folder)[0] for file in data_set.files}
    try:
        return _index_first(data_set.trials(paths, **options))
    except UserError:
        raise
    except _UNREADABLE as error:
        raise UserError(f"the files of {name!r} in {str(folder)!r} cannot be read ({type(error).__name__}: {error}). "
                        f"See which one is not the original with: cogmeta data check {name} --data {folder}") from error


def _index_first(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[[*INDEX, *(column for column in trials if column not in INDEX)]]
