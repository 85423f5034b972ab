"""Fit a cognitive model to the choices of every subject in a trial table."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder, Encoding, ModelOptions, PriorTexts, RewardRange, Seed, Starts, TrialTable
from cogmeta.data.named import read_named
from cogmeta.errors import UserError, unknown_name
from cogmeta.families import INDEX
from cogmeta.files import atomic_path, check_folder
from cogmeta.fitting.bayes.chains import Sampling
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.covariates import read_subject_table
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.latents import latents
from cogmeta.fitting.likelihood import log_likelihood
from cogmeta.fitting.bayes.psis import psis_loo
from cogmeta.fitting.result import PARAMETERS_FILE, POSTERIOR_FILE, SUMMARY_FILE, Fit
from cogmeta.fitting.told_flags import tell_flags
from cogmeta.models.options import read_options, read_priors
from cogmeta.models.registry import make_model
from cogmeta.named_values import named_numbers
from cogmeta.progress import progress_bar

TRIALS_FILE, LATENTS_FILE = "trial_log_likelihood.csv", "latents.csv"
COEFFICIENTS_FILE, GROUP_FILE = "coefficients.csv", "group.csv"
_GROUP, _SAMPLING = "The group (em, nuts)", "Sampling (nuts)"

app = CommandApp()


@app.command()
def main(
    model: Annotated[str, typer.Argument(help="Registered model, such as two_step/hybrid.")],
    trials: TrialTable,
    out: Path = typer.Option(..., "--out", help="Folder for the results; made if needed."),
    method: str = typer.Option("map", help="map, with the priors that the parameters declare; mle; em, with a prior learnt from the group; nuts, full Bayes.", rich_help_panel="Fit"),
    starts: Starts = 10,
    seed: Seed = 0,
    encoding: Encoding = "utf-8",
    data: DataFolder = None,
    option: ModelOptions = [],
    prior: PriorTexts = [],
    reward_range: RewardRange = None,
    write_latents: bool = typer.Option(False, "--latents", help="Write latents.csv: values, prediction errors, ... of every trial."),
    covariance: str = typer.Option("full", help="Full, or diagonal (no correlations of parameters).", rich_help_panel=_GROUP),
    covariates: str | None = typer.Option(None, help="What the group's mean depends on, such as '~ age + group'.", rich_help_panel=_GROUP),
    subject_table: Path | None = typer.Option(None, help="CSV with the covariates, one row a subject; else in the trial table.", rich_help_panel=_GROUP),
    chains: int | None = typer.Option(None, help="Side by side, >= 2; 4 if not said.", rich_help_panel=_SAMPLING),
    draws: int | None = typer.Option(None, help="Of a chain; 500 if not said.", rich_help_panel=_SAMPLING),
    tune: int | None = typer.Option(None, help="Draws before those, to tune step sizes; 500 if not said.", rich_help_panel=_SAMPLING),
    group_prior: list[str] = typer.Option([], "--group-prior", metavar="NAME=NUMBER", help="A scale of the group's priors: mean_sd (2.5), sd_scale (1.5), correlation_shape (2); repeatable.", rich_help_panel=_SAMPLING),
    target_accept: float | None = typer.Option(None, help="0.8 if not said; nearer to 1 against divergences.", rich_help_panel=_SAMPLING),
) -> None:
    """Fit a cognitive model to the choices of every subject in a trial table.

    Writes parameters.csv, summary.json and trial_log_likelihood.csv; with --latents also latents.csv, with --method em
    or nuts coefficients.csv (of the group's mean, in unconstrained coordinates), with nuts also group.csv (means, SDs,
    correlations, how well the chains mixed), posterior.nc (for ArviZ) and, trial by trial, what leave-one-out gives (PSIS).

    Example:  cogmeta fit two_step/hybrid trials.csv --out fits/hybrid --option perseveration=outside
    """
    subjects = read_subject_table(subject_table, covariates)
    sampling = _sampling(method, n_chains=chains, n_draws=draws, n_tune=tune, target_accept=target_accept)
    priors, scales = read_priors(prior), _group_prior(group_prior)
    made = make_model(model, **read_options(model, option))
    table = read_named(trials, data, encoding)
    check_folder(out)
    console = Console()
    counted = {"em": "iterations", "nuts": "iterations"}.get(method, "subjects")
    with progress_bar("fitting", counted, console) as tell:
        result = fit(made, table, method, starts, seed, reward_range=reward_range,
                     covariance=covariance, covariates=covariates, subject_table=subjects, sampling=sampling, priors=priors,
                     group_prior=scales, listener=tell)
    write_fit(result, table, out)
    further = {LATENTS_FILE: latents(result, table)} if write_latents else {}
    if "coefficients" in result.group:
        further[COEFFICIENTS_FILE] = result.coefficients
    if "table" in result.group:
        further[GROUP_FILE] = result.group_table
    for name, content in further.items():
        with atomic_path(out / name) as part:
            content.to_csv(part, index=False)
    for name in {LATENTS_FILE, COEFFICIENTS_FILE, GROUP_FILE} - set(further):
        (out / name).unlink(missing_ok=True)  # of an earlier fit: no longer true
    _show(result, out, console, further)


def write_fit(result: Fit, trials: pd.DataFrame, folder: Path) -> None:
    """Write a fit and the log-likelihood of every trial into a folder, each file whole or not at all.

    With draws of a posterior also ``left_out``, the log-likelihood of each trial when its parameters are known from the others.
    """
    result.save(folder)
    table = trials[[name for name in INDEX if name in trials]].assign(log_likelihood=log_likelihood(result, trials))
    if result.posterior is not None:
        table[["left_out", "pareto_k"]] = psis_loo(result, trials)
    with atomic_path(Path(folder) / TRIALS_FILE) as part:
        table.to_csv(part, index=False)


def _sampling(method: str, **chosen: int | float | None) -> Sampling | None:
    """Return how to sample; None where nothing was said."""
    said = {name: value for name, value in chosen.items() if value is not None}
    if said and method != "nuts":
        raise UserError(f"--chains, --draws, --tune and --target-accept are for --method nuts; --method {method} draws nothing.")
    return Sampling(**said) if said else None


def _group_prior(pairs: list[str]) -> GroupPrior | None:
    """Return the scales of a group's priors that a command line asks for; None where it asks for none."""
    known, said = [f.name for f in fields(GroupPrior)], named_numbers(pairs, "--group-prior", "sd_scale=1")
    for name in said:
        if name not in known:
            raise unknown_name("scale of a group's prior", name, known)
    return GroupPrior(**said) if said else None


def _show(result: Fit, folder: Path, console: Console, further: Iterable[str]) -> None:
    totals = result.totals()
    table = Table(title=f"{result.model.name} ({result.method}), {totals['n_subjects']} subjects")
    for name in ("parameter", "", "mean", "quartile 1", "median", "quartile 3"):
        table.add_column(name, justify="left" if name in ("parameter", "") else "right")
    for name, row in result.summary().iterrows():
        numbers = (row["mean"], row["quartile_1"], row["median"], row["quartile_3"])
        table.add_row(name, row["symbol"], *(f"{number:.3f}" for number in numbers))
    console.print(table)
    console.print(f"log-likelihood {totals['log_likelihood']:.2f}, {totals['log_likelihood_per_choice']:.4f} a choice "
                  f"({totals['n_trials']} choices); AIC {totals['aic']:.1f}, BIC {totals['bic']:.1f} (summed over subjects"
                  f"{', at these estimates, not at the maximum of the likelihood' if result.method != 'mle' else ''})")
    if result.group.get("terms", []) not in ([], ["Intercept"]):
        console.print(result.coefficients.round(3).to_string(index=False), markup=False, highlight=False, soft_wrap=True)
    tell_flags(result.flags, console, PARAMETERS_FILE)
    for words in result.group.get("beware", []):
        console.print(f"beware: {words}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    files = (PARAMETERS_FILE, SUMMARY_FILE, TRIALS_FILE, *further, *([POSTERIOR_FILE] if result.posterior is not None else []))
    console.print(f"written to {folder}: {', '.join(files)}", soft_wrap=True)


if __name__ == "__main__":
    app()
