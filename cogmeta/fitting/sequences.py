"""Trial tables as arrays: one column a sequence, ready for lanes.

A sequence is what a learner goes through in one go (a block of a bandit, a session of a two-step task): its values
start afresh with each. Sequences belong to subjects. Trials without a response are left out, as if they had not been;
choices that the task imposed are learned from, not scored.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.models.model import Model
from cogmeta.models.trial import one_hot
from cogmeta.trials import episode_rows, forced_trials


@dataclass(frozen=True)
class Scored:
    """One choice of every trial, as the likelihood sees it.

    Attributes
    ----------
    taken : (n_trials, n_options, n_sequences) float array
        One-hot; zeros where the choice was imposed, and after a sequence's last trial.
    given : (n_trials, n_states, n_sequences) float array or None
        One-hot state in which it is made.
    """

    taken: np.ndarray
    given: np.ndarray | None


@dataclass(frozen=True)
class Sequences:
    """A trial table as arrays; sequences of one subject stand side by side.

    Attributes
    ----------
    subjects : list of str
        Of the table, in order of appearance.
    subject : (n_sequences,) int array
        Index into ``subjects``, never falling.
    row : (n_trials, n_sequences) int array
        Row of the table, -1 after a sequence's last trial.
    events : dict of arrays
        What ``update`` sees: one-hot (n_trials, n, n_sequences) for choices and states, (n_trials, n_sequences) for
        outcomes.
    choices : tuple of Scored
    """

    subjects: list[str]
    subject: np.ndarray
    row: np.ndarray
    events: dict[str, np.ndarray]
    choices: tuple[Scored, ...]

    @cached_property
    def length(self) -> np.ndarray:
        """(n_sequences,) number of trials of each."""
        return (self.row >= 0).sum(axis=0)

    @cached_property
    def by_sequence(self) -> dict[str, np.ndarray]:
        """The events with their axes turned round, (n_sequences, ..., n_trials): a sequence stands in one place of memory."""
        return {name: np.ascontiguousarray(array.T) for name, array in self.events.items()}

    def astype(self, dtype: type[np.floating]) -> "Sequences":
        """Return the same with events in another precision."""
        events = {name: array.astype(dtype) for name, array in self.events.items()}
        cast = {id(self.events[name]): array for name, array in events.items()}
        choices = tuple(Scored(cast.get(id(c.taken), c.taken), cast.get(id(c.given), c.given)) for c in self.choices)
        return replace(self, events=events, choices=choices)

    @property
    def n_scored(self) -> np.ndarray:
        """(n_subjects,) number of choices that the likelihood counts."""
        scored = sum(choice.taken.sum(axis=(0, 1)) for choice in self.choices)
        return np.bincount(self.subject, weights=scored, minlength=len(self.subjects)).astype(int)

    @property
    def scored(self) -> np.ndarray:
        """(n_trials, n_sequences) bool: trials with a choice that the likelihood counts."""
        return np.any([choice.taken.any(axis=1) for choice in self.choices], axis=0)


def sequences_of(model: Model, trials: pd.DataFrame, episode: tuple[str, ...] | None = None) -> Sequences:
    """Return the sequences of a validated trial table.

    Parameters
    ----------
    model : Model
        Already adapted to the table by ``for_trials``.
    trials : DataFrame
        Validated.
    episode : tuple of str, optional
        Columns whose change starts learning afresh; by default the family's.
    """
    for column in (*(episode or ()), *model.outcomes, *model.states):
        if column not in trials:
            raise UserError(f"{model.name} needs the column {column!r}, which the trial table does not have.")
    row = episode_rows(trials, model.family, episode)
    subject, subjects = pd.factorize(trials["subject"])
    owner = subject[row[0]] if len(row) else np.zeros(row.shape[1], int)
    kept = np.flatnonzero(row[0] >= 0) if len(row) else np.zeros(0, int)
    kept = kept[np.argsort(owner[kept], kind="stable")]
    row, owner = row[:, kept], owner[kept]
    codes = _codes(model, trials, row)
    events = {name: np.ascontiguousarray(one_hot(code, n).swapaxes(0, 1)) for name, (code, n) in codes.items()}
    for name in model.outcomes:
        column = np.append(trials[name].to_numpy(float, na_value=np.nan), 0.0)
        events[name] = column[row]
    choices = tuple(Scored(_free(events[c.column], trials, row), events[c.given] if c.given else None)
                    for c in model.choices)
    return Sequences([str(s) for s in subjects], owner, row, events, choices)


def _free(taken: np.ndarray, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
    """Return one-hot choices with zeros where they were imposed; the array itself where all were free."""
    forced = forced_trials(trials)
    return taken * ~forced[row][:, None] if forced.any() else taken


def _codes(model: Model, trials: pd.DataFrame, row: np.ndarray) -> dict[str, tuple[np.ndarray, int]]:
    """Return each choice's and state's index at every trial (-1 in padding) and how many values it has."""
    sizes = {c.column: model.n_options(c) for c in model.choices} | model.states
    columns = {name: np.append(trials[name].to_numpy(float, na_value=-1), -1).astype(int) for name in sizes}
    return {name: (columns[name][row], sizes[name]) for name in sizes}
