"""Wang et al. 2016, experiment 3 (figure 3): a network learns to pay for information and to use it.

Claimed: of eleven arms, the trained network first takes the one that pays little but names the target, and the target
ever after. The optimum is 0.55 + 4 x 5 = 20.55; searching without the informative arm earns 11.0 on average, trying five
different arms 6.6. How ours departs: agents get the previous reward as a number (the paper: one-hot), so that they must
also learn to read it; the claims are those of the paper's text, made numeric.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.informed_choice import KINDS, informed_choice
from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES = "bandit/informative", (0, 1, 2, 3), 1_000
PLAYERS = {"informed": "informed (optimum)", "search": "search (Thompson)", "each-arm-once": "each arm once (UCB)"}
"""Reference players, and what they are called in the picture."""

EXACT = {"informed (optimum)": 20.55, "search (Thompson)": 11.0, "each arm once (UCB)": 6.6}
"""What they earn an episode, by hand; 6.614 to the next digits, see tests/tasks/test_informative.py."""

CLAIMS = (
    Claim("return", "earns nearly the optimum of 20.55 an episode", "20.55", "computed; optimum of Wang 2016, experiment 3", low=20.0),
    Claim("informative_first", "takes the informative arm on trial 1 (share of episodes)", "about 1", "Wang 2016, experiment 3", low=0.95),
    Claim("target_after", "takes the target on trials 2 to 5 (share, worst trial)", "about 1", "Wang 2016, experiment 3", low=0.95),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return the choices of every network, and what everybody earns by trial."""
    kinds, earned = [], []
    for one, network in enumerate(agents[TASK]):
        trials = _play(network, seed)
        kinds.append(informed_choice(trials).assign(seed=one))
        earned.append(_by_trial(trials).assign(player="network", seed=one))
    for name, label in PLAYERS.items():
        earned.append(_by_trial(_play(player(name, make_task(TASK)), seed)).assign(player=label, seed=0))
    return {"choices": pd.concat(kinds, ignore_index=True), "reward": pd.concat(earned, ignore_index=True)}


def _play(agent: Agent, seed: int) -> pd.DataFrame:
    return simulate(agent, make_task(TASK), N_EPISODES, seed).to_trials()


def _by_trial(trials: pd.DataFrame) -> pd.DataFrame:
    return mean_interval(trials, "reward", "trial").rename(columns={"mean": "reward"})


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    network = tables["reward"][tables["reward"]["player"] == "network"]
    share = tables["choices"].pivot_table(index="seed", columns=["kind", "trial"], values="mean")
    return {
        "return": network.groupby("seed")["reward"].sum().to_numpy(),
        "informative_first": share["informative"][0].to_numpy(),
        "target_after": share["target"].drop(columns=0).min(axis=1).to_numpy(),
    }


@styled
def draw(tables: Tables) -> Figure:
    """Draw reward by trial, return, and what is chosen."""
    figure, axes = plt.subplots(1, 3, figsize=(9.0, 2.6), width_ratios=(1, 1.3, 1), layout="constrained")
    _draw_reward(tables["reward"], axes[0])
    _draw_return(tables["reward"], axes[1])
    _draw_choices(tables["choices"], axes[2])
    return figure


def _draw_reward(reward: pd.DataFrame, ax: Axes) -> None:
    means = reward.groupby(["player", "trial"], sort=False)["reward"].mean().reset_index()
    for color, (name, rows) in zip(PALETTE, means.groupby("player", sort=False), strict=False):
        front = name == "network"
        ax.plot(rows["trial"] + 1, rows["reward"], marker="o", markersize=4.5 if front else 3, color=color,
                linestyle="-" if front else "--", zorder=3 if front else 2)
    ax.set_xlabel("Trial")
    ax.set_ylabel("Reward")
    ax.set_ylim(0, 5.2)
    ax.set_title("Reward by trial (colours: right)", loc="left")


def _draw_return(reward: pd.DataFrame, ax: Axes) -> None:
    totals = reward.groupby(["player", "seed"], sort=False)["reward"].sum()
    names = list(totals.index.unique("player"))
    for place, name in enumerate(names):
        ax.barh(place, totals[name].mean(), color=PALETTE[place], alpha=0.35)
        ax.plot(totals[name], [place] * len(totals[name]), "o", markersize=3, color=PALETTE[place])
    for exact in EXACT.values():
        ax.axvline(exact, color=REFERENCE, linewidth=0.8, linestyle=":")
        ax.annotate(f"{exact:g}", (exact, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7, color=REFERENCE)
    ax.set_yticks(range(len(names)), [name.replace(" (", "\n(") for name in names])
    ax.invert_yaxis()
    ax.set_xlim(0, 22)
    ax.set_xlabel("Return of an episode (dots: seeds; dotted: exact)")


def _draw_choices(choices: pd.DataFrame, ax: Axes) -> None:
    share = choices.groupby(["trial", "kind"])["mean"].mean().unstack()[list(KINDS)]
    bottom = np.zeros(len(share))
    for kind, color in zip(KINDS, ("#E69F00", "#0072B2", "#BBBBBB"), strict=True):
        ax.bar(share.index + 1, share[kind], bottom=bottom, color=color, label=f"{kind} arm")
        bottom += share[kind].to_numpy()
    ax.set_xlabel("Trial")
    ax.set_xticks(share.index + 1)
    ax.set_ylabel("Share of episodes")
    ax.set_title("What the network takes", loc="left")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


FIGURE = PaperFigure(
    "wang2016_fig3", "Of eleven arms, the network first takes the one that tells, then the one that pays.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw,
)
