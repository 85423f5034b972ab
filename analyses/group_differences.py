"""Do subjects of different groups differ: every measure and every fitted parameter, regressed on covariates of subjects.

Source: ordinary least squares with standard errors that allow unequal variances between groups (HC3: Long & Ervin
2000, The American Statistician 54:217). How ours departs from the usual t test a measure: all measures are corrected
together (Holm 1979), term by term. Parameters are point estimates of single subjects, each as sure as another here; to
let the group inform them and to count how well each is known, fit with covariates (``cogmeta fit --method em
--covariates``).
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.fitting.covariates import INTERCEPT, design_of

COLUMNS = ("measure", "term", "coefficient", "standard_error", "t", "p", "p_holm", "n_subjects")


def group_differences(
    values: pd.DataFrame, formula: str, trials: pd.DataFrame, subject_table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Regress every measure on covariates of subjects.

    Parameters
    ----------
    values : DataFrame
        ``subject, measure, value``; subjects without a value are left out of that measure, and a measure whose subjects do not
        tell the terms apart is left out.
    formula : str
        Of columns that are constant within a subject, such as ``"~ diagnosis + age"``.
    trials : DataFrame
        Trial table with these columns.
    subject_table : DataFrame, optional
        One row a subject with these columns, instead.

    Returns
    -------
    DataFrame
        One row a measure and term but the intercept: ``measure, term, coefficient`` (in units of the measure),
        ``standard_error, t, p, p_holm`` (corrected over all measures of the term), ``n_subjects``.

    Raises
    ------
    UserError
        A covariate is missing, varies within a subject or not at all, or no measure has enough subjects.
    """
    subjects = list(dict.fromkeys(values["subject"].astype(str)))
    design = design_of(formula, trials, subjects, subject_table)
    matrix = pd.DataFrame(design.matrix, subjects, list(design.terms))
    rows = [row for name, own in values.groupby("measure", sort=False) for row in _regress(name, own.dropna(subset="value"), matrix)]
    if not rows:
        raise UserError(f"no measure varies and has more subjects than the covariates {formula!r} have terms.")
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("term")["p"].transform(_holm)
    return table[list(COLUMNS)]


def _regress(name: str, own: pd.DataFrame, matrix: pd.DataFrame) -> list[dict]:
    """Return the rows of one measure; none where its subjects do not tell the terms apart, or all have the same value."""
    from statsmodels.regression.linear_model import OLS  # takes a second to import, and comparisons without groups do not need it

    x = matrix.loc[own["subject"].astype(str)].to_numpy()
    if len(x) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1] or np.ptp(own["value"]) == 0:
        return []
    fit = OLS(own["value"].to_numpy(float), x).fit(cov_type="HC3", use_t=True)
    found = zip(matrix.columns, fit.params, fit.bse, fit.tvalues, fit.pvalues, strict=True)
    return [dict(measure=name, term=term, coefficient=b, standard_error=se, t=t, p=p, n_subjects=len(own))
            for term, b, se, t, p in found if term != INTERCEPT]


def _holm(p: pd.Series) -> np.ndarray:
    """Return p-values that hold for all of them together.

    Examples
    --------
    >>> _holm(pd.Series([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p.to_numpy())
    stepped = np.maximum.accumulate(p.to_numpy()[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return out


@styled
def plot_group_differences(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the t value of every measure and term, with the lines beyond which a single test is significant.

    Parameters
    ----------
    table : DataFrame
        From ``group_differences``.
    ax : Axes, optional
    """
    measures, terms = list(dict.fromkeys(table["measure"])), list(dict.fromkeys(table["term"]))
    ax = new_axes(ax, 3.6 + 0.06 * max(map(len, measures)), 0.8 + 0.2 * len(measures))
    for k, term in enumerate(terms):
        own = table[table["term"] == term].set_index("measure").reindex(measures)
        ax.plot(own["t"], np.arange(len(measures)) + 0.12 * (k - (len(terms) - 1) / 2), "o", markersize=4,
                color=PALETTE[k % len(PALETTE)], label=term)
    for level in (-1.96, 0.0, 1.96):
        ax.axvline(level, color=REFERENCE, linewidth=0.8, linestyle="-" if level == 0 else ":")
    ax.set_yticks(range(len(measures)), measures)
    ax.set_ylim(len(measures) - 0.5, -0.5)
    ax.set_xlabel("t (dotted: 1.96)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
