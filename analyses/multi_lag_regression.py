"""How choices depend on the outcomes of the last trials, by kind of trial and lag (Miller, Botvinick & Brody 2017).

log odds of taking option 0 = bias + sum over lags 1..n and kinds k of weight_k(lag) * x_k(t - lag), where x_k is +1
if that trial was of kind k and took option 0, -1 if it took option 1, 0 if it was of another kind. Kinds are rewarded
common (CR in the paper), rewarded rare (UR, "uncommon"), unrewarded common (CO, "omission") and unrewarded rare (UO).
A planner has CR, UO > 0 > UR, CO at all lags; a model-free learner CR, UR > 0 > CO, UO. The sign of UR beyond lag 1
also rules out that reward is merely taken as a cue (Akam, Costa & Dayan 2015), which stay probabilities cannot.

How ours departs: option 0 plays the paper's left; a bias is fitted unless ``bias=False``; the first trials of a
session, which have fewer than n before them, are left out; so are trials without a response, before lags are counted.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.logistic import fit_logistic
from analyses.stay_probability import CELLS, trial_kind
from analyses.style import COMMON, RARE, REFERENCE, styled
from analyses.trial_history import lagged_rows
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.trials import free_choices, validate_trials

BIAS = "bias"
"""Name of the term that stands at lag 0."""


def multi_lag_regression(
    trials: pd.DataFrame, n_lags: int = 5, per_subject: bool = False, bias: bool = True
) -> pd.DataFrame:
    """Fit the regression of first choices on the kind and choice of the last trials.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table.
    n_lags : int
        Trials back, >= 1; 5 in the paper.
    per_subject : bool
        One regression a subject instead of one over all trials. Lags never cross sessions.
    bias : bool
        Whether an intercept is fitted (a row ``term="bias", lag=0``).

    Returns
    -------
    DataFrame
        One row a kind and lag (and subject): ``term`` (as the cells of ``stay_probability``), ``lag``,
        ``coefficient`` (log odds), ``standard_error, low, high`` (95 %, Wald), ``z, p, flag`` (why there is no
        estimate, else empty), ``n_trials``.
    """
    if n_lags < 1:
        raise UserError(f"n_lags must be at least 1, got {n_lags}.")
    trials = free_choices(validate_trials(trials, TWO_STEP, reward_range=(-np.inf, np.inf)), TWO_STEP)
    rows = lagged_rows(trials, n_lags)
    design, outcome = _design(trials, rows, bias), trials["choice1"].to_numpy(float, na_value=np.nan)[rows[0]] == 0
    if not per_subject:
        return _fit(design, outcome, n_lags, bias)
    subject, names = pd.factorize(trials["subject"])
    subject = subject[rows[0]]
    fits = [_fit(design[subject == i], outcome[subject == i], n_lags, bias) for i in range(len(names))]
    out = pd.concat(fits, ignore_index=True)
    out.insert(0, "subject", np.repeat(np.asarray(names), len(fits[0])))
    return out


def _design(trials: pd.DataFrame, rows: np.ndarray, bias: bool) -> np.ndarray:
    """Return (n, n_lags * 4 [+ 1]) int8: the four kinds at lag 1, the four at lag 2, ..., and the bias last."""
    kind = trial_kind(trials)
    sign = np.where(trials["choice1"].to_numpy(float, na_value=np.nan) == 0, 1, -1)
    shown = (sign[:, None] * (kind[:, None] == np.arange(len(CELLS)))).astype(np.int8)
    columns = [shown[back] for back in rows[1:]]
    return np.hstack(columns + [np.ones((rows.shape[1], 1), np.int8)] * bias)


def _fit(design: np.ndarray, outcome: np.ndarray, n_lags: int, bias: bool) -> pd.DataFrame:
    fit = fit_logistic(design, outcome)
    out = fit.table().assign(n_trials=fit.n)
    out.insert(0, "term", list(CELLS) * n_lags + [BIAS] * bias)
    out.insert(1, "lag", list(np.repeat(np.arange(1, n_lags + 1), len(CELLS))) + [0] * bias)
    return out


def planning_indices(table: pd.DataFrame) -> pd.DataFrame:
    """Return the planning and the model-free index.

    Parameters
    ----------
    table : DataFrame
        From ``multi_lag_regression``.

    Returns
    -------
    DataFrame
        One row (one a subject): ``planning_index``, the sum over lags of (CR - UR) - (CO - UO), and
        ``model_free_index``, that of (CR + UR) - (CO + UO), in log odds; missing where the fit was flagged.
    """
    weights = {"planning_index": (1, -1, -1, 1), "model_free_index": (1, 1, -1, -1)}
    lone = "subject" not in table
    table = table[table["term"] != BIAS].assign(**({"subject": ""} if lone else {}))
    sums = table.groupby(["subject", "term"], sort=False)["coefficient"].sum(min_count=1).unstack()[list(CELLS)]
    out = pd.DataFrame({index: sums @ np.array(weight) for index, weight in weights.items()}, index=sums.index)
    return out.reset_index(drop=True) if lone else out.reset_index()


_LINES = {
    "rewarded_common": (COMMON, "-", "o", "rewarded, common"),
    "rewarded_rare": (RARE, "-", "o", "rewarded, rare"),
    "unrewarded_common": (COMMON, "--", "s", "unrewarded, common"),
    "unrewarded_rare": (RARE, "--", "s", "unrewarded, rare"),
}


@styled
def plot_multi_lag_regression(
    tables: Mapping[str, pd.DataFrame] | pd.DataFrame, axes: Sequence[Axes] | Axes | None = None
) -> np.ndarray:
    """Draw the weights over lags, one line a kind of trial and one panel a table, with 95 % intervals.

    Parameters
    ----------
    tables : DataFrame, or mapping of str to DataFrame
        From ``multi_lag_regression`` (pooled); several by title.
    axes : Axes or sequence of Axes, optional
        One a table.

    Returns
    -------
    (n_tables,) array of Axes
    """
    tables = {"": tables} if isinstance(tables, pd.DataFrame) else tables
    n = len(tables)
    if axes is None:
        axes = plt.subplots(1, n, figsize=(2.1 * n + 1.5, 2.6), sharey=False, squeeze=False, layout="constrained")[1][0]
    axes = np.atleast_1d(np.asarray(axes, object))
    for ax, (title, table) in zip(axes, tables.items(), strict=True):
        _draw_lags(ax, table)
        ax.set_title(title)
    axes[0].set_ylabel("Weight on repeating the choice (log odds)")
    axes[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=2.4)
    return axes


def _draw_lags(ax: Axes, table: pd.DataFrame) -> None:
    ax.axhline(0, color=REFERENCE, linewidth=0.8)
    for cell, (color, line, marker, label) in _LINES.items():
        one = table[table["term"] == cell]
        estimate, ends = one["coefficient"].to_numpy(float), one[["low", "high"]].to_numpy(float).T
        ax.errorbar(one["lag"], estimate, yerr=np.nan_to_num(np.abs(ends - estimate)), color=color, linestyle=line,
                    marker=marker, markersize=3.5, elinewidth=1, capsize=1.5, label=label,
                    markerfacecolor="white" if marker == "s" else color)
    ax.set_xticks(sorted(set(table["lag"]) - {0}))
    ax.set_xlabel("Trials back")
