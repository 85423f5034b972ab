"""Wang et al. 2016, experiment 4 (figure 4): where arms drift, the network learns at a rate that suits the drift.

Claimed: the network loses less than Rescorla-Wagner learning at the best fixed rate, Thompson sampling that believes in
one volatility, and UCB (b); its choices are described best by models whose learning rate is fitted to each block of
episodes of one volatility, those of a learner of fixed rate are not (c, d, by BIC); the fitted rate is higher where
drift is fast (e, f). How ours departs: the paper does not print its drifts, but says that the best fixed rate is .5; ours,
.02 and .2 a trial, are chosen so that it is. (At .02 and .1 the best fixed rate is .2, and not even the choices of the
exact Bayesian learner are described better with a free rate.) That learner is shown beside the network.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.rate_by_block import fit_blocks, gain_of_a_free_rate, in_blocks, plot_bic
from analyses.regret import cumulative_regret, plot_cumulative_regret, regret_curve
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task
from tasks.restless import BEST_RATE

TASK, SEEDS = "bandit/restless_wang2016", (0, 1, 2, 3)
DRIFTS = {"low": 0.02, "high": 0.2}
CLASSICAL = ("rescorla-wagner", "thompson", "ucb1")
N_CURVE, N_BLOCKS, N_IN_BLOCK = 2_000, 10, 10
FIXED_RATE = BEST_RATE[tuple(DRIFTS.values())][0]

COLORS = {"network": PALETTE[0], "fixed rate": PALETTE[1], "exact Bayes": PALETTE[4]}

_SOURCE = "Wang 2016, experiment 4"
CLAIMS = (
    Claim("regret", "b: loses less than Rescorla-Wagner, Thompson and UCB1 (ratio to the best of them)", "ratio < 1", _SOURCE, high=1 - 1e-9),
    Claim("gain_network", "c: models with a learning rate a block describe the network best (BIC gained)", "> 0", _SOURCE, low=1e-9),
    Claim("gain_control", "d: they do not describe the learner of fixed rate better (BIC gained)", "<= 0", _SOURCE, high=0.0),
    Claim("rate", "e: the network's fitted learning rate is higher where drift is fast (difference)", "> 0", _SOURCE, low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return examples, regret, and the fits of all blocks."""
    networks = agents[TASK]
    control, bayes = (player(name, make_task(TASK)) for name in ("rescorla-wagner", "bayes-optimal"))
    fits = [_fits(network, seed).assign(player="network", seed=one) for one, network in enumerate(networks)]
    fits += [_fits(control, seed + one).assign(player="fixed rate", seed=one) for one in range(len(networks))]
    fits.append(_fits(bayes, seed).assign(player="exact Bayes", seed=0))
    return {"examples": _examples(networks[0], seed), "regret": _regret(networks, seed), "fits": pd.concat(fits, ignore_index=True)}


def _examples(network: Network, seed: int) -> pd.DataFrame:
    """Return one episode of either volatility: the first arm's probability, the network's, and what it took."""
    rows = []
    for label, drift_sd in DRIFTS.items():
        rollout = simulate(network, make_task(TASK, drift_sd=(drift_sd,)), 1, seed)
        logits = rollout.logits[:, 0]
        rows.append(pd.DataFrame({
            "volatility": label, "trial": range(len(logits)), "reward_probability": rollout.hidden["reward_probability"][:, 0, 0],
            "choice_probability": 1 / (1 + np.exp(logits[:, 1] - logits[:, 0])), "choice": rollout.action[:, 0]}))
    return pd.concat(rows, ignore_index=True)


def _regret(networks: Sequence[Network], seed: int) -> pd.DataFrame:
    task = make_task(TASK)
    each = [_cumulative(network, seed) for network in networks]
    curves = [regret_curve(pd.concat(each, ignore_index=True)).assign(player="network", seed=-1)]
    curves += [regret_curve(table).assign(player="network", seed=one) for one, table in enumerate(each)]
    for name in (*CLASSICAL, "bayes-optimal"):
        curves.append(regret_curve(_cumulative(player(name, task), seed)).assign(player=name, seed=-1))
    return pd.concat(curves, ignore_index=True)


def _cumulative(agent: Agent, seed: int) -> pd.DataFrame:
    return cumulative_regret(simulate(agent, make_task(TASK), N_CURVE, seed).to_trials())


def _fits(agent: Agent, seed: int) -> pd.DataFrame:
    trials = [in_blocks(simulate(agent, make_task(TASK, drift_sd=(drift_sd,)), N_BLOCKS * N_IN_BLOCK, seed).to_trials(), N_IN_BLOCK, label)
              for label, drift_sd in DRIFTS.items()]
    table = fit_blocks(pd.concat(trials, ignore_index=True), FIXED_RATE)
    return table.assign(volatility=table["subject"].str.split().str[0])


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    last = tables["regret"].groupby(["player", "seed"])["mean"].last()
    network = last["network"]
    fits = tables["fits"]
    gain = {name: np.array([gain_of_a_free_rate(table) for _, table in fits[fits["player"] == name].groupby("seed")])
            for name in ("network", "fixed rate")}
    rate = _rates(fits).query("player == 'network'").pivot(index="seed", columns="volatility", values="learning_rate")
    return {"regret": network[network.index >= 0].to_numpy() / min(last[name, -1] for name in CLASSICAL),
            "gain_network": gain["network"], "gain_control": gain["fixed rate"], "rate": (rate["high"] - rate["low"]).to_numpy()}


def _rates(fits: pd.DataFrame) -> pd.DataFrame:
    """Return the mean fitted learning rate and inverse temperature of model ab, by player, seed and volatility."""
    free = fits[fits["model"] == "ab"]
    return free.groupby(["player", "seed", "volatility"], sort=False)[["learning_rate", "inverse_temperature"]].mean().reset_index()


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels a to f."""
    figure = plt.figure(figsize=(9.4, 4.9), layout="constrained")
    top, bottom = figure.subfigures(2, 1)
    axes = top.subplots(1, 3)
    for ax, label in zip(axes, DRIFTS, strict=False):
        _draw_example(tables["examples"].query("volatility == @label"), ax, f"a  {label} volatility")
    _draw_regret(tables["regret"], axes[2])
    axes = bottom.subplots(1, 4)
    for ax, (name, title) in zip(axes, (("network", "c  network"), ("fixed rate", "d  fixed rate")), strict=False):
        plot_bic(tables["fits"].query("player == @name"), ax)
        ax.set_title(title, loc="left")
    axes[1].legend(loc="upper left", fontsize=6.5)
    _draw_by_volatility(_rates(tables["fits"]), "learning_rate", "Fitted learning rate", axes[2], "e")
    _draw_by_volatility(_rates(tables["fits"]), "inverse_temperature", "Fitted inverse temperature", axes[3], "f")
    axes[2].legend(loc="lower right", fontsize=6.5)
    return figure


def _draw_example(table: pd.DataFrame, ax: Axes, title: str) -> None:
    ax.plot(table["trial"] + 1, table["reward_probability"], color=REFERENCE, label="first arm pays")
    ax.plot(table["trial"] + 1, table["choice_probability"], color=PALETTE[0], linewidth=0.9, label="network takes it")
    ax.plot(table["trial"] + 1, np.where(table["choice"] == 0, 1.08, -0.08), "|", markersize=4, color=PALETTE[1], label="taken: top")
    ax.set_ylim(-0.15, 1.15)
    ax.set_xlabel("Trial")
    ax.set_ylabel("Probability")
    ax.set_title(title, loc="left")
    if "low" in title:
        ax.legend(loc="center right", fontsize=6.5)


def _draw_regret(regret: pd.DataFrame, ax: Axes) -> None:
    shown = regret[regret["seed"] == -1]
    plot_cumulative_regret({name: table for name, table in shown.groupby("player", sort=False)}, ax, top=None)
    ax.set_title("b  both volatilities, not cued", loc="left")


def _draw_by_volatility(rates: pd.DataFrame, parameter: str, label: str, ax: Axes, letter: str) -> None:
    for name, rows in rates.groupby("player", sort=False):
        color = COLORS[name]
        wide = rows.pivot(index="seed", columns="volatility", values=parameter)[list(DRIFTS)]
        ax.plot([0, 1], wide.to_numpy().T, color=color, linewidth=0.6, alpha=0.5)
        ax.plot([0, 1], wide.mean(), color=color, marker="o", markersize=4, label=name)
    ax.set_xticks([0, 1], ["low", "high"])
    ax.set_xlim(-0.3, 1.3)
    ax.set_ylim(0, 1.05 * rates[parameter].max())
    ax.set_xlabel("Volatility")
    ax.set_ylabel(label)
    ax.set_title(f"{letter}  model ab", loc="left")


FIGURE = PaperFigure(
    "wang2016_fig4", "Where arms drift, the network loses little and learns at a rate that suits the drift.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw,
)
