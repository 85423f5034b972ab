"""Can these models be told apart on a task, or on your own design? Simulate each, fit all, count which wins."""

from pathlib import Path

import typer
from rich.console import Console

from analyses.recover_command import read_design
from analyses.recovery import plot_confusion
from analyses.style import save_figure
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Design, Encoding, Jobs, RewardRange, Seed, Starts, TaskSettings
from cogmeta.files import check_folder
from cogmeta.fitting.confusion import Confusion, confuse
from cogmeta.progress import progress_bar

app = CommandApp()


@app.command()
def run(
    models: list[str] = typer.Argument(..., help="Registered models, two or more."),
    task: str = typer.Option("", "--task", help="Registered task that they play (see cogmeta tasks); or --trials.", rich_help_panel="Task"),
    settings: TaskSettings = [],
    trials: Design = None,
    out: Path = typer.Option(..., "--out", help="Folder for the results; a killed study goes on there."),
    subjects: int | None = typer.Option(None, "--subjects", help="Simulated with each model; 100 by default, with --trials those of the table.", rich_help_panel="Simulated subjects"),
    criterion: str = typer.Option("bic", "--criterion", help="bic or aic.", rich_help_panel="Fit"),
    draw: str = typer.Option("plausible", "--draw", help="Parameters from: plausible (ranges) or prior.", rich_help_panel="Simulated subjects"),
    starts: Starts = 5,
    jobs: Jobs = 1,
    seed: Seed = 0,
    reward_range: RewardRange = None,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
) -> None:
    """Can these models be told apart on a task, or on your own design? Simulate each, fit all, count which wins.

    Writes counts.csv, confusion.csv (p(fit | simulated)), inversion.csv (p(simulated | fit)) and a figure of each.

    Example:  cogmeta confuse bandit/rescorla_wagner bandit/choice_kernel --task bandit/independent --out confusion
    """
    design = read_design(task, trials, settings, encoding, data)
    check_folder(out)
    with progress_bar("simulating and fitting", "models") as tell:
        found = confuse(models, design, subjects, criterion, seed, starts, draw, tell, jobs, out, reward_range)
    write_confusion(found, out)
    Console().print(str(found), soft_wrap=True, highlight=False)
    Console().print(f"written to {out}", soft_wrap=True)


def write_confusion(found: Confusion, out: Path) -> None:
    """Write the three matrices, what reads them back, and two figures into a folder."""
    found.save(out)
    for name in ("confusion", "inversion"):
        save_figure(plot_confusion(found, inversion=name == "inversion").figure, out / name)
