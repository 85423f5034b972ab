"""Inside the two-step networks of Wang et al. 2018: where activity rests, what lesions and stimulation do, what units are about.

No figure of the paper: it says that the learning algorithm is in the activity and shows its behaviour (figure 5); this one
opens the same networks. One trial is held, that is, repeated again and again (the second stage, then the next first stage at
which its outcome is heard): the exact learner's belief then comes to rest where evidence and reversals are even, and so
should activity, at one stable fixed point at which the policy takes what leads to the better state (a, plane of the hidden units; b; Sussillo & Barak 2013).
With the reward input cut, or all units silent, nothing can be learnt within an episode (c; the control of Wang et al. 2016
learns nothing either); units are pushed along the readout (e). How ours departs: all of it is ours; the claims follow
from the task and were written after a first look at two networks (a, b) and none (c to f). The second-stage action, which the
task does not heed, is held at 0. Found in the eight networks: 64 stable points for 64 held trials, the slowest direction
shrinking to .78 to .98 a trial, where deviations of the exact belief shrink to .11.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.dose_response import dose_response, plot_dose_response
from analyses.fixed_points import Exchange, fixed_points, visited_states
from analyses.intervals import mean_interval
from analyses.lesion_effects import lesion_effects, part_lesions, plot_lesion_effects, unit_lesion_curve
from analyses.style import PALETTE, REFERENCE, styled
from analyses.variance_explained import TOGETHER, variance_explained
from cogmeta.agents.network import Network
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay, simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS, N_EPISODES, N_STARTS = "two_step/wang2018", tuple(range(8)), 200, 16
SHARES, N_DRAWS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0), 3
DOSES = (-8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0)
CHANCE, FIRST = 0.5, slice(2, None, 2)
"""What random choices earn; the steps at which an outcome has just been heard."""

HELD = tuple(product((0, 1), (0, 1), (1, 0)))
"""(choice, state, reward) of the trials that are held."""

_OURS = "ours, not the paper's"
CLAIMS = (
    Claim("rests", "a: a trial held again and again has one stable fixed point (share of the eight kinds of trial)", "1: so has the exact belief",
          f"{_OURS}; Sussillo & Barak 2013", low=1.0),
    Claim("right", "b: there the network takes what leads to the better state (share of the kinds of trial)", "1: so does the exact learner",
          _OURS, low=1.0),
    Claim("no_reward", "c: its reward input cut, it earns what random choices earn", "0.5", f"{_OURS}; after the control of Wang 2016", low=0.47, high=0.53),
    Claim("no_units", "c: all units silent, it earns what random choices earn", "0.5", f"{_OURS}; only the prior policy is left", low=0.47, high=0.53),
    Claim("dose", "e: the more it is pushed towards an action, the more it takes it (smallest growth from dose to dose)", "> 0", _OURS, low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return rests, visited states, lesions, doses and variances of every seed."""
    task = make_task(TASK)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("rests", "visited", "lesions", "units", "doses", "variance")}
    for one, network in enumerate(agents[TASK]):
        rollout = simulate(network, task, N_EPISODES, seed, record=network.state_names)
        rests, visited = _rests(network, rollout, seed)
        found = {"rests": rests, "visited": visited, "lesions": lesion_effects(network, task, part_lesions(network), N_EPISODES, seed),
                 "units": unit_lesion_curve(network, task, SHARES, N_DRAWS, N_EPISODES // 2, seed),
                 "doses": dose_response(network, task, DOSES, N_EPISODES, seed),
                 "variance": variance_explained(rollout.activity["hidden"][FIRST].reshape(-1, network.config.n_units), _factors(rollout))}
        for name, table in found.items():
            parts[name].append(table.assign(seed=one))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def held_trial(choice: int, state: int, reward: float) -> list[Exchange]:
    """Return the inputs of a trial that comes again and again: its second stage, then the first stage that hears its outcome.

    Examples
    --------
    >>> held_trial(choice=1, state=0, reward=1.0)
    [((0.0, 1.0, 0.0), 1, 0.0), ((1.0, 0.0, 0.0), 0, 1.0)]
    """
    arrived = tuple(float(column == 1 + state) for column in range(3))
    return [(arrived, choice, 0.0), ((1.0, 0.0, 0.0), 0, float(reward))]


def _rests(network: Network, rollout: Rollout, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of every held trial and states that were visited, both in the plane of the latter, with the belief."""
    rng = np.random.default_rng(seed)
    visited, n_units = rollout.activity["hidden"][FIRST], network.config.n_units
    belief, flat, middle = _belief(rollout), visited.reshape(-1, n_units), visited.mean(axis=(0, 1))
    axes = np.linalg.svd(flat[::10] - middle, full_matrices=False)[2][:2].T
    some = rng.choice(len(flat), 1_500, replace=False)
    rows = []
    for choice, state, reward in HELD:
        found = fixed_points(network, held_trial(choice, state, reward), visited_states(rollout, network, N_STARTS, rng, FIRST))
        rows.append(_in_plane(found.state[:, :n_units], middle, axes, choice=choice, state=state, reward=reward, better=state if reward else 1 - state)
                    .join(found.table()))
    return pd.concat(rows, ignore_index=True), _in_plane(flat[some], middle, axes, belief=belief.ravel()[some])


def _in_plane(points: np.ndarray, middle: np.ndarray, axes: np.ndarray, **columns: object) -> pd.DataFrame:
    place = (points - middle) @ axes
    return pd.DataFrame({"component_1": place[:, 0], "component_2": place[:, 1]}).assign(**columns)


def _belief(rollout: Rollout) -> np.ndarray:
    """Return (n_trials - 1, n_episodes) the exact belief that state 0 is the better one, each outcome just heard."""
    heard = replay(player("bayes-optimal", rollout.task), rollout, record=("values",)).activity["values"][FIRST]
    return heard.reshape(*heard.shape[:2], 2, -1).sum(axis=-1)[..., 0]


def _factors(rollout: Rollout) -> pd.DataFrame:
    """Return what units may be about at the first stage: the last trial, what it says of the states, and the exact belief."""
    sign = {"choice": rollout.action[0:-2:2] == 0, "state": rollout.observation[1:-2:2, :, 1] > 0, "reward": rollout.reward[1:-2:2] > 0}
    table = pd.DataFrame({f"last {name}": np.where(true, 1.0, -1.0).ravel() for name, true in sign.items()})
    return table.assign(**{"state x reward": table["last state"] * table["last reward"], "belief": _belief(rollout).ravel()})


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    stable = tables["rests"].query("kind == 'stable'")
    right = (stable["probability_0"] > 0.5) == (stable["better"] == 0)
    count = stable.groupby(["seed", "choice", "state", "reward"]).size()
    lesions = tables["lesions"].pivot(index="seed", columns="lesion", values="reward")
    growth = tables["doses"].sort_values("dose").groupby("seed")["taken"].apply(lambda taken: np.diff(taken).min())
    return {"rests": ((count == 1).groupby("seed").sum() / len(HELD)).to_numpy(), "right": right.groupby(stable["seed"]).mean().to_numpy(),
            "no_reward": lesions["no previous reward"].to_numpy(), "no_units": lesions["all units"].to_numpy(), "dose": growth.to_numpy()}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels a to f."""
    figure, axes = plt.subplots(2, 3, figsize=(9.6, 5.6), layout="constrained")
    n_seeds = tables["rests"]["seed"].nunique()
    _draw_plane(tables, axes[0, 0])
    _draw_policies(tables["rests"], axes[0, 1])
    plot_lesion_effects(_over_seeds(tables["lesions"], "reward", "lesion"), CHANCE, axes[0, 2])
    axes[0, 2].set_title(f"c  parts lesioned, {n_seeds} network{'s' * (n_seeds > 1)}", loc="left")
    _draw_units(tables["units"], axes[1, 0])
    plot_dose_response(tables["doses"].groupby("dose").mean().reset_index(), axes[1, 1])
    axes[1, 1].set_title("e  pushed along the readout", loc="left")
    _draw_variance(tables["variance"], axes[1, 2])
    return figure


def _over_seeds(table: pd.DataFrame, value: str, by: str) -> pd.DataFrame:
    """Return means with their interval over seeds, in the order of the first; with one seed, what that has."""
    if table["seed"].nunique() == 1:
        return table
    mean = mean_interval(table, value, by).rename(columns={"mean": value})
    return mean.set_index(by).loc[list(dict.fromkeys(table[by]))].reset_index()


def _draw_plane(tables: Tables, ax: Axes) -> None:
    visited, rests = (tables[name].query("seed == 0") for name in ("visited", "rests"))
    dots = ax.scatter(visited["component_1"], visited["component_2"], c=visited["belief"], s=4, cmap="coolwarm_r", linewidth=0, alpha=0.6, rasterized=True)
    for better, color in ((0, PALETTE[0]), (1, PALETTE[1])):
        rows = rests[(rests["kind"] == "stable") & (rests["better"] == better)]
        ax.scatter(rows["component_1"], rows["component_2"], s=38, marker="o", color=color, edgecolor="black", label=f"rest, state {better} better")
    ax.figure.colorbar(dots, ax=ax, label="Exact belief in state 0")
    ax.set(xlabel="Component 1", ylabel="Component 2")
    ax.set_title("a  one network", loc="left")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=6.5, columnspacing=0.8, handletextpad=0.2)


def _draw_policies(rests: pd.DataFrame, ax: Axes) -> None:
    kinds = [(state, reward) for state in (0, 1) for reward in (1, 0)]
    stable = rests[rests["kind"] == "stable"]
    for place, (state, reward) in enumerate(kinds):
        rows = stable[(stable["state"] == state) & (stable["reward"] == reward)]
        color = PALETTE[0] if rows["better"].eq(0).all() else PALETTE[1]
        spread = 0.5 * ((np.arange(len(rows)) * 0.618) % 1 - 0.5)  # a fixed scatter
        ax.plot(place + spread, rows["probability_0"], "o", markersize=3, color=color, alpha=0.6, markeredgewidth=0)
    ax.axhline(0.5, color=REFERENCE, linewidth=0.8, linestyle="--")
    ax.set_xticks(range(len(kinds)), [f"state {state}\n{'paid' if reward else 'nothing'}" for state, reward in kinds])
    ax.set(ylim=(-0.03, 1.03), ylabel="P(action 0) at rest", xlabel="Trial that is held")
    ax.set_title(f"b  stable points, {rests['seed'].nunique()} x {len(HELD)} held trials", loc="left")


def _draw_units(units: pd.DataFrame, ax: Axes) -> None:
    by_seed = units.groupby(["seed", "share"])["reward"].mean().reset_index()
    mean = mean_interval(by_seed, "reward", "share")
    for _, rows in by_seed.groupby("seed"):
        ax.plot(100 * rows["share"], rows["reward"], color=PALETTE[0], linewidth=0.5, alpha=0.4)
    ax.plot(100 * mean["share"], mean["mean"], "o-", markersize=3.5, color=PALETTE[0], label="mean over networks")
    ax.axhline(CHANCE, color=REFERENCE, linewidth=0.8, linestyle="--", label="random choices")
    ax.set(xlabel="Units silenced (%)", ylabel="Reward a trial")
    ax.set_title("d  units drawn at random", loc="left")
    ax.legend()


def _draw_variance(variance: pd.DataFrame, ax: Axes) -> None:
    names = list(dict.fromkeys(variance["factor"]))
    by_seed = variance.groupby(["seed", "factor"])["explained"].mean().unstack()[names]
    for place, name in enumerate(names):
        ax.bar(place, by_seed[name].mean(), width=0.7, color="black" if name == TOGETHER else PALETTE[0], alpha=0.3)
        ax.plot(np.full(len(by_seed), place), by_seed[name], "o", markersize=2.5, color="black" if name == TOGETHER else PALETTE[0], alpha=0.7)
    ax.set_xticks(range(len(names)), [name.replace("last ", "last\n").replace(" x ", " x\n") for name in names], fontsize=6.5)
    ax.set(ylim=(0, 1), ylabel="Variance explained, mean of units")
    ax.set_title("f  together, and each one's own part", loc="left")


FIGURE = PaperFigure(
    "wang2018_dynamics", "Inside the two-step networks (ours, no figure of the paper): rests, lesions, stimulation, what units are about.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw,
)
