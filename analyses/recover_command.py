"""Simulate subjects with known parameters, fit them, and say how well the parameters come back."""

from pathlib import Path

import pandas as pd
import typer
from rich.console import Console

from analyses.players import read_settings
from analyses.recovery import plot_recovery
from analyses.style import save_figure
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Design, Encoding, Jobs, ModelOptions, PriorTexts, RewardRange, Seed, Starts, TaskSettings
from cogmeta.data.named import read_named
from cogmeta.errors import UserError
from cogmeta.files import check_folder
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.recovery import Recovery, recover
from cogmeta.models.options import read_options, read_priors
from cogmeta.models.registry import make_model
from cogmeta.progress import progress_bar
from cogmeta.task import Task
from tasks.registry import make_task

app = CommandApp()


@app.command()
def run(
    model: str = typer.Argument(help="Registered model, such as two_step/hybrid."),
    task: str = typer.Option("", "--task", help="Registered task that simulated subjects play; or --trials.", rich_help_panel="Task"),
    settings: TaskSettings = [],
    trials: Design = None,
    out: Path = typer.Option(..., "--out", help="Folder for the results; a killed study goes on there."),
    subjects: int | None = typer.Option(None, "--subjects", help="A data set; 100 by default, with --trials those of the table.", rich_help_panel="Simulated subjects"),
    data_sets: int = typer.Option(1, "--data-sets", help="Simulated and fitted apart.", rich_help_panel="Simulated subjects"),
    draw: str = typer.Option("plausible", "--draw", help="Parameters from: plausible (ranges), prior, or fitted (to --trials).", rich_help_panel="Simulated subjects"),
    method: str = typer.Option("map", help="map, mle or em.", rich_help_panel="Fit"),
    starts: Starts = 10,
    jobs: Jobs = 1,
    seed: Seed = 0,
    option: ModelOptions = [],
    prior: PriorTexts = [],
    reward_range: RewardRange = None,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
) -> None:
    """Simulate subjects with known parameters, fit them, and say how well the parameters come back.

    Writes recovery.csv (simulated and estimated), summary.csv (r, bias, error with intervals) and a figure.

    Example:  cogmeta recover two_step/hybrid --task two_step/daw2011 --subjects 50 --out recovery
    """
    design = read_design(task, trials, settings, encoding, data)
    made = make_model(model, **read_options(model, option))
    priors = read_priors(prior)
    if draw == "fitted":
        if trials is None:
            raise UserError("--draw fitted takes the parameters fitted to your trials: name them with --trials.")
        draw = fit(made, design, method, starts, seed, reward_range=reward_range, priors=priors)
    check_folder(out)
    with progress_bar("simulating and fitting", "data sets") as tell:
        found = recover(made, design, subjects, data_sets, draw, method, starts, seed, jobs, out, tell, reward_range, priors)
    write_recovery(found, out)
    Console().print(str(found), soft_wrap=True, highlight=False)
    Console().print(f"written to {out}", soft_wrap=True)


def write_recovery(found: Recovery, out: Path) -> None:
    """Write recovery.csv, summary.csv, what reads them back, and the figure into a folder."""
    found.save(out)
    save_figure(plot_recovery(found), out / "recovery")


def read_design(task: str, trials: str | None, settings: list[str], encoding: str, data: Path | None) -> Task | pd.DataFrame:
    """Return the design that a command names: a registered task, or a trial table."""
    if bool(task) == (trials is not None):
        raise UserError("say what simulated subjects play: either --task NAME (see cogmeta tasks) or --trials TABLE.csv.")
    return make_task(task, **read_settings(settings)) if task else read_named(trials, data, encoding)
