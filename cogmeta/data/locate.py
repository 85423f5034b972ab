"""Where the files of a data set lie: in a folder that is given, in ``COGMETA_DATA``, in the cache, or on the web.

A folder may hold data sets (``FOLDER/<name>/...``) or be the folder of one data set. Downloads are fixed to one
commit and verified against their sha256 before anything reads them; local files are verified by ``check_files``.
"""

import hashlib
import logging
import os
from pathlib import Path

import pandas as pd
import pooch

from cogmeta.data.dataset import DataSet
from cogmeta.data.registry import get_data_set
from cogmeta.errors import UserError

ENVIRONMENT = "COGMETA_DATA"
"""Environment variable that names a folder of data sets."""

CACHE_ENVIRONMENT = "COGMETA_CACHE"
"""Environment variable that moves the cache of downloads."""


def data_path(name: str, folder: str | Path | None = None) -> Path:
    """Return the folder in which the files of a data set lie, downloading them if they lie nowhere.

    Parameters
    ----------
    name : str
        A registered data set.
    folder : str or Path, optional
        Look here and nowhere else. By default: the folder in ``COGMETA_DATA``, then the cache of downloads, then
        the public address.

    Returns
    -------
    Path

    Raises
    ------
    UserError
        The name is not registered, the files are not in ``folder``, or they cannot be downloaded.
    """
    data_set = get_data_set(name)
    if folder is not None:
        found = _folder_of(data_set, Path(folder))
        if found is None:
            expected = Path(folder) / name / data_set.files[0].path
            raise UserError(f"the data set {name!r} is not in {str(folder)!r}: expected {str(expected)!r}.")
        return _complete(data_set, found)
    named = os.environ.get(ENVIRONMENT)
    found = _folder_of(data_set, Path(named)) if named else None
    return _complete(data_set, found) if found else _download(data_set)


def local_path(name: str, folder: str | Path | None = None) -> Path | None:
    """Return the folder of a data set as ``data_path`` does, or None where a download would be needed."""
    data_set = get_data_set(name)
    places = _places() if folder is None else [Path(folder)]
    return next((found for place in places if (found := _folder_of(data_set, place)) is not None), None)


def cache_folder() -> Path:
    """Return the folder of downloads: ``COGMETA_CACHE``, or the user's cache folder."""
    return Path(os.environ.get(CACHE_ENVIRONMENT) or pooch.os_cache("cogmeta"))


def check_files(name: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Compare the files of a data set with their registered sha256; nothing is downloaded.

    Parameters
    ----------
    name : str
    folder : str or Path, optional
        As in ``data_path``.

    Returns
    -------
    DataFrame
        ``file, status`` with one row a file; status is ``"as registered"``, ``"changed"`` or ``"missing"``.
    """
    data_set, place = get_data_set(name), local_path(name, folder)
    rows = [_status(file.path, file.find(place) if place else None) for file in data_set.files]
    return pd.DataFrame(rows, columns=["file", "status"])


def _status(path: str, found: tuple[Path, str] | None) -> tuple[str, str]:
    if found is None:
        return path, "missing"
    file, sha256 = found
    same = hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    return file.name if file.name != Path(path).name else path, "as registered" if same else "changed"


def _places() -> list[Path]:
    named = os.environ.get(ENVIRONMENT)
    return ([Path(named)] if named else []) + [cache_folder()]


def _folder_of(data_set: DataSet, place: Path) -> Path | None:
    """Return the folder under ``place`` that has at least one file of the data set."""
    folders = (place / data_set.name, place)
    return next((f for f in folders if any(file.find(f) for file in data_set.files)), None)


def _complete(data_set: DataSet, folder: Path) -> Path:
    lacking = [file.path for file in data_set.files if not file.find(folder)]
    if lacking:
        raise UserError(f"{len(lacking)} of the {len(data_set.files)} files of {data_set.name!r} are missing in "
                        f"{str(folder)!r}, the first is {lacking[0]!r}. Get them from {data_set.source}.")
    return folder


def _download(data_set: DataSet) -> Path:
    """Return the cached folder of a data set, fetching what is not there; a cached file is verified each time."""
    cache = cache_folder() / data_set.name
    fetcher = pooch.create(
        path=cache, base_url="",
        registry={file.path: f"sha256:{file.sha256}" for file in data_set.files},
        urls={file.path: file.url for file in data_set.files},
    )
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        for file in data_set.files:
            fetcher.fetch(file.path, downloader=pooch.HTTPDownloader(timeout=20))
    except (OSError, ValueError) as error:
        raise UserError(_no_download(data_set, error)) from error
    finally:
        logger.setLevel(level)
    return cache


def _no_download(data_set: DataSet, error: Exception) -> str:
    why = "its sha256 is not the registered one" if isinstance(error, ValueError) else type(error).__name__
    first = f"{data_set.name}/{data_set.files[0].path}"
    return (f"the data set {data_set.name!r} is on none of the known paths and could not be downloaded ({why}). "
            f"Point {ENVIRONMENT} (or --data, or folder=) to a folder that has {first}, or go online; "
            f"the files come from {data_set.source}.")
