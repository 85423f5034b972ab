"""How open the reinstatement gate stands at every trial of a context's first, second, ... return.

A gate that opens where a known context returns, and stays shut where it is new, lets memory help and keeps it from harm.
Source: Ritter et al. 2018 (arXiv 1805.09692), whose gate this is. How ours departs: the paper prints no such numbers; the
gate is averaged over units, whatever each unit's cell is worth.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import colors, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout

GATE = "reinstatement_gate"
"""Activity that must be recorded: ``simulate(..., record=(GATE,))``."""


def gate_by_exposure(rollout: Rollout) -> pd.DataFrame:
    """Return the mean reinstatement gate at every exposure and trial.

    Parameters
    ----------
    rollout : Rollout
        Of a task with returning contexts, one step a trial, with the activity ``"reinstatement_gate"``.

    Returns
    -------
    DataFrame
        ``exposure, trial`` (both from 1), ``mean, low, high`` (in [0, 1]; 95 % interval over epochs), ``n``.

    Raises
    ------
    UserError
        The gate was not recorded, or the task has no exposures.

    Examples
    --------
    >>> from cogmeta.agents import EpisodicLSTM
    >>> from cogmeta.simulate import simulate
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/barcode", n_contexts=2, n_exposures=3, n_trials=4)
    >>> table = gate_by_exposure(simulate(EpisodicLSTM.for_task(task, n_units=4), task, 2, record=(GATE,)))
    >>> table[["exposure", "trial"]].agg(["min", "max"]).values.tolist()
    [[1, 1], [3, 4]]
    """
    if GATE not in rollout.activity or "exposure" not in rollout.hidden:
        raise UserError(f"gate_by_exposure needs the activity {GATE!r} and a task whose contexts return; found activity "
                        f"{sorted(rollout.activity)} and hidden {sorted(rollout.hidden)}. Simulate an episodic LSTM with "
                        f"record=({GATE!r},).")
    gate, exposure = rollout.activity[GATE].mean(axis=-1), rollout.hidden["exposure"]
    starts = np.maximum.accumulate(np.where(rollout.starts, np.arange(rollout.n_steps), 0))
    trial = np.broadcast_to((np.arange(rollout.n_steps) - starts)[:, None], gate.shape)
    epoch = np.broadcast_to(np.arange(rollout.n_episodes), gate.shape)
    table = pd.DataFrame({"epoch": epoch.ravel(), "exposure": exposure.ravel() + 1, "trial": trial.ravel() + 1,
                          "gate": gate.ravel().astype(float)})
    epochs = table.groupby(["epoch", "exposure", "trial"])["gate"].mean().reset_index()
    return mean_interval(epochs, "gate", ["exposure", "trial"])


@styled
def plot_gate_by_exposure(table: pd.DataFrame, shown: tuple[int, ...] = (1, 2, 3, 10), ax: Axes | None = None) -> Axes:
    """Draw the gate against the trial, one line an exposure.

    Parameters
    ----------
    table : DataFrame
        From ``gate_by_exposure``.
    shown : tuple of int
        Exposures, from 1.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    for exposure, color in zip(shown, colors(map(str, shown)).values(), strict=True):
        line = table[table["exposure"] == exposure]
        ax.plot(line["trial"], line["mean"], marker="o", markersize=3, color=color, label=f"{exposure}")
        ax.fill_between(line["trial"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
    ax.set_xlabel("Trial of the episode")
    ax.set_ylabel("Reinstatement gate, mean over units")
    ax.set_ylim(0, None)
    ax.legend(title="Exposure")
    return ax
