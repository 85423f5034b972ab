"""Let a network play a task while its tape records: the batches that learners learn from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from cogmeta.agent import NO_ACTION
from cogmeta.agents import fused
from cogmeta.agents.device import tape_on
from cogmeta.agents.network import Network, Tape, write_inputs
from cogmeta.errors import unknown_name
from cogmeta.task import Task
from cogmeta.training.returns import discounts, generalised_advantages, reward_prediction_errors


@dataclass(frozen=True)
class Batch:
    """One unroll of a batch of episodes; arrays are (n_steps, n_episodes).

    Attributes
    ----------
    tape : Tape
        With all activations.
    action : int64 array
    reward : float64 array
        For the action of the same step.
    done : bool array
        True at an episode's last step.
    valid : bool array
        False after an episode's end.
    free : bool array
        False there, and where the task imposed the action: such a step teaches the critic, not the policy.
    value : (n_steps + 1, n_episodes) float64 array
        The last row is the value after the unroll.
    expert_policy : (n_steps, n_actions, n_episodes) float64 array, optional
        Probability of everything that an expert would have done, where one looks on.
    taught : (n_steps, n_episodes) float64 array, optional
        What is learnt from in place of the reward, where the learner is told the regret or takes something off the reward.
    """

    tape: Tape
    action: np.ndarray
    reward: np.ndarray
    done: np.ndarray
    valid: np.ndarray
    free: np.ndarray
    value: np.ndarray
    expert_policy: np.ndarray | None = None
    taught: np.ndarray | None = None

    def reward_prediction_error(self, discount: float) -> np.ndarray:
        """Return the dopamine-like signal of every step, 0 in padding; see ``Rollout.reward_prediction_error``."""
        reward = self.reward if self.taught is None else self.taught
        error = reward_prediction_errors(reward, discounts(self.done, discount), self.value[:-1], self.value[1:])
        return np.where(self.valid, error, 0.0)

    def advantages(self, discount: float, eligibility: float) -> np.ndarray:
        """Return (n_steps, n_episodes) advantages, 0 in padding."""
        error = self.reward_prediction_error(discount)
        return generalised_advantages(error, discounts(self.done, discount), eligibility)


class Lesson(NamedTuple):
    """What is learnt from in place of the reward; see ``Learner``."""

    regret_of: str | None = None
    reward_offset: float = 0.0


class Collector:
    """Plays ``n_episodes`` episodes side by side, or epochs of several, one unroll at a time.

    Parameters
    ----------
    network : Network
    task : Task
    n_episodes : int
    n_steps : int
        Steps of an unroll; must divide those of an episode.
    task_rng, action_rng : numpy.random.Generator
        Chance of the task, and of the choices; every episode draws its own numbers from them.
    lesson : Lesson
        What of ``Task.hidden`` says the worth of every action, where minus the regret is learnt from in place of the reward; and
        what is taken off. The network hears the reward itself.
    device : str
        Where the network is computed, see ``cogmeta.agents.device``.
    """

    def __init__(
        self, network: Network, task: Task, n_episodes: int, n_steps: int,
        task_rng: np.random.Generator, action_rng: np.random.Generator, lesson: Lesson = Lesson(), device: str = "cpu",
    ) -> None:
        self.task, self.n_episodes, self.n_steps = task, n_episodes, n_steps
        self.regret_of, self.reward_offset = lesson
        self.task_rng, self.action_rng = task_rng, action_rng
        self.tape = tape_on(network, n_steps, n_episodes, device)
        self.inputs, self.head = self.tape.inputs.numpy(), self.tape.head.numpy()
        self.write_inputs, self.choose = exchange()
        self.played = task.spec.n_steps  # steps of the epochs under way; all of them: begin afresh

    @property
    def between_epochs(self) -> bool:
        """True where the next unroll begins fresh epochs; where an epoch is one episode, fresh episodes."""
        return self.played >= self.task.spec.n_steps

    @property
    def between_episodes(self) -> bool:
        """True where the next unroll begins another episode."""
        return bool(self.task.spec.starts_episode(self.played)) or self.between_epochs

    def begin_afresh(self) -> None:
        """Let the next unroll begin fresh epochs, whatever is left of those under way."""
        self.played = self.task.spec.n_steps

    def _begin(self) -> None:
        if not self.between_episodes:
            self.tape.carry()
            return
        self.action, self.reward = np.full(self.n_episodes, NO_ACTION), np.zeros(self.n_episodes)
        if self.between_epochs:
            self.state, self.observation = self.task.begin(self.n_episodes, self.task_rng)
            self.alive, self.played = np.ones(self.n_episodes, bool), 0
            self.tape.start()
        else:
            self.tape.next_episode()

    def collect(self) -> Batch:
        """Play one unroll and return what happened."""
        self._begin()
        shape = (self.n_steps, self.n_episodes)
        action, reward = np.empty(shape, np.int64), np.empty(shape)
        done, valid, free = np.empty(shape, bool), np.empty(shape, bool), np.empty(shape, bool)
        dart = self.action_rng.random(shape)
        taught = np.empty(shape) if self.regret_of else None
        for t in range(self.n_steps):
            self._tell(t)
            self.tape.step(t)
            self.action, forced = self.task.enact(self.state, self.decide(t, dart[t]))
            if self.regret_of:
                taught[t] = -self._regret()
            self.state, self.observation, self.reward, done[t] = self.task.advance(
                self.state, self.action, self.task_rng)
            action[t], reward[t], valid[t], free[t] = self.action, self.reward, self.alive, self.alive & ~forced
            self.alive = self.alive & ~done[t]
        self.played += self.n_steps
        done[-1] |= self.between_episodes
        if self.reward_offset:
            taught = (reward if taught is None else taught) - self.reward_offset
        return Batch(self.tape, action, reward, done, valid, free, self._values(), taught=taught)

    def _regret(self) -> np.ndarray:
        """Return by how much the action of every episode is worth less than the best one."""
        hidden = self.task.hidden(self.state)
        if self.regret_of not in hidden:
            raise unknown_name(f"hidden array of {self.task.spec.name!r} (regret_of)", self.regret_of, hidden)
        worth = hidden[self.regret_of]
        return worth.max(axis=1) - worth[np.arange(self.n_episodes), self.action]

    def _tell(self, t: int) -> None:
        """Write what the network is told at step ``t`` of the unroll; the compiled function takes no other kinds of numbers."""
        observation, reward = np.asarray(self.observation, np.float32), np.asarray(self.reward, np.float64)
        self.write_inputs(self.inputs[t], observation, self.action, reward)

    def decide(self, t: int, dart: np.ndarray) -> np.ndarray:
        """Return the action of every episode at step ``t`` of the unroll: a draw from the network's policy."""
        return self.choose(self.head[t, :-1], dart)

    def _values(self) -> np.ndarray:
        """Values at every step and after the last; nothing lies beyond an episode's end."""
        if self.between_episodes:
            self.head[-1, -1] = 0.0
        else:
            self._tell(self.n_steps)
            self.tape.step(self.n_steps)
        return self.head[:, -1].astype(np.float64)


def exchange() -> tuple[Callable, Callable]:
    """Return ``write_inputs`` and ``choose``, compiled where Numba is there; the compiled ones give the same."""
    kernels = fused.exchange_kernels()
    return (write_inputs, choose) if kernels is None else (kernels.write_inputs, kernels.choose)


def choose(logits: np.ndarray, dart: np.ndarray) -> np.ndarray:
    """Return one action a column of softmax(logits), given a uniform number a column.

    Parameters
    ----------
    logits : (n_actions, n_episodes) float array
    dart : (n_episodes,) float array
        In [0, 1).

    Returns
    -------
    (n_episodes,) int64 array

    Examples
    --------
    >>> choose(np.log([[0.25, 0.25], [0.75, 0.75]]), np.array([0.2, 0.3])).tolist()
    [0, 1]
    """
    edges = np.exp(logits - logits.max(axis=0), dtype=np.float64)
    for below, edge in zip(edges[:-1], edges[1:], strict=True):
        edge += below  # a row at a time: many times faster than cumsum over the first axis
    return (dart * edges[-1] >= edges[:-1]).sum(axis=0)


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a float32 tensor of a float64 array."""
    return torch.from_numpy(array.astype(np.float32))
