"""What tasks with one choice among arms a trial share: their observation, and the way to the trial table and back."""

from functools import lru_cache
from typing import ClassVar

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError
from cogmeta.families import BANDIT
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, check_blocks, check_length, flat, index_columns, scored_and_forced, take


class ArmsTask(Task):
    """A task of one step a trial: take one of the arms, get a reward.

    A subclass is a frozen dataclass with the fields ``n_trials`` and ``name``; it gives ``spec``, ``begin``,
    ``advance`` and ``hidden``. What it hides goes into columns of the trial table and comes back from them: an array of
    one number an episode under its name, one of ``k`` numbers as ``<name>_0`` to ``<name>_<k-1>``. What it shows
    besides the trial's place is named in ``shown``, kept in columns of these names and read from them.

    Attributes
    ----------
    shown : tuple of str
        Names of the entries of the observation after the first.
    n_trials : int
    trial_index : bool
        Whether the observation is ``trial / n_trials`` (else a constant 0).
    name : str
        Registered id.
    """

    shown: ClassVar[tuple[str, ...]] = ()

    n_trials: int
    trial_index: bool = False
    name: str = ""

    def observe(self, trial: int, n_episodes: int, shown: np.ndarray | None = None) -> np.ndarray:
        """Return (n_episodes, 1 + len(shown)) float32: the trial's place in the episode or 0, and what is shown.

        Parameters
        ----------
        trial : int
            From 0; after the last trial the observation is zeros.
        n_episodes : int
        shown : (n_episodes, len(self.shown)) array, optional
        """
        index = trial / self.n_trials if self.trial_index and trial < self.n_trials else 0.0
        place = np.empty((n_episodes, 1), np.float32)
        place.fill(index)  # np.full takes several times as long
        if shown is None:
            return place
        shown = shown if trial < self.n_trials else np.zeros_like(shown)
        return np.concatenate([place, shown], axis=1, dtype=np.float32)

    def spec_of(self, n_arms: int, citation: str, reward_range: tuple[float, float] = (0.0, 1.0)) -> TaskSpec:
        """Return the spec of a task of one step a trial."""
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=1 + len(self.shown), n_actions=n_arms, n_trials=self.n_trials,
            n_steps=self.n_trials, reward_range=reward_range, citation=citation,
        )

    def done(self, trial: int, n_episodes: int) -> np.ndarray:
        """Return (n_episodes,) bool: whether an episode is over once ``trial`` trials were played."""
        return (np.ones if trial >= self.n_trials else np.zeros)(n_episodes, bool)

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``choice, reward`` and, where known, what the task hid before each choice."""
        valid, index = rollout.valid, index_columns(rollout.valid, self.spec.episodes_per_epoch)
        columns = index | {"choice": flat(rollout.action, valid), "reward": flat(rollout.reward, valid)}
        for k, name in enumerate(self.shown):
            columns[name] = flat(rollout.observation[..., 1 + k].astype(float), valid)
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
        check_blocks(trials, row, spec)
        valid = row >= 0
        observation, action = self._seen(trials, row), take(trials, "choice", row).astype(np.int64)
        scored, forced = scored_and_forced(trials, row, valid & self.scored(observation, action))
        return Rollout(
            task=self, observation=observation, action=action, reward=take(trials, "reward", row), valid=valid,
            scored=scored, row=row, forced=forced, hidden=self._hidden_in(trials, row),
        )

    def _seen(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        """Return (n_trials, n_episodes, observation_size) what was seen before each choice of a table."""
        lacking = [name for name in self.shown if name not in trials]
        if lacking:
            raise TrialTableError(f"{self.name!r} shows its agents {list(self.shown)}, and the trial table lacks the "
                                  f"columns {lacking}. Add them.")
        n_trials, n_episodes = row.shape
        if not self.shown:
            return np.stack([self.observe(trial, n_episodes) for trial in range(n_trials)])
        shown = np.stack([take(trials, name, row) for name in self.shown], axis=-1)
        return np.stack([self.observe(trial, n_episodes, shown[trial]) for trial in range(n_trials)])

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the table tells of what was hidden; empty unless it tells all of it."""
        first = self.hidden(self.begin(1, np.random.default_rng(0))[0])
        example = {name: array[None] for name, array in first.items()}
        columns = {name: [column for column, _ in _columns(name, array)] for name, array in example.items()}
        if not all(column in trials for names in columns.values() for column in names):
            return {}
        found = {name: np.stack([take(trials, column, row) for column in names], axis=-1)
                 for name, names in columns.items()}
        return {name: array.reshape(*row.shape, *example[name].shape[2:]).astype(example[name].dtype)
                for name, array in found.items()}


def _columns(name: str, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return the columns that an array (n_steps, n_episodes) or (n_steps, n_episodes, k) fills, with their parts."""
    if array.ndim == 2:
        return [(name, array)]
    return [(f"{name}_{k}", array[..., k]) for k in range(array.shape[-1])]


def of_chosen(table: np.ndarray, action: np.ndarray) -> np.ndarray:
    """Return (n_episodes,) the entry of the arm taken, of a table (n_episodes, n_arms).

    Examples
    --------
    >>> of_chosen(np.array([[0.1, 0.9], [0.3, 0.7]]), np.array([1, 0])).tolist()
    [0.9, 0.3]
    """
    return table.ravel().take(first_of_rows(*table.shape) + action)


@lru_cache(maxsize=64)
def first_of_rows(n_rows: int, n_columns: int) -> np.ndarray:
    """Return where the rows of a table begin when it is one long row, (n_rows,); read only.

    Examples
    --------
    >>> first_of_rows(3, 2).tolist()
    [0, 2, 4]
    """
    first = np.arange(0, n_rows * n_columns, n_columns)
    first.setflags(write=False)
    return first


def pay(reward_probability: np.ndarray, action: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n_episodes,) float64 rewards of 0 and 1 for the arms taken, of a table (n_episodes, n_arms).

    Examples
    --------
    >>> pay(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([1, 0]), np.random.default_rng(0)).tolist()
    [1.0, 0.0]
    """
    return (rng.random(len(action)) < of_chosen(reward_probability, action)).astype(np.float64)


def one_better(better: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return (n_episodes, 2) what two arms pay with: the better one ``high``, the other one minus that.

    Parameters
    ----------
    better : (n_episodes,) int array
        0 or 1.
    high : (n_episodes,) array
        In [0, 1].

    Examples
    --------
    >>> one_better(np.array([0, 1]), np.array([0.75, 0.75])).tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    return np.where(better[:, None] == np.arange(2), high[:, None], 1 - high[:, None])
