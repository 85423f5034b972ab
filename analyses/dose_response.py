"""How choices follow a stimulation of the units along the direction that the policy reads out.

At every first step of a trial a dose is added to the hidden state along ``d = (w_0 - w_1) / |w_0 - w_1|^2``, where ``w_a`` are the
readout's weights of action a: a dose of 1 adds 1 to the log odds of action 0 at once. What it does beyond that step, the
recurrence makes of it. Source: in the manner of optogenetic stimulation, as the dopamine input is stimulated in Wang et
al. 2018, figure 7. How ours departs: the paper stimulates that input and no units; direction and steps are our choice.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.special import expit

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.agents.perturbed import PerturbedNetwork
from cogmeta.agents.recurrent import RecurrentActorCritic
from cogmeta.simulate import replay, simulate
from cogmeta.task import Task


def readout_direction(network: RecurrentActorCritic) -> np.ndarray:
    """Return (n_units,) the direction along which 1 adds 1 to the log odds of action 0 over action 1."""
    readout = network.weights["readout"].numpy()[:, :-1].astype(float)
    between = readout[0] - readout[1]
    return between / (between @ between)


def dose_response(network: RecurrentActorCritic, task: Task, doses: Sequence[float], n_episodes: int = 200, seed: int = 0) -> pd.DataFrame:
    """Return how often action 0 is taken at the first step of trials, and what is earned, by dose.

    Parameters
    ----------
    network : RecurrentActorCritic
        On two actions, or more, of which the first two count.
    task : Task
    doses : sequence of float
        Log odds; 0 is the network itself.
    n_episodes, seed : int
        The same fresh episodes for every dose.

    Returns
    -------
    DataFrame
        ``dose``; ``taken``, the share of action 0 among the first two at the stimulated steps; ``without``, the same share in the same
        moments had it not been stimulated (the whole history being that of the stimulated network), so that ``taken``
        less ``without`` is what stimulation does at once and through the recurrence; ``expected``, the mean of
        ``without`` with the dose added to its log odds; ``reward`` a trial.
    """
    direction, every, rows = readout_direction(network), task.spec.steps_per_trial, []
    for dose in doses:
        def stimulation(step: int, *exchange: np.ndarray, dose: float = dose) -> np.ndarray:
            return dose * direction * (step % every == 0)

        rollout = simulate(PerturbedNetwork(network, stimulation=stimulation), task, n_episodes, seed)
        odds = _log_odds(replay(network, rollout).logits[::every])
        rows.append({"dose": dose, "taken": _among_two(rollout.action[::every]), "without": expit(odds).mean(),
                     "expected": expit(odds + dose).mean(), "reward": rollout.reward.sum() / rollout.valid[::every].sum()})
    return pd.DataFrame(rows)


def _log_odds(logits: np.ndarray) -> np.ndarray:
    return logits[..., 0].astype(float) - logits[..., 1]


def _among_two(action: np.ndarray) -> float:
    return float((action == 0).sum() / (action < 2).sum())


@styled
def plot_dose_response(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the share of action 0 by dose, with and without what is added, and the reward.

    Parameters
    ----------
    table : DataFrame
        From ``dose_response``.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    ax.plot(table["dose"], table["taken"], "o-", markersize=3.5, color=PALETTE[0], label="action 0 taken")
    ax.plot(table["dose"], table["reward"], "s-", markersize=3, color=PALETTE[1], label="reward a trial")
    ax.axhline(0.5, color=REFERENCE, linewidth=0.8, linestyle="--")
    ax.set(xlabel="Dose (log odds of action 0)", ylabel="Share, reward", ylim=(0, 1))
    ax.legend()
    return ax
