"""What past outcomes do to the choices of the episodic two-step task: the trial before, and the trial that a cue names.

Three panels. *Incremental, uncued* and *incremental, cued*: how often the first choice of the trial before is repeated, by
its reward and transition, on trials without and with a cue. *Episodic*: how often a cued trial repeats the first choice of
the trial that the cue names, by that trial's reward and transition. In each, a main effect of reward is model-free, a
crossover (repeat after rewarded common and unrewarded rare) is model-based. Source: Ritter et al. 2018 (bioRxiv 360537),
after Vikbladh et al. 2017. How ours departs: the layout of the three panels is that of a public reproduction. A
learner without memory of visits has a small crossover in the third panel too (.12 in log odds, against 2.0 with it), as it
learns from other cued outcomes, which repeat those of the same quarter of the episode.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from analyses.stay_probability import group_stay, plot_stay_probability, stay_table, trial_kind
from analyses.stay_regression import regression_of
from analyses.style import styled
from analyses.trial_history import lagged_rows
from cogmeta.errors import UserError
from cogmeta.families import INDEX, TWO_STEP
from cogmeta.trials import free_choices, validate_trials

PANELS = ("incremental, uncued", "incremental, cued", "episodic")
"""In the order in which they are drawn."""


def episodic_stay(trials: pd.DataFrame, adjacent: bool = False) -> pd.DataFrame:
    """Return how often each subject repeated a past choice, by what had followed it.

    Parameters
    ----------
    trials : DataFrame
        A two-step trial table with the column ``cued_trial``: the number of the trial of the same session whose context
        is the cue, missing where there is none.
    adjacent : bool
        How the trial before is found, see ``analyses.trial_history``.

    Returns
    -------
    DataFrame
        Twelve rows a subject: ``panel``, then the columns of ``stay_probability`` (``reward, common`` of the past trial).

    Raises
    ------
    UserError
        There is no column ``cued_trial``, or it names a trial that the session does not have.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(3), "choice1": [0, 1, 0], "state2": [0, 1, 0],
    ...                        "reward": [1, 1, 1], "cued_trial": [None, None, 0]})
    >>> episodic_stay(trials).query("n > 0")[["panel", "cell", "stay"]].values.tolist()
    [['incremental, uncued', 'rewarded_common', 0.0], ['incremental, cued', 'rewarded_common', 0.0], ['episodic', 'rewarded_common', 1.0]]
    """
    table = free_choices(check_cued(validate_trials(trials, TWO_STEP, reward_range=(-np.inf, np.inf))), TWO_STEP)
    now, before = lagged_rows(table, 1, adjacent)
    cued = table["cued_trial"].notna().to_numpy()[now]
    pairs = ((now[~cued], before[~cued]), (now[cued], before[cued]), cued_rows(table))
    panels = []
    for panel, (later, earlier) in zip(PANELS, pairs, strict=True):
        panels.append(_stays(table, later, earlier))
        panels[-1].insert(0, "panel", panel)
    return pd.concat(panels, ignore_index=True)


def check_cued(trials: pd.DataFrame) -> pd.DataFrame:
    """Return a table that says which trials are cued, or refuse it."""
    if "cued_trial" not in trials:
        raise UserError("measures of the episodic two-step task need the column cued_trial, the trial whose context is the cue; "
                        f"found {[str(c) for c in trials.columns]}.")
    return trials


def cued_rows(trials: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return where the cued trials of a validated table stand, and the trials that their cues name; both answered."""
    key = list(INDEX[:2])
    wanted = trials.loc[trials["cued_trial"].notna(), [*key, "cued_trial"]].rename_axis("now").reset_index()
    known = trials[[*key, "trial"]].rename_axis("then").reset_index()
    found = wanted.merge(known, how="left", left_on=[*key, "cued_trial"], right_on=[*key, "trial"])
    if found["then"].isna().any():
        lost = found[found["then"].isna()].iloc[0]
        raise UserError(f"cued_trial {lost['cued_trial']} at row {lost['now']} (subject {lost['subject']!r}) is no trial of "
                        "the same session. Keep every trial that a cue names in the table.")
    now, then = found["now"].to_numpy(int), found["then"].to_numpy(int)
    answered = trials["choice1"].notna().to_numpy()
    both = answered[now] & answered[then]
    return now[both], then[both]


def _stays(table: pd.DataFrame, later: np.ndarray, earlier: np.ndarray) -> pd.DataFrame:
    choice = table["choice1"].to_numpy(float, na_value=np.nan)
    subject, names = pd.factorize(table["subject"])
    return stay_table(names, subject[later], choice[later] == choice[earlier], trial_kind(table)[earlier])


def episodic_regression(table: pd.DataFrame, half_counts: bool = False) -> pd.DataFrame:
    """Return the effects of past reward, transition and their product on repeating, pooled over subjects, a panel each.

    Parameters
    ----------
    table : DataFrame
        From ``episodic_stay``.
    half_counts : bool
        As in ``stay_regression``.

    Returns
    -------
    DataFrame
        ``panel``, then the columns of ``stay_regression``; the term ``reward_x_transition`` is the crossover.
    """
    parts = [regression_of(table[table["panel"] == panel], half_counts=half_counts).assign(panel=panel) for panel in PANELS]
    out = pd.concat(parts, ignore_index=True)
    return out[["panel", *(c for c in out if c != "panel")]]


@styled
def plot_episodic_stay(tables: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Draw the three panels, one row an agent or group.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Title -> table of ``episodic_stay``.

    Returns
    -------
    (n_tables, 3) array of Axes
    """
    axes = plt.subplots(len(tables), 3, figsize=(6.4, 2.4 * len(tables)), sharey=True, squeeze=False,
                        layout="constrained")[1]
    for row, (title, table) in zip(axes, tables.items(), strict=True):
        panels = {f"{title}: {panel}": group_stay(table[table["panel"] == panel]) for panel in PANELS}
        plot_stay_probability(panels, row)
        row[0].set_ylabel("P(repeat the first choice)")
        row[1].set_xlabel("Outcome of the trial before (left, middle), of the trial cued (right)")
    return axes
