"""Tables of many players on many settings: ours beside the published, who is best, and a picture of both.

The classical players' part is measured once, by ``python -m benchmarks.duan2016``, and kept in ``figures/measured``; the
networks' part is played anew whenever a figure is made.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.best_by_welch import mark_best
from analyses.style import PALETTE, styled
from cogmeta.agents.network import Network
from cogmeta.simulate import check_seed
from cogmeta.task import Task
from tasks.tuning import earnings

OPTIMUM = 21.820
"""Expected reward of a visit of somebody who knows the process: 120,000 processes, standard error .0065."""

PUBLISHED_N = 1000
"""Problems behind every published mean."""


def measured(name: str) -> pd.DataFrame:
    """Return what the classical players of a table earn, as it was measured."""
    with files("figures").joinpath("measured", f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def network_row(networks: Sequence[Network], task: Task, seed: int, n_problems: int = 1000) -> dict[str, float]:
    """Return what networks earn on fresh problems, as a row like those of ``measured``.

    Parameters
    ----------
    networks : sequence of Network
        Of several trainings; the mean is over all.
    task : Task
    seed : int
    n_problems : int
        For each.
    """
    total = np.concatenate([earnings(network, task, n_problems, seed + k)[0] for k, network in enumerate(networks)])
    known = np.concatenate([control(task, n_problems, seed + k)[0] for k in range(len(networks))])
    better = adjusted(total, known, control(task, 1, seed)[1])
    return {"n_trials": task.spec.n_trials, "player": "network", "mean": better.mean(), "sem": sem(better),
            "raw_mean": total.mean(), "raw_sem": sem(total), "n": len(total)}


def control(task: Task, n: int, seed: int) -> tuple[np.ndarray, float]:
    """Return what somebody who knows each problem expects to earn, and the mean of that over all problems.

    Parameters
    ----------
    task : BernoulliBandit or RandomMDP
        With independent arms, or the published priors.
    n, seed : int
        The problems are those of ``earnings`` and ``simulate``.

    Returns
    -------
    known : (n,) float array
        A trial of a bandit, a visit of a process.
    expected : float
    """
    state, _ = task.begin(n, check_seed(seed).spawn(2)[0])
    hidden = task.hidden(state)
    if "action_value" in hidden:
        return hidden["action_value"].max(axis=1), OPTIMUM
    return hidden["reward_probability"].max(axis=1), task.n_arms / (task.n_arms + 1)


def adjusted(total: np.ndarray, known: np.ndarray, expected: float) -> np.ndarray:
    """Return totals as they would be in problems of average worth, by regression on what is known of each problem.

    Examples
    --------
    >>> adjusted(np.array([1.0, 2.0, 3.0]), np.array([0.4, 0.5, 0.6]), expected=0.45).round(6).tolist()
    [1.5, 1.5, 1.5]
    """
    slope = np.cov(known, total)[0, 1] / known.var(ddof=1)
    return total - slope * (known - expected)


def sem(total: np.ndarray) -> float:
    """Return the standard error of a mean."""
    return float(total.std(ddof=1) / np.sqrt(len(total)))


def beside_published(rows: pd.DataFrame, published: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return rows with the published mean, how far ours lies from it, and who is best.

    Parameters
    ----------
    rows : DataFrame
        ``setting, player, mean, sem, raw_sem, n``.
    published : mapping of mapping
        setting -> player -> mean over 1,000 problems, printed with one decimal.

    Returns
    -------
    DataFrame
        With ``published``, ``published_sem`` (that of 1,000 problems), ``z`` and ``best``. ``z`` is the difference by
        its standard error, of ours, of 1,000 problems, and of rounding to one decimal.
    """
    table = rows.copy()
    table["published"] = [published.get(s, {}).get(p, np.nan) for s, p in zip(table["setting"], table["player"], strict=True)]
    table["published_sem"] = table["raw_sem"] * np.sqrt(table["n"] / PUBLISHED_N)
    error = np.sqrt(table["sem"] ** 2 + table["published_sem"] ** 2 + 0.1**2 / 12)
    table["z"] = (table["mean"] - table["published"]) / error
    return table.assign(best=mark_best(table, "setting", "mean", "sem", "n"))


def farthest(table: pd.DataFrame) -> dict[str, float]:
    """Return, by player, the largest distance of a cell from the published one, in standard errors."""
    known = table.dropna(subset=["z"])
    return known["z"].abs().groupby(known["player"]).max().to_dict()


def markdown(table: pd.DataFrame, players: Sequence[str]) -> str:
    """Return a Markdown table, a row a setting: ours (standard error), best in bold, published in brackets."""
    lines = ["| | " + " | ".join(players) + " |", "|" + "---|" * (len(players) + 1)]
    for setting, rows in table.groupby("setting", sort=False):
        cells = [_cell(rows[rows["player"] == player]) for player in players]
        lines.append(f"| {setting} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rows: pd.DataFrame) -> str:
    if not len(rows):
        return "–"
    row = rows.iloc[0]
    digits = 2 if row["mean"] < 20 else 1
    ours = f"{row['mean']:.{digits}f} ± {row['sem']:.{digits}f}"
    return (f"**{ours}**" if row["best"] else ours) + ("" if np.isnan(row["published"]) else f" [{row['published']:g}]")


@styled
def draw_settings(table: pd.DataFrame, n_columns: int) -> Figure:
    """Draw one panel a setting: every player's mean with twice its standard error, and the published one."""
    settings = list(table["setting"].unique())
    n_rows = -(-len(settings) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(2.6 * n_columns, 0.5 + 1.9 * n_rows), layout="constrained", squeeze=False)
    for ax, setting in zip(axes.ravel(), settings, strict=False):
        _draw_setting(table[table["setting"] == setting], ax)
        ax.set_title(setting, loc="left")
    for ax in axes.ravel()[len(settings):]:
        ax.axis("off")
    figure.supxlabel("Total reward", fontsize="medium")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=6)  # clear of the points
    return figure


def _draw_setting(rows: pd.DataFrame, ax: Axes) -> None:
    rows = rows[rows["player"] != "random"]  # so far below that the others could not be told apart
    y = np.arange(len(rows))[::-1]
    ax.errorbar(rows["mean"], y, xerr=2 * rows["sem"], fmt="o", markersize=3, color=PALETTE[0], label="ours, 2 standard errors")
    ax.errorbar(rows["published"], y + 0.25, xerr=2 * rows["published_sem"], fmt="D", markersize=2.5, linewidth=0.7,
                color=PALETTE[1], label="published, 2 standard errors")
    ax.set_yticks(y, rows["player"], fontsize=6)
