"""Does a fitted model behave as its subjects did? Let it choose in their place, and measure both alike."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analyses.posterior_predictive import plot_posterior_predictive, posterior_predictive
from analyses.style import save_figure
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Encoding, Jobs, Seed, TrialTable
from cogmeta.data.named import read_named
from cogmeta.files import check_folder
from cogmeta.fitting.result import Fit
from cogmeta.progress import progress_bar

app = CommandApp()


@app.command()
def run(
    fit: Annotated[Path, typer.Argument(help="Folder that cogmeta fit wrote.")],
    trials: TrialTable,
    out: Path = typer.Option(..., "--out", help="Folder for the results; a killed check goes on there."),
    data_sets: int = typer.Option(100, "--data-sets", help="Simulated ones, 20 or more."),
    jobs: Jobs = 1,
    seed: Seed = 0,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
) -> None:
    """Does a fitted model behave as its subjects did? Let it choose in their place, and measure both alike.

    TRIALS are those to which it was fitted. Writes check.csv (observed and predicted, a row a measure), observed.csv, simulated.csv, subjects.csv and a figure.

    Example:  cogmeta posterior-predictive fits/hybrid trials.csv --out check
    """
    fitted, table = Fit.load(fit), read_named(trials, data, encoding)
    check_folder(out)
    with progress_bar("simulating", "data sets") as tell:
        found = posterior_predictive(fitted, table, data_sets, seed, jobs, out, tell)
    found.save(out)
    save_figure(plot_posterior_predictive(found), out / "posterior_predictive")
    Console().print(str(found), soft_wrap=True, highlight=False)
    Console().print(f"written to {out}", soft_wrap=True)
