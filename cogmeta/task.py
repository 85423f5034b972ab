"""The contract of a task: a batch of episodes that begin together and advance in lock step.

A task is data and three functions of arrays: ``begin`` draws the hidden parameters of ``n_episodes`` copies,
``advance`` plays one step of every copy, ``hidden`` tells an analysis (never an agent) what the copies hide.
Two more lead to the trial table and back. Axes are always (time, episode, feature).

In tasks of episodic memory what begins with ``begin`` is an *epoch*: a bag of episodes in a row, among them some that
were met before (Ritter et al. 2018). ``TaskSpec.episodes_per_epoch`` says how many; elsewhere it is 1 and an epoch is
an episode. Arrays then hold whole epochs, one a column; agents start every episode of them afresh, but for what they
keep in memory (``Agent.next_episode``).
"""

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout
from cogmeta.task_spec import TaskSpec

__all__ = ["Task", "TaskSpec"]

_SPECS = "_specs"
"""Where a task keeps the specs that were made."""


class Task(ABC):
    """A family of tasks with its settings; subclasses are frozen dataclasses whose fields are the settings.

    Notes
    -----
    ``state`` is whatever ``begin`` returns; callers only hand it back. No method changes it in place, and no
    method keeps anything between calls, so the same generator gives the same episodes.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the spec of a task be made once: who plays asks for it at every step."""
        super().__init_subclass__(**options)
        spec = cls.__dict__.get("spec")
        if isinstance(spec, property) and not spec.__isabstractmethod__:
            cls.spec = made_once(spec)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy or another process needs: the settings."""
        return {name: value for name, value in self.__dict__.items() if name != _SPECS}

    @property
    @abstractmethod
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""

    @abstractmethod
    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
        """Draw ``n_episodes`` fresh episodes.

        Returns
        -------
        state : object
            To be handed to ``advance``.
        observation : (n_episodes, observation_size) float32 array
            What the agent sees before its first action.
        """

    @abstractmethod
    def advance(
        self, state: Any, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
        """Play one step of every episode.

        Parameters
        ----------
        state : object
            From ``begin`` or the last ``advance``.
        action : (n_episodes,) int array
            In [0, n_actions).
        rng : numpy.random.Generator
            Source of all chance of the step.

        Returns
        -------
        state : object
        observation : (n_episodes, observation_size) float32 array
            What the agent sees before its next action; zeros after the last step.
        reward : (n_episodes,) float64 array
            For this action.
        done : (n_episodes,) bool array
            True where the episode is over. One that ends before ``spec.n_steps`` stays over: whatever is done, it shows
            and pays 0 from then on.

        Raises
        ------
        UserError
            An action is not an integer in range.
        """

    def imposed(self, state: Any) -> np.ndarray | None:
        """Return the action that the task imposes at this step: it is done whatever an agent answers.

        Such a choice is learned from, not scored: whoever plays the task hands ``advance`` what ``enact`` returns.

        Returns
        -------
        (n_episodes,) int array or None
            ``NO_ACTION`` (-1) where the choice is free; None where it is free in every episode.
        """
        return None

    def enact(self, state: Any, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is done when ``action`` was answered, and where that was imposed.

        Parameters
        ----------
        state : object
            From ``begin`` or the last ``advance``.
        action : (n_episodes,) int array

        Returns
        -------
        action : (n_episodes,) int array
            The imposed action where there is one.
        forced : (n_episodes,) bool array
        """
        imposed = self.imposed(state)
        if imposed is None:
            return action, np.zeros(len(action), bool)
        forced = imposed != NO_ACTION
        return np.where(forced, imposed, action), forced

    @abstractmethod
    def hidden(self, state: Any) -> dict[str, np.ndarray]:
        """Return what the episodes hide at this step, by name; arrays start with the episode axis."""

    def scored(self, observation: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Return where an action is a free choice that a likelihood counts.

        Parameters
        ----------
        observation : (n_steps, n_episodes, observation_size) array
        action : (n_steps, n_episodes) int array

        Returns
        -------
        (n_steps, n_episodes) bool array
            Everywhere, unless a task says otherwise (a fixation step, an outcome without a choice).
        """
        return np.ones(action.shape, bool)

    @abstractmethod
    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Return the trial table of a rollout of this task."""

    @abstractmethod
    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Return the step-by-step inputs and actions that a trial table stands for."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of this task as plain values, enough to build it again."""
        return asdict(self)

    def check_action(self, action: np.ndarray, n_episodes: int) -> np.ndarray:
        """Return ``action`` as an int64 array of shape (n_episodes,), or say what is wrong with it."""
        action, n_actions = np.asarray(action), self.spec.n_actions
        if action.shape != (n_episodes,) or action.dtype.kind not in "iu":
            raise UserError(
                f"action must be an integer array of shape ({n_episodes},), one per episode, "
                f"got {action.dtype} of shape {action.shape}."
            )
        integers = action.astype(np.int64, copy=False)
        if n_episodes and np.maximum.reduce(integers.view(np.uint64)) >= n_actions:  # a number below 0 reads as one beyond all
            episode = int(np.argmax((action < 0) | (action >= n_actions)))
            raise UserError(
                f"action must be an integer in [0, n_actions) = [0, {n_actions}), "
                f"got {action[episode]} in episode {episode} of {self.spec.name!r}."
            )
        return integers


def made_once(spec: property) -> property:
    """Return a property that keeps what it gives beside the settings of a task, which do not change.

    Each class keeps its own, so that ``super().spec`` stays that of the class above.
    """
    make = spec.fget

    def get(task: Task) -> TaskSpec:
        kept = task.__dict__.setdefault(_SPECS, {})
        if make not in kept:
            kept[make] = make(task)
        return kept[make]

    return property(get, doc=spec.__doc__)
