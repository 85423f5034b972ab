"""The contract of a network that training can change: weights by name, and a tape of what it did.

A *tape* holds every activation of a batch of episodes, so that the gradient needs no second pass. Arrays on a tape
are feature-major, (n_steps, feature, n_episodes): each matrix product then writes a contiguous block.
"""

import hashlib
from abc import abstractmethod
from typing import Any, ClassVar, Protocol

import numpy as np
import torch

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.fingerprint import settings_of


class Tape(Protocol):
    """What a network did in ``n_steps`` steps of ``n_episodes`` episodes.

    Attributes
    ----------
    inputs : (n_steps + 1, n_inputs, n_episodes) float32 tensor
        Written by the caller; the last row serves the value after the last step.
    head : (n_steps + 1, n_actions + 1, n_episodes) float32 tensor
        Logits, then value.
    """

    inputs: torch.Tensor
    head: torch.Tensor

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes, with nothing in memory."""

    def next_episode(self) -> None:
        """Take the present weights and the initial state of an epoch's next episode; what memory there is, stays."""

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""

    def step(self, t: int) -> None:
        """Compute ``head[t]`` from ``inputs[t]`` and the state before."""

    def forward(self) -> None:
        """Compute every step but the one after the last, from inputs that are all known."""

    def take_over(self, played: "Tape", chosen: torch.Tensor) -> None:
        """Take over from another tape all that came from outside in some episodes, so that ``forward`` replays them."""

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight, given that of ``head[:n_steps]``; once after each pass, which it may write over."""


class Network(Agent):
    """An agent whose behaviour is given by trainable weights.

    Attributes
    ----------
    kind : str
        Under which records know it.
    config : dataclass
        Sizes and options, enough to build an untrained one; of ``config_class``.
    weights : dict of float32 tensors
        By name; changed in place by training and by nothing else.
    """

    kind: ClassVar[str]
    config_class: ClassVar[type]
    config: Any
    weights: dict[str, torch.Tensor]

    @classmethod
    @abstractmethod
    def weight_shapes(cls, config: Any) -> dict[str, tuple[int, int]]:
        """Return the shape of every weight, by name."""

    @property
    @abstractmethod
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""

    @abstractmethod
    def tape(self, n_steps: int, n_episodes: int) -> Tape:
        """Return an empty tape."""

    @abstractmethod
    def copy(self) -> "Network":
        """Return an independent network with the same weights."""

    def fingerprint(self) -> str:
        """Return the sha256 of configuration and weights."""
        digest = hashlib.sha256(repr(sorted(settings_of(self.config).items())).encode())
        for name in sorted(self.weights):
            digest.update(name.encode())
            digest.update(self.weights[name].detach().cpu().numpy().tobytes())
        return digest.hexdigest()

    def fitted_to(self, task: Any) -> "Network":
        """Return this network for a task, or one with its weights where they do not depend on the size of the task.

        Raises
        ------
        UserError
            As ``check_fits``.
        """
        self.check_fits(task)
        return self

    def check_fits(self, task: Any) -> None:
        """Raise UserError where a task has other observations or actions than this network."""
        wanted = (self.config.observation_size, self.config.n_actions)
        found = (task.spec.observation_size, task.spec.n_actions)
        if wanted != found:
            raise UserError(
                f"{self.name!r} takes observations of size {wanted[0]} and has {wanted[1]} actions, but "
                f"{task.spec.name!r} has {found[0]} and {found[1]}. Train one on it: cogmeta train {task.spec.name} (in Python: for_task(task))."
            )


def write_inputs(
    inputs: np.ndarray, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray
) -> None:
    """Write one step's input into a feature-major array: observation, previous action one-hot, previous reward.

    Parameters
    ----------
    inputs : (observation_size + n_actions + 1, n_episodes) float32 array
        Overwritten.
    observation : (n_episodes, observation_size) float array
    previous_action : (n_episodes,) int array
        ``NO_ACTION`` (-1) gives a column of zeros.
    previous_reward : (n_episodes,) float array

    Examples
    --------
    >>> inputs = np.empty((4, 2), np.float32)
    >>> write_inputs(inputs, np.zeros((2, 1)), np.array([-1, 1]), np.array([0.0, 1.0]))
    >>> inputs.T.tolist()
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    """
    n_seen, n_actions = observation.shape[1], len(inputs) - observation.shape[1] - 1
    inputs[:n_seen] = observation.T
    np.equal(previous_action, np.arange(n_actions)[:, None], out=inputs[n_seen:-1])
    inputs[-1] = previous_reward
