"""A figure of any result, whatever kind it is: fits, recoveries, comparisons, networks of a few units, checks."""

from functools import singledispatch

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from analyses.comparison import Comparison, plot_likelihood
from analyses.fitted_parameters import plot_parameters
from analyses.group_figure import plot_group
from analyses.phase_portrait import phase_portrait, plot_phase_portrait
from analyses.posterior_predictive import PredictiveCheck, plot_posterior_predictive
from analyses.recovery import plot_confusion, plot_recovery
from analyses.selection_figure import plot_group_selection, plot_selection
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.errors import UserError
from cogmeta.fitting.confusion import Confusion
from cogmeta.fitting.group_selection import GroupSelection
from cogmeta.fitting.hbi_result import HierarchicalComparison
from cogmeta.fitting.nested import NestedScores
from cogmeta.fitting.recovery import Recovery
from cogmeta.fitting.result import Fit
from cogmeta.fitting.selection import Selection
from cogmeta.fitting.tiny_network import TinyFit


@singledispatch
def draw(result: object) -> Figure:
    """Return the figure that suits a result.

    Parameters
    ----------
    result : Fit, HierarchicalComparison, Recovery, Confusion, Selection, GroupSelection, TinyFit, NestedScores, Comparison or PredictiveCheck
        A ``Fit`` with covariates shows its group, any other its subjects; see ``plot_parameters`` and ``plot_group`` for either.

    Raises
    ------
    UserError
        There is no figure for this kind of result, or none of a network with more than two units.

    Examples
    --------
    >>> from cogmeta.fitting import select_models
    >>> import pandas as pd
    >>> found = select_models(pd.DataFrame({"one": [0.0] * 9, "other": [-20.0] * 9}))
    >>> [ax.get_xlabel() for ax in draw(found).axes][0]
    'Frequency (dashed: all alike)'
    """
    raise UserError(f"there is no figure for a {type(result).__name__}. Results that are drawn: {', '.join(t.__name__ for t in list(draw.registry)[1:])}.")


@draw.register
def _fit(result: Fit) -> Figure:
    return plot_group(result) if len(result.group.get("terms", [])) > 1 else plot_parameters(result)


draw.register(Recovery, plot_recovery)
draw.register(PredictiveCheck, plot_posterior_predictive)


@draw.register(Selection)
@draw.register(HierarchicalComparison)
def _selection(result: Selection | HierarchicalComparison) -> Figure:
    return plot_selection(result.table, result.responsibility)


@draw.register
def _groups(result: GroupSelection) -> Figure:
    return plot_group_selection(result).figure


@draw.register
def _confusion(result: Confusion) -> Figure:
    return plot_confusion(result).figure


@draw.register
def _network(result: TinyFit) -> Figure:
    return plot_phase_portrait(phase_portrait(result.network))


@draw.register
@styled
def _nested(result: NestedScores) -> Figure:
    figure, ax = plt.subplots(figsize=(3.3, 2.5), layout="constrained")
    for name, mark, color in (("validation", "o", PALETTE[5]), ("held_out", "D", PALETTE[1])):
        ax.plot(result.folds["fold"], result.folds[name], mark, markersize=4, color=color, label=name.replace("_", " "))
    ax.axhline(result.held_out, color=REFERENCE, linewidth=0.8)
    ax.set(xlabel="Outer fold", ylabel="Log-likelihood a choice", xticks=result.folds["fold"])
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@draw.register
@styled
def _comparison(result: Comparison) -> Figure:
    names = list(dict.fromkeys(result.likelihood["data"]))
    rows = int(np.ceil(result.likelihood.groupby("data")["player"].size().max()))
    figure, axes = plt.subplots(len(names), 1, figsize=(4.6, len(names) * (0.8 + 0.24 * rows)), squeeze=False, layout="constrained")
    for ax, data in zip(axes.flat, names, strict=True):
        plot_likelihood(result.likelihood, data, ax)
    return figure
