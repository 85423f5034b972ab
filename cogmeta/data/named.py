"""Trial tables by name: a CSV file, a registered data set, or a part of one."""

from pathlib import Path

import pandas as pd

from cogmeta.data.load import load_trials
from cogmeta.data.registry import DATA_SETS
from cogmeta.errors import unknown_name
from cogmeta.named_values import named_values
from cogmeta.trials import read_trials


def read_named(name: str, data: Path | None = None, encoding: str = "utf-8") -> tuple[str, pd.DataFrame]:
    """Return what a trial table is called in figures, and the table: what commands take where they ask for trials.

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
    >>> title, trials = read_named(str(tmp / "mine.csv"))
    >>> title, len(trials)
    ('mine', 1)
    """
    base, colon, part = name.partition(":")
    if base not in DATA_SETS:
        if not Path(name).suffix and not Path(name).exists():
            raise unknown_name("data set", base, DATA_SETS)
        return Path(name).stem if name.endswith(".csv") else name, read_trials(name, encoding)
    options = named_values(part.split(","), f"what follows {base!r}:", "story=magic_carpet") if colon else {}
    return name, load_trials(base, data, **{key: int(value) if value.isdigit() else value for key, value in options.items()})
