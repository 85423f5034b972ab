"""Four strategies of the episodic two-step task, weighed by what each says of every choice.

Learning goes by the trials (incremental) or recalls the one visit that a cue names (episodic), and either way by the action
that was taken (model-free) or by the state that was reached and how likely actions lead there (model-based). Each strategy
gives the two first actions values; how much somebody goes by it is the weight of the difference of the two in a logistic
regression of the first choices. Source: Ritter et al. 2018 (bioRxiv 360537), after Vikbladh et al. 2017, who tell the four
apart in an agent's and in people's choices. How ours departs: the details of their fit are not printed. Ours is by maximum
likelihood, with staying and a side bias beside the four; the incremental strategies share one learning rate, the likeliest
of ``RATES``, and have weights of their own on uncued and on cued trials; whether outcomes that recall foresaw are learnt
from is settled by the likelihood, too.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.special import expit, log_expit

from analyses.episodic_stay import check_cued, cued_rows
from analyses.logistic import fit_logistic
from analyses.style import REFERENCE, colors, new_axes, styled
from cogmeta.families import TWO_STEP
from cogmeta.trials import episode_rows, free_choices, validate_trials

STRATEGIES = ("incremental model-free", "incremental model-based", "episodic model-free", "episodic model-based")
"""IMF, IMB, EMF and EMB of the sources."""

UNCUED = tuple(f"{name}, uncued" for name in STRATEGIES[:2])
TERMS = (*UNCUED, *STRATEGIES, "staying", "bias")
"""The predictors, in order: incremental strategies on uncued trials, all four on cued trials, and what is no strategy."""

RATES = tuple(k / 10 for k in range(1, 11))
"""Learning rates that are tried: .1 to 1."""

UNKNOWN = 0.5
"""Value of what is not recalled, and of everything before the first trial."""


class Trials(NamedTuple):
    """Arrays of the rows of a trial table; entries mean something only where the trial was answered."""

    choice: np.ndarray  # (n,) int
    leads_here: np.ndarray  # (n,) int: the action that commonly leads to the state that was reached
    reward: np.ndarray  # (n,) float
    named: np.ndarray  # (n,) int: row of the trial that the cue names, -1 without one
    rows: np.ndarray  # (n_trials, n_episodes) int: answered trials in order, -1 in padding
    common: float  # probability of a common transition


def read_trials(trials: pd.DataFrame, common_probability: float | None = None) -> Trials:
    """Return what the strategies need of a trial table.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table with the column ``cued_trial``, see ``analyses.episodic_stay``.
    common_probability : float, optional
        By default the share of common transitions in the table.
    """
    table = free_choices(check_cued(validate_trials(trials, TWO_STEP, reward_range=(-np.inf, np.inf))), TWO_STEP)
    choice = table["choice1"].to_numpy(float, na_value=0).astype(int)
    common = table["common"].to_numpy(float, na_value=0) > 0
    now, then = cued_rows(table)
    named = np.full(len(table), -1)
    named[now] = then
    rows = episode_rows(table, TWO_STEP)
    share = float(common[rows[rows >= 0]].mean()) if common_probability is None else common_probability
    return Trials(choice, np.where(common, choice, 1 - choice), table["reward"].to_numpy(float), named, rows, share)


def episodic_differences(trials: Trials) -> np.ndarray:
    """Return (n, 2) by how much the recalled visit makes action 1 worth more than action 0, model-free and model-based.

    Notes
    -----
    Model-free ``r - .5`` for the action that was taken then; model-based ``(2 p - 1)(r - .5)`` for the action that commonly
    (with probability p) leads to the state that was reached then. 0 where no visit is recalled.
    """
    then = np.maximum(trials.named, 0)
    worth = np.where(trials.named >= 0, trials.reward[then] - UNKNOWN, 0.0)
    taken, leads = (2 * action[then] - 1 for action in (trials.choice, trials.leads_here))
    return np.stack([worth * taken, (2 * trials.common - 1) * worth * leads], axis=1)


def incremental_differences(trials: Trials, learning_rate: float, learn_foreseen: bool = False) -> np.ndarray:
    """Return (n, 3) by how much action 1 is worth more than action 0 by learning, model-free and model-based; and staying.

    Parameters
    ----------
    trials : Trials
    learning_rate : float
        In [0, 1], of the values of actions and of states.
    learn_foreseen : bool
        Whether an outcome is learnt from where the cue named a visit of the same state, so that recall foresaw it.

    Notes
    -----
    ``Q(a) += learning_rate (r - Q(a))`` of the action taken, ``V(s) += learning_rate (r - V(s))`` of the state reached; all
    start at .5. The model-based difference is ``(2 p - 1)(V(s_1) - V(s_0))``, s_a the state to which action a commonly leads.
    The last column is 1 where the choice before was action 1, -1 where it was action 0, 0 where there was none.
    """
    n_trials, n_episodes = trials.rows.shape
    values, episode = np.full((2, 2, n_episodes), UNKNOWN), np.arange(n_episodes)  # (strategy, action, episode)
    out, before = np.zeros((len(trials.choice), 3)), np.zeros(n_episodes)
    foreseen = (trials.named >= 0) & (trials.leads_here[np.maximum(trials.named, 0)] == trials.leads_here)
    learnt = learning_rate * (learn_foreseen | ~foreseen)
    scale = np.array([1.0, 2 * trials.common - 1])
    for row in trials.rows:
        there = row >= 0
        at, played = row[there], episode[there]
        out[at] = np.column_stack([(values[:, 1] - values[:, 0])[:, there].T * scale, before[there]])
        for strategy, place in enumerate((trials.choice[at], trials.leads_here[at])):
            values[strategy, place, played] += learnt[at] * (trials.reward[at] - values[strategy, place, played])
        before[there] = 2 * trials.choice[at] - 1
    return out


def strategy_weights(trials: pd.DataFrame, common_probability: float | None = None) -> pd.DataFrame:
    """Weigh the four strategies in the first choices of an episodic two-step task, pooled over subjects.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table with the column ``cued_trial``: the number of the trial of the same session whose context is
        the cue, missing where there is none.
    common_probability : float, optional
        By default the share of common transitions in the table.

    Returns
    -------
    DataFrame
        One row a predictor of ``TERMS``: ``term, coefficient`` (log odds, of the strategies a unit of reward), ``standard_error,
        low, high`` (95 %, Wald, taking the learning rate as known), ``z, p, flag`` (why there is no estimate, else empty); and,
        the same in every row, ``learning_rate``, ``learn_foreseen``, ``log_likelihood`` (a trial, natural log) and ``n_trials``.

    Raises
    ------
    UserError
        There is no column ``cued_trial``, or it names a trial that the session does not have.
    """
    read = read_trials(trials, common_probability)
    used = read.rows[read.rows >= 0]
    chosen = read.choice[used] == 1
    designs = {(rate, foreseen): _design(read, rate, foreseen)[used] for rate, foreseen in product(RATES, (False, True))}
    likelihoods = {settings: _log_likelihood(design, chosen) for settings, design in designs.items()}
    best = max(likelihoods, key=likelihoods.__getitem__)
    table = fit_logistic(designs[best], chosen).table()
    table.insert(0, "term", TERMS)
    return table.assign(learning_rate=best[0], learn_foreseen=best[1], log_likelihood=likelihoods[best] / len(used),
                        n_trials=len(used))


def _design(trials: Trials, learning_rate: float, learn_foreseen: bool) -> np.ndarray:
    """Return (n, n_terms) predictors of action 1, in the order of ``TERMS``."""
    *incremental, staying = incremental_differences(trials, learning_rate, learn_foreseen).T
    cued = trials.named >= 0
    split = [difference * where for where in (~cued, cued) for difference in incremental]
    return np.column_stack([*split, episodic_differences(trials), staying, np.ones(len(cued))])


def _log_likelihood(design: np.ndarray, chosen: np.ndarray, n_steps: int = 8) -> float:
    """Return the log-likelihood at its maximum, or where Newton's method is after a few steps if it has none."""
    weights = np.zeros(design.shape[1])
    for _ in range(n_steps):
        p = expit(design @ weights)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, design.T @ (chosen - p))
    return float(log_expit(np.where(chosen, 1, -1) * (design @ weights)).sum())


@styled
def plot_strategy_weights(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the weights of the four strategies on cued trials, one row of marks a group.

    Parameters
    ----------
    table : DataFrame
        ``player, term, mean, low, high`` (weights and their interval, log odds a unit of reward); players from above.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.2, 3.0)
    names = list(dict.fromkeys(table["player"]))
    for shift, (term, color) in zip(np.linspace(-0.24, 0.24, 4), colors(STRATEGIES).items(), strict=True):
        one = table[table["term"] == term].set_index("player").loc[names]
        half = np.nan_to_num((one["high"] - one["mean"]).to_numpy())
        ax.errorbar(one["mean"], np.arange(len(names)) + shift, xerr=half, fmt="o", markersize=4, color=color, capsize=2,
                    elinewidth=1, label=term)
    ax.axvline(0, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel("Weight on cued trials (log odds a unit of reward)")
    return ax
