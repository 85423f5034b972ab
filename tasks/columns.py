"""Between arrays (trial, episode) and the columns of a trial table (one row a trial, episode after episode)."""

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import FORCED, Family
from cogmeta.task import TaskSpec
from cogmeta.trials import episode_rows, forced_trials


def flat(array: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the valid entries of a (n_trials, n_episodes) array as one column, episode after episode.

    Examples
    --------
    >>> flat(np.array([[1, 2], [3, 4]]), np.array([[True, True], [True, False]])).tolist()
    [1, 3, 2]
    """
    return array.T[valid.T]


def index_columns(valid: np.ndarray, episodes_per_epoch: int = 1) -> dict[str, np.ndarray | int]:
    """Return ``subject, session, block, trial`` of the valid trials; every column is a subject of its own.

    Parameters
    ----------
    valid : (n_trials, n_episodes) bool array
    episodes_per_epoch : int
        Where there are several, each is a block with trials from 0.
    """
    n_trials, n_episodes = valid.shape
    length = n_trials if episodes_per_epoch == 1 else n_trials // episodes_per_epoch
    trial = flat(np.repeat(np.arange(n_trials)[:, None], n_episodes, axis=1), valid)
    return {
        "subject": np.repeat(np.arange(n_episodes).astype(str), valid.sum(axis=0)),
        "session": 0,
        "block": 0 if episodes_per_epoch == 1 else trial // length,
        "trial": trial if episodes_per_epoch == 1 else trial % length,
    }


def take(trials: pd.DataFrame, column: str, row: np.ndarray, padding: float = 0.0) -> np.ndarray:
    """Return the numbers of a column at ``row``, laid out like ``row``.

    Parameters
    ----------
    trials : DataFrame
    column : str
    row : (n_trials, n_episodes) int array
        From ``answered_rows``.
    padding : float
        Where ``row`` is -1.

    Returns
    -------
    (n_trials, n_episodes) float array
        NaN where the table has a missing value.
    """
    return np.where(row >= 0, trials[column].to_numpy(float, na_value=np.nan)[row], padding)


def indices(trials: pd.DataFrame, column: str, row: np.ndarray, n: int, need: str, hint: str) -> np.ndarray:
    """Return (n_trials, n_episodes) int64 of a column of integers in [0, n) that a task needs; 0 in padding.

    Parameters
    ----------
    trials : DataFrame
    column : str
    row : (n_trials, n_episodes) int array
        From ``answered_rows``.
    n : int
    need, hint : str
        For what the column is needed, and what to do about a number out of range: the ends of the messages.

    Raises
    ------
    TrialTableError
        The column is missing, or a number is not one of these.
    """
    if column not in trials:
        raise TrialTableError(f"{need}; the trial table lacks the column {column!r}, found {[str(c) for c in trials]}.")
    numbers = take(trials, column, row)
    wrong = ~((numbers >= 0) & (numbers < n) & (numbers == np.floor(numbers)))
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        raise TrialTableError(f"{column} must be an integer in [0, {n}), got {numbers[where]:g} at row {row[where]}. {hint}")
    return numbers.astype(np.int64)


def scored_and_forced(
    trials: pd.DataFrame, row: np.ndarray, choices: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which choices are scored, and which were imposed (None in a table that does not say).

    Parameters
    ----------
    trials : DataFrame
        Validated.
    row : (n_steps, n_episodes) int array
        Row of the trial of each step, -1 in padding.
    choices : (n_steps, n_episodes) bool array
        Where a valid choice was made.
    """
    if FORCED not in trials:
        return choices, None
    forced = choices & np.where(row >= 0, forced_trials(trials)[row], False)
    return choices & ~forced, forced


def imposed_in(trials: pd.DataFrame, row: np.ndarray, choice: str) -> np.ndarray:
    """Return (n_trials, n_episodes) int: the choice that was imposed in a trial of a table, ``NO_ACTION`` where it was free.

    Parameters
    ----------
    trials : DataFrame
        Validated; without a column ``forced`` all choices are free.
    row : (n_trials, n_episodes) int array
    choice : str
        Column of the choice.
    """
    forced = np.where(row >= 0, forced_trials(trials)[row], False)
    return np.where(forced, take(trials, choice, row), NO_ACTION).astype(np.int64)


def answered_rows(trials: pd.DataFrame, family: Family, episode: tuple[str, ...] | None = None) -> np.ndarray:
    """Return ``episode_rows`` of a validated table, or say that nobody answered."""
    row = episode_rows(trials, family, episode)
    if not row.size:
        raise TrialTableError(f"all {len(trials)} trials lack a response; expected at least one answered trial.")
    return row


def check_length(row: np.ndarray, n_trials: int, name: str) -> None:
    """Refuse episodes with more trials than the trial index of a task counts."""
    if len(row) > n_trials:
        raise UserError(
            f"an episode has {len(row)} answered trials, but {name!r} shows its agents trial / n_trials with "
            f"n_trials={n_trials}. Make the task with n_trials={len(row)}, or with trial_index=False."
        )


def check_blocks(trials: pd.DataFrame, row: np.ndarray, spec: TaskSpec) -> None:
    """Refuse tables whose blocks are not the episodes of whole epochs; a task with one episode an epoch takes any.

    Parameters
    ----------
    trials : DataFrame
    row : (n_trials, n_epochs) int array
        From ``answered_rows``.
    spec : TaskSpec
    """
    if spec.episodes_per_epoch == 1:
        return
    n_trials, wanted = len(row), spec.n_trials // spec.episodes_per_epoch
    block = take(trials, "block", row, padding=np.nan)
    starts = np.diff(block, axis=0, prepend=np.nan) != 0
    expected = np.broadcast_to((np.arange(n_trials) % wanted == 0)[:, None], starts.shape)
    whole = n_trials % wanted == 0 and (row >= 0).all()
    if not whole or (starts != expected).any():
        raise TrialTableError(
            f"{spec.name!r} has epochs of episodes of {wanted} trials: every block must be an episode with {wanted} "
            "answered trials, and every session the same number of them. Leave out epochs with missing trials.")
