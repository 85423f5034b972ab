"""Ritter et al. 2018, barcode bandits: what was learnt in a context comes back with it.

Claimed: at the first exposure to a context the episodic network explores as one without memory does; from the second on
it is nearly as good as the oracle, from the first trial on; the network without memory earns the same at every
exposure (regret by trial, one line an exposure, in the paper). With the reinstatement gate held shut, or with shuffled
memory, the effect is gone. How ours departs: the paper prints no numbers; the bars are set against the ideal learner
with perfect memory (4.42, 8.14, 8.82, 8.96, 9.0 of 10 trials at exposures 1 to 5, arms independent over contexts).
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.reward_by_exposure import good_arm_by_trial, plot_reward_by_exposure, reward_by_exposure
from analyses.style import colors, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS = "bandit/barcode", (0, 1, 2)
EPISODIC, PLAIN = f"{TASK} episodic_lstm", f"{TASK} lstm"
PLAYERS = ("ideal-with-memory", "ideal-without-memory", "oracle", "random")
N_EPOCHS, SHOWN = 40, (1, 2, 3, 10)

_SOURCE, _BAR = "Ritter 2018, barcode bandits", "our bar; the ideal learner with perfect memory: "
CLAIMS = (
    Claim("first_difference", "first exposure: explores as the network without memory (reward an episode, difference)", "same",
          _SOURCE, low=-0.3),
    Claim("second", "second exposure: reward an episode", "near the oracle, 9.0", _BAR + "8.14", low=7.0),
    Claim("third", "third exposure: reward an episode", "near the oracle, 9.0", _BAR + "8.82", low=8.1),
    Claim("later", "exposures 4 to 10: reward an episode", "near the oracle, 9.0", _BAR + "9.0", low=8.7),
    Claim("second_accuracy", "second exposure: good arm at the first trial", "from trial 1", _BAR + ".79", low=0.6),
    Claim("later_accuracy", "exposures 4 to 10: good arm at the first trial", "from trial 1", _BAR + ".99 and more", low=0.96),
    Claim("plain_gain", "without memory: reward at exposures 4 to 10 less that at the first", "flat", _SOURCE, low=-0.3, high=0.3),
    Claim("plain_accuracy", "without memory: good arm at the first trial, exposures 4 to 10", "chance, .10", _SOURCE, high=0.15),
    Claim("shut_accuracy", "gate held shut: good arm at the first trial, exposures 4 to 10", "chance, .10", _SOURCE, high=0.15),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return reward and accuracy by exposure of everybody, and the good arm by trial of the episodic network."""
    curves = [_curve(agent, seed).assign(player="episodic LSTM", seed=one) for one, agent in enumerate(agents[EPISODIC])]
    others = {"gate held shut": [agent.with_lesion(gate=0.0) for agent in agents[EPISODIC]],
              "memory shuffled": [agent.with_lesion(shuffled=True) for agent in agents[EPISODIC]],
              "LSTM without memory": agents[PLAIN], **{name: [player(name, make_task(TASK))] for name in PLAYERS}}
    for name, group in others.items():
        curves += [_curve(agent, seed).assign(player=name, seed=one) for one, agent in enumerate(group)]
    trials = simulate(agents[EPISODIC][0], make_task(TASK), N_EPOCHS, seed).to_trials()
    return {"exposure": pd.concat(curves, ignore_index=True), "trial": good_arm_by_trial(trials)}


def _curve(agent: Agent, seed: int) -> pd.DataFrame:
    return reward_by_exposure(simulate(agent, make_task(TASK), N_EPOCHS, seed).to_trials())


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    mean = tables["exposure"].set_index(["player", "measure", "exposure"]).sort_index()["mean"]
    plain = _at(mean, "LSTM without memory", "reward")
    episodic = _at(mean, "episodic LSTM", "reward")
    return {
        "first_difference": episodic[1] - plain[1].mean(), "second": episodic[2], "third": episodic[3],
        "later": episodic["later"], "second_accuracy": _at(mean, "episodic LSTM", "first_trial")[2],
        "later_accuracy": _at(mean, "episodic LSTM", "first_trial")["later"], "plain_gain": plain["later"] - plain[1],
        "plain_accuracy": _at(mean, "LSTM without memory", "first_trial")["later"],
        "shut_accuracy": _at(mean, "gate held shut", "first_trial")["later"],
    }


def _at(mean: pd.Series, player: str, measure: str) -> dict[int | str, np.ndarray]:
    """Return the means of every seed at each exposure, and those of exposures 4 to 10 together as ``"later"``."""
    wide = np.stack([group.to_numpy() for _, group in mean[player, measure].groupby("exposure")])  # (exposure, seed)
    return {**{k + 1: row for k, row in enumerate(wide)}, "later": wide[3:].mean(axis=0)}


@styled
def draw(tables: Tables) -> Figure:
    """Draw reward by exposure, first-trial accuracy by exposure, and the good arm by trial."""
    figure, axes = plt.subplots(1, 3, figsize=(9.4, 2.9), layout="constrained")
    table = tables["exposure"]
    first = table[table["seed"] == 0]
    curves = {name: group for name, group in first.groupby("player", sort=False)}
    for ax, measure, title in zip(axes, ("reward", "first_trial"), ("a  reward", "b  from the first trial"), strict=False):
        plot_reward_by_exposure(curves, measure, ax)
        ax.set_title(title, loc="left")
    _draw_trials(tables["trial"], axes[2])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw_trials(table: pd.DataFrame, ax: Axes) -> None:
    for exposure, color in colors(SHOWN).items():
        line = table[table["exposure"] == exposure]
        ax.plot(line["trial"], line["mean"], marker="o", markersize=3, color=color, label=f"{exposure}")
        ax.fill_between(line["trial"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
    ax.set_title("c  episodic LSTM, by exposure", loc="left")
    ax.set_xlabel("Trial of the episode")
    ax.set_ylabel("P(good arm)")
    ax.set_ylim(0, 1.02)
    ax.legend(title="Exposure", loc="center left", bbox_to_anchor=(1.0, 0.5))


FIGURE = PaperFigure(
    "ritter2018_barcode", "What was learnt in a context comes back with it, from the first trial on.",
    ((EPISODIC, SEEDS), (PLAIN, (0,))), CLAIMS, compute, numbers, draw,
)