"""What all trainable actor-critics share: weights checked against a configuration, copies, behaviour by plain steps."""

from abc import abstractmethod
from typing import Any

import numpy as np
import torch

from cogmeta.agents.autograd_tape import AutogradTape
from cogmeta.agents.network import Network, write_inputs
from cogmeta.errors import UserError
from cogmeta.simulate import check_seed

Weights = dict[str, torch.Tensor]


class ActorCritic(Network):
    """A network with a policy and a value.

    Parameters
    ----------
    config : dataclass
        Of the class that ``config_class`` names.
    weights : dict of tensors, optional
        Of the names and shapes of ``weight_shapes``; by default drawn from ``seed``.
    seed : int
        Of the initial weights.
    discount : float
        That of the value it was trained to predict; set by training, and the paper's until then.
    name : str, optional
        By default the kind.
    """

    def __init__(
        self, config: Any, weights: Weights | None = None, seed: int = 0, discount: float = 0.9, name: str | None = None,
    ) -> None:
        self.config, self.discount, self.name = config, discount, name or self.kind
        self.weights = self.initial_weights(config, weights_generator(seed)) if weights is None else weights
        for key, shape in self.weight_shapes(config).items():
            found = tuple(self.weights[key].shape) if key in self.weights else None
            if found != shape:
                raise UserError(f"weight {key!r} must have shape {shape} for this configuration, got {found}.")

    @classmethod
    @abstractmethod
    def initial_weights(cls, config: Any, generator: torch.Generator) -> Weights:
        """Draw the weights of an untrained network."""

    @abstractmethod
    def plain_step(self, weights: Weights, inputs: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """Return the head (n_episodes, n_actions + 1) and the state after one step, by plain torch operations.

        How a frozen network behaves, and the oracle of the tape: autograd can go through it.

        Parameters
        ----------
        weights : dict of tensors
        inputs : (n_episodes, n_inputs) tensor
        state : object
            From ``state_of`` or the last step.
        """

    @abstractmethod
    def state_of(self, weights: Weights, n_episodes: int) -> Any:
        """Return the state before the first step under these weights."""

    def plain_tape(self, n_steps: int, n_episodes: int, device: str | torch.device = "cpu") -> AutogradTape:
        """Return an empty tape of plain steps on a device, whose gradient is autograd's: what a GPU trains by."""
        return AutogradTape(self, n_steps, n_episodes, device)

    def initial_state(self, n_episodes: int) -> Any:
        """Return the state before the first step."""
        return self.state_of(self.weights, n_episodes)

    def copy(self) -> "ActorCritic":
        """Return an independent agent with the same weights."""
        weights = {name: weight.clone() for name, weight in self.weights.items()}
        return type(self)(self.config, weights, discount=self.discount, name=self.name)

    @torch.no_grad()
    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        """Take in one exchange and say how it would act now; see ``Agent.step``."""
        inputs = as_inputs(observation, previous_action, previous_reward, self.config.n_actions)
        head, state = self.plain_step(self.weights, inputs, state)
        return head[:, :-1].numpy(), head[:, -1].numpy(), state


def as_inputs(
    observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, n_actions: int
) -> torch.Tensor:
    """Return one exchange as the input of a network, (n_episodes, n_inputs); see ``write_inputs``."""
    inputs = np.empty((observation.shape[1] + n_actions + 1, len(observation)), np.float32)
    write_inputs(inputs, observation, previous_action, previous_reward)
    return torch.from_numpy(inputs).t()


def weights_generator(seed: int) -> torch.Generator:
    """Return the generator from which the weights of an untrained network are drawn; same seed, same bytes."""
    return torch.Generator().manual_seed(int(check_seed(seed).integers(2**62)))


def under(prefix: str, weights: Weights) -> Weights:
    """Return the weights whose names begin with ``prefix``, without it.

    Examples
    --------
    >>> list(under("value.", {"value.core": torch.zeros(1), "policy.core": torch.zeros(1)}))
    ['core']
    """
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}


def named(prefix: str, weights: Weights) -> Weights:
    """Return the weights with ``prefix`` before every name."""
    return {prefix + name: weight for name, weight in weights.items()}
