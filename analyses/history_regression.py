"""How choices between two arms depend on the rewards and choices of the last trials (Lau & Glimcher 2005).

log odds of arm 0 at trial t = bias + sum over lags 1..n of alpha_j (R0 - R1)(t - j) + beta_j (C0 - C1)(t - j), with R
the reward from an arm in a trial and C whether it was chosen. The alphas are the reward kernel, the betas the choice
kernel. Source: Lau & Glimcher 2005, J Exp Anal Behav 84:555; Wang et al. 2018, figure 2c and f (lags 1 to 15).
How ours departs: arm 0 stands for the paper's right; the first n trials of an episode are left out.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.logistic import fit_logistic
from analyses.style import PALETTE, REFERENCE, new_axes, styled
from analyses.trial_history import lagged_rows
from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.trials import validate_trials

KERNELS = ("reward", "choice")


def history_regression(trials: pd.DataFrame, n_lags: int = 15) -> pd.DataFrame:
    """Fit the regression of choices on the rewards and choices of the last trials.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table of two arms. Lags never cross episodes.
    n_lags : int
        Trials back, >= 1; 15 in Wang et al. 2018.

    Returns
    -------
    DataFrame
        One row a kernel and lag, ``term`` ("reward", "choice", and "bias" at lag 0), ``lag``, ``coefficient`` (log odds),
        ``standard_error, low, high`` (95 %, Wald), ``z, p, flag`` (why there is no estimate, else empty), ``n_trials``.
    """
    if n_lags < 1:
        raise UserError(f"n_lags must be at least 1, got {n_lags}.")
    trials = validate_trials(trials, BANDIT, n_options=2, reward_range=(-np.inf, np.inf))
    rows = lagged_rows(trials, n_lags, family=BANDIT)
    first = trials["choice"].to_numpy(float, na_value=np.nan) == 0
    sign = np.where(first, 1.0, -1.0)
    events = {"reward": sign * trials["reward"].to_numpy(float), "choice": sign}
    design = np.column_stack([*(events[kernel][back] for kernel in KERNELS for back in rows[1:]), np.ones(rows.shape[1])])
    whole = (design == np.rint(design)).all()
    fitted = fit_logistic(design.astype(np.int8) if whole else design, first[rows[0]])
    out = fitted.table().assign(n_trials=fitted.n)
    out.insert(0, "term", [kernel for kernel in KERNELS for _ in range(n_lags)] + ["bias"])
    out.insert(1, "lag", [*range(1, n_lags + 1)] * len(KERNELS) + [0])
    return out


@styled
def plot_history_regression(table: pd.DataFrame, kernel: str, ax: Axes | None = None) -> Axes:
    """Draw one kernel over lags, recent ones at the right, with intervals where the table has them.

    Parameters
    ----------
    table : DataFrame
        From ``history_regression``; may be a mean over several.
    kernel : {"reward", "choice"}
    ax : Axes, optional
    """
    ax = new_axes(ax, 2.8, 2.0)
    one = table[table["term"] == kernel]
    half = np.nan_to_num((one["high"] - one["coefficient"]).to_numpy(float))
    ax.axhline(0, color=REFERENCE, linewidth=0.8)
    ax.errorbar(one["lag"], one["coefficient"], yerr=half, color=PALETTE[KERNELS.index(kernel)], marker="o", markersize=3, capsize=1.5,
                elinewidth=1)
    ax.set_xlim(one["lag"].max() + 0.5, 0.5)
    ax.set_xticks([lag for lag in one["lag"] if lag == 1 or lag % 5 == 0])
    ax.set_xlabel("Trials back")
    ax.set_ylabel(f"{kernel.capitalize()} weight\n(log odds)")
    return ax
