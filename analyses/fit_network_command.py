"""Fit networks of a few units to the choices in a trial table, and draw what they learnt."""

from pathlib import Path
from typing import Any

import pandas as pd
import typer
from rich.console import Console

from analyses.intervals import mean_interval
from analyses.phase_portrait import phase_portrait, plot_phase_portrait
from analyses.style import save_figure
from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Encoding, RewardRange, Seed, TrialTable
from cogmeta.data.named import read_named
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, check_folder
from cogmeta.fitting.nested import NestedScores, nested_cross_validation
from cogmeta.fitting.tiny_network import Descent, TinyFit, fit_tiny_network
from cogmeta.fitting.told_flags import tell_flags
from cogmeta.progress import progress_line
from cogmeta.trials import guess_family, missing

_NESTED = "Nested cross-validation"

app = CommandApp()


@app.command()
def run(
    trials: TrialTable,
    out: Path = typer.Option(..., "--out", help="Folder for the networks, made if needed."),
    units: str = typer.Option("1,2", "--units", help="How many units, one network for each number.", rich_help_panel="Networks"),
    kind: str = typer.Option("gru", "--kind", help="gru, or switching_gru: own recurrent weights for every input.", rich_help_panel="Networks"),
    epochs: int = typer.Option(2000, "--epochs", help="Most passes over the data; stops earlier where nothing improves.", rich_help_panel="Networks"),
    starts: int = typer.Option(1, "--starts", help="Trainings from other weights; the best is kept.", rich_help_panel="Networks"),
    penalty: float = typer.Option(1e-5, "--penalty", help="On absolute recurrent weights.", rich_help_panel="Networks"),
    seed: Seed = 0,
    reward_range: RewardRange = None,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
    nested: bool = typer.Option(False, "--nested", help="Nested cross-validation, too: inner folds choose penalty and stop, outer folds score; takes long.", rich_help_panel=_NESTED),
    outer: int = typer.Option(10, "--outer", help="Of --nested: outer folds.", rich_help_panel=_NESTED),
    inner: int = typer.Option(9, "--inner", help="Of --nested: inner folds.", rich_help_panel=_NESTED),
    penalties: str = typer.Option("1e-5,1e-4,1e-3", "--penalties", help="Of --nested: to choose from.", rich_help_panel=_NESTED),
    n_options: int | None = typer.Option(None, "--n-options", min=2, help="Of the first choice; by default as many as were taken.", rich_help_panel="Trials"),
) -> None:
    """Fit networks of a few units to the choices in a trial table, and draw what they learnt.

    Each goes into OUT/<kind>_<units>, which cogmeta compare --agents and cogmeta simulate take; networks.csv says how
    likely held-out choices are. With --nested, nested.csv and penalties.csv hold every outer fold's score and choice.

    Example:  cogmeta fit-network trials.csv --units 1,2 --out networks
    """
    sizes, tried = _sizes(units), _penalties(penalties)
    table = read_named(trials, data, encoding)
    check_folder(out)
    descent = Descent(max_epochs=epochs, n_starts=starts, penalty=penalty)
    asked, rows = {"seed": seed, "reward_range": reward_range, "n_arms": n_options}, []
    for size in sizes:
        found = _fit(table, size, kind, descent, **asked)
        _write(found, out / f"{kind}_{size}")
        rows.append({"kind": kind, "units": size, "log_likelihood_per_choice": found.validation, "epochs": found.epochs})
        Console().print(str(found), soft_wrap=True, highlight=False)
    with atomic_path(out / "networks.csv") as part:
        pd.DataFrame(rows).to_csv(part, index=False)
    silent = _silent(table)
    with atomic_path(out / "flags.csv") as part:
        silent.rename_axis("subject").reset_index().to_csv(part, index=False)
    tell_flags(silent, Console(), "flags.csv")
    if nested:
        how = {"descent": descent, "penalties": tried, "n_outer": outer, "n_inner": inner}
        _write_nested({size: _nested(table, size, kind, **how, **asked) for size in sizes}, kind, out)


def _silent(table: pd.DataFrame) -> pd.Series:
    """Return the subjects from whom a network learns nothing, with the reason."""
    absent = pd.Series(missing(table, guess_family(table))).groupby(table["subject"].astype(str).to_numpy(), sort=False).all()
    return pd.Series("no answered trial: nothing was learnt from it", absent.index[absent], name="flag", dtype=object)


def _sizes(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"--units must be numbers separated by commas, such as 1,2,4; got {text!r}.") from None


def _penalties(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"--penalties must be numbers separated by commas, such as 1e-5,1e-3; got {text!r}.") from None


def _nested(table: pd.DataFrame, size: int, kind: str, **asked: Any) -> NestedScores:
    with progress_line() as say:

        def tell(done: int, total: int) -> None:
            say(f"nested cross-validation, {kind}, {size} units: {done} of {total}")

        return nested_cross_validation(table, guess_family(table), size, kind, listener=tell, **asked)


def _write_nested(scores: dict[int, NestedScores], kind: str, out: Path) -> None:
    """Write every fold of every size, and print the scores."""
    for name, part_of in (("nested.csv", "folds"), ("penalties.csv", "penalties")):
        table = pd.concat([getattr(found, part_of).assign(kind=kind, units=size) for size, found in scores.items()])
        with atomic_path(out / name) as part:
            table.to_csv(part, index=False)
    for size, found in scores.items():
        low, high = mean_interval(found.folds.assign(all=0), "held_out", "all").iloc[0][["low", "high"]]
        Console().print(f"{kind} of {size} units, nested cross-validation: log-likelihood a choice {found.held_out:.4f} (95 % over folds "
                        f"{low:.4f} to {high:.4f})", soft_wrap=True, highlight=False)


def _fit(table: pd.DataFrame, size: int, kind: str, descent: Descent, **asked: object) -> TinyFit:
    with progress_line() as say:

        def tell(epoch: int, score: float) -> None:
            say(f"{kind}, {size} units: epoch {epoch}, log-likelihood a choice {score:.4f}")

        return fit_tiny_network(table, guess_family(table), size, kind, descent, listener=tell, **asked)


def _write(found: TinyFit, folder: Path) -> None:
    found.save(folder)
    if found.network.n_units > 2:
        return
    portrait = phase_portrait(found.network)
    with atomic_path(folder / "phase_portrait.csv") as part:
        portrait.to_csv(part, index=False)
    save_figure(plot_phase_portrait(portrait), folder / "phase_portrait")
