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
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.families import Family

if TYPE_CHECKING:
    from cogmeta.rollout import Rollout


@dataclass(frozen=True)
class TaskSpec:
    """What everybody may know about a task before playing it.

    Attributes
    ----------
    name : str
        Registered id, such as ``"bandit/independent"``.
    family : Family
        The schema of its trial table.
    observation_size : int
        Length of the observation vector, >= 1.
    n_actions : int
        Actions are the integers 0 to ``n_actions - 1``.
    n_trials, n_steps : int
        Trials and steps of what begins with ``begin``: an episode, or an epoch of several; a trial is one or more
        steps.
    reward_range : tuple of float
        Smallest and largest reward of one step.
    citation : str
        Paper and section.
    episode : tuple of str, optional
        Columns of the trial table whose change starts what begins with ``begin``; by default the family's.
    n_options : int, optional
        Options of a scored choice, the first of the actions, where these are fewer than the actions and the family
        leaves it open; by default all actions.
    episodes_per_epoch : int
        Episodes, all of the same length, that follow each other between ``begin`` and the end; must divide
        ``n_trials``.
    visible : tuple of str
        Names of what ``Task.hidden`` gives that the observation rightly tells something of: a place, of which one sees
        the surroundings.
    feedback : tuple of str
        Outcomes of the trial before, besides its reward, that entries 1, 2, ... of the observation show; columns of the
        trial table (``counterfactual_reward``).
    cue : tuple of int, optional
        (start, stop) of the entries of the observation by which memories of an episode are stored and found.
    restart : int, optional
        Entry of the observation that is 1 where a new visit to the same problem begins: what comes from there on is no
        consequence of what was done before.
    """

    name: str
    family: Family
    observation_size: int
    n_actions: int
    n_trials: int
    n_steps: int
    reward_range: tuple[float, float]
    citation: str
    episode: tuple[str, ...] | None = None
    n_options: int | None = None
    episodes_per_epoch: int = 1
    cue: tuple[int, int] | None = None
    visible: tuple[str, ...] = ()
    restart: int | None = None
    feedback: tuple[str, ...] = ()

    @property
    def steps_per_trial(self) -> int:
        """Steps of one trial."""
        return self.n_steps // self.n_trials

    @property
    def steps_per_episode(self) -> int:
        """Steps of one episode of an epoch."""
        return self.n_steps // self.episodes_per_epoch

    def starts_episode(self, step: int | np.ndarray) -> bool | np.ndarray:
        """Return whether an episode starts at a step, counted from ``begin``.

        Where an epoch is one episode, only step 0 is a start, however long a trial table goes on.
        """
        if self.episodes_per_epoch == 1:
            return step == 0
        return step % self.steps_per_episode == 0


class Task(ABC):
    """A family of tasks with its settings; subclasses are frozen dataclasses whose fields are the settings.

    Notes
    -----
    ``state`` is whatever ``begin`` returns; callers only hand it back. No method changes it in place, and no
    method keeps anything between calls, so the same generator gives the same episodes.
    """

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
    def to_trials(self, rollout: "Rollout") -> pd.DataFrame:
        """Return the trial table of a rollout of this task."""

    @abstractmethod
    def from_trials(self, trials: pd.DataFrame) -> "Rollout":
        """Return the step-by-step inputs and actions that a trial table stands for."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of this task as plain values, enough to build it again."""
        return asdict(self)

    def check_action(self, action: np.ndarray, n_episodes: int) -> np.ndarray:
        """Return ``action`` as an int64 array of shape (n_episodes,), or say what is wrong with it."""
        action = np.asarray(action)
        n_actions = self.spec.n_actions
        if action.shape != (n_episodes,) or action.dtype.kind not in "iu":
            raise UserError(
                f"action must be an integer array of shape ({n_episodes},), one per episode, "
                f"got {action.dtype} of shape {action.shape}."
            )
        if n_episodes and not 0 <= action.min() <= action.max() < n_actions:
            episode = int(np.argmax((action < 0) | (action >= n_actions)))
            raise UserError(
                f"action must be an integer in [0, n_actions) = [0, {n_actions}), "
                f"got {action[episode]} in episode {episode} of {self.spec.name!r}."
            )
        return action.astype(np.int64, copy=False)
