"""Ritter et al. 2018, contextual water maze: search once, and go straight to the goal when the context returns.

Claimed: steps to the goal drop from the first exposure of a context to the second for the network with episodic memory, and
for no other. How ours departs: size, length and rewards of the paper's maze are not known to us; ours is an open grid of 5 x 5
(``tasks/water_maze.py``), of which it is known exactly what exhaustive search (12.53 steps to the first goal) and perfect memory
(3.33) take. Steps are counted up to the first goal of an episode, and as the whole episode (30) where it is not reached. The
paper prints no numbers; that a network with memory must come nearer to who remembers than to who searches is our bar.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.reward_by_exposure import plot_reward_by_exposure
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from figures.returning_contexts import PLAIN, SHUT, WHOLE, at_exposures, exposure_curves, of_first_seed, with_lesions
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS = "water_maze/contextual", (0, 1, 2)
EPISODIC, WITHOUT = f"{TASK} episodic_lstm", f"{TASK} lstm"
PLAYERS = ("search-and-remember", "exhaustive-search", "random")
N_EPOCHS, N_QUICK, N_PATHS = 40, 4, 3

_SOURCE = "Ritter 2018, contextual water maze"
_EXACT = "; exhaustive search takes 12.53, who remembers 3.33 (exact)"
MIDWAY = (12.53 + 3.33) / 2
CLAIMS = (
    Claim("drop", "with memory: steps to the first goal at exposure 1 less those at 2 to 10", "> 0", _SOURCE + _EXACT, low=1e-9),
    Claim("later", "with memory: steps to the first goal at exposures 2 to 10", "fewer than midway between search and memory",
          "our bar" + _EXACT, high=MIDWAY),
    Claim("second", "with memory: steps to the first goal at exposure 2", "fewer than midway between search and memory",
          "our bar" + _EXACT, high=MIDWAY),
    Claim("plain_drop", "without memory: steps at exposure 1 less those at 2 to 10", "flat", _SOURCE, low=-1.0, high=1.0),
    Claim("shut_drop", "gate held shut: steps at exposure 1 less those at 2 to 10", "flat", _SOURCE, low=-1.0, high=1.0),
    Claim("first_difference", "first exposure: steps above those of the network without memory", "the same search", _SOURCE, high=1.0),
    Claim("searches", "first exposure: steps fewer than by moves at random", "> 0", "reference player random", low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_epochs: int = N_EPOCHS) -> Tables:
    """Return reward and steps to the goal by exposure of everybody, and some ways of the episodic network."""
    task = make_task(TASK)
    groups = {**with_lesions(agents[EPISODIC]), PLAIN: agents[WITHOUT], **{name: [player(name, task)] for name in PLAYERS}}
    trials = simulate(agents[EPISODIC][0], task, 1, seed).to_trials()
    return {"exposure": exposure_curves(groups, task, n_epochs, seed), "path": first_paths(trials)}


def first_paths(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the ways to the first goal at the first two exposures of the first contexts of one epoch.

    Parameters
    ----------
    trials : DataFrame
        Of the water maze, one epoch.

    Returns
    -------
    DataFrame
        ``context, exposure`` (from 1), ``step`` (from 0), ``place``, ``goal``; the last place is the goal where it was reached.
    """
    context = trials["context"].drop_duplicates().to_numpy()[:N_PATHS]
    shown = trials[trials["context"].isin(context) & (trials["exposure"] < 2)]
    episodes = shown.groupby("block", sort=False)
    return pd.concat([_way(episode) for _, episode in episodes], ignore_index=True)


def _way(episode: pd.DataFrame) -> pd.DataFrame:
    """Return the places of one episode up to its first goal."""
    found = episode["reward"].to_numpy() > 0
    n_steps = int(found.argmax()) + 1 if found.any() else len(found)
    goal = int(episode["goal"].iloc[0])
    places = [*episode["state"].to_numpy(int)[:n_steps], *([goal] if found.any() else [])]
    return pd.DataFrame({"context": int(episode["context"].iloc[0]), "exposure": int(episode["exposure"].iloc[0]) + 1,
                         "step": range(len(places)), "place": places, "goal": goal})


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    steps = {name: at_exposures(tables["exposure"], name, "steps_to_goal", later=2) for name in (WHOLE, PLAIN, SHUT, "random")}
    drop = {name: one[1] - one["later"] for name, one in steps.items()}
    return {"drop": drop[WHOLE], "later": steps[WHOLE]["later"], "second": steps[WHOLE][2], "plain_drop": drop[PLAIN],
            "shut_drop": drop[SHUT], "first_difference": steps[WHOLE][1] - steps[PLAIN][1].mean(),
            "searches": steps["random"][1].mean() - steps[WHOLE][1]}


@styled
def draw(tables: Tables) -> Figure:
    """Draw steps to the goal and reward by exposure, and ways at the first and the second exposure."""
    figure = plt.figure(figsize=(9.4, 3.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.25, 1))
    axes = left.subplots(1, 2)
    for ax, measure, title in zip(axes, ("steps_to_goal", "reward"), ("a  steps to the first goal", "b  reward"), strict=True):
        plot_reward_by_exposure(of_first_seed(tables["exposure"]), measure, ax)
        ax.set_title(title, loc="left")
    left.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    ways = right.subplots(2, N_PATHS)
    for column, (_, group) in zip(ways.T, tables["path"].groupby("context", sort=False), strict=True):
        for ax, exposure in zip(column, (1, 2), strict=True):
            _draw_way(group[group["exposure"] == exposure], ax)
    for row, exposure in zip(ways, ("first", "second"), strict=True):
        row[0].set_ylabel(f"{exposure} exposure")
    ways[0, 0].set_title("c  ways of the network", loc="left")
    return figure


def _draw_way(way: pd.DataFrame, ax: Axes) -> None:
    size = make_task(TASK).size
    row, column = np.divmod(way["place"].to_numpy(), size)
    nudge = np.linspace(-0.12, 0.12, len(way))  # so that a way that crosses itself can be followed
    ax.plot(column + nudge, row + nudge, color=PALETTE[0], linewidth=1)
    ax.plot(column[0] + nudge[0], row[0] + nudge[0], "o", color=PALETTE[0], markersize=4)
    ax.plot(way["goal"].iloc[0] % size, way["goal"].iloc[0] // size, "*", color=PALETTE[1], markersize=9)
    ax.set_xlim(-0.5, size - 0.5)
    ax.set_ylim(size - 0.5, -0.5)
    ax.set_xticks(np.arange(size + 1) - 0.5, [])
    ax.set_yticks(np.arange(size + 1) - 0.5, [])
    ax.grid(color=REFERENCE, alpha=0.25, linewidth=0.5)
    ax.set_aspect("equal")


FIGURE = PaperFigure(
    "ritter2018_water_maze", "A goal that was found once is found at once when its context returns.",
    ((EPISODIC, SEEDS), (WITHOUT, (0,))), CLAIMS, compute, numbers, draw,
    quick=partial(compute, n_epochs=N_QUICK),
)
