"""Measure the behaviour in trial tables, and draw it: the first look at data, before any model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import typer
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from analyses.behaviour import behaviour, plot_behaviour, summary
from analyses.history_regression import KERNELS, history_regression, plot_history_regression
from analyses.intervals import as_text
from analyses.learning_curve import learning_curve, plot_learning_curve
from analyses.multi_lag_regression import multi_lag_regression, plot_multi_lag_regression
from analyses.stay_probability import plot_stay_probability, stay_probability
from analyses.stay_regression import plot_stay_regression, stay_regression
from analyses.style import save_figure, styled
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Encoding, RewardRange, TrialTables
from cogmeta.data.named import read_several
from cogmeta.errors import UserError
from cogmeta.families import BANDIT, Family
from cogmeta.files import atomic_path, check_folder
from cogmeta.progress import progress_line
from cogmeta.trials import guess_family, n_options_in, validate_trials

app = CommandApp()

Tables = Mapping[str, pd.DataFrame]
"""Name of a group -> its table."""


@dataclass(frozen=True)
class Measure:
    """A measure of a family: the file's name, the table of a group's trials, and the drawing of all groups."""

    name: str
    of: Callable[[pd.DataFrame], pd.DataFrame]
    draw: Callable[[Tables], Figure]


@styled
def _draw_history(tables: Tables) -> Figure:
    figure, axes = plt.subplots(len(tables), 2, figsize=(5.6, 0.4 + 1.8 * len(tables)), squeeze=False, sharey="col",
                                layout="constrained")
    for row, (name, table) in zip(axes, tables.items(), strict=True):
        for ax, kernel in zip(row, KERNELS, strict=True):
            plot_history_regression(table, kernel, ax)
        row[0].set_title(name, loc="left")
    return figure


def _draw_learning(tables: Tables) -> Figure:
    known = all("best_arm" in set(table["measure"]) for table in tables.values())
    return plot_learning_curve(tables, "best_arm" if known else "reward").figure


_TWO_ARMS = (Measure("history_regression", history_regression, _draw_history),)

_OF_FAMILY = {
    "bandit": (Measure("learning_curve", lambda trials: learning_curve(trials, _ANY), _draw_learning),),
    "two_step": (
        Measure("stay_probability", stay_probability, lambda tables: plot_stay_probability(tables)[0].figure),
        Measure("stay_regression", stay_regression, lambda tables: plot_stay_regression(tables).figure),
        Measure("multi_lag_regression", multi_lag_regression, lambda tables: plot_multi_lag_regression(tables)[0].figure),
    ),
}

_ANY = (float("-inf"), float("inf"))


@app.command()
def run(
    trials: TrialTables,
    out: Path = typer.Option(..., "--out", help="Folder for the tables and figures; made if needed."),
    by: str | None = typer.Option(None, "--by", help="Column whose values are groups to be held beside one another, such as diagnosis."),
    reward_range: RewardRange = None,
    data: DataFolder = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Measure the behaviour in trial tables, and draw it: the first look at data, before any model.

    Writes behaviour.csv (one number a subject and measure) and what the family is known by: bandits learning_curve and, with
    two arms, history_regression; two-step tasks stay_probability, stay_regression and multi_lag_regression.

    Example:  cogmeta measure feher2020_twostep --by story --out first_look
    """
    tables = _groups(read_several(trials, data, encoding), by)
    family = _one_family(tables)
    tables = {name: validate_trials(table, family, reward_range=reward_range or _ANY) for name, table in tables.items()}
    check_folder(out)
    with progress_line("measuring") as tell:
        behaved = _behaviour(tables, family, out)
        for measure in measures_of(family, tables):
            tell(measure.name)
            _write(measure.name, {name: measure.of(table) for name, table in tables.items()}, measure.draw, out)
    console = Console()
    Console(width=max(console.width, 110)).print(_as_rich(behaved))
    console.print(f"Tables and figures: {out}", soft_wrap=True, highlight=False)


def _groups(named: Tables, by: str | None) -> Tables:
    """Return every group's table; with several tables, under the names of both."""
    if by is None:
        return named
    if len(named) == 1:
        return by_group(*next(iter(named.items())), by)
    return {f"{name}, {value}": own for name, table in named.items() for value, own in by_group(name, table, by).items()}


def by_group(name: str, trials: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """Return the tables of the groups that a column of a table of that name tells apart, by its values.

    Raises
    ------
    UserError
        There is no such column, it is missing somewhere, or it goes to and fro from trial to trial.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a", "b"], "group": ["old", "young"]})
    >>> list(by_group("mine", trials, "group"))
    ['old', 'young']
    >>> list(by_group("mine", trials.assign(session=[1, 2]), "session"))
    ['1', '2']
    """
    if column not in trials:
        raise UserError(f"{name} has no column {column!r} to group by; it has {[str(c) for c in trials.columns]}.")
    if trials[column].isna().any():
        row = int(trials[column].isna().to_numpy().argmax())
        raise UserError(f"{column!r} is missing in row {row} of {name} (subject {trials['subject'].iloc[row]!r}). Give it a value, "
                        "or leave these rows out.")
    _check_runs(name, trials, column)
    return {str(value): own.reset_index(drop=True) for value, own in trials.groupby(column, sort=False)}


def _check_runs(name: str, trials: pd.DataFrame, column: str) -> None:
    """Say if a value comes back within a block: its trials do not follow one another then, and nobody stays or learns in them."""
    where = [index for index in ("subject", "session", "block") if index in trials]
    values = trials.assign(group=pd.factorize(trials[column])[0]).groupby(where, sort=False)["group"]
    comes_back = values.agg(lambda own: (own.diff() != 0).sum()) > values.nunique()
    if comes_back.any():
        first = comes_back.idxmax()
        place = ", ".join(f"{index} {value}" for index, value in zip(where, first if isinstance(first, tuple) else (first,), strict=True))
        raise UserError(f"{column!r} of {name} goes to and fro within {place}, so that trials of one group do not follow one another. Group "
                        "by what stays, such as diagnosis; or number stretches of trials in a column session or block.")


def measures_of(family: Family, tables: Tables) -> tuple[Measure, ...]:
    """Return what is measured of a family, beside the numbers of ``analyses.behaviour``."""
    two_arms = family is BANDIT and all(n_options_in(table, BANDIT.choices[0]) <= 2 for table in tables.values())
    return _OF_FAMILY.get(family.name, ()) + _TWO_ARMS * two_arms


def _one_family(tables: Tables) -> Family:
    families = {name: guess_family(table) for name, table in tables.items()}
    if len({family.name for family in families.values()}) > 1:
        said = ", ".join(f"{name} ({family.name})" for name, family in families.items())
        raise UserError(f"tables of different families cannot be held beside one another: {said}. Measure each alone.")
    return next(iter(families.values()))


def _behaviour(tables: Tables, family: Family, out: Path) -> pd.DataFrame:
    measured = {name: behaviour(table, family) for name, table in tables.items()}
    behaved = _stacked(measured, "player")
    _write("behaviour", measured, lambda _: plot_behaviour(behaved), out)
    return summary(behaved)


def _write(name: str, tables: Tables, draw: Callable[[Tables], Figure], out: Path) -> None:
    with atomic_path(out / f"{name}.csv") as part:
        _stacked(tables, "group").to_csv(part, index=False)
    save_figure(draw(tables), out / name)


def _stacked(tables: Tables, column: str) -> pd.DataFrame:
    return pd.concat([table.assign(**{column: name})[[column, *table.columns]] for name, table in tables.items()], ignore_index=True)


def _as_rich(means: pd.DataFrame) -> Table:
    groups = dict.fromkeys(means["player"])
    table = Table("measure", *groups, title="mean and half of the 95 % interval over subjects")
    for measure, rows in means.groupby("measure", sort=False):
        cells = rows.set_index("player").reindex(groups)
        table.add_row(measure, *(as_text(row) for row in cells.itertuples()))
    n = means.groupby("player", sort=False)["n"].max().reindex(groups)
    table.add_row("subjects", *(f"{count:,.0f}" for count in n), end_section=True)
    return table
