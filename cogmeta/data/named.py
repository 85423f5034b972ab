"""Trial tables by name: a CSV file, a registered data set, or a part of one."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cogmeta.data.load import load_trials
from cogmeta.data.registry import DATA_SETS
from cogmeta.errors import UserError, unknown_name
from cogmeta.named_values import named_values
from cogmeta.trials import read_trials


def read_named(name: str, data: Path | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """Return a trial table: what commands take where they ask for trials.

    Parameters
    ----------
    name : str
        Path of a CSV file; or a registered data set, ``name:option=value`` for a part of it.
    data : Path, optional
        Folder of data sets; by default that in ``COGMETA_DATA``.
    encoding : str
        Of a CSV file.

    Raises
    ------
    UserError
        There is neither such a file nor such a data set; or the table is not one.

    Examples
    --------
    >>> _ = (tmp / "mine.csv").write_text("subject,trial,choice,reward\\na,0,0,1\\n")
    >>> len(read_named(str(tmp / "mine.csv")))
    1
    """
    base, colon, part = name.partition(":")
    if base not in DATA_SETS:
        if not Path(name).suffix and not Path(name).exists():
            raise unknown_name("data set", base, DATA_SETS)
        return read_trials(name, encoding)
    options = named_values(part.split(","), f"what follows {base!r}:", "story=magic_carpet") if colon else {}
    return load_trials(base, data, **{key: int(value) if value.isdigit() else value for key, value in options.items()})


def read_several(names: Sequence[str], data: Path | None = None, encoding: str = "utf-8") -> dict[str, pd.DataFrame]:
    """Return several tables by what each is called in figures; see ``titles``."""
    return {title: read_named(name, data, encoding) for title, name in zip(titles(names), names, strict=True)}


def titles(names: Sequence[str]) -> list[str]:
    """Return what each of several files, folders or data sets is called: its last part, or all of it where two share that.

    Raises
    ------
    UserError
        One is named twice.

    Examples
    --------
    >>> titles(["runs/lstm", "first/trials.csv", "second/trials.csv"])
    ['lstm', 'first/trials', 'second/trials']
    """
    whole = [name.removesuffix(".csv").rstrip("/") for name in names]
    for name, title in zip(names, whole, strict=True):
        if whole.count(title) > 1:
            raise UserError(f"{name!r} is named twice; name each once.")
    last = [Path(name).name for name in whole]
    return [title if last.count(short) > 1 else short for title, short in zip(whole, last, strict=True)]
