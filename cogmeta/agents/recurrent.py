"""What all recurrent actor-critics share: sizes, initial weights, readout, behaviour.

A kind of network (LSTM, gated recurrent unit, vanilla) adds its gates, one step in plain torch (``next_state``) and a
tape. The plain step is how a frozen network behaves, and the oracle of the tape.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from cogmeta.agents.actor_critic import ActorCritic, Weights
from cogmeta.agents.recurrent_tape import RecurrentTape
from cogmeta.errors import UserError, unknown_name

RECURRENCES = ("orthogonal", "uniform")
State = tuple[torch.Tensor, ...]
Shapes = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class RecurrentConfig:
    """Sizes and initialisation of a recurrent actor-critic.

    Parameters
    ----------
    observation_size : int
        >= 1, from the task.
    n_actions : int
        >= 2, from the task.
    n_units : int
        Recurrent units, >= 1; 48 in Wang et al. 2018.
    learned_initial_state : bool
        Whether training changes the state in which an episode begins (zeros at first).
    input_sd : float
        Standard deviation of the normal input weights, > 0.
    recurrence : {"orthogonal", "uniform"}
        Recurrent weights: one orthogonal matrix a gate, or U(-1, 1) / sqrt(n_units).
    readout_sd : float
        Standard deviation of the readout's weights times sqrt(n_units), > 0.
    """

    observation_size: int
    n_actions: int
    n_units: int = 48
    learned_initial_state: bool = True
    input_sd: float = 0.5
    recurrence: str = "orthogonal"
    readout_sd: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("observation_size", 1), ("n_actions", 2), ("n_units", 1)):
            check_count(name, getattr(self, name), least)
        for name in ("input_sd", "readout_sd"):
            value = getattr(self, name)
            if not 0 < value < 100:
                raise UserError(f"{name} is a standard deviation and must lie in (0, 100), got {value!r}.")
        if self.recurrence not in RECURRENCES:
            raise unknown_name("recurrence", self.recurrence, RECURRENCES)

    @property
    def n_inputs(self) -> int:
        """Observation, previous action one-hot, previous reward."""
        return self.observation_size + self.n_actions + 1


class RecurrentActorCritic(ActorCritic):
    """A recurrent layer with a policy and a value readout; the parameters are those of ``ActorCritic``.

    Its weights are ``core`` (n_gates n_units, n_inputs + n_units + 1): columns input, recurrence, bias; ``readout``
    (n_actions + 1, n_units + 1): rows logits, value, last column bias; ``initial`` (n_states, n_units), hidden state first.

    Attributes
    ----------
    gates, state_names : tuples of str
        Blocks of rows of ``core``; what the recurrent state consists of.
    """

    gates: ClassVar[tuple[str, ...]]
    state_names: ClassVar[tuple[str, ...]] = ("hidden",)

    @classmethod
    def for_task(cls, task: Any, n_units: int = 48, seed: int = 0, **options: Any) -> "RecurrentActorCritic":
        """Return an untrained agent for a task.

        Parameters
        ----------
        task : Task
        n_units : int
        seed : int
            Of the initial weights.
        **options
            Further fields of the configuration.
        """
        return cls(cls.config_class(task.spec.observation_size, task.spec.n_actions, n_units, **options), seed=seed)

    @classmethod
    def weight_shapes(cls, config: RecurrentConfig) -> Shapes:
        """Return the shape of every weight, by name."""
        n_units = config.n_units
        return {
            "core": (len(cls.gates) * n_units, config.n_inputs + n_units + 1),
            "readout": (config.n_actions + 1, n_units + 1),
            "initial": (len(cls.state_names), n_units),
        }

    @classmethod
    def initial_weights(cls, config: RecurrentConfig, generator: torch.Generator) -> Weights:
        """Draw the weights of an untrained network."""
        core = cls.initial_core(config, config.n_inputs, generator)
        readout = initial_readout(config, generator)
        return {"core": core, "readout": readout, "initial": torch.zeros(cls.weight_shapes(config)["initial"])}

    @classmethod
    def initial_core(cls, config: RecurrentConfig, n_inputs: int, generator: torch.Generator) -> torch.Tensor:
        """Draw the weights into the gates, biases and all."""
        n_units, n_rows = config.n_units, len(cls.gates) * config.n_units
        core = torch.zeros(n_rows, n_inputs + n_units + 1)
        core[:, :n_inputs] = config.input_sd * torch.randn(n_rows, n_inputs, generator=generator)
        core[:, n_inputs:-1] = torch.cat([_recurrent_block(config, generator) for _ in cls.gates])
        for gate, bias in cls.initial_biases(config).items():
            first = cls.gates.index(gate) * n_units
            core[first: first + n_units, -1] = bias
        return core

    @classmethod
    def initial_biases(cls, config: RecurrentConfig) -> dict[str, float]:
        """Return the biases that are not 0 at first, by gate."""
        return {}

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""
        return ("core", "readout", "initial") if self.config.learned_initial_state else ("core", "readout")

    @classmethod
    @abstractmethod
    def layer_tape(
        cls, config: RecurrentConfig, weights: Weights, n_steps: int, n_episodes: int
    ) -> RecurrentTape:
        """Return an empty tape that reads these weights."""

    @classmethod
    @abstractmethod
    def next_state(cls, config: RecurrentConfig, core: torch.Tensor, inputs: torch.Tensor, state: State) -> State:
        """Return the state after one step.

        Parameters
        ----------
        config : RecurrentConfig
        core : tensor
        inputs : (n_episodes, n_inputs) tensor
        state : tuple of (n_episodes, n_units) tensors
            In the order of ``state_names``.
        """

    def tape(self, n_steps: int, n_episodes: int) -> RecurrentTape:
        """Return an empty tape that reads this network's weights."""
        return self.layer_tape(self.config, self.weights, n_steps, n_episodes)

    def state_of(self, weights: Weights, n_episodes: int) -> State:
        """Return the state before the first step, each part (n_episodes, n_units)."""
        return tuple(row.expand(n_episodes, -1) for row in weights["initial"])

    def plain_step(self, weights: Weights, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Return head and state after one step; see ``ActorCritic.plain_step``."""
        state = self.next_state(self.config, weights["core"], inputs, state)
        return read_out(weights["readout"], state[0]), state

    def activity(self, state: State) -> dict[str, np.ndarray]:
        """Return the parts of the state by name: (n_episodes, n_units)."""
        return {name: part.numpy() for name, part in zip(self.state_names, state, strict=True)}


def check_count(name: str, value: object, least: int) -> None:
    """Raise UserError where a size is not an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise UserError(f"{name} must be an integer >= {least}, got {value!r}.")


def check_bias(name: str, value: float) -> None:
    """Raise UserError where a bias is not a finite number."""
    if not np.isfinite(value):
        raise UserError(f"{name} must be a finite number, got {value!r}.")


def drive_of(core: torch.Tensor, inputs: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """Return ``core [x; h; 1]`` of every episode, (n_episodes, rows)."""
    n_inputs = inputs.shape[1]
    return inputs @ core[:, :n_inputs].t() + hidden @ core[:, n_inputs:-1].t() + core[:, -1]


def read_out(readout: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """Return logits, then value, of every episode: (n_episodes, n_actions + 1)."""
    return hidden @ readout[:, :-1].t() + readout[:, -1]


def initial_readout(config: RecurrentConfig, generator: torch.Generator) -> torch.Tensor:
    """Draw the weights of a readout; its biases are 0."""
    readout = torch.zeros(config.n_actions + 1, config.n_units + 1)
    scale = config.readout_sd / config.n_units**0.5
    readout[:, :-1] = scale * torch.randn(config.n_actions + 1, config.n_units, generator=generator)
    return readout


def _recurrent_block(config: RecurrentConfig, generator: torch.Generator) -> torch.Tensor:
    n_units = config.n_units
    if config.recurrence == "uniform":
        return (2 * torch.rand(n_units, n_units, generator=generator) - 1) / n_units**0.5
    normal = torch.randn(n_units, n_units, generator=generator, dtype=torch.float64)
    q, r = torch.linalg.qr(normal)
    return (q * torch.sign(torch.diagonal(r))).float()
