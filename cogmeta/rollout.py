"""What happened: time-major arrays of a batch of episodes, simulated or observed."""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.families import FORCED
from cogmeta.task_spec import TaskSpec


class Played(Protocol):
    """What a rollout asks of the task that was played; every ``cogmeta.task.Task`` has it."""

    @property
    def spec(self) -> TaskSpec:
        """Sizes and ranges of the task."""

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings as plain values."""

    def to_trials(self, rollout: "Rollout") -> pd.DataFrame:
        """Return the trial table of a rollout of the task."""


@dataclass(frozen=True)
class Rollout:
    """Steps of a batch of episodes; every array starts with the axes (n_steps, n_episodes).

    Where an epoch has several episodes, a column is an epoch: its episodes in a row.

    Attributes
    ----------
    task : Task
        What was played.
    observation : (n_steps, n_episodes, observation_size) float32 array
    action : (n_steps, n_episodes) int64 array
    reward : (n_steps, n_episodes) float64 array
        For the action of the same step.
    valid : (n_steps, n_episodes) bool array
        False where an episode had ended (padding).
    scored : (n_steps, n_episodes) bool array
        True where the action was a free choice that a likelihood counts.
    row : (n_steps, n_episodes) int64 array
        Position in the trial table of the trial that the step belongs to; -1 in padding.
    forced : (n_steps, n_episodes) bool array or None
        True where a choice was imposed by the task: learned from, not scored. None where all were free.
    hidden : dict of arrays
        What the task hid at each step; empty where it is not known.
    logits : (n_steps, n_episodes, n_actions) float array or None
    value : (n_steps, n_episodes) float array or None
    activity : dict of (n_steps, n_episodes, n_units) arrays
        What was recorded from the agent.
    discount : float or None
        Of ``value``.
    """

    task: Played
    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    valid: np.ndarray
    scored: np.ndarray
    row: np.ndarray
    forced: np.ndarray | None = None
    hidden: dict[str, np.ndarray] = field(default_factory=dict)
    logits: np.ndarray | None = None
    value: np.ndarray | None = None
    activity: dict[str, np.ndarray] = field(default_factory=dict)
    discount: float | None = None

    @property
    def n_steps(self) -> int:
        """Steps of the longest episode."""
        return self.action.shape[0]

    @property
    def n_episodes(self) -> int:
        """Episodes played side by side."""
        return self.action.shape[1]

    @property
    def starts(self) -> np.ndarray:
        """(n_steps,) bool: where an episode starts; only the first step, unless an epoch has several episodes."""
        return self.task.spec.starts_episode(np.arange(self.n_steps))

    @property
    def previous_action(self) -> np.ndarray:
        """(n_steps, n_episodes) action of the step before, ``NO_ACTION`` where an episode starts."""
        return np.where(self.starts[:, None], NO_ACTION, np.roll(self.action, 1, axis=0))

    @property
    def previous_reward(self) -> np.ndarray:
        """(n_steps, n_episodes) reward of the step before, 0 where an episode starts."""
        return np.where(self.starts[:, None], 0.0, np.roll(self.reward, 1, axis=0))

    @property
    def log_likelihood(self) -> np.ndarray:
        """(n_steps, n_episodes) natural log-probability of each action; 0 where it is not scored."""
        if self.logits is None:
            raise UserError("this rollout has no logits: it was observed, not simulated. Use replay(agent, rollout).")
        log_probability = log_softmax(self.logits, axis=-1)
        taken = np.take_along_axis(log_probability, self.action[..., None], axis=-1)[..., 0]
        return np.where(self.scored, taken, 0.0)

    def reward_prediction_error(self, discount: float | None = None) -> np.ndarray:
        """Return the dopamine-like signal of every step, from the agent's own value.

        Parameters
        ----------
        discount : float, optional
            In [0, 1]; by default the one that the agent was trained with.

        Returns
        -------
        (n_steps, n_episodes) float array
            In units of reward; 0 in padding. Entry t belongs to the outcome of the action of step t.

        Notes
        -----
        ``delta_t = r_t + discount * V(s_{t+1}) - V(s_t)``, with V = 0 after the last step of an episode: no
        value leaks over an episode's end.

        References
        ----------
        Wang et al. 2018, Methods; Sutton & Barto 2018, eq. 6.5.
        """
        if self.value is None or not np.isfinite(self.value[self.valid]).all():
            raise UserError("reward prediction errors need a value at every step; this agent has no critic.")
        discount = self.discount if discount is None else discount
        if discount is None:
            raise UserError("reward prediction errors need a discount in [0, 1]; pass discount=0.9, say.")
        value = np.where(self.valid, self.value, 0.0)
        value_next = np.concatenate([np.where(self.starts[1:, None], 0.0, value[1:]), np.zeros_like(value[:1])])
        return np.where(self.valid, self.reward + discount * value_next - value, 0.0)

    def to_trials(self, subject: str | None = None) -> pd.DataFrame:
        """Return the trial table.

        Parameters
        ----------
        subject : str, optional
            Name of the one subject whose sessions the episodes are. By default every episode is a subject of
            its own, named ``"0"``, ``"1"``, and so on.
        """
        trials = self.task.to_trials(self)
        if self.forced is not None:
            trials[FORCED] = self._by_trial(self.forced)
        if subject is not None:
            trials["session"] = trials["subject"].astype(int)
            trials["subject"] = subject
        return trials

    def _by_trial(self, steps: np.ndarray) -> np.ndarray:
        """Return one bool a row of the trial table: whether it is so at any step of the trial."""
        by_trial = steps.reshape(-1, self.task.spec.steps_per_trial, self.n_episodes).any(axis=1)
        return by_trial.T[self.valid[:: self.task.spec.steps_per_trial].T]

    def with_agent(self, logits: np.ndarray, value: np.ndarray, **recorded: object) -> "Rollout":
        """Return a copy that holds what an agent said at every step."""
        return replace(self, logits=logits, value=value, **recorded)
