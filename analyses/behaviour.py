"""The measures by which behaviour on a family of tasks is told apart, one number a subject, for people and players alike.

Source: staying after reward and after none (bandits), the model-free and the model-based index of staying (two-step;
Daw et al. 2011, Wang et al. 2018, figure 5c). How ours departs: a subject who never met one of the situations has no
number for that measure, rather than a group's.
"""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.best_arm import best_arm
from analyses.intervals import mean_interval
from analyses.stay_after_outcome import stay_after_outcome
from analyses.stay_probability import indices_of_cells, stay_probability
from analyses.style import PALETTE, styled
from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.families import Family
from cogmeta.fitting import Fit
from cogmeta.fitting.table_design import simulate_on_table
from cogmeta.simulate import simulate
from cogmeta.task import Task
from cogmeta.trials import get_family, validate_trials

PEOPLE = "people"
"""Who made the choices of a table, as a player."""

N_SIMULATED = 30
"""Episodes that a player plays at least, however few people there are."""

Measures = dict[str, pd.Series]
"""Name of a measure -> its value by subject."""


def behaviour(trials: pd.DataFrame, family: str | Family) -> pd.DataFrame:
    """Return the measures of a family for every subject.

    Parameters
    ----------
    trials : DataFrame
    family : str or Family
        ``"bandit"``, ``"two_step"`` or ``"mdp"``.

    Returns
    -------
    DataFrame
        One row a subject and measure: ``subject, measure, value`` (missing where a subject never was in the situation).
        Everybody has ``reward a trial``; bandits ``stays after reward``, ``stays after none`` and, where the table says
        what arms were worth, ``takes the best arm``; two-step tasks ``model-free index`` and ``model-based index`` (in
        [-2, 2], see ``analyses.stay_probability.stay_indices``).

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(4), "choice": [0, 0, 1, 1], "reward": [1, 0, 0, 1]})
    >>> behaviour(trials, "bandit")[["measure", "value"]].values.tolist()
    [['reward a trial', 0.5], ['stays after reward', 1.0], ['stays after none', 0.5]]
    """
    family = get_family(family) if isinstance(family, str) else family
    trials = validate_trials(trials, family, reward_range=(-np.inf, np.inf))
    measured = {"reward a trial": trials.groupby("subject", sort=False)["reward"].mean().astype(float)}
    measured |= _OF_FAMILY[family.name](trials) if family.name in _OF_FAMILY else {}
    table = pd.concat([values.rename("value").rename_axis("subject").reset_index().assign(measure=name)
                       for name, values in measured.items()], ignore_index=True)
    return table[["subject", "measure", "value"]]


def _bandit(trials: pd.DataFrame) -> Measures:
    stay = stay_after_outcome(trials).pivot(index="subject", columns="reward", values="stay")
    measured = {"stays after reward": stay[True], "stays after none": stay[False]}
    try:
        best = best_arm(trials)
    except UserError:  # tables of people seldom say what the arms were worth
        return measured
    return measured | {"takes the best arm": best.groupby("subject")["best"].mean().astype(float)}


def _two_step(trials: pd.DataFrame) -> Measures:
    cells = stay_probability(trials).pivot(index="subject", columns="cell", values="stay")
    found = indices_of_cells(cells)
    return {"model-free index": found["model_free"], "model-based index": found["model_based"]}


_OF_FAMILY: dict[str, Callable[[pd.DataFrame], Measures]] = {"bandit": _bandit, "two_step": _two_step}


def compare_behaviour(
    task: Task, trials: pd.DataFrame, fits: Mapping[str, Fit], agents: Mapping[str, Agent], seed: int = 0
) -> pd.DataFrame:
    """Return how the people of a trial table behaved, and how everybody else does on the same task.

    Parameters
    ----------
    task : Task
        That was played.
    trials : DataFrame
    fits : mapping of str to Fit
        Models that were fitted to these trials.
    agents : mapping of str to Agent
    seed : int

    Returns
    -------
    DataFrame
        ``player, subject, measure, value``; the player ``people`` is who made the choices. Models met the trials of each
        subject again, with its parameters; agents played fresh episodes of the task, whose rewards need not be those of
        a data set.
    """
    n, tables = trials["subject"].nunique(), {PEOPLE: behaviour(trials, task.spec.family)}
    tables |= {name: behaviour_of_fit(fitted, task, trials, seed) for name, fitted in fits.items()}
    tables |= {name: behaviour_of_agent(agent, task, n, seed) for name, agent in agents.items()}
    return pd.concat([table.assign(player=name) for name, table in tables.items()], ignore_index=True)


def behaviour_of_agent(agent: Agent, task: Task, n_subjects: int, seed: int = 0) -> pd.DataFrame:
    """Return the behaviour of an agent that plays a task afresh, every episode a subject.

    Parameters
    ----------
    agent : Agent
    task : Task
    n_subjects : int
        Episodes, but at least ``N_SIMULATED``.
    seed : int
    """
    trials = simulate(agent, task, max(n_subjects, N_SIMULATED), seed).to_trials()
    return behaviour(trials, task.spec.family)


def behaviour_of_fit(fitted: Fit, task: Task, trials: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return the behaviour that a fitted model predicts: every subject plays again with its own parameters.

    Parameters
    ----------
    fitted : Fit
    task : Task
    trials : DataFrame
        That were fitted: each subject meets its own trials again (see ``cogmeta.fitting.table_design`` for what is
        assumed of outcomes that nobody saw); where that cannot be, an episode of the task.
    seed : int

    Notes
    -----
    Everybody plays as often as brings all of them to ``N_SIMULATED`` plays, and counts once, as people do.
    """
    times, rng = -(-N_SIMULATED // len(fitted.table)), np.random.default_rng(seed)
    plays = [behaviour(_play_again(fitted, task, trials, rng), task.spec.family) for _ in range(times)]
    return pd.concat(plays).groupby(["subject", "measure"], sort=False)["value"].mean().reset_index()


def _play_again(fitted: Fit, task: Task, trials: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    own = {name: fitted.table[name].to_numpy(float) for name in fitted.model.parameter_names}
    spec = task.spec
    trials = validate_trials(trials, spec.family, reward_range=spec.reward_range)
    try:
        return simulate_on_table(fitted.model, own, trials, rng, spec.episode)
    except UserError:  # a model or a table of which nobody can say what other choices would have led to
        played = simulate(fitted.model.for_task(task).agent(own), task, len(fitted.table), rng).to_trials()
        return played.assign(subject=fitted.table["subject"].to_numpy()[pd.factorize(played["subject"])[0]])


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95 % interval over subjects of every measure and player.

    Parameters
    ----------
    table : DataFrame
        ``player, subject, measure, value``.

    Returns
    -------
    DataFrame
        ``player, measure, mean, low, high, n``, in the order of the table.
    """
    out = mean_interval(table, "value", ["player", "measure"])
    keys = pd.MultiIndex.from_frame(table[["player", "measure"]].drop_duplicates())
    return out.set_index(["player", "measure"]).loc[keys].reset_index()


@styled
def plot_behaviour(table: pd.DataFrame, reference: str | None = None) -> Figure:
    """Draw every measure as a panel: players or groups below one another, means with 95 % intervals over subjects.

    Parameters
    ----------
    table : DataFrame
        ``player, subject, measure, value``.
    reference : str, optional
        Player whose mean is a line through every panel.
    """
    means, measures = summary(table), list(dict.fromkeys(table["measure"]))
    players = list(dict.fromkeys(table["player"]))
    figure, axes = plt.subplots(1, len(measures), figsize=(_label_width(players) + 1.5 * len(measures), 0.9 + 0.22 * len(players)),
                                sharey=True, squeeze=False, layout="constrained")
    for ax, measure in zip(axes[0], measures, strict=True):
        _draw_measure(ax, means[means["measure"] == measure].set_index("player").reindex(players), reference)
        ax.set_xlabel(measure[0].upper() + measure[1:])
    axes[0, 0].set_ylim(len(players) - 0.5, -0.5)
    return figure


def _label_width(names: list[str]) -> float:
    """Return the inches that the longest name takes beside an axis."""
    return 0.4 + 0.06 * max(map(len, names))


def _draw_measure(ax: Axes, rows: pd.DataFrame, reference: str | None) -> None:
    half = np.nan_to_num((rows["high"] - rows["mean"]).to_numpy(float))
    if reference is not None:
        ax.axvline(rows.loc[reference, "mean"], color=PALETTE[1], linewidth=0.8, zorder=0)
    ax.errorbar(rows["mean"], rows.index, xerr=half, fmt="o", markersize=4, color=PALETTE[0], ecolor="0.5", elinewidth=1)
