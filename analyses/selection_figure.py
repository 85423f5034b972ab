"""Figures of model selection: how frequent each model is, how sure that is, and which subject uses which."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.fitting.group_selection import GroupSelection


def short(model: str) -> str:
    """Return a model's name as a figure has room for.

    Examples
    --------
    >>> short("bandit/rescorla_wagner")
    'rescorla wagner'
    """
    return model.split("/", 1)[-1].replace("_", " ")


@styled
def plot_selection(table: pd.DataFrame, responsibility: pd.DataFrame) -> Figure:
    """Draw frequencies with protected exceedance probabilities, and beside them who uses which model.

    Parameters
    ----------
    table : DataFrame
        One row a model (its index), with ``frequency`` and ``protected_exceedance``: of a ``Selection`` or a hierarchical comparison.
    responsibility : DataFrame
        (n_subjects, n_models) probability that a subject uses a model.
    """
    names = [short(str(name)) for name in table.index]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 1.2 + 0.3 * len(names)), width_ratios=(1, 1.3), layout="constrained")
    left.barh(names, table["frequency"], color=PALETTE[5])
    left.plot(table["protected_exceedance"], np.arange(len(names)), "D", markersize=4, color=PALETTE[1], label="protected exceedance")
    left.axvline(1 / len(names), color=REFERENCE, linewidth=0.8, linestyle="--")
    left.set(xlim=(0, 1.02), ylim=(len(names) - 0.5, -0.5), xlabel="Frequency (dashed: all alike)")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
    order = np.lexsort((-responsibility.max(axis=1), responsibility.to_numpy().argmax(axis=1)))
    image = right.imshow(responsibility.to_numpy()[order].T, aspect="auto", cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    right.set(yticks=range(len(names)), yticklabels=[], xlabel="Subjects, ordered by their model", xticks=[])
    figure.colorbar(image, ax=right, label="Responsibility")
    return figure


@styled
def plot_group_selection(found: GroupSelection) -> Axes:
    """Draw how frequent each model is in each group.

    Parameters
    ----------
    found : GroupSelection
    """
    wide = found.table.pivot(index="model", columns="group", values="frequency").loc[list(dict.fromkeys(found.table["model"]))]
    _, ax = plt.subplots(figsize=(4.2, 1.0 + 0.3 * len(wide) * len(wide.columns) / 2), layout="constrained")
    thick = 0.8 / len(wide.columns)
    for k, group in enumerate(wide):
        ax.barh(np.arange(len(wide)) + (k - (len(wide.columns) - 1) / 2) * thick, wide[group], thick, color=PALETTE[k % len(PALETTE)], label=group)
    ax.set_yticks(range(len(wide)), [short(str(name)) for name in wide.index])
    ax.set(ylim=(len(wide) - 0.5, -0.5), xlim=(0, 1), xlabel="Frequency", title=f"p(groups use models alike often) = {found.same:.3f}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
