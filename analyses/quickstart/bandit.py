"""The bandit half of the quickstart: the frozen network beside its exact references.

Task: ``bandit/independent`` (Wang et al. 2016, D_i: two arms, 100 trials). References beside the players come from
dynamic programming or 100,000 simulated episodes made for this project (the ``expected`` column); the network has none.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.learning_curve import learning_curve, plot_learning_curve
from analyses.quickstart.everybody import NETWORK, Listener, everybody_plays
from analyses.raster import choice_raster, plot_choice_raster
from analyses.regret import cumulative_regret, plot_cumulative_regret, regret_curve, total_regret
from analyses.style import styled
from cogmeta.agent import Agent
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = "bandit/independent"
N_TEST = 20_000
"""Test episodes of the network and of every reference; the standard error of regret is about 0.015."""

BAYES_OPTIMAL_REGRET = 1.748
"""Exact, by dynamic programming over all outcomes of two arms and 100 trials."""

EXPECTED = {"random": 16.66, "ucb1": 5.59, "thompson": 2.78, "gittins": 1.78, "bayes-optimal": BAYES_OPTIMAL_REGRET}
"""Regret of 100 trials of each reference: exact for Bayes-optimal, else 100,000 episodes (standard error < 0.03)."""

DRAWN = (NETWORK, "ucb1", "thompson", "gittins", "bayes-optimal")
"""Players whose regret is drawn over trials."""

MODELS = ("bandit/rescorla_wagner", "bandit/choice_kernel", "bandit/rescorla_wagner_choice_kernel")
"""Cognitive models fitted to the network's choices."""

PROBLEMS = ((0.25, 0.75), (0.6, 0.4))
"""Test problems of the raster, Wang et al. 2018, figure 1c."""

CLAIMS = (
    Claim("regret", "loses less than Thompson sampling on independent arms", "2.78", "order: Wang 2016, fig 2a; value: 100,000 simulated episodes",
          high=2.78),
    Claim("regret_over_bayes", "a check of ours: not below the exact optimum, but for sampling error", "1.748", "dynamic programming",
          low=BAYES_OPTIMAL_REGRET - 0.06),
)
"""A measured regret may fall below the optimum by four standard errors of 20,000 episodes, 0.06."""


@dataclass(frozen=True)
class BanditResult:
    """What the network and the references did on the bandit.

    Attributes
    ----------
    regret : DataFrame
        One row a player: regret and suboptimal pulls of whole episodes, 95 % interval, expected value.
    curves : dict
        Player -> regret over trials.
    learning : dict
        Player -> share of best arms by trial.
    rasters : dict
        Problem -> choices of 100 episodes.
    trials : DataFrame
        300 episodes of the network, as sessions of one subject.
    """

    regret: pd.DataFrame
    curves: dict[str, pd.DataFrame]
    learning: dict[str, pd.DataFrame]
    rasters: dict[tuple[float, float], pd.DataFrame]
    trials: pd.DataFrame

    def of(self, player: str) -> float:
        """Return the regret of one player."""
        return float(self.regret.set_index("player")["regret"][player])


def play_bandit(network: Agent, seed: int, listener: Listener, n_test: int = N_TEST) -> BanditResult:
    """Let the frozen network and every reference play fresh episodes.

    Parameters
    ----------
    network : Agent
    seed : int
        All players meet the same arms.
    listener : callable
        Called with (player, done, in all).
    n_test : int
        Episodes each.
    """
    task = make_task(TASK)
    rows, curves, learning = [], {}, {}
    for name, trials in everybody_plays(network, task, n_test, seed, listener):
        rows.append(_regret_row(name, trials))
        if name in DRAWN:
            curves[name] = regret_curve(cumulative_regret(trials))
            learning[name] = learning_curve(trials)
    regret = pd.DataFrame(rows).sort_values("regret", ignore_index=True)
    return BanditResult(regret, curves, learning, _rasters(network, seed), simulate(network, task, 300, seed + 1).to_trials(NETWORK))


def _regret_row(name: str, trials: pd.DataFrame) -> dict[str, object]:
    total = total_regret(trials).set_index("measure")
    return {
        "player": name, "regret": total["mean"]["regret"], "low": total["low"]["regret"], "high": total["high"]["regret"],
        "expected": EXPECTED.get(name), "suboptimal pulls": total["mean"]["suboptimal"],
    }


def _rasters(network: Agent, seed: int) -> dict[tuple[float, float], pd.DataFrame]:
    tasks = {problem: make_task(TASK, reward_probability=problem) for problem in PROBLEMS}
    return {problem: choice_raster(simulate(network, task, 100, seed).to_trials()) for problem, task in tasks.items()}


@styled
def draw_regret(result: BanditResult) -> Figure:
    """Draw regret and the share of best choices over trials, network and references."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 2.9), layout="constrained")
    plot_cumulative_regret({name: result.curves[name] for name in DRAWN if name in result.curves}, axes[0])
    plot_learning_curve({name: result.learning[name] for name in DRAWN if name in result.learning}, ax=axes[1])
    return figure


@styled
def draw_raster(result: BanditResult) -> Figure:
    """Draw the network's choices on the two test problems."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 2.6), layout="constrained")
    for ax, (problem, table) in zip(axes, result.rasters.items(), strict=True):
        plot_choice_raster(table, ax)
        ax.get_legend().remove()
        ax.set_title(f"arm 1 (blue) pays {problem[0]:g}, arm 2 pays {problem[1]:g}")
    return figure
