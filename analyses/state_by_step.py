"""When in a trial does activity say which side pays: principal components step by step, and where a swap is heard.

At each of a trial's four steps, the activity of many episodes is laid out along its two principal components, from three
trials of every episode: the last one *before* the first swap of the sides, the one on whose outcome the swap is *found out*,
and the *next* one. On the second, activity stands with the old state until the outcome is heard and with the new one from
then on, if it carries the state. Source: Wang et al. 2018, figure 4c. How ours departs: which trials the paper draws is not
known; where activity stands is told by a linear readout of the two components, fitted to the trials before the swap of the
other half of the episodes, and by one of the whole activity, fitted to all trials of other episodes: two components can
miss a state that the activity holds.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.decoding import cross_validated_readout
from analyses.style import PALETTE, new_axes, styled
from analyses.trajectories import principal_plane
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout
from tasks.reversal import STEPS

TRIALS = ("before", "reversal", "next")
"""The last trial before the swap, the trial on whose outcome it is found out, and the one after that."""


def state_by_step(rollout: Rollout, rng: np.random.Generator) -> pd.DataFrame:
    """Return activity along two components at every step of the three trials around the first swap.

    Parameters
    ----------
    rollout : Rollout
        Of the inferred-value task, with the activity ``hidden`` and what was hidden.
    rng : numpy.random.Generator
        Shares the episodes among the folds of the readout of the whole activity.

    Returns
    -------
    DataFrame
        ``step`` (of ``STEPS``), ``episode``, ``trial`` (of ``TRIALS``), ``better_side`` (0 or 1), ``component_1``,
        ``component_2`` (of that step; their signs mean nothing), ``readout`` (above 0.5: the two components say that side 1 pays),
        ``whole_readout`` (the same of the whole activity). Episodes without a swap, or that end before another one could be told, are left out.

    Raises
    ------
    UserError
        Fewer than ten episodes are left.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, figure 4c.
    """
    swaps = rollout.hidden["n_reversals"][:: len(STEPS)]
    found = (swaps == 0).sum(axis=0)  # the first trial after the first swap
    episode = np.flatnonzero(found + 1 < len(swaps))
    if len(episode) < 10:
        raise UserError(f"only {len(episode)} of {rollout.n_episodes} episodes have a swap of the sides; at least 10 are needed. Play more.")
    return pd.concat([_at_step(rollout, place, found[episode], episode, rng) for place in range(len(STEPS))], ignore_index=True)


def _at_step(rollout: Rollout, place: int, found: np.ndarray, episode: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return one step's rows, trial by trial of ``TRIALS``."""
    hidden, side = rollout.activity["hidden"][place :: len(STEPS)], rollout.hidden["better_side"][place :: len(STEPS)]
    trial = found + np.array([[-1], [0], [1]])
    activity, better, whole = (array[trial, episode] for array in (hidden, side, cross_validated_readout(hidden, side, rng)))
    flat = activity.reshape(-1, activity.shape[-1])
    plane = principal_plane(flat).project(flat).to_numpy().reshape(len(TRIALS), len(episode), 2)
    readout = _readout(plane, better)
    parts = [pd.DataFrame({"step": STEPS[place], "episode": episode, "trial": name, "better_side": better[one],
                           "component_1": plane[one, :, 0], "component_2": plane[one, :, 1], "readout": readout[one],
                           "whole_readout": whole[one]}) for one, name in enumerate(TRIALS)]
    return pd.concat(parts, ignore_index=True)


def _readout(plane: np.ndarray, better: np.ndarray) -> np.ndarray:
    """Return (3, n_episodes) readout of the side that pays, fitted to the trials before (row 0) of the other episodes."""
    half = np.arange(plane.shape[1]) % 2 == 0
    readout = np.empty(plane.shape[:2])
    for held in (half, ~half):
        design = np.column_stack([np.ones((~held).sum()), plane[0, ~held]])
        weights = np.linalg.lstsq(design, better[0, ~held].astype(float), rcond=None)[0]
        readout[:, held] = weights[0] + plane[:, held] @ weights[1:]
    return readout


def agreement(table: pd.DataFrame, readout: str = "readout") -> pd.DataFrame:
    """Return how often a readout says what is true, by step and trial.

    Parameters
    ----------
    table : DataFrame
        From ``state_by_step``.
    readout : {"readout", "whole_readout"}

    Returns
    -------
    DataFrame
        ``step`` and a column for each of ``TRIALS``: shares in [0, 1]; a share near 0 on the reversal trial means that activity
        still holds the old state.
    """
    right = (table[readout] > 0.5) == (table["better_side"] == 1)
    share = right.groupby([table["step"], table["trial"]]).mean().unstack()
    return share.loc[list(STEPS), list(TRIALS)].rename_axis(columns=None).reset_index()


@styled
def plot_state_by_step(table: pd.DataFrame, step: str, ax: Axes | None = None) -> Axes:
    """Draw the two components at one step: a colour a side that pays, crosses on the reversal trial.

    Parameters
    ----------
    table : DataFrame
        From ``state_by_step``.
    step : str
        One of ``STEPS``.
    ax : Axes, optional
    """
    ax, points = new_axes(ax), table[table["step"] == step]
    for side, color in enumerate((PALETTE[0], PALETTE[1])):
        for trial, marker, words in (("before", ".", ""), ("reversal", "x", ", reversal trial")):
            rows = points[(points["better_side"] == side) & (points["trial"] == trial)]
            ax.scatter(rows["component_1"], rows["component_2"], s=9, marker=marker, color=color, linewidths=0.6, alpha=0.7,
                       label=f"{('left', 'right')[side]} pays{words}")
    ax.set(xlabel="Component 1", ylabel="Component 2", xticks=[], yticks=[])
    return ax
