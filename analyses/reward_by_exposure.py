"""What an agent earns in a context at its first, second, ... return, and whether it is right from the first trial.

Tasks with returning contexts are built to show this: without memory every exposure is like the first; with memory the
first trial of the second is right already. Source: Ritter et al. 2018, whose main figures show regret by trial, one
line an exposure. How ours departs: reward an episode and accuracy at its first trial, by exposure.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import UNIT, mean_interval
from analyses.style import colors, new_axes, styled
from cogmeta.errors import TrialTableError

MEASURES = {"reward": "Reward an episode", "first_trial": "P(good arm) at the first trial"}
"""What is measured, with its label."""


def exposures(trials: pd.DataFrame) -> pd.DataFrame:
    """Return one row an episode: which exposure it is, what it earned, and whether its first choice was the good arm.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with ``exposure`` (from 0) and ``reward_probability_<arm>``; a block is an episode.

    Returns
    -------
    DataFrame
        ``subject, session, block, exposure`` (from 1), ``reward`` (sum over the episode), ``first_trial`` (1.0 or 0.0).

    Raises
    ------
    TrialTableError
        A column is missing.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "session": 0, "block": [0, 0, 1, 1], "trial": [0, 1, 0, 1],
    ...                        "choice": [0, 1, 1, 1], "reward": [0.0, 1.0, 1.0, 1.0], "exposure": [0, 0, 1, 1],
    ...                        "reward_probability_0": 0.1, "reward_probability_1": 0.9})
    >>> exposures(trials)[["exposure", "reward", "first_trial"]].values.tolist()
    [[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]]
    """
    good = _good(trials)
    table = trials[[*UNIT, "exposure", "reward"]].assign(exposure=trials["exposure"].astype(int) + 1, first_trial=good)
    episodes = table.groupby([*UNIT, "exposure"], sort=False)
    return episodes.agg(reward=("reward", "sum"), first_trial=("first_trial", "first")).reset_index()


def good_arm_by_trial(trials: pd.DataFrame) -> pd.DataFrame:
    """Return how often the good arm is taken at every trial of an episode, by exposure.

    Parameters
    ----------
    trials : DataFrame
        As for ``exposures``.

    Returns
    -------
    DataFrame
        ``exposure, trial`` (both from 1), ``mean, low, high`` (95 % interval over epochs), ``n``.
    """
    table = trials[["subject", "session"]].assign(
        exposure=trials["exposure"].astype(int) + 1, trial=trials["trial"].astype(int) + 1, good=_good(trials))
    epochs = table.groupby(["subject", "session", "exposure", "trial"])["good"].mean().reset_index()
    return mean_interval(epochs, "good", ["exposure", "trial"])


def _good(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials,) 1.0 where the best arm was taken."""
    arms = [name for name in trials if name.startswith("reward_probability_")]
    if "exposure" not in trials or not arms:
        raise TrialTableError("reward by exposure needs the columns exposure and reward_probability_<arm>, as simulated "
                              f"tables of tasks with returning contexts have them; found {list(trials.columns)}.")
    values, choice = trials[arms].to_numpy(float), trials["choice"].to_numpy(int)
    return (values[np.arange(len(choice)), choice] == values.max(axis=1)).astype(float)


def reward_by_exposure(trials: pd.DataFrame) -> pd.DataFrame:
    """Return reward an episode and first-trial accuracy at every exposure.

    Parameters
    ----------
    trials : DataFrame
        As for ``exposures``.

    Returns
    -------
    DataFrame
        ``measure`` (``"reward"`` or ``"first_trial"``), ``exposure`` (from 1), ``mean, low, high`` (95 % interval over
        epochs), ``n``.
    """
    table = exposures(trials)
    epochs = table.groupby(["subject", "session", "exposure"])[list(MEASURES)].mean().reset_index()
    curves = [mean_interval(epochs, measure, "exposure").assign(measure=measure) for measure in MEASURES]
    return pd.concat(curves, ignore_index=True)[["measure", "exposure", "mean", "low", "high", "n"]]


@styled
def plot_reward_by_exposure(
    curves: Mapping[str, pd.DataFrame], measure: str = "reward", ax: Axes | None = None
) -> Axes:
    """Draw one line an agent with its 95 % band.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Label -> ``reward_by_exposure``.
    measure : {"reward", "first_trial"}
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    for (label, curve), color in zip(curves.items(), colors(curves).values(), strict=True):
        line = curve[curve["measure"] == measure]
        ax.plot(line["exposure"], line["mean"], marker="o", markersize=3, color=color, label=label)
        ax.fill_between(line["exposure"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
    ax.set_xlabel("Exposure to the context")
    ax.set_ylabel(MEASURES[measure])
    ax.set_ylim(0, None)
    return ax
