"""Ritter et al. 2018, episodic two-step task: one network learns by the trial and recalls single visits, both model-based.

Claimed, of three panels of staying: on uncued trials the crossover of reward and transition of the trial before
(incremental, model-based); on cued trials less of it; in its place the same crossover for the trial whose context is the
cue (episodic, model-based), which is gone with the reinstatement gate held shut. How ours departs: the layout and the
settings are those of a public reproduction; the cell is written after the step that hears the outcome, as it must be where
cues return within an episode (the paper's writing is not printed); the paper prints no numbers. Players of the four
strategies (incremental or episodic, model-free or model-based) stand beside the network, and all are weighed by one regression,
see ``analyses.episodic_strategies``.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.episodic_stay import PANELS, episodic_regression, episodic_stay
from analyses.episodic_strategies import STRATEGIES as WEIGHED
from analyses.episodic_strategies import UNCUED, plot_strategy_weights, strategy_weights
from analyses.intervals import mean_interval
from analyses.stay_probability import group_stay, plot_stay_probability
from analyses.style import REFERENCE, colors, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES = "two_step/episodic", (0, 1, 2, 3, 4), 200
EPISODIC, NETWORK, SHUT = f"{TASK} episodic_lstm", "network", "gate held shut"
STRATEGIES = ("model-free", "model-based", "episodic-model-free", "episodic-model-based")
WITHOUT_MEMORY = "belief-filter"
"""The exact learner that knows nothing of cues."""

CROSSOVER = {"reward": "reward", "reward_x_transition": "reward x transition"}
"""Terms of the regressions that are drawn: model-free and model-based."""

_SOURCE = "Ritter 2018 (bioRxiv), episodic two-step"
_NONE = "; learners without memory of visits have .08 to .18"
CLAIMS = (
    Claim("uncued", "uncued: stays more after rewarded common and unrewarded rare trials than after the others", "difference > 0",
          _SOURCE, low=1e-9),
    Claim("weaker", "cued: less of that effect (reward x transition, log odds, cued less uncued)", "< 0", _SOURCE, high=-1e-9),
    Claim("episodic", "episodic: repeats the cued trial's choice more if it was rewarded common or unrewarded rare", "difference > 0",
          _SOURCE, low=1e-9),
    Claim("interaction", "episodic: reward x transition of the cued trial (log odds)", "> 0", _SOURCE + _NONE, low=0.2),
    Claim("shut", "gate held shut: reward x transition of the cued trial (log odds)", "gone",
          _SOURCE + _NONE, low=-0.2, high=0.2),
    Claim("plans", "uncued: weight of incremental model-based less that of incremental model-free (log odds a unit of reward)",
          "> 0", _SOURCE, low=1e-9),
    Claim("recalls", "cued: weight of episodic model-based above the largest of the other three strategies (difference)",
          "> 0", _SOURCE, low=1e-9),
    Claim("gives_way", "incremental model-based: weight on cued trials less that on uncued", "< 0", _SOURCE, high=-1e-9),
    Claim("shut_weight", "gate held shut: weight of episodic model-based, as a share of the whole network's", "gone", _SOURCE,
          low=-0.1, high=0.1),
    Claim("earned", "cued trials: reward above that of the exact learner without memory of visits (difference)", "> 0",
          "reference player belief-filter", low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return staying by panel, its regressions, and rewards, of the networks, whole and lesioned, and the strategies."""
    networks = agents[EPISODIC]
    groups = {NETWORK: networks, SHUT: [network.with_lesion(gate=0.0) for network in networks],
              **{name: [player(name, make_task(TASK))] for name in (*STRATEGIES, WITHOUT_MEMORY)}}
    played = [_played(agent, seed, str(one)) | {"player": name}
              for name, group in groups.items() for one, agent in enumerate(group)]
    return {part: pd.concat([one[part].assign(player=one["player"]) for one in played], ignore_index=True)
            for part in ("stay", "effect", "reward", "weight")}


def _played(agent: Agent, seed: int, subject: str) -> dict[str, pd.DataFrame]:
    trials = simulate(agent, make_task(TASK), N_EPISODES, seed).to_trials(subject=subject)
    stay, cued = episodic_stay(trials), trials["cued_trial"].notna()
    reward = {"uncued": trials["reward"][~cued].mean(), "cued": trials["reward"][cued].mean()}
    effect = episodic_regression(stay, half_counts=True).assign(subject=subject)
    return {"stay": stay, "effect": effect, "reward": pd.DataFrame([reward]).assign(subject=subject),
            "weight": strategy_weights(trials, make_task(TASK).common_probability).assign(subject=subject)}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    effect = tables["effect"][tables["effect"]["term"] == "reward_x_transition"]
    effect = effect.set_index(["player", "panel", "subject"]).sort_index()["coefficient"]
    cued = tables["reward"].set_index(["player", "subject"])["cued"]
    stay = tables["stay"][tables["stay"]["player"] == NETWORK]
    return {
        "uncued": _crossover(stay, PANELS[0]), "episodic": _crossover(stay, PANELS[2]),
        "weaker": (effect[NETWORK, PANELS[1]] - effect[NETWORK, PANELS[0]]).to_numpy(),
        "interaction": effect[NETWORK, PANELS[2]].to_numpy(), "shut": effect[SHUT, PANELS[2]].to_numpy(),
        "earned": cued[NETWORK].to_numpy() - cued[WITHOUT_MEMORY].mean(), **_weight_numbers(tables["weight"]),
    }


def _weight_numbers(weight: pd.DataFrame) -> dict[str, np.ndarray]:
    wide = {name: group.pivot(index="subject", columns="term", values="coefficient")
            for name, group in weight.groupby("player")}
    whole, episodic = wide[NETWORK], WEIGHED[3]
    return {
        "plans": (whole[UNCUED[1]] - whole[UNCUED[0]]).to_numpy(),
        "recalls": (whole[episodic] - whole[list(WEIGHED[:3])].max(axis=1)).to_numpy(),
        "gives_way": (whole[WEIGHED[1]] - whole[UNCUED[1]]).to_numpy(),
        "shut_weight": (wide[SHUT][episodic] / whole[episodic].mean()).to_numpy(),
    }


def _crossover(stay: pd.DataFrame, panel: str) -> np.ndarray:
    """Return, a seed, how far the two cells that a model-based learner repeats lie above the two others; < 0: they do not."""
    cells = stay[stay["panel"] == panel].pivot(index="subject", columns="cell", values="stay")
    repeated, left = ["rewarded_common", "unrewarded_rare"], ["rewarded_rare", "unrewarded_common"]
    return (cells[repeated].min(axis=1) - cells[left].max(axis=1)).to_numpy()


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels of the network, whole and lesioned; below them the effects and the weights of strategies in everybody."""
    figure = plt.figure(figsize=(8.6, 10.0), layout="constrained")
    above, below, last = figure.subfigures(3, 1, height_ratios=(2, 1, 1.1))
    stays, effects = above.subplots(2, 3), below.subplots(1, 3, sharex=True, sharey=True)
    _draw_weights(tables["weight"], last.subplots())
    for row, name in zip(stays, (NETWORK, SHUT), strict=True):
        _draw_stay(tables["stay"][tables["stay"]["player"] == name], name, row)
    for ax, panel in zip(effects, PANELS, strict=True):
        _draw_effects(tables["effect"][tables["effect"]["panel"] == panel], ax)
        ax.set_title(panel)
    effects[0].set_yticks(range(len(_SHOWN)), _SHOWN)
    effects[0].invert_yaxis()
    effects[1].set_xlabel("Effect on repeating the choice (log odds)")
    effects[2].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


_SHOWN = (NETWORK, SHUT, *STRATEGIES)


def _draw_weights(weight: pd.DataFrame, ax: Axes) -> None:
    means = mean_interval(weight, "coefficient", ["player", "term"]).set_index("player").loc[list(_SHOWN)].reset_index()
    plot_strategy_weights(means, ax)
    ax.set_title("four strategies weighed in the choices of cued trials")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _draw_stay(stay: pd.DataFrame, name: str, axes: Sequence[Axes]) -> None:
    tables = {f"{name}\n{panel}": group_stay(stay[stay["panel"] == panel]) for panel in PANELS}
    plot_stay_probability(tables, axes)
    axes[0].set_ylabel("P(repeat the first choice)")
    axes[1].set_xlabel("Outcome of the trial before (left, middle), of the trial cued (right)")
    if name == SHUT:
        axes[-1].get_legend().remove()


def _draw_effects(effect: pd.DataFrame, ax: Axes) -> None:
    for shift, (term, color) in zip((-0.15, 0.15), colors(CROSSOVER).items(), strict=True):
        table = mean_interval(effect[effect["term"] == term], "coefficient", "player").set_index("player").loc[list(_SHOWN)]
        half = np.nan_to_num((table["high"] - table["mean"]).to_numpy())
        ax.errorbar(table["mean"], np.arange(len(_SHOWN)) + shift, xerr=half, fmt="o", markersize=4, color=color,
                    capsize=2, elinewidth=1, label=CROSSOVER[term])
    ax.axvline(0, color=REFERENCE, linestyle=":", linewidth=0.8)


FIGURE = PaperFigure(
    "ritter2018_two_step", "A cue brings back where one visit led and what it paid; the network plans with it.",
    ((EPISODIC, SEEDS),), CLAIMS, compute, numbers, draw,
)
