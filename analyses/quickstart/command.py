"""Do the main job: train two networks, let them behave beside exact references, fit models, compare with people."""

import time
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyses.quickstart.pipeline import run_quickstart
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Seed
from cogmeta.errors import UserError
from cogmeta.files import check_folder

app = CommandApp()


@app.command()
def run(
    out: Path = typer.Option(Path("quickstart"), "--out", help="Folder for the report, figures, tables and agents."),
    seed: Seed = 0,
    data: DataFolder = None,
    retrain: bool = typer.Option(False, "--retrain", help="Train the network for the full two-step task anew, too (minutes)."),
) -> None:
    """Do the main job: train two networks, let them behave beside exact references, fit models, compare with people.

    Example:  cogmeta quickstart --out quickstart --seed 0
    """
    if data is not None and not data.is_dir():
        raise UserError(f"there is no folder {str(data)!r} of data sets. Leave --data out to compare with published statistics.")
    check_folder(out)
    began = time.monotonic()
    with Progress(TextColumn("{task.description:<36}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
                  TimeElapsedColumn(), TextColumn("{task.fields[said]}")) as progress:
        summary = run_quickstart(out, seed, data, retrain, Bars(progress))
    console = Console()
    console.print(_key_numbers(summary))
    console.print(f"{time.monotonic() - began:.0f} s. Open {out / 'report.html'}", soft_wrap=True, highlight=False)


class Bars:
    """A listener that shows one progress bar a job.

    Parameters
    ----------
    progress : rich Progress
    """

    def __init__(self, progress: Progress) -> None:
        self.progress, self.bars = progress, {}

    def __call__(self, job: str, done: float, total: float, said: str = "") -> None:
        """Show how far a job is."""
        if job not in self.bars:
            self.bars[job] = self.progress.add_task(job, total=total, said="")
        self.progress.update(self.bars[job], completed=done, total=total, said=said)


def _key_numbers(summary: dict) -> Table:
    bandit, steps = summary["bandit"], summary["two_step"]
    table = Table("", "network", "Bayes-optimal", "random", "trained in")
    table.add_row("bandit/independent: regret of 100 trials", f"{bandit['regret']:.2f}", f"{bandit['bayes_optimal_regret']:.2f}",
                  f"{bandit['regret_by_player']['random']:.2f}", f"{bandit['train_seconds']:.0f} s")
    table.add_row("two_step/wang2018: reward a trial", f"{steps['reward_per_trial']:.3f}", f"{steps['bayes_optimal_reward_per_trial']:.3f}",
                  f"{steps['reward_per_trial_by_player']['random']:.3f}", f"{steps['train_seconds']:.0f} s")
    return table
