"""A figure of a group that was fitted: every parameter's mean, and what covariates do to it, with 95 % intervals."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.fitting.result import Fit

COORDINATE = {"unit": "logit", "positive": "log", "real": ""}
"""Domain of a parameter -> the coordinate in which its group is normal."""


@styled
def plot_group(fit: Fit) -> Figure:
    """Draw a panel a term of the group's mean (the intercept, then every covariate): parameters below one another.

    Parameters
    ----------
    fit : Fit
        By ``"em"`` or ``"nuts"``.

    Notes
    -----
    Unconstrained coordinates: logits of numbers between 0 and 1, logarithms of positive ones.
    """
    table, parameters = fit.coefficients, fit.model.parameters
    terms = list(dict.fromkeys(table["term"]))
    labels = [f"{COORDINATE[p.domain]} {p.name.replace('_', ' ')}".strip() for p in parameters]
    figure, axes = plt.subplots(1, len(terms), figsize=(1.8 + 1.9 * len(terms), 0.9 + 0.25 * len(labels)), sharey=True, squeeze=False,
                                layout="constrained")
    for ax, term in zip(axes[0], terms, strict=True):
        own = table[table["term"] == term].set_index("parameter").loc[list(fit.model.parameter_names)]
        ends = np.abs(own[["low", "high"]].to_numpy(float).T - own["coefficient"].to_numpy(float))
        ax.errorbar(own["coefficient"], np.arange(len(own)), xerr=ends, fmt="o", markersize=4, color=PALETTE[0], ecolor="0.5", elinewidth=1)
        ax.axvline(0, color=REFERENCE, linewidth=0.8)
        ax.set_title(term)
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    return figure
