"""Wang et al. 2016, experiment 5 (figure 5): in a two-step task of ten trials the network plans.

Claimed: how often the first choice is repeated shows the crossover of planning and no effect of reward as such (c), where a
learner of action values repeats what paid (b); a network that is not told its rewards is at chance. How ours departs:
reward probabilities belong to the second-stage states, as they must (the text gives them as the first actions'; see
``tasks.designs``); what b expects is played on the same episodes by the cognitive models and by the exact player, not drawn;
what the network earns is held against the exact player, which the paper does not show; 5,000 test episodes, 20,000 of the
controls. The effect of reward is within the bar in three seeds of four (.124, .026, .007 and .025; exact player .012): where the
evidence is even, either choice is as good, and the first network leans to staying after the rewarded one.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.stay_probability import group_stay, plot_stay_probability, stay_crossover, stay_indices, stay_over_seeds, stay_probability
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES, N_CONTROL = "two_step/wang2016", (0, 1, 2, 3), 5_000, 20_000
CONTROL, BLIND = f"{TASK} lstm_no_reward", "not told its rewards"
EXPECTED = ("model-free", "model-based", "bayes-optimal")
CHANCE = 0.5

_SOURCE = "Wang 2016, experiment 5"
CLAIMS = (
    Claim("crossover", "c: stays more after rewarded common and unrewarded rare trials than after the others (smallest difference)",
          "difference > 0", _SOURCE, low=1e-9),
    Claim("reward_effect", "c: no main effect of reward (model-free index, absolute, of at most 2)", "0: perfectly model-based",
          f"{_SOURCE}; the bar of .1 is ours", high=0.1),
    Claim("share_of_bayes", "earns what the exact player earns (share of its reward above chance)", "1",
          "exact player of the same task; the bar of .95 is ours", low=0.95),
    Claim("control", "not told its rewards, the network is at chance (distance of its reward a trial)", "0",
          f"{_SOURCE}; .01 leaves room for the chance of test episodes", high=0.01),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return stay probabilities and rewards of every network, of the controls, and of the expected players."""
    groups = {"network": agents[TASK], BLIND: agents[CONTROL], **{name: [player(name, make_task(TASK))] for name in EXPECTED}}
    parts = [_play(agent, N_CONTROL if name == BLIND else N_EPISODES, seed).assign(player=name, seed=one) for name, members in groups.items() for one, agent in enumerate(members)]
    return {"stay": pd.concat(parts, ignore_index=True)}


def _play(agent: Agent, n_episodes: int, seed: int) -> pd.DataFrame:
    """Return stay probabilities, and the reward a trial beside each of them."""
    rollout = simulate(agent, make_task(TASK), n_episodes, seed)
    earned = rollout.reward.sum(axis=0).mean() / rollout.task.spec.n_trials
    return group_stay(stay_probability(rollout.to_trials())).assign(reward_per_trial=earned)


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    networks = [rows for _, rows in tables["stay"].query("player == 'network'").groupby("seed")]
    earned = tables["stay"].groupby(["player", "seed"])["reward_per_trial"].first()
    return {
        "crossover": np.array([stay_crossover(rows) for rows in networks]),
        "reward_effect": np.array([abs(stay_indices(rows)["model_free"]) for rows in networks]),
        "share_of_bayes": (earned["network"] - CHANCE).to_numpy() / (earned["bayes-optimal", 0] - CHANCE),
        "control": (earned[BLIND] - CHANCE).abs().to_numpy(),
    }


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels b and c, and what everybody earns."""
    figure = plt.figure(figsize=(10.4, 2.9), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(4.0, 1.25))
    stay = tables["stay"]
    n_seeds = stay.query("player == 'network'")["seed"].nunique()
    panels = {f"b  {name}": stay[stay["player"] == name].assign(n_subjects=1) for name in EXPECTED}
    panels[f"c  network, {n_seeds} seed{'s' * (n_seeds > 1)}"] = stay_over_seeds(stay[stay["player"] == "network"])
    plot_stay_probability(panels, left.subplots(1, len(panels), sharey=True))
    _draw_earned(stay.groupby(["player", "seed"], sort=False)["reward_per_trial"].first(), right.subplots())
    return figure


def _draw_earned(earned: pd.Series, ax: Axes) -> None:
    """Draw the mean reward a trial of every player, with a dot a seed."""
    names = list(dict.fromkeys(earned.index.get_level_values("player")))[::-1]
    for y, name in enumerate(names):
        ax.barh(y, earned[name].mean(), color=PALETTE[0] if name == "network" else REFERENCE, alpha=0.4)
        ax.plot(earned[name], np.full(len(earned[name]), y), "o", markersize=3, color="black")
    ax.axvline(CHANCE, color=REFERENCE, linestyle="--", linewidth=0.8)
    ax.set_yticks(range(len(names)), [name.replace(" its", "\nits") for name in names])
    ax.set_xlim(0.4, 0.72)
    ax.set_xlabel("Reward a trial\n(dashed: chance; dots: seeds)")


FIGURE = PaperFigure(
    "wang2016_fig5", "In a two-step task of ten trials the network plans; not told its rewards, it is at chance.",
    ((TASK, SEEDS), (CONTROL, SEEDS)), CLAIMS, compute, numbers, draw,
)
