"""What the figures of returning contexts share: curves over exposures of whole groups of agents, and how they are drawn."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.reward_by_exposure import good_arm_by_trial, plot_reward_by_exposure, reward_by_exposure
from analyses.style import colors, styled
from cogmeta.agent import Agent
from cogmeta.agents.episodic_lstm import EpisodicLSTM
from cogmeta.simulate import simulate
from cogmeta.task import Task
from figures.paper_figure import Tables

WHOLE, SHUT, SHUFFLED, PLAIN = "episodic LSTM", "gate held shut", "memory shuffled", "LSTM without memory"
SHOWN = (1, 2, 3, 10)
"""Exposures of which the trials are drawn."""


def with_lesions(networks: Sequence[EpisodicLSTM]) -> dict[str, list[EpisodicLSTM]]:
    """Return the networks whole, with the gate held shut, and with shuffled memory."""
    return {WHOLE: list(networks), SHUT: [network.with_lesion(gate=0.0) for network in networks],
            SHUFFLED: [network.with_lesion(shuffled=True) for network in networks]}


def exposure_curves(groups: Mapping[str, Sequence[Agent]], task: Task, n_epochs: int, seed: int) -> pd.DataFrame:
    """Return ``reward_by_exposure`` of everybody, with ``player`` (the group) and ``seed`` (the place in it)."""
    curves = [reward_by_exposure(simulate(agent, task, n_epochs, seed).to_trials()).assign(player=name, seed=one)
              for name, group in groups.items() for one, agent in enumerate(group)]
    return pd.concat(curves, ignore_index=True)


def good_arm_curves(agent: Agent, task: Task, n_epochs: int, seed: int) -> pd.DataFrame:
    """Return how often one agent takes the good arm, by exposure and trial."""
    return good_arm_by_trial(simulate(agent, task, n_epochs, seed).to_trials())


def at_exposures(table: pd.DataFrame, player: str, measure: str, later: int = 4) -> dict[int | str, np.ndarray]:
    """Return a group's mean at each exposure, one a seed; ``"later"`` is the mean from exposure ``later`` on.

    Parameters
    ----------
    table : DataFrame
        Of ``exposure_curves``.
    player, measure : str
    later : int
    """
    chosen = table[(table["player"] == player) & (table["measure"] == measure)]
    wide = chosen.pivot(index="exposure", columns="seed", values="mean").to_numpy()  # (exposure, seed)
    return {**{k + 1: row for k, row in enumerate(wide)}, "later": wide[later - 1:].mean(axis=0)}


def of_first_seed(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the curves of the first of every group, by group."""
    return {name: group for name, group in table[table["seed"] == 0].groupby("player", sort=False)}


@styled
def draw_context_bandit(tables: Tables) -> Figure:
    """Draw reward by exposure, first-trial accuracy by exposure, and the good arm by trial (tables ``exposure``, ``trial``)."""
    figure, axes = plt.subplots(1, 3, figsize=(9.4, 2.9), layout="constrained")
    curves = of_first_seed(tables["exposure"])
    for ax, measure, title in zip(axes, ("reward", "first_trial"), ("a  reward", "b  from the first trial"), strict=False):
        plot_reward_by_exposure(curves, measure, ax)
        ax.set_title(title, loc="left")
    _draw_trials(tables["trial"], axes[2])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, handlelength=2.8)
    return figure


def _draw_trials(table: pd.DataFrame, ax: Axes) -> None:
    for exposure, color in colors(SHOWN).items():
        line = table[table["exposure"] == exposure]
        ax.plot(line["trial"], line["mean"], marker="o", markersize=3, color=color, label=f"{exposure}")
        ax.fill_between(line["trial"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
    ax.set_title(f"c  {WHOLE}, by exposure", loc="left")
    ax.set_xlabel("Trial of the episode")
    ax.set_ylabel("P(good arm)")
    ax.set_ylim(0, 1.02)
    ax.legend(title="Exposure", loc="center left", bbox_to_anchor=(1.0, 0.5))
