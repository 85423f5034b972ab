"""Wang et al. 2018, figure 3: the network learns faster where the world is volatile, and its units know that it is.

Claimed: fitted learning rates are higher in the volatile than in the stable half, in either order (d, dots: seeds);
volatility can be read out of the activity (b), where a Bayesian learner infers it (a); 37 +- 1 % of the units track it.
How ours departs: training episodes are ``bandit/shifting_volatility``, whose statistics are ours; "tracks" is not defined
in the text that we could see: here a unit does if its partial correlation with volatility, last action, last reward and
their product held, exceeds a named size. The first version took the true volatility, which nobody in the episode knows;
in the study of people that the paper follows (Behrens et al. 2007) what the brain tracks is the volatility that a
Bayesian learner infers from the same outcomes, so that this is asked, too (added after the first run; the size was kept).
Learners of fixed rate and of Bayes are shown beside the network; the people's bars (c) are not published as numbers; none are
shown. Four networks trained for 1 M steps, which lost about as much as a fixed rate does, learned faster where it was volatile in three of
four; those shown had 3 M.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.decoding import area_under_curve, cross_validated_readout, plot_readout
from analyses.rate_by_volatility import OneProbability, plot_rates_by_volatility, rates_by_volatility
from analyses.style import PALETTE, REFERENCE, styled
from analyses.unit_coding import CODED, coding_share, last_trial_factors, partial_correlations
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay, simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TRAINED, TEST, SEEDS, N_EPISODES, N_BAYES = "bandit/shifting_volatility", "bandit/volatile", tuple(range(8)), 300, 100
BLOCKS = ("Stable 1", "Volatile 1", "Volatile 2", "Stable 2")
ORDERS = {"stable_first": BLOCKS[:2], "volatile_first": BLOCKS[2:]}
"""Order of the halves -> names of the first and the second."""

CLAIMS = (
    Claim("faster", "d: learns faster in the volatile half, in either order (share of seeds)", "at least 7 of 8",
          "Wang 2018, fig 3d", low=7 / 8),
    Claim("rate", "d: the activity's learning rate, mean of the blocks, is of the order of 0.1 to 0.5", "axis 0 to 0.6", "Wang 2018, fig 3d",
          low=0.05, high=0.6),
    Claim("readout", "b: volatility can be read out of activity (area under the curve, other episodes)", "> 0.5", "Wang 2018, fig 3b", low=0.5 + 1e-9),
    Claim("tracking", f"units track the true volatility (share with absolute partial r > {CODED:g}; the paper's threshold is not known)", "0.37",
          "Wang 2018, text", low=1e-9),
    Claim("tracking_inferred", f"units track the volatility that the Bayesian learner infers from the same outcomes (share with absolute partial r > {CODED:g})",
          "0.37", "Wang 2018, text; inferred as in Behrens 2007, added after the first run", low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return learning rates by block, readouts and shares of every seed, and the mean course of an episode."""
    networks = agents[TRAINED]
    task = make_task(TEST)
    control = OneProbability().for_task(task).agent({"learning_rate": 0.2, "inverse_temperature": 10.0})
    rates = [_rates(network, seed).assign(player="network", seed=one) for one, network in enumerate(networks)]
    rates.append(_rates(control, seed).assign(player="fixed rate", seed=0))
    rates.append(_rates(player("volatility-learner", task), seed, N_BAYES).assign(player="Bayesian learner", seed=0))
    read = [_readout(network, seed) for network in networks]
    units = pd.DataFrame([{"seed": one, **found} for one, (found, _) in enumerate(read)])
    course = pd.concat([_bayes(seed), read[0][1].assign(player="network")], ignore_index=True)
    return {"rates": pd.concat(rates, ignore_index=True), "units": units, "course": course}


def _rates(agent: Agent, seed: int, n_episodes: int = N_EPISODES) -> pd.DataFrame:
    rows = []
    for order, (first, second) in ORDERS.items():
        trials = simulate(agent, make_task(TEST, order=order), n_episodes, seed).to_trials(subject=order)
        fitted = rates_by_volatility(trials).iloc[0]
        for block in (first, second):
            rows.append({"block": block, "learning_rate": fitted[f"learning_rate_{block.split()[0].lower()}"],
                         "inverse_temperature": fitted["inverse_temperature"]})
    return pd.DataFrame(rows)


def _readout(network: Network, seed: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Return how well volatility is read out and the shares of units that track it, and the mean course of either order."""
    rollout = simulate(network, make_task(TEST), N_EPISODES, seed, record=("hidden",))
    volatile = rollout.hidden["volatile"]
    readout = cross_validated_readout(rollout.activity["hidden"], volatile, np.random.default_rng(seed))
    few = simulate(network, make_task(TEST), N_BAYES, seed, record=("hidden",))
    inferred = replay(player("volatility-learner", make_task(TEST)), few, record=("volatility",)).activity["volatility"][..., 0]
    found = {"readout": area_under_curve(readout, volatile), "tracking": _tracking(rollout, volatile),
             "tracking_inferred": _tracking(few, inferred)}
    logits = rollout.logits
    chance = 1 / (1 + np.exp(logits[..., 1] - logits[..., 0]))
    return found, _course(rollout, chance, readout)


def _tracking(rollout: Rollout, volatility: np.ndarray) -> float:
    """Return the share of units that track a volatility, (n_trials, n_episodes), last action, last reward and their product held."""
    activity, factors = last_trial_factors(rollout)
    factors = factors.drop(columns="value").assign(volatility=volatility[1:].ravel().astype(float))
    return float(coding_share(partial_correlations(activity, factors))["volatility"])


def _bayes(seed: int) -> pd.DataFrame:
    learner = player("volatility-learner", make_task(TEST))
    rollout = simulate(learner, make_task(TEST), N_BAYES, seed, record=("probability", "volatility"))
    belief = rollout.activity
    return _course(rollout, belief["probability"][..., 0], belief["volatility"][..., 0]).assign(player="Bayesian learner")


def _course(rollout: Rollout, first: np.ndarray, volatility: np.ndarray) -> pd.DataFrame:
    """Return, by order and trial, the mean of arm 0's probability, of the belief in it, and of the volatility.

    Episodes are turned so that arm 0 is the better one at first.
    """
    pays = rollout.hidden["reward_probability"][..., 0]
    turned = pays[0] < 0.5
    pays, first = np.where(turned, 1 - pays, pays), np.where(turned, 1 - first, first)
    began = rollout.hidden["volatile"][0]
    rows = [pd.DataFrame({"order": order, "trial": range(len(pays)), "reward_probability": pays[:, chosen].mean(axis=1),
                          "first": first[:, chosen].mean(axis=1), "volatility": volatility[:, chosen].mean(axis=1)})
            for order, chosen in (("stable first", ~began), ("volatile first", began))]
    return pd.concat(rows, ignore_index=True)


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim."""
    rates = tables["rates"].query("player == 'network'").pivot(index="seed", columns="block", values="learning_rate")
    faster = (rates["Volatile 1"] > rates["Stable 1"]) & (rates["Volatile 2"] > rates["Stable 2"])
    units = tables["units"]
    return {"faster": np.array([faster.mean()]), "rate": rates.mean(axis=1).to_numpy(),
            **{name: units[name].to_numpy() for name in ("readout", "tracking", "tracking_inferred")}}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels a, b and d, and the share of units that track volatility."""
    figure = plt.figure(figsize=(10.6, 3.9), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=(2.1, 1, 0.62))
    axes = left.subplots(2, 2, sharex=True)
    for column, (letter, name, scale) in enumerate((("a", "Bayesian learner", "Inferred log volatility"),
                                                    ("b", "network", "Volatility read out"))):
        course = tables["course"].query("player == @name")
        _draw_belief(course, axes[0, column], f"{letter}  {name}")
        _draw_volatility(course, axes[1, column], scale)
    axes[0, 0].legend(loc="lower left", fontsize=6.5)
    axes[1, 0].legend(loc="lower right", fontsize=6.5, bbox_to_anchor=(1.02, 0.02))
    _draw_rates(tables["rates"], middle.subplots())
    _draw_units(tables["units"], right.subplots())
    return figure


def _draw_belief(course: pd.DataFrame, ax: Axes, title: str) -> None:
    one = course[course["order"] == "stable first"]
    ax.plot(one["trial"] + 1, one["reward_probability"], color=REFERENCE, linewidth=0.9, label="pays")
    ax.plot(one["trial"] + 1, one["first"], color=PALETTE[0], linewidth=1.1, label="belief" if title[0] == "a" else None)
    ax.axvline(100.5, color=REFERENCE, linewidth=0.6, linestyle=":")
    ax.set_ylim(0, 1)
    ax.set_ylabel("P(arm 1 pays)" if title[0] == "a" else "P(arm 1 taken)")
    ax.set_title(f"{title}, stable half first", loc="left")


def _draw_volatility(course: pd.DataFrame, ax: Axes, label: str) -> None:
    plot_readout(course.rename(columns={"order": "group", "volatility": "readout"}), ax)
    ax.axvline(100.5, color=REFERENCE, linewidth=0.6, linestyle=":")
    ax.set_ylabel(label)


def _draw_rates(rates: pd.DataFrame, ax: Axes) -> None:
    by_player = dict(list(rates.groupby("player")))
    plot_rates_by_volatility(by_player["network"], {name: by_player[name] for name in ("Bayesian learner", "fixed rate")}, ax)
    ax.set_ylim(0, 1.3 * rates["learning_rate"].max())
    ax.set_title(f"d  network, seeds: {by_player['network']['seed'].nunique()}", loc="left")
    ax.legend(loc="upper right", fontsize=6.5)


def _draw_units(units: pd.DataFrame, ax: Axes) -> None:
    """Draw the share of units that track the true and the inferred volatility, a dot a seed, beside the published share."""
    for place, (name, color) in enumerate((("tracking", PALETTE[7]), ("tracking_inferred", PALETTE[0]))):
        ax.bar(place, units[name].mean(), 0.6, color=color, alpha=0.4)
        ax.plot(place + np.linspace(-0.2, 0.2, len(units)), units[name], "o", markersize=3, color=color)
    ax.axhline(0.37, color=REFERENCE, linewidth=1, linestyle=":", label="published")
    ax.set_xticks((0, 1), ("true", "inferred\nby Bayes"))
    ax.set_xlabel("Volatility")
    ax.set_ylabel(f"Share of units with |partial r| > {CODED:g}")
    ax.set_ylim(0, 0.62)
    ax.set_title("units that track it", loc="left")
    ax.legend(loc="upper left", fontsize=6.5)


FIGURE = PaperFigure(
    "wang2018_fig3", "The network learns faster where the world is volatile, and its units know that it is.",
    ((TRAINED, SEEDS),), CLAIMS, compute, numbers, draw,
)
