"""Score networks and cognitive models on the same trials, by the same log-likelihood, and plot it."""

import shlex
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from analyses.comparison import Comparison, fitted_as_text, with_interval
from analyses.compare import check_players
from analyses.compare_results import Groups, compare_all, write_results
from analyses.players import find_player, read_settings
from analyses.tiny_players import read_tiny
from cogmeta.command_app import CommandApp, GroupedCommand
from cogmeta.command_options import DataFolder, Encoding, RewardRange, Seed, TaskSettings, TrialTables
from cogmeta.data.named import read_several, titles
from cogmeta.data.registry import DATA_SETS
from cogmeta.errors import UserError
from cogmeta.files import check_folder
from cogmeta.fitting.bayes.chains import Sampling, check_installed
from cogmeta.fitting.covariates import read_subject_table
from cogmeta.fitting.held_out import check_by
from cogmeta.fitting.told_flags import tell_first
from cogmeta.progress import progress_line
from cogmeta.task import Task
from tasks.own_design import OwnDesign, own_design
from tasks.registry import make_task, task_names

app = CommandApp()

_PLAYERS, _SCORES, _GROUPS = "Who is compared", "Further scores", "Groups of subjects"
_MANY = ("--agents", "--models")


class ManyValues(GroupedCommand):
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
    trials: TrialTables,
    task: str = typer.Option("", "--task", help="Registered task that was played (cogmeta tasks); by default that of a data set, and bandits are known by their table alone.", rich_help_panel="Task"),
    agents: list[str] = typer.Option([], "--agents", metavar="RUN...", help="Folders written by cogmeta train, or reference players.", rich_help_panel=_PLAYERS),
    models: list[str] = typer.Option([], "--models", metavar="M...", help="Cognitive models, fitted to each subject.", rich_help_panel=_PLAYERS),
    out: Path = typer.Option(..., "--out", help="Folder for the tables and figures."),
    held_out: str | None = typer.Option(None, "--held-out", metavar="session|block|subject",
                                        help="Score everybody also on what was left out of the fits, a session (block, subject) at a time.", rich_help_panel=_SCORES),
    folds: int | None = typer.Option(None, "--folds", min=2, help="Of --held-out: leave out so many at a time that there are this many folds.", rich_help_panel=_SCORES),
    hbi: bool = typer.Option(False, "--hbi", help="Infer which of the cognitive models each subject uses, all at once.", rich_help_panel=_SCORES),
    loo: bool = typer.Option(False, "--loo", help="Sample the cognitive models, too (full hierarchical Bayes, extra bayes), and leave trials out by importance sampling.", rich_help_panel=_SCORES),
    tiny: str = typer.Option("", "--tiny", metavar="KIND:UNITS,...", help="Networks of a few units fitted to all subjects, such as gru:1,gru:2; of gru:1/2/4 inner folds choose the size.", rich_help_panel=_PLAYERS),
    epochs: int = typer.Option(2000, "--epochs", help="Of --tiny: most passes over the data.", rich_help_panel=_PLAYERS),
    seed: Seed = 0,
    data: DataFolder = None,
    encoding: Encoding = "utf-8",
    settings: TaskSettings = [],
    covariates: str | None = typer.Option(None, "--covariates", help="Which groups of subjects differ: a formula of columns, such as '~ diagnosis'.", rich_help_panel=_GROUPS),
    subject_table: Path | None = typer.Option(None, "--subject-table", help="CSV with the covariates, one row a subject; else in the trial tables.", rich_help_panel=_GROUPS),
    reward_range: RewardRange = None,
) -> None:
    """Score networks and cognitive models on the same trials, by the same log-likelihood, and plot it.

    Writes report.html (who predicts the choices, how everybody behaves, whom each describes, which groups differ), with its
    tables and figures.

    Example:  cogmeta compare --task two_step/daw2011 feher2020_twostep:story=magic_carpet --models two_step/hybrid two_step/model_free --out comparison
    """
    if not agents and not models and not tiny:
        raise UserError("nothing to compare: name --agents (folders of cogmeta train), --models (cogmeta models) or --tiny.")
    networks = read_tiny(tiny, epochs)
    check_by(held_out or "session")
    if hbi and len(models) < 2:
        raise UserError("--hbi tells cognitive models apart: name two or more with --models.")
    if folds and not held_out:
        raise UserError("--folds says how what is held out is cut; say what: --held-out session, block or subject.")
    if loo and not models:
        raise UserError("--loo compares cognitive models: name them with --models.")
    if loo:
        check_installed()
    subjects = read_subject_table(subject_table, covariates)
    groups = Groups(covariates, subjects) if covariates else None
    check_players(models, titles(agents), networks)
    tables = read_several(trials, data, encoding)
    made = _played(trials, tables, task, read_settings(settings), reward_range)
    if agents and isinstance(made, OwnDesign):
        raise UserError("--agents play the task that people played: name it with --task (cogmeta tasks).")
    check_folder(out)
    found = {title: find_player(name, made) for title, name in zip(titles(agents), agents, strict=True)}
    with progress_line("reading") as tell:
        results = compare_all(made, tables, found, models, seed, tell, held_out, networks, groups, folds, hbi, Sampling() if loo else None)
    write_results(results, out, "cogmeta " + shlex.join(sys.argv[1:]))
    console = Console()
    Console(width=max(console.width, 110)).print(_as_rich(results.comparison))
    flags = [f"{row.data}, subject {row.subject}, {row.player}: {row.flag}" for row in results.comparison.flags().itertuples()]
    tell_first(flags, console, f"{len(flags)} flags, see flags.csv")
    console.print(f"Open {out / 'report.html'}", soft_wrap=True, highlight=False)


def _played(
    names: list[str], tables: dict[str, pd.DataFrame], task: str, settings: dict[str, Any], reward_range: tuple[float, float] | None
) -> Task:
    """Return the task that was played: the one that is named, that of the data sets, or a design known by its tables alone."""
    sets = [DATA_SETS[base] for name in names if (base := name.partition(":")[0]) in DATA_SETS]
    known = {data_set.task for data_set in sets} & set(task_names())
    task = task or (known.pop() if len(sets) == len(names) and len(known) == 1 else "")
    if task:
        if reward_range:
            raise UserError(f"{task} says what its rewards are; --reward-range is for tables without --task. Settings of a task are given with --set.")
        told = {key: value for data_set in sets if data_set.task == task for key, value in data_set.settings.items()}
        return make_task(task, **{**told, **settings})
    if settings:
        raise UserError("--set gives settings of a task: name it with --task.")
    spans = {data_set.reward_range for data_set in sets}
    return own_design(pd.concat(tables.values(), ignore_index=True), reward_range or (spans.pop() if len(spans) == 1 else None))


def _as_rich(comparison: Comparison) -> Table:
    held = comparison.held_out()
    extra = [] if held is None else ["held out"]
    table = Table("data", "player", "fitted", "log-likelihood a trial", *extra, "subjects", title="fitted: numbers fitted to each subject, or to all together")
    unseen = [[]] * len(comparison.likelihood) if held is None else [[with_interval(row)] for row in held.itertuples()]
    for row, cells in zip(comparison.likelihood.itertuples(), unseen, strict=True):
        table.add_row(row.data, row.player, fitted_as_text(row), with_interval(row), *cells, str(row.n_subjects))
    return table
