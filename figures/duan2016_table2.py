"""Duan et al. 2016, table 2: what a trained network and the classical learners earn in random Markov decision processes.

Claimed: a recurrent network trained by reinforcement learning (RL2) earns more than every classical learner in 10, 25
and 50 visits; optimistic posterior sampling earns most in 75 and 100. How ours departs: the network is an LSTM
of 128 units that learns action values by Sarsa without a discount to come, some tens of millions of steps, first of easier
processes (the paper: 256 gated recurrent units, TRPO, up to 2.5 billion steps, a network a setting). Beside it stands a symmetric one
(``cogmeta.agents.symmetric_lstm``: an LSTM of 12 units a state and action, all with the same weights), which knows from the start that
names of states and actions mean nothing, and learnt from reward in 5.5 million steps. Both learnt in 10 visits and
play on in the longer settings; and every classical learner is shown twice: with priors that are wrong for the task (mean rewards about 0,
or next to no prior), with which ours reproduce the published cells, so that the published ones probably had them; and
with the task's own prior, with which greedy planning alone earns at 10 visits nearly what the published network did.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from cogmeta.agents.network import Network
from figures.paper_figure import PaperFigure, Tables
from figures.score_table import beside_published, draw_settings, farthest, measured, network_row
from tasks.registry import make_task

PLAYERS = ("random", "psrl", "opsrl", "ucrl2", "beb", "epsilon-greedy", "greedy", "network")
OWN_PRIOR = ("greedy, own prior", "psrl, own prior", "opsrl, own prior", "ucrl2, own prior", "beb, own prior")
_CELLS = {
    10: (100.1, 138.1, 144.1, 146.6, 150.2, 132.8, 134.8, 156.2), 25: (250.2, 408.8, 425.2, 424.1, 427.8, 377.3, 368.8, 445.7),
    50: (499.7, 904.4, 930.7, 918.9, 917.8, 823.3, 769.3, 936.1),
    75: (749.9, 1417.1, 1449.2, 1427.6, 1422.6, 1293.9, 1172.9, 1428.8),
    100: (999.4, 1939.5, 1973.9, 1942.1, 1935.1, 1778.2, 1578.5, 1913.7),
}
PUBLISHED = {f"n={n}": dict(zip(PLAYERS, cells, strict=True)) | {"symmetric network": cells[-1]} for n, cells in _CELLS.items()}
"""Setting -> player -> mean total reward over 1,000 processes; both kinds of network are held against the published one."""

NETWORKS = {"network": "mdp/random_n10 lstm", "symmetric network": "mdp/random_n10 symmetric_lstm"}
"""Player -> which shipped network plays every setting: it learnt in 10 visits, and plays on in more."""

LEAST = {10: 154.0, 25: 440.0}
"""Visits -> what the network must earn."""

CLAIMS = (
    *(Claim(player, f"{player}: no cell farther than 3 standard errors from the published one", "<= 3",
            "Duan 2016, table 2; five cells", high=3.0) for player in PLAYERS[:-1]),
    *(Claim(f"opsrl leads at {n}", f"optimistic posterior sampling earns most of the published learners in {n} visits (lead over the next)",
            "> 0", "Duan 2016, table 2", low=0.0) for n in (75, 100)),
    *(Claim(f"{player} leads at {n}", f"the {player} earns most in {n} visits (lead over the best of the learners with the published priors)",
            "> 0", "Duan 2016, table 2", low=0.0) for player in NETWORKS for n in (10, 25, 50)),
    *(Claim(f"{player} in {n}", f"{player} in {n} visits earns at least {least:g}", f"{least:g}", "Duan 2016, table 2 (RL2)", low=least)
      for player in NETWORKS for n, least in LEAST.items()),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_problems: int = 1000) -> Tables:
    """Return the table, a row a setting and player."""
    networks = [network_row(agents[named], make_task(f"mdp/random_n{n}"), seed, n_problems) | {"player": player}
                for player, named in NETWORKS.items() for n in _CELLS]
    rows = pd.concat([measured("duan2016_table2"), pd.DataFrame(networks)], ignore_index=True)
    rows["setting"] = [f"n={n // 10}" for n in rows["n_trials"]]
    order = {player: place for place, player in enumerate((*PLAYERS[:-1], *OWN_PRIOR, *NETWORKS))}
    rows = rows.sort_values(["n_trials", "player"], key=lambda column: column.replace(order), ignore_index=True)
    cells = beside_published(rows, PUBLISHED)
    own = cells["player"].isin(OWN_PRIOR)
    as_published = beside_published(rows[~own], PUBLISHED)["best"]  # who is best is asked within either kind of prior
    return {"cells": cells.assign(best=as_published.reindex(cells.index).where(~own, cells["best"]).astype(bool))}


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    cells = tables["cells"]
    mean = cells.set_index(["player", "n_trials"])["mean"]
    leads = {f"{player} leads at {n}": _lead(cells, player, n)
             for player, lengths in (("opsrl", (75, 100)), *((one, (10, 25, 50)) for one in NETWORKS)) for n in lengths}
    return farthest(cells) | leads | {f"{player} in {n}": float(mean[player, 10 * n]) for player in NETWORKS for n in LEAST}


def _lead(cells: pd.DataFrame, player: str, n_visits: int) -> float:
    """Return by how much a player leads the learners with published priors."""
    rows = cells[(cells["n_trials"] == 10 * n_visits)].set_index("player")["mean"]
    return float(rows[player] - rows[list(PLAYERS[:-1])].drop(player, errors="ignore").max())


def draw(tables: Tables) -> Figure:
    """Draw a panel a setting."""
    return draw_settings(tables["cells"], n_columns=3)


FIGURE = PaperFigure(
    "duan2016_table2", "What a trained network and the classical learners earn in random Markov decision processes.",
    tuple((named, (0,)) for named in NETWORKS.values()), CLAIMS, compute, numbers, draw,
    quick=partial(compute, n_problems=100),
)
