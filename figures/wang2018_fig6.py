"""Wang et al. 2018, figure 6c: trained on Harlow's task, a network comes to be right from the second trial on.

Claimed: on the first trial of a new pair it guesses; early in training it gets better only slowly over the six trials, in
the end one trial is enough; 14 of 50 replicas got there. How ours departs: random vectors in place of pixels (see
``tasks/harlow_vector.py``), a learner with which most replicas get there, and stages that double in length (the first is a
64th of training), because most is learnt early. The monkeys' curves (figure 6b) are not published as numbers; none are shown.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.learning_curve import learning_curve
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.rollout import Rollout
from cogmeta.simulate import simulate
from cogmeta.training.stages import Stage, load_stages
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES = "harlow/vector", tuple(range(8)), 2_000
CEILING = 0.95
"""A replica succeeds if it is right this often on the trials after the first of a pair, over all of them."""

CLAIMS = (
    Claim("first", "c: the first choice between two new objects is a guess (successful replicas, last stage)", "0.5", "Wang 2018, fig 6c",
          low=0.45, high=0.55),
    Claim("second", "c: the second is right (successful replicas, last stage)", "about 1", "Wang 2018, fig 6c", low=0.95),
    Claim("early_rise", "c: at some earlier stage accuracy still grows slowly, from the second trial to the sixth", "difference > 0",
          "Wang 2018, fig 6c", low=0.05),
    Claim("succeed", "share of replicas that succeed", "14 of 50", "Wang 2018, fig 6", low=14 / 50),
)


def compute(agents: Mapping[str, Sequence[Sequence[Stage]]], seed: int) -> Tables:
    """Return the accuracy by trial of every replica at every stage on objects never trained on, and of the ideal player."""
    task = make_task(TASK, objects="test")
    rows = [_accuracy(stage.agent, seed).assign(seed=one, stage=place + 1, steps=stage.steps)
            for one, stages in enumerate(agents[TASK]) for place, stage in enumerate(stages)]
    return {"accuracy": pd.concat(rows, ignore_index=True), "ideal": _accuracy(player("ideal", task), seed)}


def _accuracy(agent: Agent, seed: int) -> pd.DataFrame:
    return accuracy_by_trial(simulate(agent, make_task(TASK, objects="test"), N_EPISODES, seed))


def accuracy_by_trial(rollout: Rollout) -> pd.DataFrame:
    """Return ``trial`` (of a pair, from 1), ``accuracy`` of the choices, ``choices`` (the share of trials with one) and ``reward`` a trial."""
    task, trials = rollout.task, rollout.to_trials()
    curve = learning_curve(trials, task.spec.reward_range)
    accuracy = curve[curve["measure"] == "best_arm"].set_index("trial")["mean"].reindex(range(task.spec.n_trials)).to_numpy()
    choices = trials["choice"].notna().groupby(trials["trial"]).mean().to_numpy()
    reward = rollout.reward.reshape(task.spec.n_trials, -1, rollout.n_episodes).sum(axis=1).mean(axis=1)
    return pd.DataFrame({"trial": np.arange(1, 1 + len(choices)), "accuracy": accuracy, "choices": choices, "reward": reward})


def succeeded(accuracy: pd.DataFrame) -> pd.Series:
    """Return for every seed whether its last stage is at the ceiling on the trials after the first."""
    last = accuracy[(accuracy["stage"] == accuracy["stage"].max()) & (accuracy["trial"] > 1)]
    return last.groupby("seed")["accuracy"].mean() >= CEILING


def numbers(tables: Tables) -> dict[str, np.ndarray | float]:
    """Return the number of every claim, one a successful replica."""
    good = succeeded(tables["accuracy"])
    if not good.any():
        return {"first": np.nan, "second": np.nan, "early_rise": np.nan, "succeed": 0.0}
    table = tables["accuracy"].pivot_table(index=["seed", "stage"], columns="trial", values="accuracy").loc[good.index[good]]
    final = tables["accuracy"]["stage"].max()
    last = table.xs(final, level="stage")
    rise = (table[6] - table[2]).drop(index=final, level="stage")
    return {"first": last[1].to_numpy(), "second": last[2].to_numpy(),
            "early_rise": rise.groupby("seed").max().to_numpy(), "succeed": float(good.mean())}


@styled
def draw(tables: Tables) -> Figure:
    """Draw accuracy by trial, one line a stage, and every replica's last stage."""
    figure, axes = plt.subplots(1, 2, figsize=(7.0, 2.8), layout="constrained", sharey=True)
    good = succeeded(tables["accuracy"])
    draw_stages(tables, axes[0], f"c  {good.sum()} of {len(good)} replicas succeed")
    last = tables["accuracy"][tables["accuracy"]["stage"] == tables["accuracy"]["stage"].max()]
    for seed, rows in last.groupby("seed"):
        axes[1].plot(rows["trial"], 100 * rows["accuracy"], marker=".", linewidth=0.9, color=PALETTE[0] if good[seed] else PALETTE[1])
    axes[1].plot(tables["ideal"]["trial"], 100 * tables["ideal"]["accuracy"], color=REFERENCE, linestyle="--", zorder=0)
    axes[1].set_title("Each replica, final stage", loc="left")
    axes[1].set_xlabel("Trial of a pair")
    return figure


def draw_stages(tables: Tables, ax: Axes, title: str) -> None:
    """Draw the accuracy of successful replicas by trial, one line a stage, beside the ideal player."""
    good = succeeded(tables["accuracy"])
    chosen = tables["accuracy"][tables["accuracy"]["seed"].isin(good.index[good])]
    table = mean_interval(chosen, "accuracy", ["stage", "trial"])
    stages = sorted(table["stage"].unique())
    for color, stage in zip(seaborn.color_palette("viridis_r", len(stages)), stages, strict=True):
        rows = table[table["stage"] == stage]
        steps = chosen.loc[chosen["stage"] == stage, "steps"].iloc[0]
        name = "final" if stage == stages[-1] else f"{stage}"
        ends = 100 * np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
        ax.errorbar(rows["trial"], 100 * rows["mean"], yerr=ends, color=color, label=f"{name} ({steps / 1e3:,.0f}k steps)")
    ax.plot(tables["ideal"]["trial"], 100 * tables["ideal"]["accuracy"], color=REFERENCE, linestyle="--", label="ideal", zorder=0)
    ax.set_title(title, loc="left")
    ax.set_xlabel("Trial of a pair")
    ax.set_ylabel("Correct (%)")
    ax.set_ylim(40, 102)
    ax.legend(title="Stage of training", fontsize=6.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))


FIGURE = PaperFigure(
    "wang2018_fig6", "On Harlow's task a network learns to learn: one trial tells it which of two new objects pays.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw, load=load_stages,
)
