"""The figure of a recovery study can be read: numbers at the ticks are plain and do not touch."""

import itertools

import matplotlib.pyplot as plt
import pytest

from analyses.recovery import plot_recovery
from cogmeta.fitting import recover
from tasks.registry import make_task


@pytest.mark.parametrize("narrow", [True, False])
def test_labels_of_a_logarithmic_panel_do_not_touch(narrow):
    study = recover("bandit/rescorla_wagner", make_task("bandit/independent", n_trials=10), n_subjects=4, n_starts=1, seed=0)
    columns = ["simulated", "estimated"]
    rows = study.table["parameter"] == "inverse_temperature"
    study.table.loc[rows, columns] = [[low, low] for low in ((0.4, 1, 3, 9) if narrow else (0.01, 1, 10, 300))]
    figure = plot_recovery(study)
    figure.canvas.draw()
    panel = figure.axes[1]
    low, high = panel.get_xlim()
    shown = [tick.label1 for tick in panel.xaxis.get_major_ticks() + panel.xaxis.get_minor_ticks()
             if tick.label1.get_text() and low <= tick.get_loc() <= high]
    assert len(shown) >= 3 and all("mathdefault" not in label.get_text() for label in shown)
    boxes = sorted((label.get_window_extent() for label in shown), key=lambda box: box.x0)
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    plt.close(figure)
