"""Train a network on a task by its reward prediction errors alone."""

from pathlib import Path

import pandas as pd

from analyses.learning_curve import over_seeds, plot_over_seeds
from cogmeta.files import atomic_path
from tasks.train_command import make_app
from tasks.train_seeds import CURVES

FIGURE = "learning_curve.png"


def draw_learning_curve(folder: Path) -> Path:
    """Draw the learning curves of several seeds, with the interval of their mean, into their folder."""
    axes = plot_over_seeds(over_seeds(pd.read_csv(folder / CURVES)))
    with atomic_path(folder / FIGURE) as part:
        axes.figure.savefig(part, dpi=200, bbox_inches="tight")
    return folder / FIGURE


app = make_app(draw_learning_curve)
