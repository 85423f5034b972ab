"""The figure of a fit shows every subject once, the unsure ones hollow."""

import numpy as np
import pandas as pd

from analyses.fitted_parameters import plot_parameters
from cogmeta.fitting import fit


def test_every_subject_stands_once_in_every_panel_and_those_without_an_error_are_hollow(rng):
    trials = pd.DataFrame({"subject": np.repeat([f"s{i}" for i in range(6)], 40), "trial": np.tile(range(40), 6),
                           "choice": rng.integers(2, size=240), "reward": rng.integers(2, size=240)})
    trials.loc[trials["subject"] == "s5", "choice"] = 0  # never varies: a parameter at its bound
    silent = pd.DataFrame({"subject": ["silent"], "trial": [0], "choice": [None], "reward": [None]})
    fitted = fit("bandit/rescorla_wagner", pd.concat([trials, silent], ignore_index=True), "mle", n_starts=3)
    figure = plot_parameters(fitted)
    for ax, name in zip(figure.axes, fitted.model.parameter_names):
        errors, hollow = ax.containers[0].lines[0], [line for line in ax.lines if line.get_markerfacecolor() == "none"][0]
        drawn = np.concatenate([errors.get_ydata(), hollow.get_ydata()])
        np.testing.assert_allclose(np.sort(drawn), np.sort(fitted.table[name].dropna()))
        assert len(hollow.get_ydata()) == np.isinf(fitted.table.loc[fitted.table[name].notna(), f"se_{name}"]).sum()
