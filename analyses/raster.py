"""The choices of bandit episodes at a glance: one row an episode, one column a trial.

Source: Wang et al. 2018, figure 1c (a trained network explores, then commits). A trial without a response is blank.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from analyses.intervals import UNIT
from analyses.regret import best_arm
from analyses.style import colors, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.trials import validate_trials


def choice_raster(trials: pd.DataFrame, n_episodes: int | None = None) -> pd.DataFrame:
    """Return the choices of the first episodes of a bandit table, numbered for drawing.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table.
    n_episodes : int, optional
        How many episodes, >= 1; by default all.

    Returns
    -------
    DataFrame
        ``episode`` and ``trial`` (both from 0), ``choice`` (missing where nothing was chosen), ``reward`` and,
        where the reward probabilities are known, ``best`` (1.0 where the best arm was taken).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a", "a", "b"], "trial": [0, 1, 0], "choice": [0, 1, 1], "reward": 1})
    >>> choice_raster(trials, n_episodes=1)[["episode", "trial", "choice"]].values.tolist()
    [[0, 0, 0], [0, 1, 1]]
    """
    if n_episodes is not None and n_episodes < 1:
        raise UserError(f"n_episodes must be at least 1, got {n_episodes}.")
    trials = validate_trials(trials, BANDIT)
    episode = trials.groupby(list(UNIT), sort=False)
    table = pd.DataFrame({"episode": episode.ngroup(), "trial": episode.cumcount(),
                          "choice": trials["choice"], "reward": trials["reward"]})
    if "reward_probability_0" in trials:
        table["best"] = best_arm(trials)
    return table if n_episodes is None else table[table["episode"] < n_episodes].reset_index(drop=True)


@styled
def plot_choice_raster(table: pd.DataFrame, ax: Axes | None = None, color: str = "choice") -> Axes:
    """Draw a raster of choices.

    Parameters
    ----------
    table : DataFrame
        From ``choice_raster``.
    ax : Axes, optional
    color : {"choice", "best"}
        Whether colours say which arm was taken, or whether it was the best.

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, 3.6, 2.6)
    if color not in table:
        raise UserError(f"the raster has no column {color!r}; it has {list(table.columns)}.")
    picture = table.pivot(index="episode", columns="trial", values=color).astype(float)
    names = _names(color, picture)
    shades = list(colors(names).values()) if color == "choice" else ["#D55E00", "#DDE6EE"]
    # nearest: each trial is a block of one colour, never a blend of two choices
    ax.imshow(picture, aspect="auto", interpolation="nearest", cmap=ListedColormap(shades), vmin=-0.5,
              vmax=len(names) - 0.5, extent=(0.5, picture.shape[1] + 0.5, picture.shape[0] + 0.5, 0.5))
    ax.set_xlabel("Trial")
    ax.set_ylabel("Episode")
    patches = [Patch(color=shade, label=name) for shade, name in zip(shades, names, strict=True)]
    ax.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(names), borderaxespad=0.3,
              handlelength=1)
    return ax


def _names(color: str, picture: pd.DataFrame) -> list[str]:
    if color == "best":
        return ["other arm", "best arm"]
    highest = np.nan_to_num(picture.to_numpy(), nan=0).max()
    return [f"arm {arm + 1}" for arm in range(max(2, int(highest) + 1))]
