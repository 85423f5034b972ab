"""Leave-one-out by importance sampling (PSIS-LOO) for fits by NUTS, and beside it left-out subjects.

What is left out is a *trial*: the draws of its subject are reweighted as if it had not been scored. Learning goes on through it,
so that this measures how well a model whose parameters are known from the other trials, later ones too, predicts a choice.
Leaving a *subject* out by reweighting fails: its own parameters are drawn from what is to be left out, and the weights of
nearly every subject are useless (Pareto k above 0.7 for 17 of 20 simulated people, the seven-parameter hybrid; for none
of their 4,020 trials). How a model predicts a new person is found out by refitting, as
``held_out_log_likelihood(..., by="subject")`` does, and stands beside.

References
----------
Vehtari, Gelman & Gabry 2017, Stat Comput 27:1413. Computed by ArviZ (``arviz.loo``).
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.held_out import held_out_log_likelihood
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.bayes.posterior import arviz, trial_log_likelihood_of
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import sequences_of

SAME = 1e-12

GOOD_K = 0.7
"""A trial whose weights have a Pareto shape above this is influential: its estimate is not to be trusted."""


def psis_loo(fitted: Fit, trials: pd.DataFrame) -> pd.DataFrame:
    """Return the log-probability of each trial, its own subject's parameters being known from all other trials.

    Parameters
    ----------
    fitted : Fit
        By ``"nuts"``, with its draws.
    trials : DataFrame
        To which it was fitted.

    Returns
    -------
    DataFrame
        With the index of ``trials``: ``log_likelihood`` (left out; NaN where nobody is scored), ``pareto_k``.

    Raises
    ------
    UserError
        The fit has no draws, or does not know a subject.
    """
    u = _draws(fitted)
    model, table = prepare(fitted.model, trials, None, {})
    engine = Engine(model, sequences_of(model, table, fitted.episode))
    place = {subject: k for k, subject in enumerate(fitted.posterior.posterior["subject"].to_numpy())}
    out = np.full((len(table), 2), np.nan)
    for k, subject in enumerate(engine.sequences.subjects):
        if subject not in set(fitted.table["subject"]):
            raise UserError(f"this fit has no draws for subject {subject!r}. Pass the trials to which it was fitted.")
        rows = engine.rows_of(k)
        if subject in place and len(rows):
            with np.errstate(all="ignore"):  # as in the fit
                values = trial_log_likelihood_of(engine, k, u[:, :, place[subject]])
            out[rows] = _left_out(values)
    return pd.DataFrame(out, index=trials.index, columns=["log_likelihood", "pareto_k"])


def loo_table(fits: Sequence[Fit], trials: pd.DataFrame, left_out_subjects: bool = True, seed: int = 0) -> pd.DataFrame:
    """Compare models by trials and by subjects that were left out.

    Parameters
    ----------
    fits : sequence of Fit
        By ``"nuts"``, of the same trials.
    trials : DataFrame
    left_out_subjects : bool
        Refit each model without each subject (by EM) as well; takes a fit a subject.
    seed : int
        Of those.

    Returns
    -------
    DataFrame
        Best first: ``model``; ``loo`` (log-probability of left-out trials, summed), ``loo_difference`` (to the best) and its
        standard error over subjects ``loo_error``; ``n_influential`` (trials with Pareto k above 0.7, of whom LOO knows
        little); ``left_out_subjects`` (log-probability of subjects under the group of the others), its difference and error.
    """
    who = trials["subject"].to_numpy()
    rows = [{"model": fitted.model.name} for fitted in fits]
    each = [psis_loo(fitted, trials) for fitted in fits]
    _add(rows, "loo", [x["log_likelihood"].groupby(who).sum() for x in each])
    for row, x in zip(rows, each):
        row["n_influential"] = int((x["pareto_k"] > GOOD_K).sum())
    if left_out_subjects:
        held = [held_out_log_likelihood(f.model, trials, "subject", seed=seed, episode=f.episode) for f in fits]
        _add(rows, "left_out_subjects", [x.groupby(who).sum() for x in held])
    return pd.DataFrame(rows).sort_values("loo", ascending=False, ignore_index=True)


def _add(rows: list[dict[str, Any]], name: str, by_subject: list[pd.Series]) -> None:
    """Add sums over subjects, differences to the best, and the standard errors of these."""
    best = max(by_subject, key=lambda x: x.sum())
    stem = name.removesuffix("s")
    for row, own in zip(rows, by_subject):
        away = own - best
        error = float(np.sqrt(len(away)) * away.std(ddof=1))
        row |= {name: float(own.sum()), f"{stem}_difference": float(away.sum()), f"{stem}_error": error}


def _draws(fitted: Fit) -> np.ndarray:
    """Return (n_chains, n_draws, n_subjects, n_parameters) unconstrained draws."""
    if fitted.posterior is None:
        why = "its draws were not saved beside it" if fitted.method == "nuts" else f"this one is by {fitted.method!r}"
        raise UserError(f"leave-one-out by importance sampling needs the draws of a fit by 'nuts'; {why}.")
    own = fitted.posterior.posterior
    return np.stack([p.to_unconstrained(own[p.name].to_numpy()) for p in fitted.model.scaled_parameters], axis=-1)


def _left_out(values: np.ndarray) -> np.ndarray:
    """Return (n_rows, 2): left-out log-probability and Pareto k, from (n_chains, n_draws, n_rows) log-likelihoods."""
    az = arviz()
    independent = float(az.ess(values.sum(axis=-1))) / values[..., 0].size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a large k, which the table tells row by row
        data = az.from_dict(posterior={"u": values[..., 0]}, log_likelihood={"trial": values})
        found = az.loo(data, pointwise=True, reff=min(independent, 1.0))
    certain = np.ptp(values, axis=(0, 1)) < SAME  # a first trial, say: all draws agree, and there is nothing to reweight
    return np.stack([found.loo_i.to_numpy(), np.where(certain, 0.0, found.pareto_k.to_numpy())], axis=1)
