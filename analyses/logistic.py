"""Logistic regression by maximum likelihood that says when there is no maximum.

The fit itself is statsmodels' binomial GLM on counts (trials with equal predictors are one row, which changes no
estimate and no standard error). Before it, two things that make estimates meaningless are looked for and named: a
design that cannot tell its predictors apart, and separation (Albert & Anderson 1984), where the likelihood grows
without bound because some combination of predictors predicts every choice; it is found exactly, by linear programming.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import linprog
from scipy.special import ndtr, ndtri
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from analyses.intervals import CONFIDENCE


@dataclass(frozen=True)
class LogisticFit:
    """What a logistic regression found.

    Attributes
    ----------
    coefficient, standard_error : (n_predictors,) float arrays
        In log odds; missing where ``flag`` says why.
    n : int
        Trials that entered.
    flag : str
        Empty, or why there is no estimate.
    """

    coefficient: np.ndarray
    standard_error: np.ndarray
    n: int
    flag: str = ""

    def table(self) -> pd.DataFrame:
        """Return one row a predictor: ``coefficient, standard_error, low, high, z, p`` (Wald, 95 %) and ``flag``."""
        half = ndtri(0.5 + CONFIDENCE / 2) * self.standard_error
        z = self.coefficient / self.standard_error
        return pd.DataFrame({
            "coefficient": self.coefficient, "standard_error": self.standard_error, "low": self.coefficient - half,
            "high": self.coefficient + half, "z": z, "p": 2 * ndtr(-np.abs(z)), "flag": self.flag,
        })


def fit_logistic(design: np.ndarray, outcome: np.ndarray) -> LogisticFit:
    """Fit a logistic regression to single trials.

    Parameters
    ----------
    design : (n, n_predictors) array of numbers
        The intercept, if any, is a column of ones.
    outcome : (n,) bool array

    Returns
    -------
    LogisticFit

    Examples
    --------
    >>> fit = fit_logistic(np.ones((4, 1)), np.array([True, True, True, False]))
    >>> round(float(fit.coefficient[0]), 4), round(float(np.log(3)), 4)
    (1.0986, 1.0986)
    >>> fit_logistic(np.ones((4, 1)), np.ones(4, bool)).flag
    'separated: the predictors foretell every choice of some trials, so that coefficients grow without bound'
    """
    place, first = _equal_rows(design)
    rows = design[first]
    n = np.bincount(place, minlength=len(rows))
    n_success = np.bincount(place, weights=outcome, minlength=len(rows))
    return fit_counts(rows, n_success, n)


def _equal_rows(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) the number of each row's pattern, and the row in which each pattern first stands.

    Rows of few small integers are numbered in a mixed base, which is exact and ten times faster than sorting rows.
    """
    if len(design) and design.shape[1] and np.issubdtype(design.dtype, np.integer):
        low = design.min(axis=0).astype(np.int64)
        base = design.max(axis=0).astype(np.int64) - low + 1
        if np.log2(base.astype(float)).sum() < 62:
            design = design.astype(np.int64) - low
            design = (design @ np.concatenate([[1], np.cumprod(base[:-1])]))[:, None]
    _, first, place = np.unique(design, axis=0, return_index=True, return_inverse=True)
    return place.ravel(), first


def fit_counts(design: np.ndarray, n_success: np.ndarray, n: np.ndarray) -> LogisticFit:
    """Fit a logistic regression to counts.

    Parameters
    ----------
    design : (n_rows, n_predictors) array of numbers
    n_success, n : (n_rows,) arrays
        Successes and trials with these predictors; need not be integers. Rows without trials are left out.

    Returns
    -------
    LogisticFit
    """
    used = np.asarray(n) > 0
    design, n_success, n = (np.asarray(array, float)[used] for array in (design, n_success, n))
    flag = _why_not(design, n_success, n)
    if flag:
        nothing = np.full(design.shape[1], np.nan)
        return LogisticFit(nothing, nothing, int(n.sum()), flag)
    model = sm.GLM(np.column_stack([n_success, n - n_success]), design, family=sm.families.Binomial())
    with warnings.catch_warnings():
        # it warns of perfect prediction whenever proportions are fitted exactly, as a saturated design always does
        for expected in (PerfectSeparationWarning, RuntimeWarning):
            warnings.simplefilter("ignore", expected)
        result = model.fit(maxiter=200, tol=1e-12)
    flag = "" if result.converged else "the fit did not converge"
    return LogisticFit(np.asarray(result.params), np.asarray(result.bse), int(n.sum()), flag)


def _why_not(design: np.ndarray, n_success: np.ndarray, n: np.ndarray) -> str:
    """Return why there is no unique finite maximum of the likelihood, or an empty string."""
    if not len(n):
        return "no trials"
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return "the trials cannot tell the predictors apart"
    if _separated(design, n_success, n):
        return "separated: the predictors foretell every choice of some trials, so that coefficients grow without bound"
    return ""


def _separated(design: np.ndarray, n_success: np.ndarray, n: np.ndarray) -> bool:
    """Return whether some direction never lowers, and for some trial raises, the likelihood."""
    pure = (n_success == 0) | (n_success == n)
    mixed = design[~pure]
    if len(mixed) and np.linalg.matrix_rank(mixed) == design.shape[1]:
        return False
    signed = design[pure] * np.where(n_success[pure] > 0, 1.0, -1.0)[:, None]
    if not len(signed):
        return False
    # maximise sum(signed @ b) with signed @ b >= 0, mixed @ b = 0, -1 <= b <= 1
    solution = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), A_eq=mixed if len(mixed) else None,
        b_eq=np.zeros(len(mixed)) if len(mixed) else None, bounds=(-1, 1), method="highs",
    )
    return bool(-solution.fun > 1e-7)
