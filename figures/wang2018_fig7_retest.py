"""Wang et al. 2018, simulation 6 (with figure 7): a policy that hears prediction errors in place of rewards does the other tasks, too.

Claimed: the pair of networks of figure 7, of which the one that chooses is told the reward prediction error of the one that
values and never the reward, behaves on the tasks of simulations 1 to 5 as the network that is told its rewards does. Of each task
the measure of its own figure is taken: the slope of matching (2d), by how much learning is faster where the world is volatile
(3d), the lesser error of the new sign at a cue whose change is inferred (4b), the crossover of staying (5c) and the second choice
between new objects (6c). How ours departs: four pairs a task, trained by the recipe of the networks that hear rewards, of which
four are shown beside them (on baited arms by the two-step recipe for 1.5 M steps, with which these networks began, too); the bars are those of the figures. The paper prints no numbers of the retest. The first look, at one pair, took
the learning rates of one episode (volatile less stable half -.05), by mistake; figure 3d fits all of an order together, and so it is here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.inferred_value import cue_errors, mean_cue_errors, sign_flips
from analyses.matching import matching_line, matching_ratios
from analyses.rate_by_volatility import rates_by_volatility
from analyses.stay_probability import group_stay, stay_crossover, stay_probability
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agents.network import Network
from cogmeta.rollout import Rollout
from cogmeta.simulate import simulate
from cogmeta.task import Task
from figures.paper_figure import PaperFigure, Tables
from figures.wang2018_fig6 import accuracy_by_trial
from tasks.registry import make_task

SEEDS, N_EPISODES = (0, 1, 2, 3), 300
PAIR = "surprised_pair"


def _slope(rollout: Rollout) -> float:
    return matching_line(matching_ratios(rollout.to_trials()))["slope"]


def _faster(rollout: Rollout) -> float:
    """Return the lesser gain of the two orders of the halves; all episodes of an order are fitted as one subject, as in figure 3."""
    trials = rollout.to_trials(subject="network")
    began = trials.groupby("session")["volatile"].transform("first").astype(bool)
    rates = rates_by_volatility(trials.assign(subject=np.where(began, "volatile first", "stable first")))
    return float((rates["learning_rate_volatile"] - rates["learning_rate_stable"]).min())


def _inferred(rollout: Rollout) -> float:
    return sign_flips(mean_cue_errors(cue_errors(rollout)))["inferred"]


def _crossover(rollout: Rollout) -> float:
    return stay_crossover(group_stay(stay_probability(rollout.to_trials())))


def _second(rollout: Rollout) -> float:
    return float(accuracy_by_trial(rollout)["accuracy"].iloc[1])


@dataclass(frozen=True)
class Retest:
    """What is measured on one task.

    Attributes
    ----------
    trained : str
        Registered task of the training.
    words : str
        What the number is, for claim and panel.
    measure : callable
        ``measure(rollout) -> float``.
    panel : str
        Of the paper, where the network that hears rewards shows it.
    low, high : float
        The bar there.
    test : tuple of (str, dict)
        Registered task of the test and its settings.
    """

    trained: str
    words: str
    measure: Callable[[Rollout], float]
    panel: str
    low: float
    high: float
    test: tuple[str, Mapping[str, object]]

    def task(self) -> Task:
        """Return the task of the test."""
        return make_task(self.test[0], **self.test[1])


RETESTS = {
    "matching": Retest(
        "bandit/matching_training", "slope of matching", _slope, "2d", 0.7, 1.1, ("bandit/matching", {"draw": "training"})),
    "volatility": Retest(
        "bandit/shifting_volatility", "learning rate, volatile less stable half (lesser of either order)", _faster, "3d", 1e-9, np.inf, ("bandit/volatile", {})),
    "inferred value": Retest(
        "bandit/reversal", "lesser error at an inferred cue", _inferred, "4b", 1e-9, np.inf, ("bandit/reversal", {})),
    "two-step": Retest(
        "two_step/wang2018", "crossover of staying", _crossover, "5c", 1e-9, np.inf, ("two_step/wang2018", {})),
    "Harlow": Retest(
        "harlow/vector", "second choice right", _second, "6c", 0.95, np.inf, ("harlow/vector", {"objects": "test"})),
}
"""Name of the task -> what is measured there."""


def _claim(name: str, retest: Retest) -> Claim:
    reference = f"{retest.low:g} to {retest.high:g}" if np.isfinite(retest.high) else "> 0" if retest.low < 0.01 else f">= {retest.low:g}"
    return Claim(name, f"{name}, hearing errors in place of rewards: {retest.words}", reference,
                 f"Wang 2018, simulation 6; bar of fig {retest.panel}", low=retest.low, high=retest.high)


CLAIMS = tuple(_claim(name, retest) for name, retest in RETESTS.items())


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return the number of every task and network: pairs that hear errors and networks that hear rewards."""
    rows = [{"task": name, "hears": hears, "seed": one, "number": retest.measure(simulate(network, retest.task(), N_EPISODES, seed))}
            for name, retest in RETESTS.items() for hears, named in _heard(retest).items() for one, network in enumerate(agents[named])]
    return {"measures": pd.DataFrame(rows)}


def _heard(retest: Retest) -> dict[str, str]:
    """Return, for what is heard, the networks that hear it, as ``PaperFigure.agents`` names them."""
    return {"rewards": retest.trained, "errors": f"{retest.trained} {PAIR}"}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim: of the pairs."""
    pairs = tables["measures"].query("hears == 'errors'")
    return {name: pairs.loc[pairs["task"] == name, "number"].to_numpy() for name in RETESTS}


@styled
def draw(tables: Tables) -> Figure:
    """Draw a panel a task: networks that hear rewards beside pairs that hear errors."""
    figure, axes = plt.subplots(1, len(RETESTS), figsize=(10.0, 2.7), layout="constrained")
    for ax, (name, retest) in zip(axes, RETESTS.items(), strict=True):
        _draw_task(tables["measures"].query("task == @name"), retest, ax)
        ax.set_title(name, loc="left")
    figure.supxlabel("dots: networks; dashed: the bar, where it is not zero", fontsize="small")
    return figure


def _draw_task(measures: pd.DataFrame, retest: Retest, ax: Axes) -> None:
    heard = {hears: measures.loc[measures["hears"] == hears, "number"] for hears in _heard(retest)}
    for place, found in enumerate(heard.values()):
        ax.bar(place, found.mean(), 0.6, color=PALETTE[place], alpha=0.4)
        ax.plot(place + np.linspace(-0.15, 0.15, len(found)) * (len(found) > 1), found, "o", markersize=3, color=PALETTE[place])
    for bar in (retest.low, retest.high):
        if np.isfinite(bar):
            ax.axhline(bar, color=REFERENCE, linestyle="--", linewidth=0.8)
    ax.set_xticks((0, 1), [f"hears\n{hears}\n(n = {len(found)})" for hears, found in heard.items()])
    ax.set_xlim(-0.6, 1.6)
    ax.set_ylabel(fill(retest.words.capitalize(), 36))


FIGURE = PaperFigure(
    "wang2018_fig7_retest", "A policy that hears prediction errors in place of rewards does the other tasks, too.",
    tuple((named, SEEDS) for retest in RETESTS.values() for named in _heard(retest).values()),
    CLAIMS, compute, numbers, draw,
)
