"""Duan et al. 2016, table 1: what a trained network and the classical players earn on bandits of 5, 10 and 50 arms.

Claimed: a recurrent network trained by reinforcement learning (RL2) is about as good as the best classical players, but
falls behind the Gittins index with many arms and long episodes. How ours departs: networks are LSTM actor-critics of 48
units, trained by A2C for minutes (the paper: 256 gated recurrent units, TRPO, up to 250 million steps). In 500 pulls the network
plays on as it learnt in 100. Beside the network that learnt from reward alone stands an imitator, an equal network that was
taught what Gittins would do in 100 pulls; it, too, plays on in 500. The published means come from the same 1,000 bandits in every column of a row block and
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

NETWORKS = {(10, 5): 6.6, (10, 10): 6.6, (10, 50): 6.6, (100, 5): 77.5, (100, 10): 82.0, (100, 50): 83.0, (500, 5): 398.0,
            (500, 10): 428.0, (500, 50): 430.0}
"""Pulls and arms -> what the network that learnt from reward alone must earn."""

IMITATORS = {(100, 5): 77.5, (100, 10): 82.0, (100, 50): 83.0, (500, 5): 398.0, (500, 10): 428.0, (500, 50): 430.0}
"""Pulls and arms -> what the shipped imitator of Gittins in 100 pulls of as many arms must earn."""

CLASSICAL = ("random", "thompson", "optimistic thompson", "ucb", "epsilon-greedy", "greedy")
CLAIMS = (
    *(Claim(player, f"{player}: no cell farther than 3 standard errors from the published one", "<= 3",
            "Duan 2016, table 1; nine cells", high=3.0) for player in CLASSICAL),
    *(Claim(f"network {n} {k}", f"network on {n} pulls of {k} arms earns at least {least:g}", f"{least:g}",
            "Duan 2016, table 1 (RL2)", low=least) for (n, k), least in NETWORKS.items()),
    *(Claim(f"imitator {n} {k}", f"imitator of Gittins on {n} pulls of {k} arms earns at least {least:g}", f"{least:g}",
            "Duan 2016, table 1 (RL2)", low=least) for (n, k), least in IMITATORS.items()),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int = 4000) -> Tables:
    """Return the table, a row a setting and player."""
    rows = pd.concat([measured("duan2016_table1"), pd.DataFrame(_networks(agents, seed, n_problems))], ignore_index=True)
    rows["setting"] = [f"n={n}, k={k}" for n, k in zip(rows["n_trials"], rows["n_arms"], strict=True)]
    order = {player: place for place, player in enumerate(("gittins, closed form", *PLAYERS, "imitator"))}
    rows = rows.sort_values(["n_trials", "n_arms", "player"], key=lambda column: column.replace(order), ignore_index=True)
    return {"cells": beside_published(rows, PUBLISHED)}


def _networks(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int) -> Iterator[dict[str, float]]:
    """Yield a row for every setting that a network plays which learnt from reward, or an imitator."""
    for player, settings, named in (("network", NETWORKS, network), ("imitator", IMITATORS, imitator)):
        for n_trials, n_arms in settings:
            task, found = make_task(f"bandit/rl2_k{n_arms}_n{n_trials}"), agents[named(n_trials, n_arms)]
            yield {"n_arms": n_arms, **network_row(found, task, seed, n_problems), "player": player}


def network(n_trials: int, n_arms: int) -> str:
    """Return under which name the network ships that learnt from reward for so many pulls: in 500 it plays on as in 100."""
    return f"bandit/rl2_k{n_arms}_n{min(n_trials, 100)}"


def imitator(n_trials: int, n_arms: int) -> str:
    """Return under which name the imitator of so many arms ships: for all numbers of pulls that of 100."""
    return f"bandit/rl2_k{n_arms}_n100 lstm gittins"


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    cells = tables["cells"]
    mean = cells.set_index(["player", "n_trials", "n_arms"])["mean"]
    return farthest(cells) | {f"{player} {n} {k}": mean[player, n, k] for player, settings in
                              (("network", NETWORKS), ("imitator", IMITATORS)) for n, k in settings}


def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    return draw_settings(tables["cells"], n_columns=3)


AGENTS = tuple(dict.fromkeys((*(network(*one) for one in NETWORKS), *(imitator(*one) for one in IMITATORS))))
"""Names of the networks and imitators that ship."""

FIGURE = PaperFigure(
    "duan2016_table1", "What a trained network and the classical players earn on bandits of many arms.",
    tuple((name, (0,)) for name in AGENTS), CLAIMS, compute, numbers, draw,
    quick=partial(compute, n_problems=100),
)
