"""Mixed-effects logistic regression of counts: every subject has its own coefficients, drawn from a normal group.

The regression of the two-step literature (Daw et al. 2011; Gillan et al. 2016 with covariates of subjects): an intercept and
all slopes vary between subjects, with any correlation. How ours departs: it is fitted by the EM with Laplace's approximation
that fits cognitive models (``cogmeta.fitting.em``), where the papers integrate by Laplace's approximation inside a direct
search (lme4); both take the group's spread at its likeliest value. Standard errors count how well each subject is known.

References
----------
Daw et al. 2011, Neuron 69:1204. Gillan et al. 2016, eLife 5:e11305.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from analyses.stay_probability import CELLS, stay_probability
from analyses.stay_regression import DESIGN, TERMS
from cogmeta.errors import UserError
from cogmeta.fitting.covariates import Design, coefficient_table, design_of, no_covariates
from cogmeta.fitting.em import maximise_group
from cogmeta.fitting.optimiser import look
from cogmeta.fitting.penalty import NoPenalty
from cogmeta.models.parameter import Parameter
from cogmeta.models.prior import Normal


class CountsEngine:
    """The likelihood of subjects' counts, with the face of the engine of cognitive models.

    Parameters
    ----------
    successes, totals : (n_subjects, n_rows) float arrays
    design : (n_rows, n_terms) float array
        Predictors of each row, the same for all subjects.
    terms : tuple of str
    """

    def __init__(self, successes: np.ndarray, totals: np.ndarray, design: np.ndarray, terms: tuple[str, ...]) -> None:
        self.successes, self.totals, self.design = (np.asarray(x, float) for x in (successes, totals, design))
        own = tuple(Parameter(name, name, "real", Normal(0.0, 2.5), (-1.0, 1.0)) for name in terms)
        self.model, self.count = SimpleNamespace(scaled_parameters=own), self.totals.sum(axis=1)

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log-likelihood (n,), score (n, k) and Fisher matrix (n, k, k) of coefficients (k, n)."""
        y, n, logit = self.successes[subject], self.totals[subject], u.T @ self.design.T
        p = expit(logit)
        value = (y * log_expit(logit) + (n - y) * log_expit(-logit)).sum(axis=1)
        fisher = np.einsum("ir,rj,rk->ijk", n * p * (1 - p), self.design, self.design)
        return value, (y - n * p) @ self.design, fisher

    def rough(self, n_sets: int) -> "CountsEngine":
        """Return itself: counts are few, and single precision would save nothing."""
        return self


def mixed_logistic(
    successes: np.ndarray, totals: np.ndarray, design: np.ndarray, terms: tuple[str, ...], covariance: str = "full",
    covariates: Design | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Fit a regression whose coefficients vary between subjects.

    Parameters
    ----------
    successes, totals : (n_subjects, n_rows) arrays
        A subject without any trial of a row, or of any row, does no harm.
    design : (n_rows, n_terms) array
    terms : tuple of str
        Names of its columns.
    covariance : {"full", "diagonal"}
        Of the coefficients over subjects.
    covariates : Design, optional
        What the group's means depend on.

    Returns
    -------
    DataFrame
        One row a term of the regression and of the covariates: ``parameter, term, coefficient, standard_error, t, p, low, high``
        (log odds).
    dict
        As ``maximise_group``: ``mean, covariance, log_model_evidence``, ...

    Examples
    --------
    >>> heads, tosses = np.array([[6], [9], [7], [4], [8]]), np.full((5, 1), 10)
    >>> table, group = mixed_logistic(heads, tosses, np.ones((1, 1)), ("intercept",))
    >>> table["coefficient"].round(1).tolist()
    [0.8]
    """
    engine = CountsEngine(successes, totals, design, terms)
    n = len(engine.count)
    if n < 2 or not engine.count.any():
        raise UserError(f"coefficients that vary between subjects need at least two who have trials, got {int((engine.count > 0).sum())}.")
    covariates = covariates or no_covariates(n)
    first = look(engine, NoPenalty(), np.zeros((len(terms), n)), np.arange(n))
    _, group = maximise_group(engine, first, covariance, None, covariates)
    return coefficient_table(terms, group), group


def mixed_stay_regression(
    trials: pd.DataFrame, adjacent: bool = False, covariance: str = "full", covariates: str | None = None,
    subject_table: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the mixed-effects regression stay ~ reward x transition, all terms varying between subjects.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table.
    adjacent : bool
        How trials are paired, see ``stay_probability``.
    covariance : {"full", "diagonal"}
    covariates : str, optional
        Formula of what differs between subjects, such as ``"~ age + compulsivity"``.
    subject_table : DataFrame, optional
        Where the covariates stand; by default in ``trials``.

    Returns
    -------
    DataFrame
        As ``mixed_logistic``; ``parameter`` is one of intercept, reward, transition, reward_x_transition.
    """
    counts = stay_probability(trials, adjacent)
    n = counts["n"].to_numpy(float).reshape(-1, len(CELLS))
    n_stay = np.round((counts["stay"].fillna(0) * counts["n"]).to_numpy(float)).reshape(n.shape)
    subjects = [str(name) for name in counts["subject"].to_numpy()[::len(CELLS)]]
    design = design_of(covariates, trials.assign(subject=trials["subject"].astype(str)), subjects, subject_table) if covariates else None
    return mixed_logistic(n_stay, n, DESIGN, TERMS, covariance, design)[0]
