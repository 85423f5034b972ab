"""What NUTS found, for people and for ArviZ: an InferenceData, a table of the group, and what to beware of in words."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.fitting.bayes.chains import Sampling, check_installed
from cogmeta.fitting.covariates import INTERCEPT, Design
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.bayes.nuts import Sampled

HDI = 0.95
"""Probability inside the intervals: the narrowest ones, of highest density."""

HIGHEST_R_HAT, LEAST_ESS = 1.01, 100.0
"""Chains agree below the one; the effective sample size should be this large for each chain. Vehtari et al. 2021."""

CHEAP = 2e7
"""The log-likelihood of every trial and draw is kept up to so many numbers (160 MB)."""

KEPT_STATISTICS = ("diverging", "depth", "maxdepth_reached", "n_steps", "step_size", "energy", "logp", "mean_tree_accept")


def arviz() -> Any:
    """Return ArviZ, or say what to install. Loaded when needed: it takes seconds."""
    check_installed()
    return importlib.import_module("arviz")


def inference_data(engine: Engine, sampled: Sampled, design: Design) -> Any:
    """Return an ArviZ InferenceData.

    Groups: ``posterior`` with ``group_mean`` (parameter; at average covariates), ``group_coefficient`` (term, parameter),
    ``group_sd`` (parameter), ``group_correlation`` (parameter, parameter_2), all of unconstrained parameters, and one
    variable a parameter (subject), natural; ``log_likelihood`` with ``subject`` (subject) and, where it is cheap, ``trial``
    (row: which of the table's rows is scored); ``sample_stats``. Subjects without a finite likelihood are left out.
    """
    able = np.flatnonzero(np.isfinite(sampled.u).all(axis=(0, 1, 3)))
    names = list(engine.model.parameter_names)
    posterior, dims = _posterior(engine, sampled, able)
    likelihood, rows = _log_likelihood(engine, sampled.u, able)
    dims |= {"subject": ["subject"], "trial": ["row"]}
    coords = {"parameter": names, "parameter_2": names, "term": list(design.terms), "row": rows,
              "subject": [engine.sequences.subjects[i] for i in able]}
    statistics = {name: sampled.statistics[name] for name in KEPT_STATISTICS if name in sampled.statistics}
    return arviz().from_dict(posterior, log_likelihood=likelihood, sample_stats=statistics, coords=coords, dims=dims)


def _posterior(engine: Engine, sampled: Sampled, able: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    sd = np.sqrt(np.diagonal(sampled.covariance, axis1=-2, axis2=-1))
    posterior = {"group_mean": sampled.mean, "group_coefficient": sampled.coefficients, "group_sd": sd,
                 "group_correlation": sampled.covariance / sd[..., None] / sd[..., None, :]}
    dims = {"group_mean": ["parameter"], "group_coefficient": ["term", "parameter"], "group_sd": ["parameter"],
            "group_correlation": ["parameter", "parameter_2"]}
    for k, parameter in enumerate(engine.model.scaled_parameters):
        posterior[parameter.name], dims[parameter.name] = parameter.to_natural(sampled.u[:, :, able, k]), ["subject"]
    return posterior, dims


def _log_likelihood(engine: Engine, u: np.ndarray, able: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the log-likelihood of each draw, by subject and, where that is cheap, by scored row; and those rows."""
    rows = np.concatenate([engine.rows_of(subject) for subject in able])
    subjects, trials, cheap = [], [], u.shape[0] * u.shape[1] * len(rows) <= CHEAP
    for subject in able:
        values = trial_log_likelihood_of(engine, subject, u[:, :, subject])
        subjects.append(values.sum(axis=-1))
        trials += [values] * cheap
    out = {"subject": np.stack(subjects, axis=-1)}
    return out | ({"trial": np.concatenate(trials, axis=-1)} if cheap else {}), rows


def trial_log_likelihood_of(engine: Engine, subject: int, u: np.ndarray) -> np.ndarray:
    """Return the log-likelihoods (n_chains, n_draws, n_rows) of a subject's scored trials under draws of its parameters.

    Parameters
    ----------
    engine : Engine
    subject : int
    u : (n_chains, n_draws, n_parameters) float array
        Unconstrained.
    """
    return engine.trials_of(subject, u.reshape(-1, u.shape[-1]).T).reshape(*u.shape[:2], -1)


def summarise(idata: Any, sampled: Sampled, design: Design, sampling: Sampling) -> dict[str, Any]:
    """Return a fit's ``group``: posterior means of the group, their table, and what to beware of."""
    table = group_table(idata)
    chains = {"mean": sampled.mean, "covariance": sampled.covariance, "coefficients": sampled.coefficients}
    return {name: x.mean(axis=(0, 1)) for name, x in chains.items()} | {
        "coefficient_errors": sampled.coefficients.std(axis=(0, 1), ddof=1), "terms": list(design.terms), "formula": design.formula,
        "table": table.to_dict("records"), "n_divergences": int(sampled.statistics["diverging"].sum()),
        "beware": diagnose(idata, table, sampling.target_accept)}


def group_table(idata: Any) -> pd.DataFrame:
    """Return what is known of the group: one row a mean, coefficient, SD and correlation.

    Returns
    -------
    DataFrame
        ``quantity`` ("mean" at average covariates, "coefficient", "sd", "correlation"), ``parameter``, ``term`` (or the other
        parameter of a correlation), posterior ``mean, sd``, ``low, high`` (95 % of highest density), ``probability_positive``,
        ``r_hat, ess_bulk, ess_tail``. In unconstrained coordinates: logits, logarithms.
    """
    return pd.DataFrame([_row(idata, *where) for where in _quantities(idata)])


def _quantities(idata: Any) -> Iterator[tuple[str, str, str]]:
    posterior = idata.posterior
    names, terms = posterior["parameter"].to_numpy(), posterior["term"].to_numpy()
    yield from (("mean", str(name), "") for name in names)
    if len(terms) > 1:
        yield from (("coefficient", str(name), str(term)) for name in names for term in terms)
    yield from (("sd", str(name), "") for name in names)
    if bool((posterior["group_correlation"].isel(chain=0, draw=0) != 0).sum() > len(names)):
        yield from (("correlation", str(a), str(b)) for k, a in enumerate(names) for b in names[:k])


def _row(idata: Any, quantity: str, parameter: str, term: str) -> dict[str, Any]:
    az, at = arviz(), {"parameter": parameter}
    if term:
        at |= {"term" if quantity == "coefficient" else "parameter_2": term}
    x = idata.posterior[f"group_{quantity}"].sel(at).to_numpy()
    low, high = az.hdi(x.ravel(), hdi_prob=HDI)
    return {"quantity": quantity, "parameter": parameter, "term": term, "mean": x.mean(), "sd": x.std(ddof=1), "low": low, "high": high,
            "probability_positive": (x > 0).mean(), "r_hat": az.rhat(x), "ess_bulk": az.ess(x, method="bulk"),
            "ess_tail": az.ess(x, method="tail")}


def coefficients_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the coefficients in a table of the group; the means where there are no covariates."""
    own = table[table["quantity"] == ("coefficient" if (table["quantity"] == "coefficient").any() else "mean")]
    names = {"mean": "coefficient", "sd": "standard_error"}
    kept = ["parameter", "term", *names.values(), "low", "high", "probability_positive"]
    return own.rename(columns=names)[kept].replace({"term": {"": INTERCEPT}}).reset_index(drop=True)


def read_posterior(path: Path) -> Any:
    """Return the InferenceData of a file; None where there is no file, or no ArviZ to read it with."""
    if not path.is_file() or importlib.util.find_spec("arviz") is None:
        return None
    found = arviz().from_netcdf(str(path)).load()
    found.close()  # else the file could not be written anew
    return found


def diagnose(idata: Any, table: pd.DataFrame, target_accept: float) -> list[str]:
    """Return what to beware of, in words, and what to do about it; nothing where all is well.

    Parameters
    ----------
    idata : InferenceData
    table : DataFrame
        From ``group_table``.
    target_accept : float
        With which was sampled.
    """
    return [*_divergences(idata, target_accept), *_disagreement(idata, table), *_few(idata, table)]


def _divergences(idata: Any, target_accept: float) -> Iterator[str]:
    diverging = idata.sample_stats["diverging"].to_numpy()
    if diverging.any():
        yield (f"{diverging.sum()} of {diverging.size} draws diverged: the posterior is too curved for the step size somewhere, and "
               f"draws there may be missing. Raise target_accept ({target_accept:g}) to {1 - (1 - target_accept) / 4:g}; if "
               "divergences stay, a parameter is hardly identified: fix it, or choose a simpler model.")
    deep = idata.sample_stats["maxdepth_reached"].to_numpy()
    if deep.any():
        yield f"{deep.sum()} of {deep.size} trajectories were cut at their greatest length: tune longer, or fit a simpler model."


def _disagreement(idata: Any, table: pd.DataFrame) -> Iterator[str]:
    worst = table.loc[table["r_hat"].idxmax()]
    if worst["r_hat"] > HIGHEST_R_HAT:
        yield (f"the chains disagree on the group: R-hat is above {HIGHEST_R_HAT} for {(table['r_hat'] > HIGHEST_R_HAT).sum()} of "
               f"{len(table)} quantities, {worst['r_hat']:.3f} for the {_named(worst)}. Draw and tune twice as long.")
    names = list(idata.posterior["parameter"].to_numpy())
    own = arviz().rhat(idata.posterior[names]).to_array("parameter")
    bad = own > 5 * (HIGHEST_R_HAT - 1) + 1
    if bad.any():
        who = own.isel(own.argmax(...))
        yield (f"the chains disagree on {int(bad.any('parameter').sum())} subjects, most on {who['parameter'].item()} of subject "
               f"{who['subject'].item()!r} (R-hat {who.item():.2f}): it may have two explanations. Draw longer; look at its posterior.")


def _few(idata: Any, table: pd.DataFrame) -> Iterator[str]:
    least = LEAST_ESS * idata.posterior.sizes["chain"]
    ess = table[["ess_bulk", "ess_tail"]].min(axis=1)
    if ess.min() < least:
        worst, n_draws = table.loc[ess.idxmin()], idata.posterior.sizes["draw"]
        yield (f"few independent draws: the effective sample size of the {_named(worst)} is {ess.min():.0f}, at least {least:.0f} are "
               f"wanted. Draw about {int(np.ceil(n_draws * least / ess.min() / 100) * 100)} a chain.")


def _named(row: pd.Series) -> str:
    of = f"{row['parameter']} with {row['term']}" if row["term"] else row["parameter"]
    return f"group's {row['quantity']} of {of}"
