"""Duan et al. 2016, learning curves on bandits: what networks earn while they are trained, and what holds them back.

Claimed: with 50 arms and 500 pulls a network that learns from reward stays below the Gittins index, and the same network that
imitates Gittins comes up to it, so that the outer loop and not the network holds it back. How ours departs: LSTMs of 48 units
trained for minutes, and symmetric networks (see ``figures/duan2016_table1.py``). LSTMs are compared in 100 pulls of ten arms, symmetric
networks in the paper's 500 pulls of 50, where neither was trained: who learnt from reward did so in 100 pulls of 50 arms, who imitates in 500 of ten. A
training that goes on from the network of a shorter task counts its own steps alone. Imitators learn along their own trajectory, told what
Gittins would have done.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from analyses.claims import Claim
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent
from figures.duan2016_table1 import AGENTS, shipped_as
from figures.paper_figure import PaperFigure, Tables
from figures.score_table import measured, network_row
from tasks.registry import make_task
from tasks.train_run import CURVE

LEARNERS = {"lstm": "learns from reward", "lstm gittins": "imitates Gittins", "symmetric_lstm": "symmetric, from reward",
            "symmetric_lstm gittins": "symmetric, imitates Gittins"}
"""Kind of shipped network -> what is written beside its curve."""

COLORS = dict(zip(LEARNERS.values(), PALETTE, strict=False))

SMOOTHED = 25
"""A curve is averaged over this many of its rows, of some hundreds: single batches are noisy, and in the older curves of
trainings that cut episodes into unrolls each row is of one part of an episode."""

PAPERS = "bandit/rl2_k50_n500"
"""Where the paper compares; no network is trained there."""


class Comparison(NamedTuple):
    """An imitator and a network that learnt from reward, by ``LEARNERS``, and where they are compared."""

    task: str
    imitator: str
    learner: str
    kind: str
    where: str
    source: str


COMPARISONS = {
    "lstm": Comparison("bandit/rl2_k10_n100", "imitates Gittins", "learns from reward", "", "",
                       "Duan 2016, section 3.1 (there 500 pulls of 50 arms, here 100 of 10)"),
    "symmetric": Comparison(PAPERS, "symmetric, imitates Gittins", "symmetric, from reward", "symmetric ", " in 500 pulls of 50 arms",
                            "Duan 2016, section 3.1")}


def _claims(name: str, one: Comparison) -> tuple[Claim, ...]:
    kind, where, source = one.kind, one.where, one.source
    return (
        Claim(f"{name} imitator", f"a {kind}network that imitates Gittins comes up to it{where} (share of what Gittins earns above chance)", "about 1", source, low=0.97),
        Claim(f"{name} learner", f"the same {kind}network, from reward alone, stays below Gittins{where} (the same share)", "< 1", source, high=0.995),
        Claim(f"{name} lead", f"the {kind}imitator earns more than the {kind}network that learns from reward{where} (difference)", "> 0", source, low=0.0))


CLAIMS = tuple(claim for name, one in COMPARISONS.items() for claim in _claims(name, one))


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
    ends += _in_the_papers_setting(agents, seed, n_problems)
    players = measured("duan2016_table1")
    players["setting"] = [f"n={n}, k={k}" for n, k in zip(players["n_trials"], players["n_arms"], strict=True)]
    ends = pd.DataFrame(ends)
    return {"curves": pd.concat(curves, ignore_index=True), "ends": ends, "players": players[players["setting"].isin(ends["setting"])]}


def _in_the_papers_setting(agents: Mapping[str, Sequence[tuple[Network, pd.DataFrame]]], seed: int, n_problems: int) -> list[dict[str, Any]]:
    """Return what symmetric networks earn where the paper compares."""
    task, rows = make_task(PAPERS), []
    for player in ("symmetric network", "symmetric imitator"):
        named = shipped_as(player, task.n_trials, task.n_arms)
        labels = {"setting": _setting(PAPERS), "learner": LEARNERS[named.partition(" ")[2]]}
        rows.append(labels | network_row([agents[named][0][0].fitted_to(task)], task, seed, n_problems))
    return rows


def _setting(name: str) -> str:
    task = make_task(name)
    return f"n={task.n_trials}, k={task.n_arms}"


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    found: dict[str, float] = {}
    for name, (task, imitator, learner, *_) in COMPARISONS.items():
        ends, players = (tables[key][tables[key]["setting"] == _setting(task)] for key in ("ends", "players"))
        ends, players = ends.set_index("learner")["mean"], players.set_index("player")["mean"]
        share = (ends - players["random"]) / (players["gittins"] - players["random"])
        found |= {f"{name} imitator": share[imitator], f"{name} learner": share[learner], f"{name} lead": ends[imitator] - ends[learner]}
    return found


@styled
def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    settings = sorted(tables["ends"]["setting"].unique(), key=lambda setting: [int(size) for size in re.findall(r"\d+", setting)])
    n_rows = -(-len(settings) // 3)
    figure, axes = plt.subplots(n_rows, 3, figsize=(7.2, 0.4 + 1.9 * n_rows), layout="constrained", squeeze=False)
    for ax, setting in zip(axes.ravel(), settings, strict=False):
        _draw_setting({name: table[table["setting"] == setting] for name, table in tables.items()}, ax)
        ax.set_title(setting, loc="left")
    for ax in axes.ravel()[len(settings):]:
        ax.axis("off")
    figure.supxlabel("Steps of training", fontsize="medium")
    figure.supylabel("Total reward", fontsize="medium")
    figure.legend(*_named_once(axes), loc="outside upper center", ncols=4, fontsize=6)
    return figure


def _draw_setting(tables: Tables, ax: Axes) -> None:
    for player, style in (("gittins", "--"), ("thompson", ":"), ("random", "-")):
        for level in tables["players"].loc[tables["players"]["player"] == player, "mean"]:
            ax.axhline(level, color=REFERENCE, linestyle=style, linewidth=0.8, label=player)
    for learner, rows in tables["curves"].groupby("learner", sort=False):
        ax.plot(rows["steps"], rows["total"], color=COLORS[learner], label=learner)
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    if tables["curves"].empty:
        _draw_ends(tables["ends"], ax)


def _draw_ends(rows: pd.DataFrame, ax: Axes) -> None:
    """Draw what networks earn that were trained elsewhere."""
    for learner, end in rows.set_index("learner")["mean"].items():
        ax.axhline(end, color=COLORS[learner], linewidth=1.5, label=learner)
    ax.set_xticks([])


def _named_once(axes: np.ndarray) -> tuple[list[Artist], list[str]]:
    """Return the lines of all panels and their labels, each label once."""
    lines = {line.get_label(): line for ax in axes.ravel() for line in ax.get_lines()}
    return list(lines.values()), list(lines)


FIGURE = PaperFigure(
    "duan2016_fig_learning_curves", "What networks earn on bandits of many arms while they are trained, by reward and by imitation.",
    tuple((named, (0,)) for named in AGENTS), CLAIMS, compute, numbers, draw, load, partial(compute, n_problems=100),
)
