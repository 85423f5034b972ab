"""How often the first choice of a two-step trial is repeated, by reward and transition of the trial before.

Model-free learning repeats what was rewarded, whatever the transition (a main effect of reward); planning repeats
after a rewarded common or an unrewarded rare transition (an interaction). Source: Daw et al. 2011, figure 2; Wang et
al. 2018, figure 5c. How ours departs: the rule by which a trial finds the one before it is an option (two rules are in
use, and they differ), and a reward above 0 counts as rewarded.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import COMMON, RARE, REFERENCE, styled
from analyses.trial_history import check_one_start, lagged_rows
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.trials import free_choices, validate_trials

CELLS = ("rewarded_common", "rewarded_rare", "unrewarded_common", "unrewarded_rare")
"""What happened on the trial before."""

Stay = TypeVar("Stay", float, pd.Series)
"""One proportion, or one a subject."""

_MANY = 80
"""Above so many subjects their single points are not drawn."""


def stay_probability(trials: pd.DataFrame, adjacent: bool = False) -> pd.DataFrame:
    """Return how often each subject repeated the first choice after each kind of trial.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table.
    adjacent : bool
        False: trials without a response are dropped, then neighbours are paired. True: only trials with consecutive
        numbers are paired.

    Returns
    -------
    DataFrame
        Four rows a subject: ``subject, cell, reward, common`` (of the trial before), ``stay`` (proportion, missing
        where n is 0), ``n`` (pairs), ``flag`` (why ``stay`` is missing, else empty).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(3), "choice1": [0, 0, 1], "state2": [0, 1, 1],
    ...                        "reward": [1, 0, 0]})
    >>> stay_probability(trials)[["cell", "stay", "n"]].values.tolist()
    [['rewarded_common', 1.0, 1], ['rewarded_rare', nan, 0], ['unrewarded_common', nan, 0], ['unrewarded_rare', 0.0, 1]]
    """
    trials = free_choices(validate_trials(trials, TWO_STEP, reward_range=(-np.inf, np.inf)), TWO_STEP)
    check_one_start(trials)
    now, before = lagged_rows(trials, 1, adjacent)
    choice = trials["choice1"].to_numpy(float, na_value=np.nan)
    stay = choice[now] == choice[before]
    subject, names = pd.factorize(trials["subject"])
    return stay_table(names, subject[now], stay, trial_kind(trials)[before])


def stay_table(names: np.ndarray, subject: np.ndarray, stay: np.ndarray, kind: np.ndarray) -> pd.DataFrame:
    """Return the table of ``stay_probability`` for pairs of trials.

    Parameters
    ----------
    names : (n_subjects,) array of str
    subject : (n_pairs,) int array
        Place of each pair's subject in ``names``.
    stay : (n_pairs,) bool array
        Whether the choice was repeated.
    kind : (n_pairs,) int array
        Place in ``CELLS`` of the earlier trial.
    """
    place = subject * len(CELLS) + kind
    n = np.bincount(place, minlength=len(names) * len(CELLS))
    n_stay = np.bincount(place, weights=stay, minlength=len(n))
    kinds = np.tile(np.arange(len(CELLS)), len(names))
    return pd.DataFrame({
        "subject": np.repeat(np.asarray(names), len(CELLS)), "cell": np.asarray(CELLS)[kinds],
        "reward": kinds < 2, "common": kinds % 2 == 0,
        "stay": np.divide(n_stay, n, out=np.full(len(n), np.nan), where=n > 0), "n": n,
        "flag": np.where(n > 0, "", "no such trial before a choice"),
    })


def trial_kind(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials,) int: the place in ``CELLS`` of each trial of a validated table, -1 without a response."""
    common, reward = trials["common"], trials["reward"]
    kind = np.where(reward > 0, 0, 2) + np.where(common.fillna(False).to_numpy(bool), 0, 1)
    return np.where(common.isna() | reward.isna(), -1, kind)


def group_stay(table: pd.DataFrame) -> pd.DataFrame:
    """Return the group's stay probabilities: every subject counts once.

    Parameters
    ----------
    table : DataFrame
        From ``stay_probability``.

    Returns
    -------
    DataFrame
        Four rows: ``cell, reward, common, stay`` (mean over the subjects that have the cell), ``low, high`` (95 %
        interval of that mean, within [0, 1]; missing for one subject), ``n_subjects``, ``pooled`` (proportion of all
        pairs) and ``n_pairs``.
    """
    out = mean_interval(table, "stay", ["cell", "reward", "common"]).rename(columns={"mean": "stay", "n": "n_subjects"})
    out[["low", "high"]] = out[["low", "high"]].clip(0, 1)
    pairs = table.assign(n_stay=table["stay"].fillna(0) * table["n"]).groupby("cell")[["n_stay", "n"]].sum()
    pairs = pairs.loc[out["cell"]]
    n = pairs["n"].to_numpy(float)
    out["pooled"] = np.divide(pairs["n_stay"].to_numpy(), n, out=np.full(len(n), np.nan), where=n > 0)
    out["n_pairs"] = pairs["n"].to_numpy()
    return out.set_index("cell").loc[list(CELLS)].reset_index()


def stay_over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of several networks' stay probabilities, with its 95 % interval over seeds, as ``group_stay`` would.

    Parameters
    ----------
    table : DataFrame
        Tables of ``group_stay``, one a seed (column ``seed``).

    Returns
    -------
    DataFrame
        ``cell, reward, common, stay, low, high, n_subjects``; ``n_subjects`` is 1, since seeds are no subjects.
    """
    out = mean_interval(table, "stay", ["cell", "reward", "common"]).rename(columns={"mean": "stay", "n": "n_subjects"})
    return out.assign(n_subjects=1).set_index("cell").loc[list(CELLS)].reset_index()


def stay_indices(table: pd.DataFrame) -> dict[str, float]:
    """Return the model-based and the model-free index of group stay probabilities.

    Parameters
    ----------
    table : DataFrame
        From ``group_stay`` (or ``cogmeta.data.published_stay`` of one group).

    Returns
    -------
    dict
        ``model_based``: (rewarded common + unrewarded rare) - (rewarded rare + unrewarded common); ``model_free``:
        (rewarded common + rewarded rare) - (unrewarded common + unrewarded rare). Both in [-2, 2].
    """
    return indices_of_cells(dict(zip(table["cell"], table["stay"].astype(float), strict=True)))


def stay_crossover(table: pd.DataFrame) -> float:
    """Return by how much staying where planning stays exceeds staying where it leaves: the smallest such difference of two cells.

    Parameters
    ----------
    table : DataFrame
        From ``group_stay``.

    Examples
    --------
    >>> stay_crossover(pd.DataFrame({"cell": CELLS, "stay": [1.0, 0.5, 0.25, 0.75]}))
    0.25
    """
    stay = table.set_index("cell")["stay"].astype(float)
    return float(stay[["rewarded_common", "unrewarded_rare"]].min() - stay[["rewarded_rare", "unrewarded_common"]].max())


def indices_of_cells(stay: Mapping[str, Stay]) -> dict[str, Stay]:
    """Return ``stay_indices`` of proportions by cell: numbers of a group, or series over subjects."""
    rewarded_common, rewarded_rare, unrewarded_common, unrewarded_rare = (stay[cell] for cell in CELLS)
    return {
        "model_based": (rewarded_common + unrewarded_rare) - (rewarded_rare + unrewarded_common),
        "model_free": (rewarded_common + rewarded_rare) - (unrewarded_common + unrewarded_rare),
    }


@styled
def plot_stay_probability(tables: Mapping[str, pd.DataFrame], axes: Sequence[Axes] | None = None) -> np.ndarray:
    """Draw stay probabilities, one small panel an agent or group, with 95 % intervals over subjects.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Title -> table of ``stay_probability`` (averaged here; up to 80 subjects are shown as points), of
        ``group_stay``, or of ``cogmeta.data.published_stay``.
    axes : sequence of Axes, optional
        One a table.

    Returns
    -------
    (n_tables,) array of Axes
    """
    axes = _panels(len(tables)) if axes is None else np.atleast_1d(np.asarray(axes, object))
    if len(axes) != len(tables):
        raise UserError(f"there are {len(tables)} tables to draw and {len(axes)} axes; give one axes a table.")
    for ax, (title, table) in zip(axes, tables.items(), strict=True):
        group = table if "low" in table else group_stay(table)
        if "subject" in table and 1 < table["subject"].nunique() <= _MANY:
            _draw_subjects(ax, table)
        _draw_group(ax, group)
        n = int(group["n_subjects"].max())
        ax.set_title(f"{title}\n(n = {n:,})" if n > 1 else title)
    _label(axes)
    return axes


def _panels(n: int) -> np.ndarray:
    width = 1.65 * n + 1.2
    return plt.subplots(1, n, figsize=(width, 2.5), sharey=True, squeeze=False, layout="constrained")[1][0]


def _place(table: pd.DataFrame) -> np.ndarray:
    return np.where(table["reward"], 0.0, 1.0) + np.where(table["common"], -0.2, 0.2)


def _draw_group(ax: Axes, group: pd.DataFrame) -> None:
    place, color = _place(group), np.where(group["common"], COMMON, RARE)
    ax.bar(place, group["stay"], width=0.36, color=color, alpha=0.85)
    ends = np.abs(group[["low", "high"]].to_numpy(float).T - group["stay"].to_numpy(float))
    ax.errorbar(place, group["stay"], yerr=np.nan_to_num(ends), fmt="none", ecolor="black", elinewidth=1, capsize=2)
    ax.axhline(0.5, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set_xticks([0, 1], ["rewarded", "unrewarded"])
    ax.set_xlim(-0.55, 1.55)
    ax.set_ylim(0, 1)


def _draw_subjects(ax: Axes, table: pd.DataFrame) -> None:
    subject = pd.factorize(table["subject"])[0]
    spread = (subject + 0.5) / (subject.max() + 1) - 0.5
    ax.scatter(_place(table) + 0.24 * spread, table["stay"], s=4, color="#333333", alpha=0.35, linewidth=0, zorder=3,
               clip_on=False)


def _label(axes: np.ndarray) -> None:
    axes[0].set_ylabel("P(stay with first choice)")
    middle = axes[len(axes) // 2]
    middle.set_xlabel("Outcome of the trial before", x=0.5 if len(axes) % 2 else 0.0)
    handles = [plt.Rectangle((0, 0), 1, 1, color=color, alpha=0.85) for color in (COMMON, RARE)]
    axes[-1].legend(handles, ["common", "rare"], title="transition", loc="upper left", bbox_to_anchor=(1.0, 1.0),
                    handlelength=1)
