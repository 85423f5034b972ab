"""Duan et al. 2016, table 1: what a trained network and the classical players earn on bandits of 5, 10 and 50 arms.

Claimed: a recurrent network trained by reinforcement learning (RL2) is about as good as the best classical players, but
falls behind the Gittins index with many arms and long episodes. How ours departs: networks are LSTM actor-critics of 48
units, trained by A2C for minutes (the paper: 256 gated recurrent units, TRPO, up to 250 million steps). In 500 pulls a network
plays on as it learnt in 100. Beside it stand a symmetric one (``cogmeta.agents.symmetric_lstm``), which learnt from reward alone, too, but
knows from the start that names of arms mean nothing; an imitator, an LSTM that was taught what Gittins would do in 100 pulls; and a
symmetric imitator, taught on ten arms, in 100 pulls and then in 500, which plays 5 and 50 with the same weights. The published means come from the same 1,000 bandits in every column of a row block and
were tuned on them; ours from fresh bandits, adjusted for the arms drawn (see ``benchmarks/duan2016.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from cogmeta.agents.network import Network
from cogmeta.agents.symmetric_lstm import SymmetricLSTM
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
PUBLISHED = {f"n={n}, k={k}": dict(zip(PLAYERS, cells, strict=True)) | {"symmetric network": cells[-1]} for (n, k), cells in _CELLS.items()}
"""Setting -> player -> mean total reward over 1,000 bandits; both kinds of network are held against the published one."""

LEARNERS = {(10, 5): 6.6, (10, 10): 6.6, (10, 50): 6.6, (100, 5): 77.5, (100, 10): 82.0, (100, 50): 83.0, (500, 5): 398.0,
            (500, 10): 428.0, (500, 50): 430.0}
"""Pulls and arms -> what a network that learnt from reward alone must earn."""

IMITATORS = {setting: least for setting, least in LEARNERS.items() if setting[0] > 10}
"""Pulls and arms -> what an imitator of Gittins must earn."""

OURS = {"network": ("lstm", LEARNERS), "symmetric network": ("symmetric_lstm", LEARNERS), "imitator": ("lstm gittins", IMITATORS),
        "symmetric imitator": ("symmetric_lstm gittins", IMITATORS)}
"""Player -> which of the shipped networks, and what it must earn where."""

CLASSICAL = ("random", "thompson", "optimistic thompson", "ucb", "epsilon-greedy", "greedy")
CLAIMS = (
    *(Claim(player, f"{player}: no cell farther than 3 standard errors from the published one", "<= 3",
            "Duan 2016, table 1; nine cells", high=3.0) for player in CLASSICAL),
    *(Claim(f"{player} {n} {k}", f"{player}{' of Gittins' * ('imitator' in player)} on {n} pulls of {k} arms earns at least {least:g}", f"{least:g}",
            "Duan 2016, table 1 (RL2)", low=least) for player, (_, bars) in OURS.items() for (n, k), least in bars.items()),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int = 4000) -> Tables:
    """Return the table, a row a setting and player."""
    rows = pd.concat([measured("duan2016_table1"), pd.DataFrame(_networks(agents, seed, n_problems))], ignore_index=True)
    rows["setting"] = [f"n={n}, k={k}" for n, k in zip(rows["n_trials"], rows["n_arms"], strict=True)]
    order = {player: place for place, player in enumerate(("gittins, closed form", *PLAYERS[:-1], *OURS))}
    rows = rows.sort_values(["n_trials", "n_arms", "player"], key=lambda column: column.replace(order), ignore_index=True)
    return {"cells": beside_published(rows, PUBLISHED)}


def _networks(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int) -> Iterator[dict[str, float]]:
    """Yield a row for every setting that one of our networks plays."""
    for player, (_, bars) in OURS.items():
        for n_trials, n_arms in bars:
            task, found = make_task(f"bandit/rl2_k{n_arms}_n{n_trials}"), agents[shipped_as(player, n_trials, n_arms)]
            fitted = [one.fitted_to(task) if isinstance(one, SymmetricLSTM) else one for one in found]
            yield {"n_arms": n_arms, **network_row(fitted, task, seed, n_problems), "player": player}


def shipped_as(player: str, n_trials: int, n_arms: int) -> str:
    """Return under which name one of our networks ships: in 500 pulls most play on as in 100; the symmetric imitator learnt on ten arms."""
    if player == "symmetric imitator":
        return f"bandit/rl2_k10_n{n_trials} {OURS[player][0]}"
    return f"bandit/rl2_k{n_arms}_n{min(n_trials, 100)} {OURS[player][0]}"


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    cells = tables["cells"]
    mean = cells.set_index(["player", "n_trials", "n_arms"])["mean"]
    return farthest(cells) | {f"{player} {n} {k}": mean[player, n, k] for player, (_, bars) in OURS.items() for n, k in bars}


def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    return draw_settings(tables["cells"], n_columns=3)


AGENTS = tuple(dict.fromkeys(shipped_as(player, *setting) for player, (_, bars) in OURS.items() for setting in bars))
"""Names of the networks that ship."""

FIGURE = PaperFigure(
    "duan2016_table1", "What a trained network and the classical players earn on bandits of many arms.",
    tuple((name, (0,)) for name in AGENTS), CLAIMS, compute, numbers, draw,
    quick=partial(compute, n_problems=100),
)
