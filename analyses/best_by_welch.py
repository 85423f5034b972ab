"""Who is best, as tables of many algorithms mark it: not worse than the best by a one-sided Welch test.

Source: Duan et al. 2016, tables 1 and 2 (bold: not significantly worse than the best, p = .05). How ours departs: the
test is computed from means, standard errors and numbers of problems; problems are taken as drawn anew for each player.
"""

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind_from_stats


def best_by_welch(mean: np.ndarray, sem: np.ndarray, n: np.ndarray, level: float = 0.05) -> np.ndarray:
    """Return whether each mean is not significantly lower than the highest.

    Parameters
    ----------
    mean, sem : (n_players,) float arrays
        Means and their standard errors.
    n : (n_players,) int array
        Observations of each.
    level : float
        In (0, 1): p below which a difference counts.

    Returns
    -------
    (n_players,) bool array

    Examples
    --------
    >>> best_by_welch(np.array([5.0, 6.6, 6.7]), np.array([0.1, 0.1, 0.1]), np.array([100, 100, 100])).tolist()
    [False, True, True]
    """
    sd, top = np.asarray(sem) * np.sqrt(n), int(np.argmax(mean))
    p = ttest_ind_from_stats(mean, sd, n, mean[top], sd[top], n[top], equal_var=False, alternative="less").pvalue
    return (np.arange(len(mean)) == top) | ~(p < level)


def mark_best(table: pd.DataFrame, within: str, mean: str, sem: str, n: str) -> pd.Series:
    """Return ``best_by_welch`` of every group of rows.

    Parameters
    ----------
    table : DataFrame
    within : str
        Column whose values are the groups.
    mean, sem, n : str
        Columns.
    """
    best = pd.Series(False, index=table.index)
    for _, rows in table.groupby(within):
        best[rows.index] = best_by_welch(rows[mean].to_numpy(), rows[sem].to_numpy(), rows[n].to_numpy())
    return best
