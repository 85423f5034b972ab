"""Infer which subjects use which model, and each model's group, all at once (hierarchical Bayesian inference)."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cogmeta.files import make_folder
from cogmeta.fitting.hbi import fit_hbi
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed
from cogmeta.trials import read_trials

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main(
    models: list[str] = typer.Argument(..., help="Registered models, such as bandit/rescorla_wagner bandit/choice_kernel."),
    trials: Path = typer.Option(..., "--trials", help="Trial table, CSV."),
    out: Path = typer.Option(..., "--out", help="Folder for the results; made if needed."),
    starts: int = typer.Option(10, help="Searches a subject and model, in the first fits."),
    seed: int = typer.Option(0, help="Of the starting points."),
    reward_range: tuple[float, float] | None = typer.Option(None, help="Smallest and largest reward, if not 0 and 1."),
) -> None:
    """Infer which subjects use which model, and each model's group, all at once (hierarchical Bayesian inference).

    Writes frequencies.csv, responsibility.csv, group.csv, parameters_K.csv for the K-th model, and summary.json.

    Example:  cogmeta hbi bandit/rescorla_wagner bandit/choice_kernel --trials trials.csv --out hbi
    """
    check_seed(seed)
    made, table = [make_model(name) for name in models], read_trials(trials)
    make_folder(out)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
        bar = progress.add_task("first fits")
        found = fit_hbi(made, table, starts, seed, reward_range=reward_range,
                        listener=lambda done, _: progress.update(bar, description=f"round {done}"))
    found.save(out)
    Console().print(str(found), soft_wrap=True, highlight=False)
    Console().print(f"written to {out}", soft_wrap=True)
