"""Wilson & Collins 2019, figure 4: do the parameters of the learner of values come back?

Claimed: learning rates come back well; inverse temperatures come back well where they are low and worse where they are
high, because choices are then nearly certain whatever they are. Subjects whose learning rate is missed by more than .25
are flagged. How ours departs: the paper shows the scatter; we put the practical bar r >= .8 on it, which is ours, and
call inverse temperatures low up to 10, the mean of what they are drawn from (ours, too). Fits have no upper limit but
that of the search, exp(7), so that r of the raw numbers hangs on a few that are flagged as not identified or at the bound
(seed 0: without the 27 of 605 flagged ones it is .92, not .12; more searches do not move them); r of the logarithms, the
axes of the panel, stands beside it. The bar on the raw numbers is too strong a reading of the paper, and stays unmet: one
bounded quasi-Newton search a subject from a random start (rate from U(0, 1), inverse temperature from Exp(1)), as in the
paper's code, reaches .25 to .33 in three simulations, .85 to .88 in logarithms.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.fitting.recovery import recover
from cogmeta.models.model import Model
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

MODEL, ARMS, N_TRIALS, N_SUBJECTS, N_STARTS = "bandit/rescorla_wagner", (0.2, 0.8), 1_000, 1_000, 5
MISSED, LOW, BAR = 0.25, 10.0, 0.8

_SOURCE, _OURS = "Wilson & Collins 2019, fig 4", "; the bar r >= .8 is ours"
CLAIMS = (
    Claim("learning_rate", "A: learning rates come back (Pearson r of simulated and fitted)", "good", _SOURCE + _OURS, low=BAR),
    Claim("low", "B: inverse temperatures up to 10 come back (r)", "good at low values",
          _SOURCE + _OURS + " and too strong for raw numbers, see the head of the file", low=BAR),
    Claim("low_log", "B: inverse temperatures up to 10 come back (r of their logarithms)", "good at low values", _SOURCE + _OURS, low=BAR),
    Claim("degraded", "B: above 10 they are missed by more (median of |log fitted / simulated|, above less up to 10)",
          "> 0: degraded at high values", _SOURCE, low=1e-9),
)


def published_draws(model: Model, n_subjects: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return learning rates from U(0, 1) and inverse temperatures from an exponential distribution of mean 10."""
    return {"learning_rate": rng.random(n_subjects), "inverse_temperature": rng.exponential(10.0, n_subjects)}


def compute(agents: Mapping[str, Sequence[object]], seed: int, n_subjects: int = N_SUBJECTS) -> Tables:
    """Return simulated and fitted parameters, one row a subject, and how well each comes back."""
    task = make_task("bandit/independent", n_trials=N_TRIALS, reward_probability=ARMS)
    found = recover(MODEL, task, n_subjects, draw=published_draws, method="mle", n_starts=N_STARTS, seed=seed)
    wide = found.table.pivot(index="subject", columns="parameter", values=["simulated", "estimated", "flag"])
    table = pd.DataFrame({f"{name}_{kind}": wide[kind, name].astype(float) for name in found.model.parameter_names
                          for kind in ("simulated", "estimated")})
    table["flag"] = wide["flag", "learning_rate"]
    table["missed"] = (table["learning_rate_estimated"] - table["learning_rate_simulated"]).abs() > MISSED
    return {"subjects": table.reset_index(), "recovery": found.summary().reset_index()}


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    table = tables["subjects"]
    low = table["inverse_temperature_simulated"] <= LOW
    logs = np.log(table[["inverse_temperature_simulated", "inverse_temperature_estimated"]])
    away = logs.diff(axis=1).iloc[:, 1].abs()
    return {"learning_rate": _r(table, "learning_rate"), "low": _r(table[low], "inverse_temperature"),
            "low_log": _r(logs[low], "inverse_temperature"), "degraded": away[~low].median() - away[low].median()}


def _r(table: pd.DataFrame, name: str) -> float:
    """Return Pearson's correlation of simulated and estimated parameters."""
    return float(table[f"{name}_simulated"].corr(table[f"{name}_estimated"]))


@styled
def draw(tables: Tables) -> Figure:
    """Draw one scatter a parameter, subjects with a missed learning rate in another colour."""
    figure, axes = plt.subplots(1, 2, figsize=(5.8, 2.9), layout="constrained")
    table, found = tables["subjects"], numbers(tables)
    _draw_scatter(table, "learning_rate", axes[0])
    axes[0].set_title(f"A  learning rate, r = {found['learning_rate']:.2f}", loc="left")
    _draw_scatter(table, "inverse_temperature", axes[1])
    axes[1].axvline(LOW, color=REFERENCE, linestyle=":", linewidth=0.8)
    axes[1].set(xscale="log", yscale="log")
    axes[1].set_title(f"B  inverse temperature\n    r of logarithms up to {LOW:g}: {found['low_log']:.2f}", loc="left")
    axes[0].legend(loc="upper left", bbox_to_anchor=(-0.05, -0.18), ncols=2, handletextpad=0.1, columnspacing=0.8)
    return figure


def _draw_scatter(table: pd.DataFrame, name: str, ax: Axes) -> None:
    kinds = ((~table["missed"], PALETTE[0], "subjects"), (table["missed"], PALETTE[1], f"missed by > {MISSED:g}"))
    for rows, color, label in kinds:
        shown = table[rows]
        ax.scatter(shown[f"{name}_simulated"], shown[f"{name}_estimated"], s=6, alpha=0.5, linewidth=0, color=color,
                   label=f"{label} ({len(shown)})", rasterized=True)
    ends = [table[f"{name}_simulated"].min(), table[f"{name}_simulated"].max()]
    ax.plot(ends, ends, color=REFERENCE, linewidth=0.8)
    ax.set(xlabel="Simulated", ylabel="Fitted")


FIGURE = PaperFigure(
    "wilson2019_fig4", "Learning rates come back from fits; inverse temperatures do where they are low.",
    (), CLAIMS, compute, numbers, draw, quick=partial(compute, n_subjects=60),
)
