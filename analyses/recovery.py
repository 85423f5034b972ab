"""Figures of recovery studies: estimated against simulated parameters, and which model wins when which one chose.

Source: Wilson & Collins 2019 (eLife 8:e49547), figures 4 and 5. How ours departs: colours are shares, not counts.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.fitting.confusion import Confusion
from cogmeta.fitting.recovery import Recovery


@styled
def plot_recovery(recovery: Recovery, n_columns: int = 4) -> Figure:
    """Draw one scatter a parameter: estimated against simulated, with r and the line on which they agree.

    Parameters
    ----------
    recovery : Recovery
    n_columns : int
        Panels a row.
    """
    summary = recovery.summary()
    n_columns = min(n_columns, len(summary))
    n_rows = -(-len(summary) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(1.9 * n_columns, 2.0 * n_rows), squeeze=False,
                                layout="constrained")
    for ax in axes.flat[len(summary):]:
        ax.set_axis_off()
    positive = {p.name for p in recovery.model.parameters if p.domain == "positive"}
    for ax, (name, row) in zip(axes.flat, summary.iterrows()):
        _scatter(recovery.table[recovery.table["parameter"] == name], row, ax, log=name in positive)
        ax.set_title(f"{name.replace('_', ' ')} {row['symbol']}")
    return figure


def _scatter(rows: pd.DataFrame, row: pd.Series, ax: Axes, log: bool) -> None:
    both = rows[["simulated", "estimated"]].to_numpy()
    if log:
        ax.set(xscale="log", yscale="log")
        both = both[(both > 0).all(axis=1)]
    ends = [np.nanmin(both), np.nanmax(both)]
    if log:
        _few_ticks(ax, decades=np.log10(ends[1] / ends[0]))
    ax.plot(ends, ends, color=REFERENCE, lw=0.8)
    ax.scatter(both[:, 0], both[:, 1], s=6, color=PALETTE[0], alpha=0.5, linewidths=0)
    ax.set(xlabel="simulated", ylabel="estimated")
    ax.text(0.04, 0.96, f"r = {row['r']:.2f}", transform=ax.transAxes, va="top")


def _few_ticks(ax: Axes, decades: float) -> None:
    """Label a logarithmic panel in plain numbers, so few that they do not touch."""
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.5 else (1,)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


@styled
def plot_confusion(found: Confusion, inversion: bool = False, ax: Axes | None = None) -> Axes:
    """Draw the confusion matrix, or the inversion matrix, with its numbers.

    Parameters
    ----------
    found : Confusion
    inversion : bool
        Draw p(simulated | fit) in place of p(fit | simulated).
    ax : Axes, optional
    """
    table = found.inversion if inversion else found.confusion
    names, side = [name.split("/")[-1].replace("_", " ") for name in table.columns], 1.4 + 0.55 * len(table)
    ax = new_axes(ax, side + 1.0, side)
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.ndindex(table.shape):
        share = table.iat[i, j]
        ax.text(j, i, f"{share:.2f}", ha="center", va="center", color="white" if share > 0.6 else "black")
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="fit", ylabel="simulated", title="p(simulated | fit)" if inversion else "p(fit | simulated)")
    return ax
