"""Fit networks of a few units to the choices in a trial table, and draw what they learnt."""

from pathlib import Path

import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from analyses.phase_portrait import phase_portrait, plot_phase_portrait
from analyses.style import save_figure
from cogmeta.command_options import Encoding, RewardRange, Seed
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder
from cogmeta.fitting.tiny_network import Descent, TinyFit, fit_tiny_network
from cogmeta.trials import guess_family, read_trials

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def run(
    trials: Path = typer.Argument(help="Trial table, CSV."),
    out: Path = typer.Option(..., "--out", help="Folder for the networks, made if needed."),
    units: str = typer.Option("1,2", "--units", help="How many units, one network for each number."),
    kind: str = typer.Option("gru", "--kind", help="gru, or switching_gru: own recurrent weights for every input."),
    epochs: int = typer.Option(2000, "--epochs", help="Most passes over the data; stops earlier where nothing improves."),
    starts: int = typer.Option(1, "--starts", help="Trainings from other weights; the best is kept."),
    penalty: float = typer.Option(1e-5, "--penalty", help="On absolute recurrent weights."),
    seed: Seed = 0,
    reward_range: RewardRange = None,
    encoding: Encoding = "utf-8",
    n_options: int | None = typer.Option(None, "--n-options", min=2, help="Of the first choice; by default as many as were taken."),
) -> None:
    """Fit networks of a few units to the choices in a trial table, and draw what they learnt.

    Each goes into OUT/<kind>_<units>, which cogmeta compare --agents and cogmeta simulate take; networks.csv says how
    likely held-out choices are.

    Example:  cogmeta fit-network trials.csv --units 1,2 --out networks
    """
    sizes = _sizes(units)
    table = read_trials(trials, encoding)
    make_folder(out)
    descent = Descent(max_epochs=epochs, n_starts=starts, penalty=penalty)
    asked, rows = {"seed": seed, "reward_range": reward_range, "n_arms": n_options}, []
    for size in sizes:
        found = _fit(table, size, kind, descent, **asked)
        _write(found, out / f"{kind}_{size}")
        rows.append({"kind": kind, "units": size, "log_likelihood_per_choice": found.validation, "epochs": found.epochs})
        Console().print(str(found), soft_wrap=True, highlight=False)
    with atomic_path(out / "networks.csv") as part:
        pd.DataFrame(rows).to_csv(part, index=False)


def _sizes(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"--units must be numbers separated by commas, such as 1,2,4; got {text!r}.") from None


def _fit(table: pd.DataFrame, size: int, kind: str, descent: Descent, **asked: object) -> TinyFit:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
        bar = progress.add_task("")

        def tell(epoch: int, score: float) -> None:
            progress.update(bar, description=f"{kind}, {size} units: epoch {epoch}, log-likelihood a choice {score:.4f}")

        return fit_tiny_network(table, guess_family(table), size, kind, descent, listener=tell, **asked)


def _write(found: TinyFit, folder: Path) -> None:
    found.save(folder)
    if found.network.n_units > 2:
        return
    portrait = phase_portrait(found.network)
    with atomic_path(folder / "phase_portrait.csv") as part:
        portrait.to_csv(part, index=False)
    save_figure(plot_phase_portrait(portrait), folder / "phase_portrait")
