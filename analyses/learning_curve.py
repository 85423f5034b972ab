"""How behaviour improves within an episode, and how an agent improves with training.

Within an episode: the share of trials on which the best arm was taken, and the reward, by trial (Wang et al. 2016,
figure 2; 2018, figure 1). With training: reward a trial against environment steps, from the records that training
yields. Bands are 95 % intervals over subjects (episodes, where there is one subject).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from analyses.intervals import UNIT, by_unit, mean_interval
from analyses.regret import best_arm
from analyses.style import REFERENCE, colors, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.trials import guess_family, validate_trials

_LABELS = {"best_arm": "P(best arm)", "reward": "Reward a trial"}


def learning_curve(trials: pd.DataFrame, reward_range: tuple[float, float] | None = None) -> pd.DataFrame:
    """Return the share of best choices and the reward at every trial of an episode.

    Parameters
    ----------
    trials : DataFrame
        A trial table of any family. The best arm is known for bandits with ``reward_probability_<arm>`` columns.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default 0 and 1.

    Returns
    -------
    DataFrame
        ``measure`` (``"reward"``, and ``"best_arm"`` where it is known), ``trial`` (counted from 0 within the
        episode), ``mean, low, high, n``.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a", "a", "b", "b"], "trial": [0, 1, 0, 1], "choice": [0, 1, 1, 1],
    ...                        "reward": [0, 1, 1, 1], "reward_probability_0": 0.2, "reward_probability_1": 0.8})
    >>> learning_curve(trials)[["measure", "trial", "mean"]].values.tolist()
    [['best_arm', 0, 0.5], ['best_arm', 1, 1.0], ['reward', 0, 0.5], ['reward', 1, 1.0]]
    """
    family = guess_family(trials)
    trials = validate_trials(trials, family, reward_range=reward_range)
    episode = list(family.episode)
    table = trials[list(UNIT)].assign(trial=trials.groupby(episode, sort=False).cumcount(), reward=trials["reward"])
    measures = ["reward"]
    if family is BANDIT and "reward_probability_0" in trials:
        table["best_arm"] = best_arm(trials)
        measures.insert(0, "best_arm")
    curves = [mean_interval(by_unit(table, m, "trial"), m, "trial").assign(measure=m) for m in measures]
    return pd.concat(curves, ignore_index=True)[["measure", "trial", "mean", "low", "high", "n"]]


@styled
def plot_learning_curve(tables: Mapping[str, pd.DataFrame], measure: str = "best_arm", ax: Axes | None = None) -> Axes:
    """Draw one measure of several agents by trial.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> table of ``learning_curve``.
    measure : {"best_arm", "reward"}
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        A table does not have this measure.
    """
    ax = new_axes(ax, 4.3, 2.6)
    for (name, table), color in zip(tables.items(), colors(tables).values(), strict=True):
        curve = table[table["measure"] == measure]
        if curve.empty:
            known = sorted(set(table["measure"]))
            raise UserError(f"the learning curve of {name!r} has no measure {measure!r}; it has {known}.")
        ax.plot(curve["trial"] + 1, curve["mean"], color=color, label=name)
        ax.fill_between(curve["trial"] + 1, curve["low"], curve["high"], color=color, alpha=0.2, linewidth=0)
    ax.set_xlim(1, None)
    ax.set_xlabel("Trial in the episode")
    ax.set_ylabel(_LABELS[measure])
    if measure == "best_arm":
        ax.set_ylim(max(0.0, ax.get_ylim()[0]), 1.0)  # where few subjects are left, intervals reach beyond what a share can be
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


@styled
def plot_training(
    records: Mapping[str, pd.DataFrame] | pd.DataFrame, references: Mapping[str, float] | None = None,
    ax: Axes | None = None, x: str = "steps", y: str = "reward_per_trial",
) -> Axes:
    """Draw how reward grew during training.

    Parameters
    ----------
    records : DataFrame, or mapping of str to DataFrame
        Training records, one row an update or more; several by name (seeds, agents).
    references : mapping of str to float, optional
        Horizontal lines to compare with, such as ``{"Bayes-optimal": 0.706, "random": 0.5}``.
    ax : Axes, optional
    x, y : str
        Columns drawn.

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, 3.6, 2.7)
    records = {"": records} if isinstance(records, pd.DataFrame) else records
    for (name, record), color in zip(records.items(), colors(records).values(), strict=True):
        ax.plot(record[x], record[y], color=color, label=name or None, linewidth=1.2, marker="." if len(record) == 1 else None)
    for name, level in (references or {}).items():
        ax.axhline(level, color=REFERENCE, linestyle="--", linewidth=0.9)
        ax.annotate(name, (1, level), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
                    ha="left", va="center", fontsize=7, color=REFERENCE)
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_xlabel("Environment steps" if x == "steps" else x.replace("_", " "))
    ax.set_ylabel("Reward a trial" if y == "reward_per_trial" else y.replace("_", " "))
    if any(records):
        ax.legend(loc="best")
    return ax


def over_seeds(curves: pd.DataFrame, y: str = "reward_per_trial", n_points: int = 60) -> pd.DataFrame:
    """Return the mean learning curve of several seeds, with the 95 % interval of that mean.

    Parameters
    ----------
    curves : DataFrame
        ``seed``, ``steps`` and ``y``: rows of any spacing, as ``learning_curves.csv`` of ``cogmeta train --seeds``.
    y : str
    n_points : int
        Training is cut into this many equal stretches; each seed's rows are averaged within one.

    Returns
    -------
    DataFrame
        ``steps`` (middle of the stretch), ``mean, low, high, n`` (seeds).

    Examples
    --------
    >>> curves = pd.DataFrame({"seed": [0, 0, 1, 1], "steps": [10, 20, 10, 20], "reward_per_trial": [0.5, 0.6, 0.7, 0.6]})
    >>> over_seeds(curves, n_points=2)[["steps", "mean", "n"]].round(3).values.tolist()
    [[5.0, 0.6, 2.0], [15.0, 0.6, 2.0]]
    """
    width = curves["steps"].max() / n_points
    stretch = (np.ceil(curves["steps"] / width) - 1).clip(0, n_points - 1)
    table = curves.assign(steps=(stretch + 0.5) * width).groupby(["seed", "steps"], as_index=False)[y].mean()
    return mean_interval(table, y, "steps")


@styled
def plot_over_seeds(table: pd.DataFrame, references: Mapping[str, float] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mean learning curve of several seeds and its interval.

    Parameters
    ----------
    table : DataFrame
        From ``over_seeds``.
    references : mapping of str to float, optional
        Horizontal lines, as for ``plot_training``.
    ax : Axes, optional
    """
    n_seeds = int(table["n"].max())
    mean = table.rename(columns={"mean": "reward_per_trial"})
    ax = plot_training({f"mean of {n_seeds} seeds": mean}, references, ax)
    color = ax.get_lines()[0].get_color()
    ax.fill_between(table["steps"], table["low"], table["high"], color=color, alpha=0.2, linewidth=0, label="95 % interval")
    ax.legend(loc="lower right")
    return ax
