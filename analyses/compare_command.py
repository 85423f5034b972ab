"""Score networks and cognitive models on the same trials, by the same log-likelihood, and plot it."""

import json
from pathlib import Path

import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperCommand

from analyses.compare import Comparison, compare, plot_likelihood, score_table, with_interval
from analyses.players import find_player, read_settings
from analyses.style import save_figure
from analyses.tiny_players import read_tiny
from cogmeta.command_options import DataFolder, Encoding, Seed, TaskSettings
from cogmeta.data.load import load_trials
from cogmeta.data.registry import DATA_SETS
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder
from cogmeta.fitting.held_out import check_by
from cogmeta.models.registry import make_model
from cogmeta.trials import read_trials
from tasks.registry import make_task

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

FIGURES = {"log_likelihood_per_trial": "likelihood", "held_out_log_likelihood_per_trial": "held_out"}
"""Name of the figure of each score of summary.json."""

_MANY = ("--agents", "--models")


class ManyValues(TyperCommand):
    """A command whose options ``--agents`` and ``--models`` take every value up to the next option."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Repeat the option before each of its values, which is how Typer wants them."""
        return super().parse_args(ctx, _spread(args))


def _spread(args: list[str]) -> list[str]:
    """Return ``--models A B`` as ``--models A --models B``.

    Examples
    --------
    >>> _spread(["t.csv", "--models", "a", "b", "--out", "o"])
    ['t.csv', '--models', 'a', '--models', 'b', '--out', 'o']
    """
    spread, option = [], None
    for arg in args:
        if arg.startswith("--"):
            option = arg if arg in _MANY else None
            spread += [] if option else [arg]
        else:
            spread += [option, arg] if option else [arg]
    return spread


@app.command(cls=ManyValues)
def run(
    trials: list[str] = typer.Argument(..., help="Trial tables (CSV) or data sets, name:option=value for one part of a set."),
    task: str = typer.Option(..., "--task", help="Registered task that was played; see cogmeta tasks."),
    agents: list[str] = typer.Option([], "--agents", metavar="RUN...", help="Folders written by cogmeta train, or reference players."),
    models: list[str] = typer.Option([], "--models", metavar="M...", help="Cognitive models, fitted to each subject."),
    out: Path = typer.Option(..., "--out", help="Folder for the tables and figures."),
    held_out: str | None = typer.Option(None, "--held-out", metavar="session|block|subject",
                                        help="Score everybody also on what was left out of the fits, a session (block, subject) at a time."),
    tiny: str = typer.Option("", "--tiny", metavar="KIND:UNITS,...", help="Networks of a few units fitted to all subjects, such as gru:1,gru:2."),
    epochs: int = typer.Option(2000, "--epochs", help="Of --tiny: most passes over the data."),
    seed: Seed = 0,
    data: DataFolder = None,
    encoding: Encoding = "utf-8",
    settings: TaskSettings = [],
) -> None:
    """Score networks and cognitive models on the same trials, by the same log-likelihood, and plot it.

    Example:  cogmeta compare --task two_step/daw2011 feher2020_twostep:story=magic_carpet --models two_step/hybrid two_step/model_free --out comparison
    """
    if not agents and not models and not tiny:
        raise UserError("nothing to compare: name --agents (folders of cogmeta train), --models (cogmeta models) or --tiny.")
    networks = read_tiny(tiny, epochs)
    check_by(held_out or "session")
    make_folder(out)
    made = make_task(task, **{**_settings(trials, task), **read_settings(settings)})
    for model in models:
        make_model(model)
    found = {Path(name).name: find_player(name, made) for name in agents}
    tables = {Path(name).stem if name.endswith(".csv") else name: _table(name, data, encoding) for name in trials}
    console = Console()
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
        bar = progress.add_task("reading")
        comparison = compare(made, tables, found, models, seed, lambda line: progress.update(bar, description=line), held_out, networks)
    write_comparison(comparison, out)
    console.print(_as_rich(comparison), width=max(console.width, 110))
    console.print(f"Tables and figures: {out}", soft_wrap=True)


def write_comparison(comparison: Comparison, out: Path) -> None:
    """Write the tables, a figure a data set and summary.json into a folder."""
    for name, table in (("likelihood", comparison.likelihood), ("parameters", comparison.parameters())):
        with atomic_path(out / f"{name}.csv") as part:
            table.to_csv(part, index=False)
    for (data, model), fitted in comparison.fits.items():
        with atomic_path(out / f"fit_{_plain(data)}_{_plain(model)}.csv") as part:
            fitted.parameters.to_csv(part, index=False)
    scores = {"log_likelihood_per_trial": comparison.likelihood}
    if (held := comparison.held_out()) is not None:
        scores["held_out_log_likelihood_per_trial"] = held
    for name, table in scores.items():
        for data in table["data"].unique():
            save_figure(plot_likelihood(table, data).figure, out / f"{FIGURES[name]}_{_plain(data)}")
    with atomic_path(out / "summary.json") as part:
        part.write_text(json.dumps({name: score_table(table) for name, table in scores.items()}, indent=2))


def _settings(names: list[str], task: str) -> dict[str, float]:
    """Return what the registered task must be told to be the one that the people of a data set played."""
    played = [DATA_SETS[name.partition(":")[0]] for name in names if name.partition(":")[0] in DATA_SETS]
    return {key: value for data_set in played if data_set.task == task for key, value in data_set.settings.items()}


def _table(name: str, data: Path | None, encoding: str) -> pd.DataFrame:
    base, _, option = name.partition(":")
    if base not in DATA_SETS:
        return read_trials(name, encoding)
    key, _, value = option.partition("=")
    return load_trials(base, data, **({key: int(value) if value.isdigit() else value} if option else {}))


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _as_rich(comparison: Comparison) -> Table:
    held = comparison.held_out()
    extra = [] if held is None else ["held out"]
    table = Table("data", "player", "fitted", "log-likelihood a trial", *extra, "subjects", title="fitted: numbers fitted to each subject")
    unseen = [[]] * len(comparison.likelihood) if held is None else [[with_interval(row)] for row in held.itertuples()]
    for row, cells in zip(comparison.likelihood.itertuples(), unseen, strict=True):
        table.add_row(row.data, row.player, str(row.fitted), with_interval(row), *cells, str(row.n_subjects))
    return table
