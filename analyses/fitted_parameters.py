"""A figure of a fit: every subject's estimate of every parameter, with its error, and the quartiles."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.fitting.result import Fit
from cogmeta.models.parameter import Parameter


@styled
def plot_parameters(fit: Fit, n_columns: int = 4) -> Figure:
    """Draw one panel a parameter: subjects by the size of their estimate, with standard errors; median and quartiles as lines.

    Parameters
    ----------
    fit : Fit
        Subjects without an estimate are left out; an infinite error (a parameter at its bound or not identified) is not drawn,
        and its estimate is hollow.
    n_columns : int
        Panels a row.

    Returns
    -------
    Figure

    Examples
    --------
    >>> from cogmeta.fitting import fit
    >>> table = pd.DataFrame({"subject": list("aaaabbbb"), "trial": [0, 1, 2, 3] * 2, "choice": [0, 1, 1, 1, 0, 0, 1, 0],
    ...                       "reward": [0, 1, 1, 0, 1, 0, 0, 1]})
    >>> [ax.get_title() for ax in plot_parameters(fit("bandit/rescorla_wagner", table)).axes]
    ['learning rate α', 'inverse temperature β']
    """
    parameters = fit.model.scaled_parameters
    n_columns = min(n_columns, len(parameters))
    n_rows = -(-len(parameters) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(1.9 * n_columns, 1.9 * n_rows), squeeze=False, layout="constrained")
    for ax in axes.flat[len(parameters):]:
        ax.set_axis_off()
    for ax, parameter in zip(axes.flat, parameters):
        _panel(ax, parameter, fit.table[parameter.name], fit.table.get(f"se_{parameter.name}"))
    return figure


def _panel(ax: Axes, parameter: Parameter, estimate: pd.Series, error: pd.Series | None) -> None:
    known = estimate.notna().to_numpy()
    x = estimate.to_numpy(float)[known]
    half = np.full(len(x), np.inf) if error is None else error.to_numpy(float)[known]
    order = np.argsort(x)
    x, half, place = x[order], half[order], np.arange(len(x))
    sure = np.isfinite(half)
    for line in np.quantile(x, (0.25, 0.5, 0.75)) if len(x) else ():
        ax.axhline(line, color=REFERENCE, lw=0.6)
    ax.errorbar(place[sure], x[sure], yerr=half[sure], fmt="o", markersize=2, color=PALETTE[0], ecolor="0.7", elinewidth=0.6)
    ax.plot(place[~sure], x[~sure], "o", markersize=2, color=PALETTE[0], markerfacecolor="none")
    if parameter.domain == "positive" and len(x):
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
    if parameter.domain == "unit":
        ax.set_ylim(-0.02, 1.02)
    ax.set(title=f"{parameter.name.replace('_', ' ')} {parameter.symbol}", xlabel="subjects", xticks=[])
