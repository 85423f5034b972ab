"""Duan et al. 2016, learning curves on bandits: what networks earn while they are trained, and what holds them back.

Claimed: with 50 arms and 500 pulls a network that learns from reward stays below the Gittins index, and the same network that
imitates Gittins comes up to it, so that the outer loop and not the network holds it back. How ours departs: LSTMs of 48 units
trained for minutes, and symmetric networks (see ``figures/duan2016_table1.py``); the comparison with an imitator is made where minutes on a CPU reach,
100 pulls of ten arms. A training that goes on from the network of a shorter task counts its own steps alone. The imitator
learns along its own trajectory, told what Gittins would have done.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from analyses.claims import Claim
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent
from figures.duan2016_table1 import AGENTS
from figures.paper_figure import PaperFigure, Tables
from figures.score_table import measured, network_row
from tasks.registry import make_task
from tasks.train_run import CURVE

IMITATED = "bandit/rl2_k10_n100"
"""Where an imitator is held against a network that learnt from reward."""

LEARNERS = {"lstm": "learns from reward", "lstm gittins": "imitates Gittins", "symmetric_lstm": "symmetric, from reward"}
"""Kind of shipped network -> what is written beside its curve."""

COLORS = dict(zip(LEARNERS.values(), PALETTE, strict=False))

SMOOTHED = 25
"""A curve is averaged over this many of its rows, of some hundreds: single batches are noisy, and where training cuts episodes into
unrolls, each row is of one part of an episode."""

CLAIMS = (
    Claim("imitator", "a network that imitates Gittins comes up to it (share of what Gittins earns above chance)", "about 1",
          "Duan 2016, section 3.1 (there 500 pulls of 50 arms, here 100 of 10)", low=0.97),
    Claim("learner", "the same network, from reward alone, stays below Gittins (the same share)", "< 1",
          "Duan 2016, section 3.1 (there 500 pulls of 50 arms, here 100 of 10)", high=0.995),
    Claim("lead", "the imitator earns more than the network that learns from reward (difference)", "> 0", "Duan 2016, section 3.1", low=0.0),
)


def load(folder: Path) -> tuple[Network, pd.DataFrame]:
    """Return a trained network and its learning curve."""
    return load_agent(folder), pd.read_csv(folder / CURVE)


def compute(agents: Mapping[str, Sequence[tuple[Network, pd.DataFrame]]], seed: int, n_problems: int = 1000) -> Tables:
    """Return the curves, what the trained networks earn in the end, and what players earn."""
    curves, ends = [], []
    for named, found in agents.items():
        name, _, kind = named.partition(" ")
        task, labels = make_task(name), {"setting": _setting(name), "learner": LEARNERS[kind]}
        network, curve = found[0]
        total = curve["reward_per_trial"].rolling(SMOOTHED, min_periods=1, center=True).mean() * task.n_trials
        curves.append(pd.DataFrame({"steps": curve["steps"], "total": total}).assign(**labels))
        ends.append(labels | network_row([network], task, seed, n_problems))
    players = measured("duan2016_table1")
    players["setting"] = [f"n={n}, k={k}" for n, k in zip(players["n_trials"], players["n_arms"], strict=True)]
    curves = pd.concat(curves, ignore_index=True)
    return {"curves": curves, "ends": pd.DataFrame(ends), "players": players[players["setting"].isin(curves["setting"])]}


def _setting(name: str) -> str:
    task = make_task(name)
    return f"n={task.n_trials}, k={task.n_arms}"


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    ends = tables["ends"][tables["ends"]["setting"] == _setting(IMITATED)].set_index("learner")["mean"]
    players = tables["players"][tables["players"]["setting"] == _setting(IMITATED)].set_index("player")["mean"]
    share = (ends - players["random"]) / (players["gittins"] - players["random"])
    imitator, learner = "imitates Gittins", "learns from reward"
    return {"imitator": share[imitator], "learner": share[learner], "lead": ends[imitator] - ends[learner]}


@styled
def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    settings = sorted(tables["curves"]["setting"].unique(), key=lambda setting: [int(size) for size in re.findall(r"\d+", setting)])
    n_rows = -(-len(settings) // 3)
    figure, axes = plt.subplots(n_rows, 3, figsize=(7.2, 0.4 + 1.9 * n_rows), layout="constrained", squeeze=False)
    for ax, setting in zip(axes.ravel(), settings, strict=False):
        _draw_setting({name: table[table["setting"] == setting] for name, table in tables.items()}, ax)
        ax.set_title(setting, loc="left")
    for ax in axes.ravel()[len(settings):]:
        ax.axis("off")
    figure.supxlabel("Steps of training", fontsize="medium")
    figure.supylabel("Total reward", fontsize="medium")
    both = next(ax for ax in axes.ravel() if len(ax.get_lines()) == max(len(ax.get_lines()) for ax in axes.ravel()))
    both.legend(loc="lower right", fontsize=6)
    return figure


def _draw_setting(tables: Tables, ax: Axes) -> None:
    for player, style in (("gittins", "--"), ("thompson", ":"), ("random", "-")):
        for level in tables["players"].loc[tables["players"]["player"] == player, "mean"]:
            ax.axhline(level, color=REFERENCE, linestyle=style, linewidth=0.8, label=player)
    for learner, rows in tables["curves"].groupby("learner", sort=False):
        ax.plot(rows["steps"], rows["total"], color=COLORS[learner], label=learner)
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))


FIGURE = PaperFigure(
    "duan2016_fig_learning_curves", "What networks earn on bandits of many arms while they are trained, by reward and by imitation.",
    tuple((named, (0,)) for named in AGENTS), CLAIMS, compute, numbers, draw, load, partial(compute, n_problems=100),
)
