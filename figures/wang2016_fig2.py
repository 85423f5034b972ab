"""Wang et al. 2016, experiments 1 and 2 (figure 2): regret on five distributions of two arms, and how training carries over.

Claimed: on independent arms the network loses less than Thompson sampling and UCB, more than Gittins (a); trained on
dependent arms it loses less than all three (c to e), also where arms are easier or harder than in training; regret
grows from easy to medium to hard arms; who trained on independent arms loses more on dependent ones than who trained on
these; an agent that is not told its rewards stays at chance. How ours departs: four seeds a distribution with one recipe
(the paper: the best 5 of 100 settings), of which the matrix shows means; 2,000 test episodes, in panel e 10,000, not 150; that
the network stays above Gittins on independent arms is held against the exact optimum; controls were trained for 1 M steps.

Trained on medium arms for 28 M steps, as on all, the ratios of claim e are .84, .78, .83 and .85; 8 M steps
gave .98, .82, .91 and .91, over 20,000 other episodes 1.00, .84, .93 and .93. The claim on training alike, asked of
every seed, failed while networks had trained on easy arms for 8 M steps (.73 to .77, those trained on independent ones for 28 M .65 to .82);
trained for as long they lose .64, .65, .63 and .62 there, in the same order .82, .68, .66 and .65 (20,000 episodes; exact Bayes .63). On
uniform, medium and hard arms networks that were trained on independent ones lose more by .27 to 1.81. The claim on transfer between easy
and hard arms (beyond training on the same, 2.59, 2.14, -.12 and 1.23 lost from easy to hard, .16, .23, .15 and .09 back) held in every seed
after 8 M steps (1.1 on average); after 28 M one network of easy arms plays hard ones as well as those that trained there.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.raster import choice_raster, plot_choice_raster
from analyses.regret import cumulative_regret, plot_cumulative_regret, regret_curve
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task
from tasks.train_run import measure

ARMS = ("independent", "uniform", "easy", "medium", "hard")
SEEDS = (0, 1, 2, 3)
CONTROL_SEEDS = (0,)
"""Of the networks that are not told their rewards, one for each distribution."""

CLASSICAL = ("gittins", "thompson", "ucb1")
PANELS = (("independent", "independent"), ("uniform", "uniform"), ("medium", "easy"), ("medium", "hard"))
"""Trained on, tested on: panels a, c, d and e."""

CHANCE = {"independent": 50 / 3, "uniform": 25.0, "easy": 40.0, "medium": 25.0, "hard": 10.0}
"""Expected regret of random choices: 100 trials times half the mean distance of the arms."""

N_CURVE, N_MATRIX, N_CONTROL, N_RASTER = 2_000, 1_000, 10_000, 300
N_CLOSE = 10_000
"""Test episodes of panel e, and of easy arms in the matrix, where players lie closer together than fewer episodes can tell."""

_SOURCE = "Wang 2016, experiments 1 and 2"
CLAIMS = (
    Claim("order", "a: on independent arms, exact Bayes < network < Thompson < UCB1 in regret (smallest gap)", "gap > 0", _SOURCE, low=1e-9),
    *(Claim(f"{trained}_{tested}", f"{panel}: trained on {trained}, tested on {tested}: below Gittins, Thompson and UCB1", "ratio < 1", _SOURCE,
            high=1 - 1e-9) for panel, (trained, tested) in zip("cde", PANELS[1:], strict=True)),
    Claim("difficulty", "f: trained and tested alike, regret grows from easy to medium to hard (smallest gap)", "gap > 0", _SOURCE, low=1e-9),
    Claim("matched", "f: on dependent arms, training on independent ones loses more than training on the same (smallest gap)", "gap > 0",
          _SOURCE, low=1e-9),
    Claim("transfer", "f: from easy to hard arms more is lost than from hard to easy (beyond training on the same)", "difference > 0",
          _SOURCE, low=1e-9),
    Claim("control", "not told its rewards, a network is at chance (relative distance, one network for each of the five)", "0",
          _SOURCE + "; 5 % leaves room for the chance of test episodes", high=0.05),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return regret curves, raster, matrix and control."""
    medium = agents["bandit/medium"][0]
    raster = choice_raster(simulate(medium, make_task("bandit/medium"), N_RASTER, seed).to_trials())
    return {"curves": pd.concat([_curves(agents, *panel, seed) for panel in PANELS], ignore_index=True), "raster": raster,
            "matrix": _matrix(agents, seed), "control": _control(agents, seed)}


def _curves(agents: Mapping[str, Sequence[Network]], trained: str, tested: str, seed: int) -> pd.DataFrame:
    task = make_task(f"bandit/{tested}")
    n_episodes = N_CLOSE if tested == "hard" else N_CURVE
    regrets = [_regret(network, task.spec.name, n_episodes, seed) for network in agents[f"bandit/{trained}"]]
    curves = [regret_curve(pd.concat(regrets, ignore_index=True)).assign(player="network", seed=-1)]
    curves += [regret_curve(regret).assign(player="network", seed=one) for one, regret in enumerate(regrets)]
    for name in (*CLASSICAL, "bayes-optimal"):
        curves.append(regret_curve(_regret(player(name, task), task.spec.name, n_episodes, seed)).assign(player=name, seed=-1))
    return pd.concat(curves, ignore_index=True).assign(trained=trained, tested=tested)


def _regret(agent: Agent, task: str, n_episodes: int, seed: int) -> pd.DataFrame:
    return cumulative_regret(simulate(agent, make_task(task), n_episodes, seed).to_trials())


def _matrix(agents: Mapping[str, Sequence[Network]], seed: int) -> pd.DataFrame:
    rows = [{"trained": trained, "tested": tested, "seed": one,
             "regret": measure(network, make_task(f"bandit/{tested}"), N_CLOSE if tested == "easy" else N_MATRIX, seed)["regret"]}
            for trained in ARMS for one, network in enumerate(agents[f"bandit/{trained}"]) for tested in ARMS]
    return pd.DataFrame(rows)


def _control(agents: Mapping[str, Sequence[Network]], seed: int) -> pd.DataFrame:
    rows = [{"arms": arms, "chance": CHANCE[arms], "seed": one,
             "regret": measure(network, make_task(f"bandit/{arms}"), N_CONTROL, seed)["regret"]}
            for arms in ARMS for one, network in enumerate(agents[f"bandit/{arms} lstm_no_reward"])]
    return pd.DataFrame(rows)


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed; of ``control`` one a distribution."""
    regret = tables["matrix"].pivot(index="seed", columns=["trained", "tested"], values="regret")
    own = {arms: regret[arms, arms] for arms in ARMS}
    transfer = (regret["easy", "hard"] - own["hard"]) - (regret["hard", "easy"] - own["easy"])
    difficulty = np.minimum(own["medium"] - own["easy"], own["hard"] - own["medium"])
    matched = np.minimum.reduce([regret["independent", arms] - own[arms] for arms in ARMS[1:]])
    control = tables["control"].assign(distance=lambda table: (table["regret"] / table["chance"] - 1).abs())
    return {
        "order": _order(_last(tables["curves"], "independent", "independent")),
        **{f"{trained}_{tested}": _over_classical(_last(tables["curves"], trained, tested)) for trained, tested in PANELS[1:]},
        "difficulty": difficulty.to_numpy(), "transfer": transfer.to_numpy(),
        "matched": matched, "control": control["distance"].to_numpy(),
    }


def _last(curves: pd.DataFrame, trained: str, tested: str) -> pd.Series:
    """Return the regret of whole episodes, by player and seed (-1: all)."""
    panel = curves[(curves["trained"] == trained) & (curves["tested"] == tested)]
    return panel.groupby(["player", "seed"])["mean"].last()


def _seeds(last: pd.Series) -> np.ndarray:
    network = last["network"]
    return network[network.index >= 0].to_numpy()


def _order(last: pd.Series) -> np.ndarray:
    network, (bayes, thompson, ucb) = _seeds(last), (last[name, -1] for name in ("bayes-optimal", "thompson", "ucb1"))
    return np.minimum.reduce([network - bayes, thompson - network, np.full_like(network, ucb - thompson)])


def _over_classical(last: pd.Series) -> np.ndarray:
    return _seeds(last) / min(last[name, -1] for name in CLASSICAL)


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels a to f, and the control."""
    figure = plt.figure(figsize=(9.6, 5.0), layout="constrained")
    top, bottom = figure.subfigures(2, 1)
    axes = top.subplots(1, 4)
    for ax, letter, panel in zip(axes, "acde", PANELS, strict=True):
        _draw_curves(tables["curves"], *panel, letter, ax)
    axes[0].legend(loc="upper left", fontsize=6.5)
    axes = bottom.subplots(1, 3, width_ratios=(1.3, 1.2, 0.9))
    plot_choice_raster(tables["raster"], axes[0], color="best")
    axes[0].get_legend().remove()
    axes[0].set_title("b  medium: where another arm than the best is taken", loc="left")
    _draw_matrix(tables["matrix"], axes[1])
    _draw_control(tables["control"], axes[2])
    return figure


def _draw_curves(curves: pd.DataFrame, trained: str, tested: str, letter: str, ax: Axes) -> None:
    shown = curves[(curves["trained"] == trained) & (curves["tested"] == tested) & (curves["seed"] == -1)]
    plot_cumulative_regret({name: table for name, table in shown.groupby("player", sort=False)}, ax, top=None)
    ax.get_legend().remove()
    ax.set_ylim(0, 7.5)
    ax.set_title(f"{letter}  trained {trained},\n    tested {tested}", loc="left")
    if letter != "a":
        ax.set_ylabel("")


def _draw_matrix(matrix: pd.DataFrame, ax: Axes) -> None:
    mean = matrix.groupby(["trained", "tested"])["regret"].mean().unstack().loc[list(ARMS), list(ARMS)]
    ax.imshow(np.log(mean), cmap="Blues", aspect="auto")
    middle = np.log(mean.to_numpy()).min() / 2 + np.log(mean.to_numpy()).max() / 2
    for i, j in np.ndindex(mean.shape):
        value = mean.iloc[i, j]
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color="white" if np.log(value) > middle else "black")
    ax.set_xticks(range(len(ARMS)), [_short(arms) for arms in ARMS])
    ax.set_yticks(range(len(ARMS)), ARMS)
    ax.set_xlabel("Tested on")
    ax.set_ylabel("Trained on")
    ax.set_title("f  regret, mean over seeds", loc="left")
    ax.spines[:].set_visible(False)


def _draw_control(control: pd.DataFrame, ax: Axes) -> None:
    control = control.groupby("arms", sort=False)[["regret", "chance"]].mean().reset_index()
    place = np.arange(len(control))
    ax.bar(place, control["regret"], color=PALETTE[7], width=0.6, label="not told its rewards")
    ax.hlines(control["chance"], place - 0.4, place + 0.4, color=REFERENCE, linewidth=1.5, linestyle="--", label="random choices, exact")
    ax.set_xticks(place, [_short(arms) for arms in control["arms"]], rotation=30)
    ax.set_ylabel("Regret")
    ax.set_ylim(0, 58)
    ax.set_title("control network", loc="left")
    ax.legend(loc="upper right")


def _short(arms: str) -> str:
    return "indep." if arms == "independent" else arms


FIGURE = PaperFigure(
    "wang2016_fig2", "On two-armed bandits the network loses little, and less where training tells how the arms hang together.",
    tuple((f"bandit/{arms}", SEEDS) for arms in ARMS) + tuple((f"bandit/{arms} lstm_no_reward", CONTROL_SEEDS) for arms in ARMS),
    CLAIMS, compute, numbers, draw,
)
