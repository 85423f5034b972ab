"""Wilson & Collins 2019, figure 5: which of five models is taken for which, and what that says of the model that wins.

Claimed: the model that made the choices wins mostly (the diagonal dominates), and more surely where behaviour is less
noisy: in panel A inverse temperatures come from Exp(1), in panel B from 1 + Exp(1). How ours departs: five searches a fit
from spread-out starts; the bar of .8 on panel B's mean diagonal is ours, and so is "in every row", a strict reading: with 100
subjects a model the last row of panel A is close to a draw. Values with habits win 26, 30, 30 and 35 times there at seeds 0 to 3,
habits alone 27, 25, 28 and 27 times; fifteen searches a fit change nothing. The lead over all rows was added after that.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.recovery import plot_confusion
from analyses.style import styled
from cogmeta.fitting.confusion import Confusion, confuse
from cogmeta.fitting.draws import Draw
from cogmeta.models.model import Model
from cogmeta.simulate import check_seed
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

MODELS = ("bandit/random", "bandit/win_stay_lose_shift", "bandit/rescorla_wagner", "bandit/choice_kernel",
          "bandit/rescorla_wagner_choice_kernel")
ARMS, N_TRIALS, N_SUBJECTS, N_STARTS = (0.2, 0.8), 1_000, 100, 5
SMALLEST_INVERSE_TEMPERATURE = {"A": 0.0, "B": 1.0}
"""What is added to the exponential draws of each panel."""

_SOURCE = "Wilson & Collins 2019, fig 5"
CLAIMS = (
    *(Claim(f"lead_{panel}", f"{panel}: the diagonal dominates (diagonal less the largest other of its row, mean of the rows)", "> 0",
            f"{_SOURCE}{panel}", low=1e-9) for panel in "AB"),
    *(Claim(f"dominance_{panel}", f"{panel}: whoever made the choices wins most often (diagonal less the largest other of its row, smallest)",
            "> 0", f"{_SOURCE}{panel}" + "; in every row: our reading" * (panel == "A"), low=1e-9) for panel in "AB"),
    Claim("better", "the diagonal is larger in B than in A (difference of the means)", "> 0", _SOURCE, low=1e-9),
    Claim("diagonal", "B: mean of the diagonal of the confusion matrix", "near 1", f"{_SOURCE}B; the bar of .8 is ours", low=0.8),
)


def published_draws(smallest: float) -> Draw:
    """Return what draws rates, bias and noise from U(0, 1) and inverse temperatures from ``smallest`` + Exp(1)."""

    def draw(model: Model, n_subjects: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {p.name: rng.random(n_subjects) if p.domain == "unit" else smallest + rng.exponential(1.0, n_subjects)
                for p in model.parameters}

    return draw


def compute(
    agents: Mapping[str, Sequence[object]], seed: int, n_subjects: int = N_SUBJECTS, n_trials: int = N_TRIALS, n_starts: int = N_STARTS,
) -> Tables:
    """Return both matrices of both panels, one row a simulated and fitted model."""
    task = make_task("bandit/independent", n_trials=n_trials, reward_probability=ARMS)
    streams = check_seed(seed).spawn(len(SMALLEST_INVERSE_TEMPERATURE))
    rows = [_tidy(confuse(MODELS, task, n_subjects, seed=rng, n_starts=n_starts, draw=published_draws(smallest))).assign(panel=panel)
            for (panel, smallest), rng in zip(SMALLEST_INVERSE_TEMPERATURE.items(), streams, strict=True)]
    return {"confusion": pd.concat(rows, ignore_index=True)}


def _tidy(found: Confusion) -> pd.DataFrame:
    """Return ``simulated, fit, n`` (subjects), ``confusion`` p(fit | simulated) and ``inversion`` p(simulated | fit)."""
    parts = {"n": found.counts, "confusion": found.confusion, "inversion": found.inversion}
    return pd.DataFrame({name: table.stack() for name, table in parts.items()}).reset_index()


def _matrix(table: pd.DataFrame, panel: str) -> Confusion:
    counts = table[table["panel"] == panel].pivot(index="simulated", columns="fit", values="n")
    return Confusion(counts.loc[list(MODELS), list(MODELS)])


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    matrices = {panel: _matrix(tables["confusion"], panel).confusion.to_numpy() for panel in "AB"}
    diagonal = {panel: np.diag(matrix).mean() for panel, matrix in matrices.items()}
    leads = {panel: _leads(matrix) for panel, matrix in matrices.items()}
    return {**{f"lead_{panel}": lead.mean() for panel, lead in leads.items()}, **{f"dominance_{panel}": lead.min() for panel, lead in leads.items()},
            "better": diagonal["B"] - diagonal["A"], "diagonal": diagonal["B"]}


def _leads(matrix: np.ndarray) -> np.ndarray:
    """Return (n_models,) the distance of each diagonal entry from the largest other one of its row."""
    others = np.where(np.eye(len(matrix), dtype=bool), -np.inf, matrix)
    return np.diag(matrix) - others.max(axis=1)


@styled
def draw(tables: Tables) -> Figure:
    """Draw the confusion matrices above the inversion matrices, panel A left and B right."""
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 7.0), layout="constrained", sharex=True, sharey=True)
    for panel, column in zip("AB", axes.T, strict=True):
        found = _matrix(tables["confusion"], panel)
        for ax, inversion in zip(column, (False, True), strict=True):
            plot_confusion(found, inversion, ax)
            ax.set_title(f"{panel}  {ax.get_title()}", loc="left")
            ax.set_title("")
            ax.label_outer()
        column[0].set_title(f"{panel}  p(fit | simulated)\n    mean of the diagonal {np.diag(found.confusion).mean():.2f}", loc="left")
    return figure


FIGURE = PaperFigure(
    "wilson2019_fig5", "Five models of bandits are mostly told apart, and better where choices are less noisy.",
    (), CLAIMS, compute, numbers, draw, quick=partial(compute, n_subjects=8, n_trials=100, n_starts=1),
)
