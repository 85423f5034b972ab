"""Duan et al. 2016, table 1: what a trained network and the classical players earn on bandits of 5, 10 and 50 arms.

Claimed: a recurrent network trained by reinforcement learning (RL2) is about as good as the best classical players, but
falls behind the Gittins index with many arms and long episodes. How ours departs: networks are LSTM actor-critics of 48
units, trained for minutes (the paper: 256 gated recurrent units, TRPO, up to 250 million steps); settings without a
shipped network are left empty. Beside the network that learnt from reward alone stands an imitator, an equal network that was
taught what Gittins would do in 100 pulls; in 500 pulls it plays on as it learnt in 100. The published means come from the same 1,000 bandits in every column of a row block and
were tuned on them; ours from fresh bandits, adjusted for the arms drawn (see ``benchmarks/duan2016.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from cogmeta.agents.network import Network
from figures.paper_figure import PaperFigure, Tables
from figures.score_table import beside_published, draw_settings, farthest, measured, network_row
from tasks.registry import make_task

PLAYERS = ("random", "gittins", "thompson", "optimistic thompson", "ucb", "epsilon-greedy", "greedy", "network")
_CELLS = {
    (10, 5): (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7), (10, 10): (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7),
    (10, 50): (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8), (100, 5): (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7),
    (100, 10): (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5), (100, 50): (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9),
    (500, 5): (249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6),
    (500, 10): (249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5),
    (500, 50): (249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9),
}
PUBLISHED = {f"n={n}, k={k}": dict(zip(PLAYERS, cells, strict=True)) for (n, k), cells in _CELLS.items()}
"""Setting -> player -> mean total reward over 1,000 bandits."""

NETWORKS = {"bandit/rl2_k5_n10": 6.6, "bandit/rl2_k10_n10": 6.6, "bandit/rl2_k50_n10": 6.6, "bandit/rl2_k5_n100": 77.5,
            "bandit/rl2_k10_n100": 82.0}
"""Settings with a shipped network -> what it must earn."""

IMITATORS = {(100, 5): 77.5, (100, 10): 82.0, (100, 50): 83.0, (500, 5): 398.0, (500, 10): 428.0, (500, 50): 430.0}
"""Pulls and arms -> what the shipped imitator of Gittins in 100 pulls of as many arms must earn."""

CLASSICAL = ("random", "thompson", "optimistic thompson", "ucb", "epsilon-greedy", "greedy")
CLAIMS = (
    *(Claim(player, f"{player}: no cell farther than 3 standard errors from the published one", "<= 3",
            "Duan 2016, table 1; nine cells", high=3.0) for player in CLASSICAL),
    *(Claim(task, f"network on {task.split('/')[1]} earns at least {least:g}", f"{least:g}", "Duan 2016, table 1 (RL2)",
            low=least) for task, least in NETWORKS.items()),
    *(Claim(f"imitator {n} {k}", f"imitator of Gittins on {n} pulls of {k} arms earns at least {least:g}", f"{least:g}",
            "Duan 2016, table 1 (RL2)", low=least) for (n, k), least in IMITATORS.items()),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int = 1000) -> Tables:
    """Return the table, a row a setting and player."""
    rows = pd.concat([measured("duan2016_table1"), pd.DataFrame(_networks(agents, seed, n_problems))], ignore_index=True)
    rows["setting"] = [f"n={n}, k={k}" for n, k in zip(rows["n_trials"], rows["n_arms"], strict=True)]
    order = {player: place for place, player in enumerate(("gittins, closed form", *PLAYERS, "imitator"))}
    rows = rows.sort_values(["n_trials", "n_arms", "player"], key=lambda column: column.replace(order), ignore_index=True)
    return {"cells": beside_published(rows, PUBLISHED)}


def _networks(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int) -> Iterator[dict[str, float]]:
    """Yield a row for every task on which a network was trained by reward, and for every setting that an imitator plays."""
    for name in NETWORKS:
        task = make_task(name)
        yield {"n_arms": task.n_arms, **network_row(agents[name], task, seed, n_problems)}
    for n_trials, n_arms in IMITATORS:
        task, found = make_task(f"bandit/rl2_k{n_arms}_n{n_trials}"), agents[imitator(n_arms)]
        yield {"n_arms": n_arms, **network_row(found, task, seed, n_problems), "player": "imitator"}


def imitator(n_arms: int) -> str:
    """Return under which name the imitator of so many arms ships."""
    return f"bandit/rl2_k{n_arms}_n100 lstm gittins"


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    cells = tables["cells"]
    mean = cells.set_index(["player", "n_trials", "n_arms"])["mean"]
    networks = {name: mean["network", make_task(name).n_trials, make_task(name).n_arms] for name in NETWORKS}
    return farthest(cells) | networks | {f"imitator {n} {k}": mean["imitator", n, k] for n, k in IMITATORS}


def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    return draw_settings(tables["cells"], n_columns=3)


FIGURE = PaperFigure(
    "duan2016_table1", "What a trained network and the classical players earn on bandits of many arms.",
    (*((task, (0,)) for task in NETWORKS), *((imitator(k), (0,)) for k in (5, 10, 50))), CLAIMS, compute, numbers, draw,
    quick=partial(compute, n_problems=100),
)
