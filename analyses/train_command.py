"""Train a network on a task by its reward prediction errors alone."""

from importlib import import_module
from pathlib import Path

import pandas as pd

from cogmeta.files import atomic_path
from tasks.train_command import make_app
from tasks.train_seeds import CURVES

FIGURE = "learning_curve.png"


def draw_learning_curve(folder: Path) -> Path:
    """Draw the learning curves of several seeds, with the interval of their mean, into their folder."""
    curves = import_module("analyses.learning_curve")  # statistics and drawing load as long as half of all a training needs
    axes = curves.plot_over_seeds(curves.over_seeds(pd.read_csv(folder / CURVES)))
    with atomic_path(folder / FIGURE) as part:
        axes.figure.savefig(part, dpi=200, bbox_inches="tight")
    return folder / FIGURE


app = make_app(draw_learning_curve)
