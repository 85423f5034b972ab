"""Trial tables by name: a CSV file, a registered data set, or a part of one."""

from pathlib import Path

import pandas as pd

from cogmeta.data.load import load_trials
from cogmeta.data.registry import DATA_SETS
from cogmeta.errors import UserError
from cogmeta.trials import read_trials


def read_named(name: str, data: Path | None = None, encoding: str = "utf-8") -> tuple[str, pd.DataFrame]:
    """Return what a trial table is called in figures, and the table.

    Parameters
    ----------
    name : str
        Path of a CSV file; or a registered data set, ``name:option=value`` for a part of it.
    data : Path, optional
        Folder of data sets; by default that in ``COGMETA_DATA``.
    encoding : str
        Of a CSV file.

    Examples
    --------
    >>> _ = (tmp / "mine.csv").write_text("subject,trial,choice,reward\\na,0,0,1\\n")
    >>> title, trials = read_named(str(tmp / "mine.csv"))
    >>> title, len(trials)
    ('mine', 1)
    """
    base, _, option = name.partition(":")
    if base not in DATA_SETS:
        return Path(name).stem if name.endswith(".csv") else name, read_trials(name, encoding)
    key, _, value = option.partition("=")
    return name, load_trials(base, data, **({key: int(value) if value.isdigit() else value} if option else {}))


def by_group(name: str, trials: pd.DataFrame, column: str | None) -> dict[str, pd.DataFrame]:
    """Return the tables of the groups that a column names, by ``name, value``; the whole table without a column.

    Raises
    ------
    UserError
        There is no such column, or it is missing somewhere.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a", "b"], "group": ["old", "young"]})
    >>> list(by_group("mine", trials, "group"))
    ['mine, old', 'mine, young']
    """
    if column is None:
        return {name: trials}
    if column not in trials:
        raise UserError(f"{name} has no column {column!r} to group by; it has {[str(c) for c in trials.columns]}.")
    if trials[column].isna().any():
        row = int(trials[column].isna().to_numpy().argmax())
        raise UserError(f"{column!r} is missing in row {row} of {name} (subject {trials['subject'].iloc[row]!r}). Give it a value, "
                        "or leave these rows out.")
    return {f"{name}, {value}": own.reset_index(drop=True) for value, own in trials.groupby(column, sort=False)}
