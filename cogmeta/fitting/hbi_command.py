"""Infer which subjects use which model, and each model's group, all at once (hierarchical Bayesian inference)."""

from pathlib import Path

import typer
from rich.console import Console

from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Encoding, RewardRange, Seed, Starts
from cogmeta.data.named import read_named
from cogmeta.files import check_folder
from cogmeta.fitting.em import BROAD_VARIANCE
from cogmeta.fitting.hbi import fit_hbi
from cogmeta.fitting.told_flags import tell_flags
from cogmeta.models.registry import make_model
from cogmeta.progress import progress_line

app = CommandApp()


@app.command()
def main(
    models: list[str] = typer.Argument(..., help="Registered models, such as bandit/rescorla_wagner bandit/choice_kernel."),
    trials: str = typer.Option(..., "--trials", help="Trial table (CSV), or a data set; name:option=value for one part of a set."),
    out: Path = typer.Option(..., "--out", help="Folder for the results; made if needed."),
    starts: Starts = 10,
    prior_variance: float = typer.Option(BROAD_VARIANCE, "--prior-variance", help="Of each parameter in the first fits, unconstrained; the rounds begin from there.", rich_help_panel="Fit"),
    seed: Seed = 0,
    reward_range: RewardRange = None,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
) -> None:
    """Infer which subjects use which model, and each model's group, all at once (hierarchical Bayesian inference).

    Writes frequencies.csv, responsibility.csv, group.csv, parameters_K.csv for the K-th model, and summary.json.

    Example:  cogmeta hbi bandit/rescorla_wagner bandit/choice_kernel --trials trials.csv --out hbi
    """
    made, table = [make_model(name) for name in models], read_named(trials, data, encoding)
    check_folder(out)
    with progress_line("first fits") as tell:
        found = fit_hbi(made, table, starts, seed, reward_range=reward_range, listener=lambda done, _: tell(f"round {done}"),
                        prior_variance=prior_variance)
    found.save(out)
    Console().print(str(found), soft_wrap=True, highlight=False)
    tell_flags(found.flags, Console(), "parameters_0.csv")
    Console().print(f"written to {out}", soft_wrap=True)
