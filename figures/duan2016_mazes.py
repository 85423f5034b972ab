"""Duan et al. 2016, table 3 and figure 6: who finds a target in an unknown maze, and goes straight to it the second time.

Claimed: a recurrent network explores in the first visit of a maze and goes a shorter way in the second, in small mazes as it was
trained on, and in larger ones; it sometimes forgets, so that later visits are no shorter still. How ours departs: the paper's
agent sees frames of a game engine and moves continuously; ours moves by cells and quarter turns, and is told in numbers what
stands straight ahead, so that all need fewer steps; it was trained for a minute or two on mazes of 3 x 3, then of 5 x 5 cells
(the paper: up to 5,000 iterations of 50,000 steps), and remembers less: its second way is a tenth shorter. Players that forget or
remember everything stand beside: ``wall-follower``, ``searcher`` (the wall, then its own way without the detours), and
``shortest-path``, who knows the maze. Mazes are those of the test set; a length is the mean over the visits in which the target was
found.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.labyrinths import EAST, SOUTH
from tasks.maze import Maze
from tasks.maze_players import maze_players
from tasks.registry import make_task

NETWORK = "maze/grid5_training"
N_VISITS = 5
MAZES = {"small": "maze/grid5", "large": "maze/grid9"}
N_MAZES = {"small": 1000, "large": 200}
_LENGTH = {"small": (52.4, 39.1, 42.6, 43.5, 43.9), "large": (180.1, 151.8, 169.3, 162.3, 169.3)}
_SUCCESS = {"small": (99.3, 99.6, 99.7, 99.4, 99.6), "large": (97.1, 96.7, 95.8, 95.6, 96.1)}
IMPROVED = {"small": 0.917, "large": 0.714}
_SOURCE = "Duan 2016, table 3"

CLAIMS = tuple(
    claim for size in MAZES for claim in (
        Claim(f"found {size}", f"the network finds the target of {size} mazes in the first visit (share)", f"{_SUCCESS[size][0] / 100:g}",
              _SOURCE, low=_SUCCESS[size][0] / 100),
        Claim(f"shorter {size}", f"its second visit of {size} mazes is shorter (mean length by that of the first)",
              f"{_LENGTH[size][1] / _LENGTH[size][0]:.2f}", _SOURCE, high=_LENGTH[size][1] / _LENGTH[size][0]),
        Claim(f"improved {size}", f"its second visit of {size} mazes is no longer than the first (share of mazes)",
              f"{IMPROVED[size]:g}", _SOURCE, low=IMPROVED[size]),
    )
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_mazes: Mapping[str, int] = N_MAZES) -> Tables:
    """Return what everybody needs (``visits``, ``improved``), and one maze with the ways of the network (``way``, ``walls``)."""
    rows, improved = [], []
    for size, name in MAZES.items():
        task = five_visits(name)
        for player in (*maze_players(task), *agents[NETWORK]):
            steps, found = visits(player, task, n_mazes[size], seed)
            labels = {"mazes": size, "player": player.name if player not in agents[NETWORK] else "network"}
            rows += [labels | row for row in lengths(steps, found, size)]
            improved.append(labels | better(steps, found))
    way, walls = example(agents[NETWORK][0], seed, n_mazes["small"])
    return {"visits": pd.DataFrame(rows), "improved": pd.DataFrame(improved), "way": way, "walls": walls}


def five_visits(name: str) -> Maze:
    """Return a task with mazes of the test set, each visited ``N_VISITS`` times."""
    most = make_task(name).visit_steps
    return make_task(name, mazes="test", n_visits=N_VISITS, n_trials=N_VISITS * most)


def visits(agent: Agent, task: Maze, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (n_visits, n) steps of every visit, and whether the target was found in it."""
    rollout = simulate(agent, task, n, seed=seed)
    visit = np.where(rollout.valid, rollout.observation[..., -1].cumsum(axis=0) - 1, -1)
    won = rollout.valid & (rollout.reward > task.step_reward + task.target_reward / 2)
    parts = [visit == k for k in range(task.n_visits)]
    return np.stack([part.sum(axis=0) for part in parts]), np.stack([(part & won).any(axis=0) for part in parts])


def lengths(steps: np.ndarray, found: np.ndarray, size: str) -> list[dict[str, Any]]:
    """Return a row a visit: the mean length of successes with its standard error, and the share of successes."""
    rows = []
    for k, (taken, success) in enumerate(zip(steps, found, strict=True)):
        n = int(success.sum())
        rows.append({
            "visit": k + 1, "mean": taken[success].mean() if n else np.nan, "n": len(success),
            "sem": taken[success].std(ddof=1) / np.sqrt(n) if n > 1 else np.nan, "success": success.mean(),
            "published": _LENGTH[size][k], "published_success": _SUCCESS[size][k] / 100})
    return rows


def better(steps: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Return the shares of mazes whose second visit was shorter than, or as long as, the first; what was not found counts as longest."""
    taken = np.where(found, steps, np.iinfo(int).max)
    return {"shorter": float((taken[1] < taken[0]).mean()), "as long": float((found[1] & (taken[1] == taken[0])).mean())}


def example(network: Network, seed: int, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ways of a network through one maze, and its walls: of those in which the second way is shorter, that of median gain."""
    task = make_task(MAZES["small"], mazes="test")
    trials = simulate(network, task, n, seed=seed).to_trials()
    won = trials.groupby("subject")["reward"].transform(lambda reward: (reward > task.step_reward + task.target_reward / 2).sum()) == 2
    steps = trials[won].groupby(["subject", "block"], sort=False).size().unstack()
    gain = (steps[0] - steps[1]).sort_values(kind="stable")
    gain = gain[gain > 0] if (gain > 0).any() else gain
    chosen = trials[trials["subject"] == gain.index[len(gain) // 2]]
    cell, heading = np.divmod(chosen["state"].to_numpy(int), 4)
    maze = int(chosen["maze"].iloc[0])
    way = pd.DataFrame({"visit": chosen["block"].to_numpy(int) + 1, "row": cell // task.size, "column": cell % task.size, "heading": heading})
    way["target_row"], way["target_column"] = divmod(int(task.labyrinths.target[maze]), task.size)
    return way, walls_of(task, maze)


def walls_of(task: Maze, maze: int) -> pd.DataFrame:
    """Return the inner walls of a maze as lines (x, y) to (x_end, y_end); cells are unit squares about whole numbers."""
    lines = []
    for cell in range(task.size**2):
        y, x = divmod(cell, task.size)
        if x < task.size - 1 and not task.labyrinths.opening[maze, EAST, cell]:
            lines.append((x + 0.5, y - 0.5, x + 0.5, y + 0.5))
        if y < task.size - 1 and not task.labyrinths.opening[maze, SOUTH, cell]:
            lines.append((x - 0.5, y + 0.5, x + 0.5, y + 0.5))
    return pd.DataFrame(lines, columns=["x", "y", "x_end", "y_end"])


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    out = {}
    for size in MAZES:
        rows = tables["visits"].query("mazes == @size and player == 'network'").set_index("visit")
        gained = tables["improved"].query("mazes == @size and player == 'network'").iloc[0]
        out |= {f"found {size}": rows.loc[1, "success"], f"shorter {size}": rows.loc[2, "mean"] / rows.loc[1, "mean"],
                f"improved {size}": gained["shorter"] + gained["as long"]}
    return out


@styled
def draw(tables: Tables) -> Figure:
    """Draw the lengths of visits in small and large mazes, and a first and a second way."""
    figure, axes = plt.subplots(2, 2, figsize=(6.6, 5.6), layout="constrained")
    for ax, size in zip(axes[0], MAZES, strict=True):
        _draw_lengths(tables["visits"].query("mazes == @size and player != 'random'"), ax)
        ax.set(title=f"{size} mazes", xlabel="Visit", ylabel="Steps to the target")
    axes[0, 1].legend(fontsize=6, loc="lower right", bbox_to_anchor=(1, 0.1))
    for ax, visit in zip(axes[1], (1, 2), strict=True):
        _draw_way(tables["way"].query("visit == @visit"), tables["walls"], ax)
        ax.set_title(f"visit {visit}: {int((tables['way']['visit'] == visit).sum())} steps", loc="left")
    return figure


def _draw_lengths(rows: pd.DataFrame, ax: Axes) -> None:
    for color, (player, own) in zip(PALETTE, rows.groupby("player", sort=False), strict=False):
        ax.errorbar(own["visit"], own["mean"], yerr=2 * own["sem"], marker="o", markersize=3, color=color, label=player)
    published = rows.drop_duplicates("visit")
    ax.plot(published["visit"], published["published"], "D:", markersize=3, color=REFERENCE, label="network, published (its own mazes)")
    ax.set_ylim(bottom=0)


def _draw_way(way: pd.DataFrame, walls: pd.DataFrame, ax: Axes) -> None:
    size = make_task(MAZES["small"]).size
    ax.add_patch(plt.Rectangle((-0.5, -0.5), size, size, fill=False))
    ax.plot(walls[["x", "x_end"]].T, walls[["y", "y_end"]].T, color="black")
    target = way[["target_column", "target_row"]].iloc[:1].to_numpy()
    x, y = np.concatenate([way[["column", "row"]].to_numpy(), target]).T
    late = np.linspace(-0.25, 0.25, len(x))  # later steps lie lower and to the right, so that a way back can be told from a way out
    ax.plot(x + late, y + late, color=PALETTE[0], linewidth=1)
    ax.plot(x[0] + late[0], y[0] + late[0], "o", color=PALETTE[0])
    ax.plot(*target[0], "*", color=PALETTE[1], markersize=10)
    ax.set(xlim=(-0.6, size - 0.4), ylim=(size - 0.4, -0.6), aspect="equal")
    ax.axis("off")


FIGURE = PaperFigure(
    "duan2016_mazes", "Who finds a target in an unknown maze, and goes straight to it the second time.",
    ((NETWORK, (0,)),), CLAIMS, compute, numbers, draw, quick=partial(compute, n_mazes={"small": 100, "large": 20}),
)
