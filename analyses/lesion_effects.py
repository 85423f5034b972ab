"""What a frozen network still earns when a part of it is lesioned.

Every lesion is played on the same fresh episodes, weights frozen. Sources: the lesions of Wang et al. 2016 (control without
the reward input) and the prediction of Wang et al. 2018 that what a lesion takes away is the model-based part of behaviour.
How ours departs: the papers train a control without the reward input; here the input of a trained network is cut, which
asks what *this* network uses. Neither says what another network could have learnt without it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.agents.perturbed import INPUTS, NetworkLesion, PerturbedNetwork
from cogmeta.agents.recurrent import RecurrentActorCritic
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.task import Task


def lesion_effects(
    network: RecurrentActorCritic, task: Task, lesions: Mapping[str, NetworkLesion], n_episodes: int = 300, seed: int = 0,
) -> pd.DataFrame:
    """Return what a network earns under each lesion.

    Parameters
    ----------
    network : RecurrentActorCritic
    task : Task
    lesions : mapping of str to NetworkLesion
    n_episodes : int
        Fresh episodes, the same for every lesion.
    seed : int

    Returns
    -------
    DataFrame
        ``lesion`` (name), ``reward`` a trial, ``low, high`` (95 % interval over episodes), ``n``.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> from tasks.shipped import shipped_agent
    >>> lesions = {"none": NetworkLesion(), "not told its rewards": NetworkLesion(inputs=("previous_reward",))}
    >>> table = lesion_effects(shipped_agent("two_step/wang2018"), make_task("two_step/wang2018"), lesions, 100)
    >>> table["reward"].round(1).tolist()
    [0.7, 0.5]
    """
    rows = []
    for name, lesion in lesions.items():
        rollout = simulate(PerturbedNetwork(network, lesion), task, n_episodes, seed)
        reward = rollout.reward.sum(axis=0) / rollout.valid[:: task.spec.steps_per_trial].sum(axis=0)
        rows.append(pd.DataFrame({"lesion": name, "reward": reward}))
    table = mean_interval(pd.concat(rows, ignore_index=True), "reward", "lesion").rename(columns={"mean": "reward"})
    return table.set_index("lesion").loc[list(lesions)].reset_index()


def part_lesions(network: RecurrentActorCritic) -> dict[str, NetworkLesion]:
    """Return the lesions of whole parts: none, each input, each gate held shut and open, all units.

    Parameters
    ----------
    network : RecurrentActorCritic

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic, LSTMConfig
    >>> list(part_lesions(LSTMActorCritic(LSTMConfig(1, 2))))[:5]
    ['none', 'no observation', 'no previous action', 'no previous reward', 'i gate at 0']
    """
    inputs = [NetworkLesion(inputs=(name,)) for name in INPUTS]
    gates = [NetworkLesion(gates={name: held}) for name in network.gates[:-1] for held in (0.0, 1.0)]
    return {**{str(one): one for one in (NetworkLesion(), *inputs, *gates)}, "all units": NetworkLesion(units=tuple(range(network.config.n_units)))}


def random_unit_lesions(n_units: int, shares: Sequence[float], n_draws: int, rng: np.random.Generator) -> dict[tuple[float, int], NetworkLesion]:
    """Return lesions of units drawn at random, by share and draw; of each draw a larger share holds the smaller ones.

    Parameters
    ----------
    n_units : int
    shares : sequence of float
        In [0, 1].
    n_draws : int
    rng : numpy.random.Generator

    Raises
    ------
    UserError
        A share is not in [0, 1].

    Examples
    --------
    >>> lesions = random_unit_lesions(8, (0.25, 1.0), 2, np.random.default_rng(0))
    >>> [len(lesion.units) for lesion in lesions.values()]
    [2, 8, 2, 8]
    """
    if not all(0 <= share <= 1 for share in shares):
        raise UserError(f"shares of units must lie in [0, 1], got {list(shares)}.")
    orders = [rng.permutation(n_units) for _ in range(n_draws)]
    return {(share, draw): NetworkLesion(units=tuple(int(unit) for unit in order[: round(share * n_units)]))
            for draw, order in enumerate(orders) for share in shares}


def unit_lesion_curve(
    network: RecurrentActorCritic, task: Task, shares: Sequence[float], n_draws: int, n_episodes: int = 300, seed: int = 0,
) -> pd.DataFrame:
    """Return what a network earns with shares of its units silenced at random: ``share, draw`` and the columns of ``lesion_effects``."""
    lesions = random_unit_lesions(network.config.n_units, shares, n_draws, np.random.default_rng(seed))
    table = lesion_effects(network, task, {str(which): lesion for which, lesion in lesions.items()}, n_episodes, seed)
    share, draw = zip(*lesions, strict=True)
    return table.drop(columns="lesion").assign(share=share, draw=draw)


@styled
def plot_lesion_effects(table: pd.DataFrame, chance: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the reward under each lesion, with its interval.

    Parameters
    ----------
    table : DataFrame
        From ``lesion_effects``; the first row is taken as the network unharmed, and its reward drawn through.
    chance : float, optional
        What random choices earn.
    ax : Axes, optional
    """
    ax = new_axes(ax, 3.3, 0.6 + 0.2 * len(table))
    place = np.arange(len(table))[::-1]
    ends = np.abs(table[["low", "high"]].to_numpy().T - table["reward"].to_numpy())
    ax.errorbar(table["reward"], place, xerr=ends, fmt="o", markersize=3.5, color=PALETTE[0], linewidth=0.9)
    ax.axvline(table["reward"].iloc[0], color=PALETTE[0], linewidth=0.7, alpha=0.6)
    if chance is not None:
        ax.axvline(chance, color=REFERENCE, linewidth=0.8, linestyle="--", label="random choices")
        ax.legend(loc="lower right")
    ax.set_yticks(place, table["lesion"])
    ax.set_xlabel("Reward a trial")
    return ax
