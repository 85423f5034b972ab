"""Logistic regression of staying on reward, transition and their product, pooled or subject by subject.

log odds of stay = intercept + reward * r + transition * c + reward_x_transition * r * c, with r = +1 after reward and
-1 after none, c = +1 after a common and -1 after a rare transition. A positive reward term is the mark of model-free
learning, a positive product that of planning (Daw et al. 2011; and see Feher da Silva & Hare 2018: a planner has a
reward term too when the second-stage options differ). How ours departs from the papers' mixed-effects regression:
pooled over subjects, or per subject with a t test over subjects; subjects without a finite estimate are named in
``flag``, never dropped silently.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from analyses.intervals import mean_interval
from analyses.logistic import LogisticFit, fit_counts
from analyses.stay_probability import CELLS, stay_probability
from analyses.style import REFERENCE, colors, new_axes, styled

TERMS = ("intercept", "reward", "transition", "reward_x_transition")
"""The predictors, in order."""

DESIGN = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
"""Predictors (columns, as in ``TERMS``) of the four kinds of trial (rows, as in ``CELLS``)."""


def stay_regression(
    trials: pd.DataFrame, adjacent: bool = False, per_subject: bool = False, half_counts: bool = False
) -> pd.DataFrame:
    """Fit the regression stay ~ reward x transition by maximum likelihood.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table.
    adjacent : bool
        How trials are paired, see ``stay_probability``.
    per_subject : bool
        One regression a subject instead of one over all; ``group_test`` then tests the group.
    half_counts : bool
        Add half a stay and half a switch to each kind of trial (Jeffreys' prior; Firth 1993). Estimates are then
        finite, and slightly shrunk, also for a subject who always stayed after one kind of trial.

    Returns
    -------
    DataFrame
        Four rows, or four a subject (``subject``): ``term, coefficient`` (log odds), ``standard_error, low, high``
        (95 %, Wald), ``z, p, flag`` (why there is no estimate, else empty), ``n_pairs``. Pooled standard errors take
        all pairs as independent, which pairs of the same person are not: for inference use the group test.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(3), "choice1": [0, 0, 1], "state2": [0, 1, 1],
    ...                        "reward": [1, 0, 0]})
    >>> stay_regression(trials)["flag"][0]
    'no trials of kind rewarded_rare, unrewarded_common'
    """
    return regression_of(stay_probability(trials, adjacent), per_subject, half_counts)


def regression_of(counts: pd.DataFrame, per_subject: bool = False, half_counts: bool = False) -> pd.DataFrame:
    """Return the table of ``stay_regression`` for counts.

    Parameters
    ----------
    counts : DataFrame
        From ``stay_probability``.
    per_subject, half_counts : bool
        As in ``stay_regression``.
    """
    counts = counts.copy()
    counts["n_stay"] = counts["stay"].fillna(0) * counts["n"]
    if not per_subject:
        pooled = counts.groupby("cell")[["n_stay", "n"]].sum().loc[list(CELLS)]
        return _fit(pooled["n_stay"].to_numpy(), pooled["n"].to_numpy(), half_counts)
    n_stay, n = (counts[column].to_numpy(float).reshape(-1, len(CELLS)) for column in ("n_stay", "n"))
    fits = [_fit(n_stay[i], n[i], half_counts) for i in range(len(n))]
    out = pd.concat(fits, ignore_index=True)
    out.insert(0, "subject", counts["subject"].to_numpy())
    return out


def _fit(n_stay: np.ndarray, n: np.ndarray, half_counts: bool) -> pd.DataFrame:
    n_stay = np.round(n_stay)
    half = 0.5 * half_counts
    why = _why_not(n_stay, n, half_counts)
    nothing = np.full(len(TERMS), np.nan)
    fit = LogisticFit(nothing, nothing, 0, why) if why else fit_counts(DESIGN, n_stay + half, n + 2 * half)
    out = fit.table().assign(n_pairs=int(n.sum()))
    out.insert(0, "term", TERMS)
    return out


def _why_not(n_stay: np.ndarray, n: np.ndarray, half_counts: bool) -> str:
    """Return in terms of behaviour why a regression with as many terms as kinds of trial has no finite estimate."""
    if not n.sum():
        return "no pairs of trials"
    if not n.all():
        return "no trials of kind " + ", ".join(cell for cell, count in zip(CELLS, n, strict=True) if not count)
    pure = (n_stay == 0) | (n_stay == n)
    if not pure.any() or half_counts:
        return ""
    often = np.where(n_stay == 0, "never", "always")
    return "separated: " + ", ".join(f"{often[i]} stayed after {CELLS[i]}" for i in np.flatnonzero(pure))


def group_test(table: pd.DataFrame) -> pd.DataFrame:
    """Test every term against zero over subjects (Student's t).

    Parameters
    ----------
    table : DataFrame
        From ``stay_regression(..., per_subject=True)``.

    Returns
    -------
    DataFrame
        Four rows: ``term, coefficient`` (mean over subjects with an estimate), ``low, high`` (95 %), ``t, df, p``,
        ``n_subjects`` that entered, ``n_flagged`` that could not, and ``flag`` (a word of warning where some could
        not: to leave out those who always stayed biases the group; ``half_counts=True`` keeps them).
    """
    usable = table["flag"] == ""
    kept = table[["term"]].assign(coefficient=table["coefficient"].where(usable))
    out = mean_interval(kept, "coefficient", "term").rename(columns={"mean": "coefficient", "n": "n_subjects"})
    out = out.set_index("term").loc[list(TERMS)].reset_index()
    quantile = stats.t.ppf(0.975, np.maximum(out["n_subjects"] - 1, 1))
    error = ((out["high"] - out["low"]) / (2 * quantile)).to_numpy()
    estimate = out["coefficient"].to_numpy()
    out["t"] = np.divide(estimate, error, out=np.full(len(out), np.nan), where=error > 0)
    out["df"] = out["n_subjects"] - 1
    out["p"] = 2 * stats.t.sf(np.abs(out["t"]), np.maximum(out["df"], 1))
    out["n_flagged"] = table["subject"].nunique() - out["n_subjects"]
    out["flag"] = [f"{k} subjects have no estimate" if k else "" for k in out["n_flagged"]]
    return out


@styled
def plot_stay_regression(tables: Mapping[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw the coefficients of several agents or groups with their 95 % intervals.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> table of ``group_test``, or of ``stay_regression`` (pooled).
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, 3.9, 2.6)
    shift = np.linspace(-0.25, 0.25, len(tables)) if len(tables) > 1 else [0.0]
    for (name, table), color, aside in zip(tables.items(), colors(tables).values(), shift, strict=True):
        estimate, ends = table["coefficient"].to_numpy(float), table[["low", "high"]].to_numpy(float).T
        ax.errorbar(np.arange(len(TERMS)) + aside, estimate, yerr=np.nan_to_num(np.abs(ends - estimate)), fmt="o",
                    markersize=4, elinewidth=1.2, capsize=2, color=color, label=name)
    ax.axhline(0, color=REFERENCE, linewidth=0.8)
    ax.set_xticks(range(len(TERMS)), ["intercept", "reward", "transition", "reward x\ntransition"])
    ax.set_xlim(-0.5, len(TERMS) - 0.5)
    ax.set_ylabel("Effect on staying (log odds)")
    if len(tables) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
