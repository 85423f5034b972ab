"""What everybody may know about a task before playing it: its sizes, ranges and source."""

from dataclasses import dataclass

import numpy as np

from cogmeta.families import Family


@dataclass(frozen=True)
class TaskSpec:
    """Sizes, ranges and source of a task.

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
