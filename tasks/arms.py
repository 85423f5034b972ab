"""What tasks with one choice among arms a trial share: their observation, and the way to the trial table and back."""

import numpy as np
import pandas as pd

from cogmeta.rollout import Rollout
from cogmeta.task import Task
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, check_length, flat, index_columns, take


class ArmsTask(Task):
    """A task of one step a trial: take one of the arms, get a reward.

    A subclass is a frozen dataclass with the fields ``n_trials`` and ``name``; it gives ``spec``, ``begin``, ``advance``
    and ``hidden``. What it hides goes into columns of the trial table and comes back from them: an array of one number
    an episode under its name, one of ``k`` numbers as ``<name>_0`` to ``<name>_<k-1>``.

    Attributes
    ----------
    n_trials : int
    trial_index : bool
        Whether the observation is ``trial / n_trials`` (else a constant 0).
    name : str
        Registered id.
    """

    n_trials: int
    trial_index: bool = False
    name: str = ""

    def observe(self, trial: int, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, 1) float32: the trial's place in the episode, or 0."""
        index = trial / self.n_trials if self.trial_index and trial < self.n_trials else 0.0
        return np.full((n_episodes, 1), index, np.float32)

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``choice, reward`` and, where known, what the task hid before each choice."""
        valid = rollout.valid
        columns = index_columns(valid) | {"choice": flat(rollout.action, valid), "reward": flat(rollout.reward, valid)}
        for name, array in rollout.hidden.items():
            for column, part in _columns(name, array):
                columns[column] = flat(part, valid)
        spec = self.spec
        return validate_trials(pd.DataFrame(columns), spec.family, spec.n_actions, spec.reward_range)

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Return the steps of a table; missing trials are left out and do not count in the trial index."""
        spec = self.spec
        trials = validate_trials(trials, spec.family, spec.n_actions, spec.reward_range)
        row = answered_rows(trials, spec.family, spec.episode)
        if self.trial_index:
            check_length(row, self.n_trials, self.name)
        valid = row >= 0
        return Rollout(
            task=self, observation=np.stack([self.observe(trial, row.shape[1]) for trial in range(len(row))]),
            action=take(trials, "choice", row).astype(np.int64), reward=take(trials, "reward", row), valid=valid,
            scored=valid, row=row, hidden=self._hidden_in(trials, row),
        )

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the table tells of what was hidden; empty unless it tells all of it."""
        first = self.hidden(self.begin(1, np.random.default_rng(0))[0])
        example = {name: array[None] for name, array in first.items()}
        columns = {name: [column for column, _ in _columns(name, array)] for name, array in example.items()}
        if not all(column in trials for names in columns.values() for column in names):
            return {}
        found = {name: np.stack([take(trials, column, row) for column in names], axis=-1) for name, names in columns.items()}
        return {name: array.reshape(*row.shape, *example[name].shape[2:]).astype(example[name].dtype)
                for name, array in found.items()}


def _columns(name: str, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return the columns that a hidden array (n_steps, n_episodes) or (n_steps, n_episodes, k) fills, with their parts."""
    if array.ndim == 2:
        return [(name, array)]
    return [(f"{name}_{k}", array[..., k]) for k in range(array.shape[-1])]
