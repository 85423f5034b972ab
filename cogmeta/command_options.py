"""Options that several commands share: one name, one help text and one check each."""

import codecs
from pathlib import Path
from typing import Annotated

import typer

from cogmeta.command_app import RUNNING
from cogmeta.errors import UserError


def _seed(seed: int) -> int:
    if seed < 0:
        raise UserError(f"--seed must be an integer >= 0, got {seed}.")
    return seed


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise UserError(f"--encoding must name a text encoding such as utf-8 or latin-1, got {name!r}.") from error


def _jobs(jobs: int | None) -> int | None:
    if jobs is not None and (jobs == 0 or jobs < -1):
        raise UserError(f"--jobs is a number of processes >= 1, or -1 for one a core, got {jobs}.")
    return jobs


Seed = Annotated[int, typer.Option("--seed", help="Same seed, same numbers.", callback=_seed, rich_help_panel=RUNNING)]
"""Where everything random begins."""

Encoding = Annotated[str, typer.Option("--encoding", help="Of the CSV files.", callback=_encoding, rich_help_panel="Trials")]
"""How the text of trial tables is coded."""

Jobs = Annotated[int, typer.Option("--jobs", help="Processes; -1 for one a core.", callback=_jobs, rich_help_panel=RUNNING)]
"""How many processes share the work."""

Starts = Annotated[int, typer.Option("--starts", help="Searches a subject, from other points.", rich_help_panel="Fit")]
"""How often an optimum is sought."""

RewardRange = Annotated[tuple[float, float] | None,
                        typer.Option("--reward-range", metavar="LOW HIGH", help="Smallest and largest reward, if not 0 and 1.", rich_help_panel="Trials")]
"""What rewards of a table are scaled by."""

TaskSettings = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A setting of the task, such as n_trials=120; repeatable.", rich_help_panel="Task")]
"""Settings of a registered task, as ``analyses.players.read_settings`` reads them."""

ModelOptions = Annotated[list[str], typer.Option("--option", metavar="NAME=VALUE", help="An option of the model, such as perseveration=outside; repeatable.", rich_help_panel="Fit")]
"""Options of a registered model, as ``cogmeta.models.options.read_options`` reads them."""

PriorTexts = Annotated[list[str], typer.Option("--prior", metavar="NAME=DENSITY", help="For map: a prior in place of the declared one, such as 'learning_rate=beta(2, 2)'; also gamma(shape, scale), normal(mean, sd), flat; repeatable.", rich_help_panel="Fit")]
"""Priors of parameters, as ``cogmeta.models.options.read_priors`` reads them."""

DataFolder = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of behavioural data sets; by default that in COGMETA_DATA, then the cache.", rich_help_panel="Trials")]
"""Where data sets are."""

_ONE_PART = "name:option=value for one part of a set"

TrialTable = Annotated[str, typer.Argument(help=f"Trial table (CSV), or a data set; {_ONE_PART}.")]
"""Somebody's trials, as ``cogmeta.data.named.read_named`` reads them."""

TrialTables = Annotated[list[str], typer.Argument(help=f"Trial tables (CSV) or data sets; {_ONE_PART}.")]
"""Several of them."""

Design = Annotated[str | None, typer.Option("--trials", help=f"Your trial table (CSV), or a data set, whose design they play; {_ONE_PART}.", rich_help_panel="Task")]
"""Trials of which only the design counts."""
