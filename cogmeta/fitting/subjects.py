"""The table of a fit: one row a subject, with standard errors and what to beware of."""

from dataclasses import replace

import numpy as np
import pandas as pd

from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import Points
from cogmeta.fitting.sequences import Sequences
from cogmeta.models.model import Model

FLAT = 1e-2
"""A direction is flat when the data's curvature along it, in unconstrained coordinates, is below this: its standard
error would exceed 10."""


def tabulate(model: Model, sequences: Sequences, best: Points, method: str) -> pd.DataFrame:
    """Return one row a subject: parameters, standard errors, likelihood, criteria, flag."""
    natural = np.array([p.to_natural(u) for p, u in zip(model.scaled_parameters, best.u)])
    errors, flat = _standard_errors(model, best)
    bound = _at_bound(model, best.u)
    n, k = sequences.n_scored, len(model.parameters)
    failed = ~np.isfinite(best.objective)
    natural[:, failed | ((n == 0) & (method == "mle"))] = np.nan
    log_likelihood = np.where(failed, np.nan, best.log_likelihood)
    columns = {"subject": sequences.subjects}
    columns |= dict(zip(model.parameter_names, natural))
    columns |= {f"se_{name}": error for name, error in zip(model.parameter_names, errors)}
    columns |= {"log_likelihood": log_likelihood, "objective": np.where(failed, np.nan, best.objective),
                "n_trials": n,
                "aic": 2 * k - 2 * log_likelihood, "bic": k * np.log(np.maximum(n, 1)) - 2 * log_likelihood}
    columns["flag"] = _flags(model, sequences, bound & ~failed, flat & ~bound & ~failed, failed)
    return pd.DataFrame(columns)


def tabulate_draws(engine: Engine, modes: Points, u: np.ndarray) -> pd.DataFrame:
    """Return one row a subject from posterior draws: means and standard deviations of natural parameters.

    Parameters
    ----------
    engine : Engine
    modes : Points
        Every subject's posterior mode, for the flags.
    u : (n_chains, n_draws, n_subjects, n_parameters) float array
        Unconstrained.

    Returns
    -------
    DataFrame
        As ``tabulate``, without ``objective``; the likelihood and the criteria are those of the posterior means.
    """
    model = engine.model
    draws = np.array([p.to_natural(x) for p, x in zip(model.scaled_parameters, np.moveaxis(u, -1, 0))])
    mean, error = draws.mean(axis=(1, 2)), draws.std(axis=(1, 2), ddof=1)
    at = np.array([p.to_unconstrained(x) for p, x in zip(model.scaled_parameters, mean)])
    here = replace(modes, u=at, log_likelihood=engine.log_likelihood(at, np.arange(at.shape[1])))
    table = tabulate(model, engine.sequences, here, "nuts").drop(columns="objective")
    return table.assign(**dict(zip(model.parameter_names, mean)), **{f"se_{n}": x for n, x in zip(model.parameter_names, error)})


def _at_bound(model: Model, u: np.ndarray) -> np.ndarray:
    low, high = np.array([p.search for p in model.scaled_parameters]).T[:, :, None]
    margin = 0.01 * (high - low)
    return (u <= low + margin) | (u >= high - margin)


def _standard_errors(model: Model, best: Points) -> tuple[np.ndarray, np.ndarray]:
    """Return natural standard errors and which parameters take part in a flat direction, both (n_parameters, n_sets).

    From the expected curvature, not the observed one: where an optimum sits on a kink of the likelihood (model-based
    values take a maximum), the observed curvature is not defined.
    """
    size, axes = np.linalg.eigh(best.fisher)
    flat = ((np.abs(axes) > 0.5) & (size < FLAT)[:, None, :]).any(axis=2).T
    size, axes = np.linalg.eigh(best.curvature)
    variance = (axes**2 / np.maximum(size, 1e-300)[:, None, :]).sum(axis=2).T
    slope = np.array([p.derivatives(u)[0] for p, u in zip(model.scaled_parameters, best.u)])
    flat_here = flat & (variance > 1 / FLAT)
    return np.where(flat_here | _at_bound(model, best.u), np.inf, slope * np.sqrt(variance)), flat


def _flags(
    model: Model, sequences: Sequences, bound: np.ndarray, flat: np.ndarray, failed: np.ndarray
) -> list[str]:
    """Return what to beware of for each subject, in words."""
    names, flags = np.array(model.parameter_names), []
    for i, word in enumerate(choice_flags(sequences)):
        answered = not word.startswith("no answered trial")
        words = [f"{word}: nothing was fitted" if word.startswith("no ") else word] if word else []
        if failed[i]:
            words.append("the likelihood is not finite at any start: nothing was fitted")
        if answered and bound[:, i].any():
            words.append("at bound: " + ", ".join(names[bound[:, i]]))
        if answered and flat[:, i].any():
            words.append("not identified: " + ", ".join(names[flat[:, i]]))
        flags.append("; ".join(words))
    return flags


def choice_flags(sequences: Sequences) -> list[str]:
    """Return what is odd about each subject's choices, whatever model is fitted: none, one, or all alike; else empty."""
    trials = np.bincount(sequences.subject, weights=sequences.length, minlength=len(sequences.subjects))
    taken = np.zeros((len(sequences.subjects), sequences.choices[0].taken.shape[1]))
    np.add.at(taken, sequences.subject, sequences.choices[0].taken.sum(axis=0).T)
    free = taken.sum(axis=1)
    odd = [trials == 0, free == 0, free == 1, taken.max(axis=1) == free]
    words = ["no answered trial", "no free choice", "only one trial", "all choices identical"]
    return np.select(odd, words, "").tolist()
