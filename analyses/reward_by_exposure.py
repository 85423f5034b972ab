"""What an agent earns in a context at its first, second, ... return, and whether it is right from the first trial.

Tasks with returning contexts are built to show this: without memory every exposure is like the first; with memory the
first trial of the second is right already. Source: Ritter et al. 2018, whose main figures show regret by trial, one
line an exposure. How ours departs: reward an episode and how it began, by exposure: accuracy at its first trial, accuracy
before there was evidence, steps to the goal.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import UNIT, mean_interval
from analyses.style import lines, new_axes, styled
from cogmeta.errors import TrialTableError

MEASURES = {
    "reward": "Reward an episode",
    "first_trial": "P(good arm) at the first trial",
    "before_evidence": "P(right) before the evidence",
    "steps_to_goal": "Steps to the goal",
}
"""What can be measured, with its label; all but the reward where the table tells, see ``exposures``."""


def exposures(trials: pd.DataFrame) -> pd.DataFrame:
    """Return one row an episode: which exposure it is, what it earned, and how it began.

    Parameters
    ----------
    trials : DataFrame
        A trial table with ``exposure`` (from 0) in which a block is an episode, and with what is good in it:
        ``reward_probability_<arm>``, ``answer`` (an arm) or ``goal`` (a place, which alone pays more than 0).

    Returns
    -------
    DataFrame
        ``subject, session, block, exposure`` (from 1), ``reward`` (sum over the episode) and, of these, what the table
        tells: ``first_trial`` (1.0 or 0.0: the first choice was the good arm), ``before_evidence`` (share of right choices
        where ``informative`` is 0), ``steps_to_goal`` (until the goal is reached first; all steps where it never is, so
        that its mean is then a lower bound).

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
    told = _of_trials(trials)
    table = trials[list(UNIT)].assign(exposure=_exposure(trials), **{name: column for name, (column, _) in told.items()})
    episodes = table.groupby([*UNIT, "exposure"], sort=False)
    return episodes.agg(**{name: (name, how) for name, (_, how) in told.items()}).reset_index()


def _of_trials(trials: pd.DataFrame) -> dict[str, tuple[np.ndarray, str]]:
    """Return a number a trial for every measure that the table tells, and how an episode's are put together."""
    _exposure(trials)
    if "goal" in trials:
        came = (trials["reward"] > 0).groupby([trials[name] for name in UNIT], sort=False).cumsum()
        return {"reward": (trials["reward"], "sum"), "steps_to_goal": (came - (trials["reward"] > 0) == 0, "sum")}
    good = _good(trials)
    found = {"reward": (trials["reward"], "sum"), "first_trial": (good, "first")}
    if "informative" in trials:
        found["before_evidence"] = (np.where(trials["informative"] == 0, good, np.nan), "mean")
    return found


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
        exposure=_exposure(trials), trial=trials["trial"].astype(int) + 1, good=_good(trials))
    epochs = table.groupby(["subject", "session", "exposure", "trial"])["good"].mean().reset_index()
    return mean_interval(epochs, "good", ["exposure", "trial"])


def _exposure(trials: pd.DataFrame) -> pd.Series:
    """Return which exposure to its context every trial belongs to, from 1."""
    if "exposure" not in trials:
        raise TrialTableError("reward by exposure needs the columns exposure and what is good (reward_probability_<arm>, "
                              "answer or goal), as simulated tables of tasks with returning contexts have them; found "
                              f"{list(trials.columns)}.")
    return trials["exposure"].astype(int) + 1


def _good(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials,) 1.0 where the best arm was taken."""
    if "answer" in trials:
        return (trials["choice"] == trials["answer"]).to_numpy(float)
    arms = [name for name in trials if name.startswith("reward_probability_")]
    if not arms:
        raise TrialTableError("choices of the good arm need the columns reward_probability_<arm> or answer, as simulated "
                              f"tables of tasks with returning contexts have them; found {list(trials.columns)}.")
    values, choice = trials[arms].to_numpy(float), trials["choice"].to_numpy(int)
    return (values[np.arange(len(choice)), choice] == values.max(axis=1)).astype(float)


def reward_by_exposure(trials: pd.DataFrame) -> pd.DataFrame:
    """Return reward an episode, and how it began, at every exposure.

    Parameters
    ----------
    trials : DataFrame
        As for ``exposures``.

    Returns
    -------
    DataFrame
        ``measure`` (of ``MEASURES``, those that the table tells), ``exposure`` (from 1), ``mean, low, high`` (95 % interval
        over epochs), ``n``.
    """
    table = exposures(trials)
    told = [measure for measure in MEASURES if measure in table]
    epochs = table.groupby(["subject", "session", "exposure"])[told].mean().reset_index()
    curves = [mean_interval(epochs, measure, "exposure").assign(measure=measure) for measure in told]
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
    measure : {"reward", "first_trial", "before_evidence", "steps_to_goal"}
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    for (label, curve), style in zip(curves.items(), lines(curves).values(), strict=True):
        line = curve[curve["measure"] == measure]
        ax.plot(line["exposure"], line["mean"], marker="o", markersize=3, label=label, **style)
        ax.fill_between(line["exposure"], line["low"], line["high"], color=style["color"], alpha=0.2, linewidth=0)
    ax.set_xlabel("Exposure to the context")
    ax.set_ylabel(MEASURES[measure])
    ax.set_ylim(0, None)
    return ax
