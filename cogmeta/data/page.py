"""The page that lists the registered data sets: ``python -m cogmeta.data.page > docs/data.md``.

Everything on it is said once, in the importers: the head of each importer tells what was observed and how it is
recoded, its ``DataSet`` the rest. A test holds the page in ``docs`` to what this prints.
"""

import sys
from inspect import getdoc

from cogmeta.data.dataset import DataSet
from cogmeta.data.registry import DATA_SETS

HEAD = """# Data sets

Written by `python -m cogmeta.data.page > docs/data.md`; change the importers in `cogmeta/data/`, not this page.

The project registers these data sets and contains none of them. `load_trials(name)` reads local copies (`folder=`, or
the folder in `COGMETA_DATA`) or downloads the originals from their public addresses, fixed to one commit and verified
by sha256. The data belong to their authors, under the licence of the place that they come from: read it before you
pass data on, and cite the paper. Some hold health-related labels of anonymous people: do not try to identify anybody.

```python
from cogmeta.data import load_trials

people = load_trials("bahrami2020_restless4", schedule=2)
```

On the command line a data set goes wherever a trial table does, a part of it by `name:option=value`:

```bash
cogmeta measure bahrami2020_restless4:schedule=2 --out first_look
```

In all of them a trial without a response has missing choices, and a choice that the task imposed is marked in the
column `forced`: models and networks learn from it, and are not scored on it. [The trial table](trial_table.md) says what the common columns hold, and
how to read data of your own.

| name | family | task | who |
|---|---|---|---|
"""

FOOT = """
Statistics are reproduced by `tests/data`, where the files are at hand: the expected numbers were computed by other
programs from the original files and are rounded to 4 decimals.
"""


def page() -> str:
    """Return the page, Markdown.

    Examples
    --------
    >>> page().startswith("# Data sets")
    True
    """
    rows = "".join(f"| [{s.name}](#{s.name}) | {s.family} | {s.task} | {s.who} |\n" for s in DATA_SETS.values())
    return HEAD + rows + "".join(_section(data_set) for data_set in DATA_SETS.values()) + FOOT


def _section(data_set: DataSet) -> str:
    about = getdoc(sys.modules[data_set.read.__module__]).replace("``", "`")
    facts = "\n".join(f"- **{name}**: {value}" for name, value in _facts(data_set).items())
    columns = "".join(f"| {_code(names)} | {what} |\n" for names, what in data_set.columns.items())
    return (f"\n## {data_set.name}\n\n{about}\n\n{facts}\n\n"
            f"Columns besides the family's:\n\n| column | what it holds |\n|---|---|\n{columns}")


def _facts(data_set: DataSet) -> dict[str, str]:
    options = "; ".join(f"`{name}=` {', '.join(map(repr, values))}" for name, values in data_set.options.items())
    settings = ", ".join(f"{name}={value:g}" for name, value in data_set.settings.items())
    low, high = data_set.reward_range
    units = "" if (low, high) == (0, 1) else f"; fits need `reward_range=({low:g}, {high:g})`"
    return {
        "Who": f"{data_set.who} (N = {data_set.n_subjects})",
        "Task": data_set.task + (f" with {settings}" if settings else ""),
        "Options of `load_trials`": options or "none",
        "Rewards": f"in [{low:g}, {high:g}]{units}",
        "Licence": data_set.licence,
        "Source": data_set.source,
        "Citation": f"{data_set.citation} doi:{data_set.doi}",
        "Statistics reproduced": "; ".join(data_set.statistics),
    }


def _code(names: str) -> str:
    """Return names, which commas and dots separate, in the type of code."""
    return ", ".join(" ... ".join(f"`{name}`" for name in part.split(" ... ")) for part in names.split(", "))


if __name__ == "__main__":
    sys.stdout.write(page())
