"""Which trial came before which: trials of one session in order, those without a response left out.

Two rules for the trial before. ``adjacent=False``: the last answered one (trials without a response are dropped, then
neighbours are paired; what most authors do). ``adjacent=True``: the one just before, by its number, and only if it was
answered. Under both a pair never joins two subjects or two sessions.
"""

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP, Family
from cogmeta.trials import episode_rows


def lagged_rows(trials: pd.DataFrame, n_lags: int = 1, adjacent: bool = False, family: Family = TWO_STEP) -> np.ndarray:
    """Return where each answered trial stands, and the ``n_lags`` trials before it.

    Parameters
    ----------
    trials : DataFrame
        A validated trial table.
    n_lags : int
        >= 1.
    adjacent : bool
        Whether the trials must bear consecutive numbers in one block.
    family : Family
        Of the table; it says where an episode ends.

    Returns
    -------
    (n_lags + 1, n) int array
        Row positions: first the trials themselves, then those one trial back, two trials back, and so on. Trials
        with fewer than ``n_lags`` before them in the session are left out.

    Examples
    --------
    >>> from cogmeta.trials import validate_trials
    >>> table = validate_trials(pd.DataFrame({
    ...     "subject": ["a", "a", "a", "b"], "trial": [0, 1, 2, 3], "choice1": [0, None, 1, 1],
    ...     "state2": [0, None, 1, 1], "reward": [1, None, 0, 1]}), "two_step")
    >>> lagged_rows(table).tolist(), lagged_rows(table, adjacent=True).tolist()
    ([[2], [0]], [[], []])
    """
    rows = episode_rows(trials, family)
    n_trials = len(rows)
    if n_trials <= n_lags:
        return np.empty((n_lags + 1, 0), int)
    # time-major within an episode is what episode_rows gives; reading it episode by episode keeps the table's order
    stacked = np.stack([rows[n_lags - lag: n_trials - lag].T.ravel() for lag in range(n_lags + 1)])
    stacked = stacked[:, stacked[0] >= 0]
    return stacked[:, _consecutive(trials, stacked)] if adjacent else stacked


def _consecutive(trials: pd.DataFrame, stacked: np.ndarray) -> np.ndarray:
    number = trials["trial"].to_numpy(int)[stacked]
    block = trials.groupby("block", sort=False).ngroup().to_numpy()[stacked]
    return ((number[:-1] - number[1:] == 1) & (block[:-1] == block[1:])).all(axis=0)


def check_one_start(trials: pd.DataFrame) -> None:
    """Refuse a table with two first-stage states, in which to stay is not one thing."""
    if "state1" in trials and trials["state1"].nunique() > 1:
        raise UserError("these trials begin in two first-stage states (column state1), so that to stay can mean the same "
                        "option in another state. Use analyses.transfer.")
