"""Wang et al. 2018, figure 7: dopamine as an input; blocking or stimulating it moves risky choice, no weight changed.

Claimed, after Stopper et al. 2014: a large reward at a risk is chosen more where it comes with probability .5 than with
.125; blocking dopamine when it comes lowers that choice, blocking it at the small, certain reward raises it, and so does
stimulating it when the risky lever pays nothing. The policy network hears the reward prediction error of a separate value
network instead of the reward (``cogmeta.agents.surprised_pair``); the manipulation is a constant added to that error.

How ours departs, where the paper says nothing: *the constant* is ``STRENGTH`` times the reward that is taken away or made
up (the large one for stimulation), 1 by our choice, since then a blocked reward feels as if it had not been paid; other
strengths are in the table ``strengths``. It acts in imposed and free choices alike; free ones are counted. Rewards are .25
times the pellets; training draws the risky lever's probability from 0 to .5, and which lever it is, anew each
episode (``bandit/risky_training``); the optimal player beside it starts from that range, too. The rats'
bars are not published as numbers; none are shown.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.pair import ActorCriticPair, Stimulation, StimulatedPair
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task
from tasks.risky import RiskyBandit

TRAINED, TEST, SEEDS, N_EPISODES, N_SWEEP = "bandit/risky_training surprised_pair", "bandit/risky", (0, 1, 2, 3), 1_000, 200
PROBABILITIES = (0.5, 0.125)
STRENGTH = 1.0
"""Of the manipulation, in multiples of the reward that it takes away or makes up; the paper's constant is not known."""
STRENGTHS = (0.25, 0.5, 1.0, 1.5)

MANIPULATIONS = {"block_risky": "block risky reward", "block_certain": "block certain reward", "stimulate": "stimulate risky omission"}
COLORS = dict(zip(MANIPULATIONS, (PALETTE[0], PALETTE[1], PALETTE[2]), strict=True))

_SOURCE = "Wang 2018, fig 7; Stopper 2014"
_MOVES = (("block_risky", "blocking the large reward lowers risky choice", "< 0", -np.inf, -1e-9),
          ("block_certain", "blocking the certain reward raises it", "> 0", 1e-9, np.inf),
          ("stimulate", "stimulating where the risky lever pays nothing raises it", "> 0", 1e-9, np.inf))
CLAIMS = (
    Claim("control", "control: risky choice is higher at .5 than at .125 (difference, percent)", "> 0", _SOURCE, low=1e-9),
    *(Claim(f"{name}_{p:g}", f"at {p:g}, {words} (change, percent)", direction, _SOURCE, low=low, high=high)
      for name, words, direction, low, high in _MOVES for p in PROBABILITIES),
    Claim("weights", "weights that differ after all of it (share of networks)", "0: frozen", "Wang 2018, text", low=0, high=0),
)


def stimulation(condition: str, task: RiskyBandit, strength: float = STRENGTH) -> Stimulation:
    """Return what a condition adds to the reward prediction error.

    Parameters
    ----------
    condition : str
        A key of ``MANIPULATIONS``.
    task : RiskyBandit
    strength : float
        In multiples of the reward concerned.

    Examples
    --------
    >>> blocked = stimulation("block_certain", make_task("bandit/risky"))
    >>> (blocked(3, None, None, np.array([0.0, 0.25, 1.0])) + 0.0).tolist()
    [0.0, -0.25, 0.0]
    """
    large, small = task.reward_scale * task.large, task.reward_scale * task.small
    heard, added = {"block_risky": (large, -large), "block_certain": (small, -small), "stimulate": (0.0, large)}[condition]

    def added_now(step: int, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray) -> np.ndarray:
        return strength * added * (np.isclose(previous_reward, heard) & (step > 0))  # which lever it was, the reward tells

    return added_now


def compute(agents: Mapping[str, Sequence[ActorCriticPair]], seed: int) -> Tables:
    """Return the percentage of risky free choices of every condition, network and probability, and for other strengths."""
    pairs, task = agents[TRAINED], make_task(TEST)
    before = [pair.fingerprint() for pair in pairs]
    choices = [_conditions(_subjects(pair, task), N_EPISODES, seed).assign(seed=one) for one, pair in enumerate(pairs)]
    sweep = [_conditions(_manipulated(pair, task, strength), N_SWEEP, seed).assign(seed=one, strength=strength)
             for one, pair in enumerate(pairs) for strength in STRENGTHS]
    ideal = _by_probability(player("bayes-optimal", make_task(TRAINED.split()[0])), N_EPISODES, seed).assign(player="bayes-optimal")
    moved = pd.DataFrame({"seed": range(len(pairs)), "moved": [pair.fingerprint() != was for pair, was in zip(pairs, before, strict=True)]})
    return {"choices": pd.concat(choices, ignore_index=True), "strengths": pd.concat(sweep, ignore_index=True), "ideal": ideal, "weights": moved}


def _subjects(pair: ActorCriticPair, task: RiskyBandit) -> dict[str, Agent]:
    return {"control": pair, **_manipulated(pair, task, STRENGTH)}


def _manipulated(pair: ActorCriticPair, task: RiskyBandit, strength: float) -> dict[str, Agent]:
    return {name: StimulatedPair(pair, stimulation(name, task, strength), name) for name in MANIPULATIONS}


def _conditions(subjects: Mapping[str, Agent], n_episodes: int, seed: int) -> pd.DataFrame:
    return pd.concat([_by_probability(agent, n_episodes, seed).assign(condition=name) for name, agent in subjects.items()], ignore_index=True)


def _by_probability(agent: Agent, n_episodes: int, seed: int) -> pd.DataFrame:
    """Return ``risky_probability`` and ``risky_percent``, of the free choices, at each probability."""
    rows = []
    for probability in PROBABILITIES:
        rollout = simulate(agent, make_task(TEST, risky_probability=(probability,)), n_episodes, seed)
        risky = (rollout.action == rollout.hidden["risky_lever"])[rollout.scored]
        rows.append({"risky_probability": probability, "risky_percent": 100 * risky.mean()})
    return pd.DataFrame(rows)


def numbers(tables: Tables) -> dict[str, np.ndarray | float]:
    """Return the number of every claim, one a seed."""
    percent = tables["choices"].pivot(index="seed", columns=["condition", "risky_probability"], values="risky_percent")
    change = {f"{name}_{p:g}": (percent[name, p] - percent["control", p]).to_numpy() for name in MANIPULATIONS for p in PROBABILITIES}
    half, eighth = (percent["control", p] for p in PROBABILITIES)
    return {"control": (half - eighth).to_numpy(), **change, "weights": float(tables["weights"]["moved"].mean())}


@styled
def draw(tables: Tables) -> Figure:
    """Draw risky choice by condition, one panel a manipulation, and by strength."""
    figure, axes = plt.subplots(1, 4, figsize=(10.4, 2.7), layout="constrained")
    for ax, (name, words) in zip(axes, MANIPULATIONS.items(), strict=False):
        _draw_bars(tables["choices"], "control", ax, -0.2, PALETTE[7])
        _draw_bars(tables["choices"], name, ax, 0.2, COLORS[name])
        _draw_ideal(tables["ideal"], ax)
        ax.set_title(words.capitalize(), loc="left")
        ax.set_xticks(range(2), [f"pays with\n{p:g}" for p in PROBABILITIES])
        ax.set_ylim(0, 103)
    axes[0].set_ylabel("Risky choices (%)")
    axes[0].legend(loc="upper right", fontsize=6.5)
    _draw_strengths(tables, axes[3])
    return figure


def _draw_bars(choices: pd.DataFrame, condition: str, ax: Axes, shift: float, color: str) -> None:
    rows = choices[choices["condition"] == condition]
    mean = mean_interval(rows, "risky_percent", "risky_probability").set_index("risky_probability").loc[list(PROBABILITIES)]
    ends = np.abs(mean[["low", "high"]].to_numpy().T - mean["mean"].to_numpy())
    ax.bar(np.arange(2) + shift, mean["mean"], 0.36, color=color, alpha=0.5, label="control" if condition == "control" else "manipulated")
    ax.errorbar(np.arange(2) + shift, mean["mean"], ends, color="black", linestyle="", linewidth=0.9, label="_interval")
    for place, p in enumerate(PROBABILITIES):
        dots = rows.loc[rows["risky_probability"] == p, "risky_percent"]
        ax.plot(place + shift + np.linspace(-0.12, 0.12, len(dots)), dots, "o", markersize=2.4, color=color, zorder=3, label="_seeds")


def _draw_ideal(ideal: pd.DataFrame, ax: Axes) -> None:
    best = ideal.set_index("risky_probability")["risky_percent"]
    for place, p in enumerate(PROBABILITIES):
        ax.plot([place - 0.42, place + 0.42], [best[p]] * 2, color=REFERENCE, linestyle="--", linewidth=0.9, zorder=2,
                label="_again" if place else "optimal player")


def _draw_strengths(tables: Tables, ax: Axes) -> None:
    control = tables["choices"].query("condition == 'control'").groupby("risky_probability")["risky_percent"].mean()
    mean = tables["strengths"].groupby(["condition", "risky_probability", "strength"])["risky_percent"].mean()
    for name, words in MANIPULATIONS.items():
        for p, style in zip(PROBABILITIES, ("-", "--"), strict=True):
            change = mean[name, p] - control[p]
            ax.plot(change.index, change, color=COLORS[name], linestyle=style, marker=".", label=f"{words}, {p:g}")
    ax.axhline(0, color=REFERENCE, linewidth=0.8, zorder=0)
    ax.set_xlabel("Strength (multiples of the reward)")
    ax.set_ylabel("Change of risky choices (%)")
    ax.set_title("Other strengths, mean over seeds", loc="left")
    ax.legend(fontsize=5.5, loc="center left", bbox_to_anchor=(1, 0.5))


FIGURE = PaperFigure(
    "wang2018_fig7", "Blocking or stimulating the prediction error that a network hears moves its risky choices, weights frozen.",
    ((TRAINED, SEEDS),), CLAIMS, compute, numbers, draw,
)
