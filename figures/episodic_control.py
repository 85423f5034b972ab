"""Slow, episodic and meta-learned: how many steps three kinds of learner need, on the same problems.

Claimed (Botvinick et al. 2019, "Reinforcement learning, fast and slow"; for the first half Blundell et al. 2016 and Pritzel et
al. 2017): a network that changes its weights a little at a time needs many steps; who remembers returns and acts on them needs
far fewer, since one success is enough; and who learnt to learn, slowly, over many problems like this one, needs the fewest
within it. Where outcomes are random the largest return ever met is an overestimate, so that in the long run the slow learner
earns more than it (Blundell et al. 2016, discussion). How ours departs: the papers show Atari games in millions of frames;
ours are small tasks whose states recur, in which chance (0) and the optimum (1) are known exactly, and the criterion is half
way between them. The similarity-weighted value stands beside the two. Every learner was tuned by the same rule on lives of
their own. Claims were written before lives were run, but for what was added when tuning had shown its first results: the process
of sure outcomes (nearly every action leads to one place, and pays the same each time), as the largest return tells little where
chance rules and the papers' games are nearly deterministic; the slow learner at the pace of its paper (an update every fourth
step, a step size of 2.5e-4), as a tuned one that learns from its replay after every step is not slow on problems so small; and
the trained network of the water maze, which came later.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.life_curve import CRITERION, life_curve, steps_to_criterion, thinned
from analyses.style import REFERENCE, colors, styled
from cogmeta.agents.network import Network
from figures.paper_figure import Listener, PaperFigure, Tables
from tasks.control import make_control
from tasks.registry import make_task

LIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "random process": ("mdp/random", {"n_trials": 2000}),
    "process of sure outcomes": ("mdp/random", {"n_trials": 1000, "transition_weight": 0.01, "reward_sd": 0.0}),
    "water maze, one goal": ("water_maze/contextual", {"n_contexts": 1, "n_exposures": 50}),
    "barcode bandit": ("bandit/barcode", {}),
    "contextual choice": ("bandit/contextual_choice", {}),
}
"""Name of a kind of life -> task and settings."""

SLOW, EPISODIC, META, KIND = "dqn", ("mfec", "nec", "similarity"), "meta-learned", "episodic_lstm"
TUNED: dict[tuple[str, str], dict[str, Any]] = {
    ("mfec", "process of sure outcomes"): {"epsilon": 0.1},
    ("nec", "process of sure outcomes"): {"epsilon": 0.05, "learning_rate": 0.5},
    ("similarity", "process of sure outcomes"): {"epsilon": 0.05, "bandwidth": 0.5},
}
"""Settings where they are not those of ``tasks.control.TUNED``."""

PACED, PUBLISHED_PACE = "dqn, published pace", {"learn_every": 4, "step_size": 2.5e-4, "annealing_steps": 500, "epsilon": 0.1}
"""Mnih et al. 2015, extended data table 1, but for Adam, for fewer steps in which random actions become rare (500; there 1 M) and
from one renewal of the copy to the next (20 updates; there 10,000), which no life here would see."""

RETURNING = {"water maze, one goal": (0,), "barcode bandit": (0, 1, 2), "contextual choice": (0, 1, 2, 3)}
"""Lives for which trained networks are there, and their seeds."""

SEEDS, N_LIVES = (0, 1, 2, 3), 16
MEASURED = ("curves", "criterion")
"""Tables that are recorded."""

_SOURCES = {"mfec": "Blundell 2016, figs. 2 and 3", "nec": "Pritzel 2017, figs. 3 and 4",
            "similarity": "Botvinick 2019, episodic reinforcement learning"}
CLAIMS = (
    *(Claim(f"{player}, {life}", f"{player} reaches half way in fewer steps than {SLOW}: {life} (its steps by those of {SLOW})", "< 1",
            source, high=1 - 1e-9) for life in LIVES for player, source in _SOURCES.items()),
    *(Claim(f"{META}, {life}", f"{META} reaches half way in fewer steps than the fastest episodic learner: {life} (ratio)", "< 1",
            "Botvinick 2019, meta-reinforcement learning", high=1 - 1e-9) for life in RETURNING),
    *(Claim(f"{player}, paced", f"{player} reaches half way in fewer steps than {PACED}, in all lives (largest ratio)", "< 1",
            source + "; added after tuning", high=1 - 1e-9) for player, source in _SOURCES.items()),
    Claim("in the long run", f"random process, last tenth of a life: {SLOW} scores more than mfec (difference)", "> 0",
          "Blundell 2016, discussion", low=1e-9),
)


def live(player: str, life: str, seed: int, n_lives: int = N_LIVES) -> pd.DataFrame:
    """Return the curve of an agent that learns while it behaves; ``life`` is a key of ``LIVES``."""
    task = make_task(LIVES[life][0], **LIVES[life][1])
    name, settings = (SLOW, PUBLISHED_PACE) if player == PACED else (player, TUNED.get((player, life), {}))
    return life_curve(make_control(name, task, seed, **settings), task, n_lives, seed)


def live_all(lives: Sequence[str] = tuple(LIVES), seeds: Sequence[int] = SEEDS, listener: Listener = lambda line: None) -> Tables:
    """Return the tables ``curves`` and ``criterion`` of all agents that learn while they behave."""
    rows = []
    for life in lives:
        for player in (SLOW, PACED, *EPISODIC):
            listener(f"{player} lives: {life}")
            rows += [(player, life, seed, live(player, life, seed)) for seed in seeds]
    return tabulated(rows)


def tabulated(rows: Sequence[tuple[str, str, int, pd.DataFrame]]) -> Tables:
    """Return thinned curves and steps to the criterion of (player, life, seed, curve)."""
    curves = [thinned(curve).assign(player=player, life=life, seed=seed) for player, life, seed, curve in rows]
    criterion = []
    for player, life, seed, curve in rows:
        steps, reached = steps_to_criterion(curve)
        late = curve["score"].iloc[-len(curve) // 10:].mean()
        criterion.append({"life": life, "player": player, "seed": seed, "steps": steps, "reached": reached, "late": late})
    return {"curves": pd.concat(curves, ignore_index=True)[["life", "player", "seed", "steps", "score"]].round({"score": 4}),
            "criterion": pd.DataFrame(criterion).round({"late": 4})}


def recorded() -> Tables:
    """Return the tables that ``python -m benchmarks.control measure`` wrote."""
    folder = files("figures").joinpath("measured")
    return {name: pd.read_csv(str(folder.joinpath(f"episodic_control_{name}.csv"))) for name in MEASURED}


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return curves and steps to the criterion: recorded for those who learn while they behave, lived anew by networks."""
    return _with_networks(recorded(), agents, seed)


def compute_anew(agents: Mapping[str, Sequence[Network]], seed: int, listener: Listener) -> Tables:
    """Return the same tables, all lives lived anew."""
    return _with_networks(live_all(listener=listener), agents, seed)


def _with_networks(tables: Tables, agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return tables with the lives of trained networks, whose weights are frozen: one seed of lives a network."""
    rows = []
    for life, (task_name, settings) in LIVES.items():
        for one, network in enumerate(agents.get(f"{task_name} {KIND}", ())):
            rows.append((META, life, one, life_curve(network, make_task(task_name, **settings), N_LIVES, seed + one)))
    theirs = tabulated(rows)
    return {name: pd.concat([tables[name], theirs[name]], ignore_index=True) for name in MEASURED}


def numbers(tables: Tables) -> dict[str, Any]:
    """Return the number of every claim, one a seed."""
    steps = tables["criterion"].set_index(["player", "life", "seed"]).sort_index()
    out = {f"{player}, {life}": (steps["steps"][player, life] / steps["steps"][SLOW, life]).to_numpy()
           for life in LIVES for player in EPISODIC}
    for player in EPISODIC:
        ratio = [steps["steps"][player, life] / steps["steps"][PACED, life] for life in LIVES]
        out[f"{player}, paced"] = np.max(ratio, axis=0)
    for life in RETURNING:
        fastest = min(steps["steps"][player, life].mean() for player in EPISODIC)
        out[f"{META}, {life}"] = steps["steps"][META, life].to_numpy() / fastest
    late = steps["late"]
    out["in the long run"] = (late[SLOW, "random process"] - late["mfec", "random process"]).to_numpy()
    return out


@styled
def draw(tables: Tables) -> Figure:
    """Draw the score by steps, a panel a kind of life, and the steps to the criterion."""
    figure, axes = plt.subplots(2, 3, figsize=(9.4, 5.2), layout="constrained")
    shades = colors((SLOW, *EPISODIC, META, PACED))
    for ax, life in zip(axes.ravel(), LIVES, strict=False):
        _draw_life(tables["curves"].query("life == @life"), shades, ax)
        ax.set_title(life, loc="left")
    _draw_criterion(tables["criterion"], shades, axes[-1, -1])
    handles = [Line2D([], [], color=color, label=player) for player, color in shades.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(shades))
    return figure


def _draw_life(curves: pd.DataFrame, shades: Mapping[str, str], ax: Axes) -> None:
    for level in (0, CRITERION, 1):
        ax.axhline(level, color=REFERENCE, linewidth=0.8, linestyle=":" if level == CRITERION else "-")
    for player in [name for name in shades if name in set(curves["player"])]:
        line = mean_interval(curves[curves["player"] == player], "score", "steps")
        ax.plot(line["steps"], line["mean"], color=shades[player])
        ax.fill_between(line["steps"], line["low"], line["high"], color=shades[player], alpha=0.2, linewidth=0)
    ax.set_xlabel("Steps of a life")
    ax.set_ylabel("Score (0 chance, 1 optimum)")


def _draw_criterion(table: pd.DataFrame, shades: Mapping[str, str], ax: Axes) -> None:
    """Draw a point a seed; open where the criterion was not reached, at the length of the life."""
    for place, life in enumerate(LIVES):
        for k, (player, color) in enumerate(shades.items()):
            rows = table[(table["life"] == life) & (table["player"] == player)]
            face = [color if reached else "white" for reached in rows["reached"]]
            ax.scatter(rows["steps"], np.full(len(rows), place + 0.14 * (k - 2.5)), s=12, color=face, edgecolor=color, linewidth=0.8)
    ax.set_xscale("log")
    ax.set_yticks(range(len(LIVES)), list(LIVES))
    ax.invert_yaxis()
    ax.set_xlabel("Steps to half way (open: not reached)")


FIGURE = PaperFigure(
    "episodic_control", "Slow, episodic and meta-learned: how many steps each needs on the same problems.",
    tuple((f"{LIVES[life][0]} {KIND}", seeds) for life, seeds in RETURNING.items()), CLAIMS, compute, numbers, draw,
    anew=compute_anew,
)
