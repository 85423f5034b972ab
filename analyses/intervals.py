"""Means with 95 % intervals over independent units: subjects, or the episodes of one subject.

Several episodes of a subject are averaged first, so that a subject counts once however much it played. A table
with one subject (a network that played many episodes) has its episodes as units.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95
"""Coverage of every interval in the analyses."""

UNIT = ("subject", "session", "block")
"""Columns that name an episode."""


def mean_interval(table: pd.DataFrame, value: str, by: str | list[str]) -> pd.DataFrame:
    """Return the mean and its 95 % interval (Student's t) of one value a unit, for every group.

    Parameters
    ----------
    table : DataFrame
        One row a unit and group; missing values are left out.
    value : str
        Column of numbers.
    by : str or list of str
        Columns of the groups.

    Returns
    -------
    DataFrame
        The ``by`` columns, ``mean, low, high, n``; the interval is missing where fewer than two units are.

    Examples
    --------
    >>> table = pd.DataFrame({"trial": [0, 0, 0, 1], "reward": [0.0, 1.0, 2.0, 1.0]})
    >>> mean_interval(table, "reward", "trial").round(2).values.tolist()
    [[0.0, 1.0, -1.48, 3.48, 3.0], [1.0, 1.0, nan, nan, 1.0]]
    """
    grouped = table.groupby(by, sort=True)[value]
    out = grouped.agg(mean="mean", spread="std", n="count").reset_index()
    n = out["n"].to_numpy(float)
    enough = n > 1
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, np.where(enough, n - 1, 1))
    half = np.where(enough, quantile * out.pop("spread").to_numpy(float) / np.sqrt(np.maximum(n, 1)), np.nan)
    out.insert(out.columns.get_loc("n"), "low", out["mean"] - half)
    out.insert(out.columns.get_loc("n"), "high", out["mean"] + half)
    return out


def as_text(row: Any) -> str:
    """Return one row of ``mean_interval`` as text: the mean and, where there is one, half of its interval.

    Examples
    --------
    >>> table = pd.DataFrame({"group": "a", "reward": [0.0, 1.0, 2.0]})
    >>> as_text(next(mean_interval(table, "reward", "group").itertuples()))
    '1.000 ± 2.484'
    """
    half = (row.high - row.low) / 2
    return f"{row.mean:.3f}" + (f" ± {half:.3f}" if half > 0 else "")


def by_unit(table: pd.DataFrame, value: str, by: str) -> pd.DataFrame:
    """Return one value a unit and group: the mean over a subject's episodes, or each episode of a lone subject.

    Parameters
    ----------
    table : DataFrame
        With the columns ``subject, session, block``, ``value`` and ``by``.
    value, by : str

    Returns
    -------
    DataFrame
        ``by`` and ``value``; as many rows a group as there are units.
    """
    if table["subject"].nunique() == 1 or not table.duplicated(["subject", by]).any():
        return table[[by, value]]
    return table.groupby(["subject", by], sort=False)[value].mean().reset_index()[[by, value]]
