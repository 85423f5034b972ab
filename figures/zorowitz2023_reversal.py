"""Zorowitz et al. 2023, choices around reversals: people, networks that were trained for reward, and reference players.

Shown of people: on the first trial after the good one of three arms has changed, they take the new one less than by chance
(they go on with the old one, .174 where chance is .333), and recover within the block, to .676. Claimed of the network, in the
spirit of Wang et al. 2018 (figure 5: animals beside the network by the same measure): it does the same, with weights
frozen and never having seen people. People met blocks of 15 trials without being told so. A network that was trained on such
blocks has learnt how long they are and foresees the reversal, as the exact player does that counts trials: of it the two
claims on the first trial are not met. One that was trained where blocks end at random (mean 15) knows as little of their
length as people do; both are tested on people's blocks. How ours departs: the paper is about symptoms and questionnaires and
shows other figures; the claims about the network are ours, written before the first was trained; random blocks came after.
People's numbers were computed from the public trials of the 386 people whom the authors analysed; where the trials are not
at hand, those that were measured before stand in.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.reversal_curve import reversal_curve
from analyses.style import REFERENCE, colors, styled
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from figures.people import people
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES, CHANCE = "bandit/reversal3", (0, 1, 2, 3), 500, 1 / 3
NETWORKS = {"bandit/reversal3_random": "network, blocks at random", TASK: "network, blocks of 15"}
"""Task of the training -> name."""

PLAYERS = ("hidden-state", "block-filter", "rescorla-wagner")
"""References: the exact belief of somebody who expects an end after any trial, of somebody who counts trials, and a learner of values."""

_PUBLIC, _OURS = "Zorowitz et al. 2023, public trials, computed independently", "ours; people's curve beside it"


def _claims(task: str, where: str) -> tuple[Claim, ...]:
    """Return the claims about networks that were trained on a task."""
    return (
        Claim(f"{task} first", f"trained on {where}: the network takes the new arm on the first trial after a reversal", "below chance, .333; people .174",
              _OURS, high=CHANCE - 1e-9),
        Claim(f"{task} former", f"trained on {where}: it goes on with the formerly good arm there", "above chance; people .663", _OURS, low=CHANCE + 1e-9),
        Claim(f"{task} last", f"trained on {where}: it takes the new arm on the last trial of a block", "at least people's .676", _OURS, low=0.676),
    )


CLAIMS = (
    Claim("people_first", "people take the new arm on the first trial after a reversal", "0.1741", _PUBLIC, low=0.174, high=0.1742),
    Claim("people_last", "people take it on the last trial of a block", "0.6756", _PUBLIC, low=0.6755, high=0.6757),
    *_claims("bandit/reversal3_random", "blocks that end at random"), *_claims(TASK, "blocks of 15"),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return the curves of every seed, the reference players, and people."""
    task = make_task(TASK)
    curves = [_curve(network, seed).assign(player=name, seed=one) for trained, name in NETWORKS.items() for one, network in enumerate(agents[trained])]
    curves += [_curve(player(name, task), seed).assign(player=name, seed=0) for name in PLAYERS]
    return {"curves": pd.concat(curves, ignore_index=True), "people": people("reversal")}


def _curve(agent: object, seed: int) -> pd.DataFrame:
    return reversal_curve(simulate(agent, make_task(TASK), N_EPISODES, seed).to_trials())


def numbers(tables: Tables) -> dict[str, np.ndarray | float]:
    """Return the number of every claim, the network's one a seed."""
    human = tables["people"].query("measure == 'best' and after_reversal").set_index("position")["pooled"]
    found = {"people_first": human[0], "people_last": human.iloc[-1]}
    for task, name in NETWORKS.items():
        network = tables["curves"].query("player == @name and after_reversal").pivot(index="seed", columns=["measure", "position"], values="pooled")
        found |= {f"{task} first": network["best"][0].to_numpy(), f"{task} former": network["previous_best"][0].to_numpy(),
                  f"{task} last": network["best"].iloc[:, -1].to_numpy()}
    return found


@styled
def draw(tables: Tables) -> Figure:
    """Draw how often the best and the formerly best arm are taken, by trials since the reversal."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.2), layout="constrained", sharey=True)
    for ax, measure, title in zip(axes, ("best", "previous_best"), ("Best arm", "Formerly best arm"), strict=True):
        _draw(tables, measure, ax)
        ax.axhline(CHANCE, color=REFERENCE, linewidth=0.8, linestyle=":")
        ax.set(title=title, xlabel="Trials since the reversal", ylim=(0, 1))
    axes[0].set_ylabel("Share of choices")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _draw(tables: Tables, measure: str, ax: Axes) -> None:
    """Draw people and networks in full lines, reference players in dashed ones, with intervals over people, seeds or episodes."""
    shown = tables["curves"][(tables["curves"]["measure"] == measure) & tables["curves"]["after_reversal"]]
    human = tables["people"][(tables["people"]["measure"] == measure) & tables["people"]["after_reversal"]]
    curves = {"people" if human["source"].iloc[0] == "their trials" else "people (measured before)": human}
    for name in NETWORKS.values():
        seeds = shown[shown["player"] == name]
        curves[f"{name}, {seeds['seed'].nunique()} seeds"] = mean_interval(seeds.rename(columns={"mean": "share"}), "share", "position")
    curves |= {name: shown[shown["player"] == name] for name in PLAYERS}
    for (label, table), color in zip(curves.items(), colors(curves).values(), strict=True):
        ax.plot(table["position"] + 1, table["mean"], color=color, label=label, marker="o", markersize=2.5, linewidth=1.1,
                linestyle="--" if label in PLAYERS else "-")
        ax.fill_between(table["position"] + 1, table["low"], table["high"], color=color, alpha=0.2, linewidth=0)


FIGURE = PaperFigure(
    "zorowitz2023_reversal", "Around reversals people go on with the old arm, and so does a network unless it has learnt how long blocks are.",
    tuple((task, SEEDS) for task in NETWORKS), CLAIMS, compute, numbers, draw,
)
