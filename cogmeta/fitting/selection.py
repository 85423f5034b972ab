"""Which model explains whom: criteria side by side, and random-effects Bayesian model selection over subjects.

What is assumed: every subject's choices come from one of the models, the models' frequencies in the population are
drawn from a Dirichlet distribution, and each subject's log evidence for each model is known (here -AIC / 2 or -BIC /
2, or one's own). Sources: Stephan et al. 2009 (Neuroimage 46:1004); Rigoux et al. 2014 (Neuroimage 84:971), whose
free energies give the Bayesian omnibus risk and with it protected exceedance probabilities. How ours departs:
exceedance probabilities are sampled for any number of models (the sources integrate where there are two).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import digamma, entr, expit, gammaln, logsumexp, softmax

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.result import Fit
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.simulate import check_seed

CRITERIA = ("aic", "bic")
N_SAMPLES = 200_000
"""Draws behind an exceedance probability: its standard error is at most .0012."""

MAX_ITERATIONS, CLOSE = 10_000, 1e-8


@dataclass(frozen=True)
class Selection:
    """What Bayesian model selection found.

    Attributes
    ----------
    table : DataFrame
        One row a model (its index): ``alpha`` (Dirichlet counts), ``frequency`` (expected share of the population),
        ``exceedance`` (probability that it is the most frequent), ``protected_exceedance`` (the same, allowing for the
        chance that all are alike frequent).
    responsibility : DataFrame
        (n_subjects, n_models) probability that a subject's choices come from a model.
    omnibus_risk : float
        Bayesian omnibus risk: probability that all models are alike frequent.
    """

    table: pd.DataFrame
    responsibility: pd.DataFrame
    omnibus_risk: float

    def __repr__(self) -> str:
        return (f"Bayesian model selection: {self.responsibility.shape[1]} models, {len(self.responsibility)} subjects, omnibus risk "
                f"{self.omnibus_risk:.3g}\n{self.table.round(3).to_string()}")

    def save(self, folder: str | Path) -> Path:
        """Write ``frequencies.csv``, ``responsibility.csv`` and the record ``selection.json`` into a folder; nothing is pickled."""
        tables = {"frequencies": self.table, "responsibility": self.responsibility.rename_axis("subject")}
        return save_tables(folder, "selection", tables, {"omnibus_risk": self.omnibus_risk})

    @classmethod
    def load(cls, folder: str | Path) -> "Selection":
        """Read what ``save`` wrote."""
        tables, values = load_tables(folder, "selection")
        return cls(tables["frequencies"], tables["responsibility"], values["omnibus_risk"])


def criteria_table(fits: Sequence[Fit]) -> pd.DataFrame:
    """Return the criteria of several models on the same choices, best BIC first.

    Parameters
    ----------
    fits : sequence of Fit
        Of the same subjects and trials.

    Returns
    -------
    DataFrame
        One row a model: ``model, n_parameters`` (a subject), ``log_likelihood, aic, bic`` (sums over subjects),
        ``delta_bic`` (to the best), ``n_best_aic, n_best_bic`` (subjects whom it explains best).
    """
    best = {name: log_evidence(fits, name).to_numpy().argmax(axis=1) for name in CRITERIA}
    rows = [
        {"model": fitted.model.name, "n_parameters": len(fitted.model.parameters), "log_likelihood":
         fitted.totals()["log_likelihood"], "aic": fitted.totals()["aic"], "bic": fitted.totals()["bic"]}
        | {f"n_best_{name}": int((winner == k).sum()) for name, winner in best.items()}
        for k, fitted in enumerate(fits)
    ]
    table = pd.DataFrame(rows)
    table.insert(5, "delta_bic", table["bic"] - table["bic"].min())
    return table.sort_values("bic", ignore_index=True)


def log_evidence(fits: Sequence[Fit], criterion: str = "bic") -> pd.DataFrame:
    """Return (n_subjects, n_models) approximate log evidence, ``-criterion / 2``, with subjects as index.

    Raises
    ------
    UserError
        The fits are of other subjects, count other choices, or have no likelihood for somebody.
    """
    if criterion not in CRITERIA:
        raise unknown_name("criterion", criterion, CRITERIA)
    if not fits:
        raise UserError("there is nothing to compare: pass at least one Fit.")
    first = fits[0]
    for fitted in fits:
        if not fitted.n_trials.equals(first.n_trials):
            raise UserError(f"{fitted.model.name} and {first.model.name} were not fitted to the same choices of the "
                            "same subjects. Fit every model to the same table.")
        absent = fitted.table["subject"][fitted.table[criterion].isna()]
        if len(absent):
            raise UserError(f"{fitted.model.name} has no likelihood for subject {absent.iloc[0]!r}; see .flags. Leave "
                            "this subject out of every fit.")
    names = _labels([fitted.model.name for fitted in fits])
    columns = {name: -0.5 * fitted.table.set_index("subject")[criterion] for name, fitted in zip(names, fits)}
    return pd.DataFrame(columns)


def select_models(
    evidence: pd.DataFrame | np.ndarray, seed: int | np.random.Generator = 0, prior_count: float = 1.0
) -> Selection:
    """Return how frequent each model is in the population that subjects come from.

    Parameters
    ----------
    evidence : (n_subjects, n_models) DataFrame or float array
        Log evidence; columns name the models. See ``log_evidence``.
    seed : int or numpy.random.Generator
        Of the samples behind exceedance probabilities.
    prior_count : float
        The Dirichlet prior's count of each model, > 0.

    Returns
    -------
    Selection

    Examples
    --------
    >>> found = select_models(pd.DataFrame({"one": [0.0] * 9, "other": [-20.0] * 9}))
    >>> found.table["frequency"].round(3).tolist(), round(found.omnibus_risk, 4)
    ([0.909, 0.091], 0.0192)
    """
    evidence = pd.DataFrame(evidence)
    logs = evidence.to_numpy(float)
    if logs.shape[0] < 1 or logs.shape[1] < 2 or not np.isfinite(logs).all():
        raise UserError(f"evidence must be finite log evidence of at least one subject (rows) for at least two models "
                        f"(columns), got an array of shape {logs.shape}.")
    if not prior_count > 0:
        raise UserError(f"prior_count must be > 0, got {prior_count}.")
    alpha, share = dirichlet_posterior(logs, prior_count)
    risk = float(expit(null_free_energy(logs) - free_energy(logs, alpha, share, prior_count)))
    exceeds = exceedance(alpha, check_seed(seed))
    table = pd.DataFrame({"alpha": alpha, "frequency": alpha / alpha.sum(), "exceedance": exceeds,
                          "protected_exceedance": (1 - risk) * exceeds + risk / len(alpha)}, index=evidence.columns)
    table.index.name = "model"
    return Selection(table, pd.DataFrame(share, evidence.index, evidence.columns), risk)


def dirichlet_posterior(logs: np.ndarray, prior_count: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return Dirichlet counts (n_models,) and responsibilities (n_subjects, n_models) by variational Bayes.

    Notes
    -----
    ``g_nk ∝ exp(L_nk + ψ(α_k) - ψ(Σ α))``, ``α_k = α₀ + Σ_n g_nk``, until α rests.

    References
    ----------
    Stephan et al. 2009, Neuroimage 46:1004, equations 13 and 14.
    """
    alpha = np.full(logs.shape[1], prior_count) + len(logs) / logs.shape[1]
    for _ in range(MAX_ITERATIONS):
        share = softmax(logs + digamma(alpha), axis=1)
        before, alpha = alpha, prior_count + share.sum(axis=0)
        if np.abs(alpha - before).max() < CLOSE:
            break
    return alpha, share


def free_energy(logs: np.ndarray, alpha: np.ndarray, share: np.ndarray, prior_count: float = 1.0) -> float:
    """Return the variational lower bound on the log evidence that models' frequencies differ (Rigoux et al. 2014)."""
    n_models = len(alpha)
    log_frequency = digamma(alpha) - digamma(alpha.sum())
    prior = gammaln(n_models * prior_count) - n_models * gammaln(prior_count) + (prior_count - 1) * log_frequency.sum()
    joint = (share * (logs + log_frequency)).sum()
    entropy = gammaln(alpha).sum() - gammaln(alpha.sum()) - ((alpha - 1) * log_frequency).sum()
    return float(prior + joint + entropy + entr(share).sum())


def null_free_energy(logs: np.ndarray) -> float:
    """Return the log evidence that all models are alike frequent."""
    return float(logsumexp(logs, axis=1).sum() - len(logs) * np.log(logs.shape[1]))


def exceedance(alpha: np.ndarray, rng: np.random.Generator, n_samples: int = N_SAMPLES) -> np.ndarray:
    """Return (n_models,) probabilities that a model is the most frequent under Dirichlet(alpha), by sampling."""
    winner = rng.standard_gamma(alpha, (n_samples, len(alpha))).argmax(axis=1)
    return np.bincount(winner, minlength=len(alpha)) / n_samples


def select_families(
    evidence: pd.DataFrame, families: Mapping[str, Sequence[str]], seed: int | np.random.Generator = 0
) -> Selection:
    """Return how frequent families of models are, each family alike probable before the data, whatever its size.

    Parameters
    ----------
    evidence : (n_subjects, n_models) DataFrame
    families : mapping of str to sequence of str
        Name of a family -> its models, which are columns of ``evidence``; every column belongs to one family.
    seed : int or numpy.random.Generator

    Notes
    -----
    A family's evidence for a subject is the mean of its models' evidence; families are then selected as models are.
    Departs from Penny et al. 2010 (PLoS Comput Biol 6:e1000709), who sum posterior frequencies of models.
    """
    listed = [name for members in families.values() for name in members]
    if sorted(listed) != sorted(evidence.columns):
        raise UserError(f"families must hold each of the models {list(evidence.columns)} once, got {listed}.")
    columns = {family: logsumexp(evidence[list(members)], axis=1) - np.log(len(members))
               for family, members in families.items()}
    return select_models(pd.DataFrame(columns, index=evidence.index), seed)


def _labels(names: list[str]) -> list[str]:
    """Return names made different where a model stands twice, with other options."""
    return [name if names.count(name) == 1 else f"{name} ({names[:k + 1].count(name)})" for k, name in enumerate(names)]
