"""Wang et al. 2016, figure 6: on Harlow's task some seeds reach the ceiling, and these are right from the second trial on.

Claimed: the best networks earn all that can be earned (d); sorted by reward, a share of the seeds is at the ceiling (e: 26 % with
one LSTM, 43 % with two stacked ones); P(correct) by trial grows with training until one trial is enough (f). How ours departs:
as ``figures/wang2018_fig6.py``, whose tables it draws; few seeds (the paper: 100), pairs of six trials (10), and a learner
with which most seeds get there.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.training.stages import load_stages
from figures.paper_figure import PaperFigure, Tables
from figures.wang2018_fig6 import SEEDS, TASK, compute, draw_stages, succeeded

CLAIMS = (
    Claim("best", "d: the best network earns what the ideal player earns (share of its reward)", "9 of 9 (10 trials)", "Wang 2016, fig 6d",
          low=0.95),
    Claim("ceiling", "e: share of seeds at the ceiling", "0.26 (one LSTM), 0.43 (two stacked)", "Wang 2016, fig 6e and text", low=0.26),
    Claim("correct", "f: right on trials 2 to 6 (seeds at the ceiling, last stage)", "about 1", "Wang 2016, fig 6f", low=0.95),
)


def by_stage(accuracy: pd.DataFrame) -> pd.DataFrame:
    """Return the reward a trial of every seed (columns) after so many steps of training (rows)."""
    return accuracy.pivot_table(index="steps", columns="seed", values="reward")


def numbers(tables: Tables) -> dict[str, np.ndarray | float]:
    """Return the number of every claim."""
    accuracy, good = tables["accuracy"], succeeded(tables["accuracy"])
    final = by_stage(accuracy).iloc[-1]
    last = accuracy[(accuracy["stage"] == accuracy["stage"].max()) & (accuracy["trial"] > 1) & accuracy["seed"].isin(good.index[good])]
    return {"best": final.max() / tables["ideal"]["reward"].mean(), "ceiling": float(good.mean()),
            "correct": last.groupby("seed")["accuracy"].mean().to_numpy() if good.any() else np.nan}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels d, e and f."""
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 2.7), layout="constrained")
    reward, ideal = by_stage(tables["accuracy"]), tables["ideal"]["reward"].mean()
    _draw_training(reward, ideal, axes[0])
    _draw_sorted(reward.iloc[-1], ideal, axes[1])
    draw_stages(tables, axes[2], "f  by stage of training")
    return figure


def _draw_training(reward: pd.DataFrame, ideal: float, ax: Axes) -> None:
    ax.plot(reward.index, reward, color=PALETTE[0], linewidth=0.8)
    ax.axhline(ideal, color=REFERENCE, linestyle="--", label="ideal")
    ax.set_xscale("log")
    ax.set_xlabel("Steps of training")
    ax.set_ylabel("Reward a trial")
    ax.set_title(f"d  {reward.shape[1]} seeds", loc="left")
    ax.legend(loc="lower right")


def _draw_sorted(final: pd.Series, ideal: float, ax: Axes) -> None:
    ax.plot(np.arange(1, 1 + len(final)), final.sort_values(ascending=False), marker="o", markersize=4, linewidth=0, color=PALETTE[0])
    ax.axhline(ideal, color=REFERENCE, linestyle="--")
    ax.set_ylim(0, 1.15 * ideal)
    ax.set_xlabel("Seeds, sorted by reward")
    ax.set_title("e  after training", loc="left")


FIGURE = PaperFigure(
    "wang2016_fig6", "On Harlow's task some seeds reach the ceiling, and these are right from the second trial on.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw, load=load_stages,
)
