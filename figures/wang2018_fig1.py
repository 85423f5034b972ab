"""Wang et al. 2018, figure 1c to f: a network trained on bandits explores, commits, and keeps count in its activity.

Claimed: on two arms paying 0.25 and 0.75, a network trained on independent arms loses about as little as Gittins, UCB and
Thompson sampling, and one trained on correlated arms (p and 1 - p) clearly less (d); its activity starts from one point
and spreads by what it has learnt of the arms (e), in order of the left arm's probability (f). How ours departs: several seeds
a training distribution, of which c, e and f show the first; correlated arms are ``bandit/uniform``; regret is averaged
over 2,000 episodes, not 300. A network has a favourite first arm, which costs .5 where it is the poorer one: trained on correlated
arms, the four lose 1.46, 1.50, .51 and .92. Whoever has it on the other side in the other training makes claim d fail in a seed; a row
added after that was seen takes the mean over both orders of the arms. Claim f is met by three seeds of four (.97, .93, .96 and .87; .85 over 3,000 episodes, so
that it is no chance of the episodes; .97, .94, .95 and .90 in components of all trials): the fourth shows, of what it puts out, hardly
how good the left arm is where that is the better one (.1 within these). What it keeps is ordered: in components of the cells all four
are (.98 and up), and a linear readout of what is put out has .99; the claim on cells was added after that was seen.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from analyses.claims import Claim
from analyses.raster import choice_raster, plot_choice_raster
from analyses.regret import cumulative_regret, plot_cumulative_regret, regret_curve
from analyses.style import styled
from analyses.trajectories import mean_path, plot_trajectories, principal_plane
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.rollout import Rollout
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

INDEPENDENT, CORRELATED = "bandit/independent", "bandit/uniform"
TEST = (0.25, 0.75)
RASTERS = ((0.25, 0.75), (0.6, 0.4))
TRAJECTORIES = ((0.99, 0.01), (0.46, 0.54), (0.33, 0.67), (0.01, 0.99))
CLASSICAL = ("gittins", "thompson", "ucb1")
SEEDS, N_EPISODES, N_STATES = (0, 1, 2, 3), 2_000, 300
ACTIVITY = {"hidden": "activity at trial 100", "cell": "cells at trial 100"}
"""What is recorded of the LSTM: what its units put out, which is what the paper shows, and what they keep."""

CLAIMS = (
    Claim("independent_over_worst", "d: trained on independent arms, loses no more than the worst of Gittins, Thompson and UCB", "ratio <= 1",
          "Wang 2018, fig 1d", high=1.0),
    Claim("independent_over_thompson", "d: trained on independent arms, loses no more than Thompson sampling", "ratio <= 1", "Wang 2018, fig 1d: comparable",
          high=1.0),
    Claim("correlated_over_independent", "d: trained on correlated arms, loses clearly less than trained on independent ones", "ratio < 1",
          "Wang 2018, fig 1d", high=0.9),
    Claim("in_either_order", "d: so it does on average over both orders of the arms", "ratio < 1",
          "Wang 2018, fig 1d; a favourite first arm counts for nothing; added after networks were trained anew", high=0.9),
    Claim("order", "f: the first component of the final state is ordered by the left arm's probability", "monotone",
          "Wang 2018, fig 1f; absolute Spearman correlation", low=0.9),
    Claim("order_of_cells", "f: so is the first component of the LSTM's cells", "monotone",
          "Wang 2018, fig 1f; cells in place of what they put out, added after the first run", low=0.9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return the tables of the four panels."""
    independent, correlated = agents[INDEPENDENT], agents[CORRELATED]
    rasters = [choice_raster(_play(independent[0], INDEPENDENT, arms, 100, seed).to_trials()).assign(arms=str(arms)) for arms in RASTERS]
    states = [_states(network, seed) for network in correlated]
    return {"raster": pd.concat(rasters, ignore_index=True), "regret": _regret(independent, correlated, seed), "either_order": _in_either_order(independent, correlated, seed),
            "states": pd.concat([one["states"].assign(seed=k) for k, one in enumerate(states)], ignore_index=True),
            "trajectories": states[0]["trajectories"]}


def _play(agent: Agent, task: str, arms: tuple[float, float] | None, n_episodes: int, seed: int, **options: object) -> Rollout:
    return simulate(agent, make_task(task, reward_probability=arms), n_episodes, seed, **options)


def _regret(independent: Sequence[Network], correlated: Sequence[Network], seed: int) -> pd.DataFrame:
    """Return regret curves of every seed, of all seeds together (-1), and of the classical players (-1)."""
    task, curves = make_task(INDEPENDENT), []
    for name, networks in (("network, independent arms", independent), ("network, correlated arms", correlated)):
        each = [_cumulative(network, seed, TEST) for network in networks]
        curves += [regret_curve(table).assign(player=name, seed=one) for one, table in enumerate(each)]
        curves.append(regret_curve(pd.concat(each, ignore_index=True)).assign(player=name, seed=-1))
    curves += [regret_curve(_cumulative(player(name, task), seed, TEST)).assign(player=name, seed=-1) for name in CLASSICAL]
    return pd.concat(curves, ignore_index=True)


def _in_either_order(independent: Sequence[Network], correlated: Sequence[Network], seed: int) -> pd.DataFrame:
    """Return what the networks of every seed lose in an episode, a column a training: mean over both orders of the arms."""
    def lost(network: Network) -> float:
        orders = [regret_curve(_cumulative(network, seed, arms))["mean"].iloc[-1] for arms in (TEST, TEST[::-1])]
        return float(np.mean(orders))

    return pd.DataFrame({"independent": [lost(network) for network in independent], "correlated": [lost(network) for network in correlated]})


def _cumulative(agent: Agent, seed: int, arms: tuple[float, float]) -> pd.DataFrame:
    return cumulative_regret(_play(agent, INDEPENDENT, arms, N_EPISODES, seed).to_trials())


def _states(network: Network, seed: int) -> Tables:
    """Return final states of many problems, and the mean paths of a few, in the plane along which the final states differ most."""
    many = _play(network, CORRELATED, None, N_STATES, seed, record=tuple(ACTIVITY))
    planes = {of: principal_plane(many.activity[of][-1]) for of in ACTIVITY}
    states = pd.concat([plane.project(many.activity[of][-1]).assign(activity=of, **{"left arm pays": many.hidden["reward_probability"][0, :, 0]})
                        for of, plane in planes.items()], ignore_index=True)
    paths = [mean_path(_play(network, CORRELATED, arms, 50, seed, record=("hidden",)).activity["hidden"], planes["hidden"]).assign(arms=str(arms))
             for arms in TRAJECTORIES]
    return {"states": states, "trajectories": pd.concat(paths, ignore_index=True)}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    last = tables["regret"].groupby(["player", "seed"])["mean"].last().unstack("seed")
    independent, correlated = (last.loc[f"network, {arms} arms"].drop(-1).dropna().to_numpy() for arms in ("independent", "correlated"))
    ordered = {of: [abs(spearmanr(rows["component 1"], rows["left arm pays"]).statistic) for _, rows in states.groupby("seed")]
               for of, states in tables["states"].groupby("activity")}
    return {"independent_over_worst": independent / last.loc[list(CLASSICAL), -1].max(),
            "independent_over_thompson": independent / last.loc["thompson", -1],
            "correlated_over_independent": correlated / independent,
            "in_either_order": (tables["either_order"]["correlated"] / tables["either_order"]["independent"]).to_numpy(), "order": np.array(ordered["hidden"]),
            "order_of_cells": np.array(ordered["cell"])}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels c to f."""
    figure, axes = plt.subplots(2, 3, figsize=(9.0, 5.0), layout="constrained")
    for ax, arms in zip(axes[0], RASTERS, strict=False):
        plot_choice_raster(tables["raster"][tables["raster"]["arms"] == str(arms)], ax)
        ax.get_legend().remove()
        ax.set_title(f"c  arms pay {arms[0]:g} (blue), {arms[1]:g}", loc="left")
    curves = {name: table for name, table in tables["regret"].query("seed == -1").groupby("player", sort=False)}
    plot_cumulative_regret(curves, axes[0, 2], top=None)
    axes[0, 2].legend(loc="upper left", fontsize=6.5)
    axes[0, 2].set_ylim(0, 11)
    axes[0, 2].set_title("d  arms pay 0.25 and 0.75", loc="left")
    plot_trajectories(dict(list(tables["trajectories"].groupby("arms", sort=False))), axes[1, 0])
    axes[1, 0].set_title("e  activity over trials", loc="left")
    axes[1, 0].legend(title="arms pay", loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, fontsize=6.5, title_fontsize=6.5)
    for ax, (of, words) in zip(axes[1, 1:], ACTIVITY.items(), strict=True):
        points = _draw_states(tables["states"].query("seed == 0 and activity == @of"), ax)
        ax.set_title(f"f  {words}", loc="left")
    figure.colorbar(points, ax=axes[1, 2], label="Left arm pays")
    return figure


def _draw_states(states: pd.DataFrame, ax: Axes) -> PathCollection:
    points = ax.scatter(states["component 1"], states["component 2"], c=states["left arm pays"], s=8, cmap="viridis", vmin=0, vmax=1)
    ax.set_xlabel("Component 1")
    ax.set_ylabel("Component 2")
    return points


FIGURE = PaperFigure(
    "wang2018_fig1", "A trained network explores, commits, and keeps count of the arms in its activity.",
    ((INDEPENDENT, SEEDS), (CORRELATED, SEEDS)), CLAIMS, compute, numbers, draw,
)
