"""How much of every unit's variance factors explain, together and each alone beyond the others.

For every unit an ordinary least-squares regression on all factors gives ``r^2``; the part that is a factor's own is what ``r^2``
loses without it. Partial correlations (``analyses.unit_coding``) ask how surely a unit tells a factor; this asks how much
of what the unit does is about it. Source: Wang et al. 2018, figure 2e and text, for the factors. How ours departs: the
paper shows partial correlations only.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, new_axes, styled
from analyses.unit_coding import check_factors, residuals

TOGETHER = "together"
"""The name of the row that counts all factors."""


def variance_explained(activity: np.ndarray, factors: pd.DataFrame) -> pd.DataFrame:
    """Return the share of every unit's variance that all factors explain, and each factor's own part.

    Parameters
    ----------
    activity : (n_samples, n_units) float array
    factors : DataFrame
        (n_samples, n_factors) numbers.

    Returns
    -------
    DataFrame
        ``unit, factor, explained`` (in [0, 1]; 0 for a unit that never moves): a row a unit for all factors, named
        ``"together"``, and one for each factor. What factors share is in no factor's own part.

    Raises
    ------
    UserError
        A factor does not vary, or is a sum of the others.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> factors = pd.DataFrame({"action": rng.choice([-1, 1], 4000), "reward": rng.choice([-1, 1], 4000)})
    >>> activity = 2.0 * factors[["action"]].to_numpy() + factors[["reward"]].to_numpy()
    >>> variance_explained(activity, factors).set_index("factor")["explained"].round(1).to_dict()
    {'together': 1.0, 'action': 0.8, 'reward': 0.2}
    """
    activity = np.asarray(activity, float)
    design = check_factors(factors)
    full = _r_squared(design, activity)
    parts = {TOGETHER: full, **{name: full - _r_squared(np.delete(design, k + 1, axis=1), activity) for k, name in enumerate(factors)}}
    units = range(activity.shape[1])
    return pd.concat([pd.DataFrame({"unit": units, "factor": name, "explained": np.maximum(part, 0.0)}) for name, part in parts.items()],
                     ignore_index=True)


def _r_squared(design: np.ndarray, activity: np.ndarray) -> np.ndarray:
    left = residuals(design, activity)
    spread = activity.var(axis=0)
    moves = spread > 1e-18
    return np.where(moves, 1 - left.var(axis=0) / np.where(moves, spread, 1.0), 0.0)


@styled
def plot_variance_explained(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw every unit's explained variance, sorted, one line a factor.

    Parameters
    ----------
    table : DataFrame
        From ``variance_explained``.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for color, (name, rows) in zip(PALETTE, table.groupby("factor", sort=False), strict=False):
        ordered = np.sort(rows["explained"])[::-1]
        look = {"color": "black", "linewidth": 1.8} if name == TOGETHER else {"color": color}
        ax.plot(np.arange(1, len(ordered) + 1), ordered, label=name, **look)
    ax.set(xlabel="Units, ordered for each factor", ylabel="Variance explained", ylim=(0, 1))
    ax.legend()
    return ax
