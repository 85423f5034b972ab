"""LSTM actor-critic: one LSTM whose inputs are observation, last action and last reward.

What is assumed: the weights change slowly, by a reward prediction error, over many problems; within a problem they
stand still and the recurrent state does the learning. Source: Wang et al. 2018, Methods (48 units, policy softmax
and linear value on a shared trunk, learned initial state). How ours departs: the paper does not state how weights
are initialised; ours is a named option, and its default (wide input weights, orthogonal recurrence, forget bias 1)
is the one that learnt fastest here; with a readout ten times smaller learning was far worse on both tasks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cogmeta.agents.lstm_tape import LSTMTape
from cogmeta.agents.network import Network, write_inputs
from cogmeta.errors import UserError, unknown_name
from cogmeta.simulate import check_seed

RECURRENCES = ("orthogonal", "uniform")
State = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class LSTMConfig:
    """Sizes and initialisation of an ``LSTMActorCritic``.

    Parameters
    ----------
    observation_size : int
        >= 1, from the task.
    n_actions : int
        >= 2, from the task.
    n_units : int
        LSTM units, >= 1; 48 in Wang et al. 2018.
    learned_initial_state : bool
        Whether training changes the hidden and cell state in which an episode begins (zeros at first).
    input_sd : float
        Standard deviation of the normal input weights, > 0.
    recurrence : {"orthogonal", "uniform"}
        Recurrent weights: one orthogonal matrix a gate, or U(-1, 1) / sqrt(n_units).
    forget_bias : float
        Bias of the forget gate at first; the other biases are 0.
    readout_sd : float
        Standard deviation of the readout's weights times sqrt(n_units), > 0.
    """

    observation_size: int
    n_actions: int
    n_units: int = 48
    learned_initial_state: bool = True
    input_sd: float = 0.5
    recurrence: str = "orthogonal"
    forget_bias: float = 1.0
    readout_sd: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("observation_size", 1), ("n_actions", 2), ("n_units", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise UserError(f"{name} must be an integer >= {least}, got {value!r}.")
        for name in ("input_sd", "readout_sd"):
            value = getattr(self, name)
            if not 0 < value < 100:
                raise UserError(f"{name} is a standard deviation and must lie in (0, 100), got {value!r}.")
        if not np.isfinite(self.forget_bias):
            raise UserError(f"forget_bias must be a finite number, got {self.forget_bias!r}.")
        if self.recurrence not in RECURRENCES:
            raise unknown_name("recurrence", self.recurrence, RECURRENCES)

    @property
    def n_inputs(self) -> int:
        """Observation, previous action one-hot, previous reward."""
        return self.observation_size + self.n_actions + 1


class LSTMActorCritic(Network):
    """An LSTM with a policy and a value readout.

    Parameters
    ----------
    config : LSTMConfig
    weights : dict of tensors, optional
        ``core`` (4 n_units, n_inputs + n_units + 1): rows of the gates i, f, o, g; columns input, recurrence, bias.
        ``readout`` (n_actions + 1, n_units + 1): rows logits, value; last column bias. ``initial`` (2, n_units).
        By default drawn from ``seed``.
    seed : int
        Of the initial weights.
    discount : float
        That of the value it was trained to predict; set by training, and the paper's until then.
    name : str

    Notes
    -----
    ``c_t = f c_{t-1} + i tanh(W_c [x_t, h_{t-1}] + b_c)``, ``h_t = o tanh(c_t)``.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, Methods.

    Examples
    --------
    >>> agent = LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=8))
    >>> state = agent.initial_state(3)
    >>> logits, value, state = agent.step(np.zeros((3, 1)), np.full(3, -1), np.zeros(3), state)
    >>> logits.shape, value.shape, agent.activity(state)["hidden"].shape
    ((3, 2), (3,), (3, 8))
    """

    def __init__(
        self, config: LSTMConfig, weights: dict[str, torch.Tensor] | None = None, seed: int = 0,
        discount: float = 0.9, name: str = "lstm",
    ) -> None:
        self.config, self.discount, self.name = config, discount, name
        self.weights = initial_weights(config, seed) if weights is None else weights
        for key, shape in weight_shapes(config).items():
            found = tuple(self.weights[key].shape) if key in self.weights else None
            if found != shape:
                raise UserError(f"weight {key!r} must have shape {shape} for {config.n_units} units, got {found}.")

    @classmethod
    def for_task(cls, task: Any, n_units: int = 48, seed: int = 0, **options: Any) -> "LSTMActorCritic":
        """Return an untrained agent for a task.

        Parameters
        ----------
        task : Task
        n_units : int
        seed : int
            Of the initial weights.
        **options
            Further fields of ``LSTMConfig``.
        """
        config = LSTMConfig(task.spec.observation_size, task.spec.n_actions, n_units, **options)
        return cls(config, seed=seed)

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""
        return ("core", "readout", "initial") if self.config.learned_initial_state else ("core", "readout")

    def tape(self, n_steps: int, n_episodes: int) -> LSTMTape:
        """Return an empty tape that reads this network's weights."""
        return LSTMTape(self.weights, n_steps, n_episodes)

    def copy(self) -> "LSTMActorCritic":
        """Return an independent agent with the same weights."""
        weights = {name: weight.clone() for name, weight in self.weights.items()}
        return LSTMActorCritic(self.config, weights, discount=self.discount, name=self.name)

    def initial_state(self, n_episodes: int) -> State:
        """Return (hidden, cell), each (n_episodes, n_units)."""
        hidden, cell = self.weights["initial"]
        return hidden.expand(n_episodes, -1), cell.expand(n_episodes, -1)

    @torch.no_grad()
    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: State
    ) -> tuple[np.ndarray, np.ndarray, State]:
        """Take in one exchange and say how it would act now; see ``Agent.step``."""
        inputs = np.empty((self.config.n_inputs, len(observation)), np.float32)
        write_inputs(inputs, observation, previous_action, previous_reward)
        hidden, cell = state
        n_inputs, core, readout = self.config.n_inputs, self.weights["core"], self.weights["readout"]
        drive = torch.from_numpy(inputs).t() @ core[:, :n_inputs].t() + hidden @ core[:, n_inputs:-1].t() + core[:, -1]
        i, f, o, g = drive.chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        head = (hidden @ readout[:, :-1].t() + readout[:, -1]).numpy()
        return head[:, :-1], head[:, -1], (hidden, cell)

    def activity(self, state: State) -> dict[str, np.ndarray]:
        """``hidden`` and ``cell``: (n_episodes, n_units)."""
        hidden, cell = state
        return {"hidden": hidden.numpy(), "cell": cell.numpy()}


def weight_shapes(config: LSTMConfig) -> dict[str, tuple[int, int]]:
    """Return the shape of every weight of an ``LSTMActorCritic``, by name."""
    n_units = config.n_units
    return {
        "core": (4 * n_units, config.n_inputs + n_units + 1),
        "readout": (config.n_actions + 1, n_units + 1),
        "initial": (2, n_units),
    }


def initial_weights(config: LSTMConfig, seed: int) -> dict[str, torch.Tensor]:
    """Draw the weights of an untrained ``LSTMActorCritic``; the same seed gives the same bytes."""
    generator = torch.Generator().manual_seed(int(check_seed(seed).integers(2**62)))
    n_units, n_inputs = config.n_units, config.n_inputs
    shapes = weight_shapes(config)
    core, readout = torch.zeros(shapes["core"]), torch.zeros(shapes["readout"])
    core[:, :n_inputs] = config.input_sd * torch.randn(4 * n_units, n_inputs, generator=generator)
    core[:, n_inputs:-1] = torch.cat([_recurrent_block(config, generator) for _ in range(4)])
    core[n_units: 2 * n_units, -1] = config.forget_bias
    scale = config.readout_sd / n_units**0.5
    readout[:, :-1] = scale * torch.randn(config.n_actions + 1, n_units, generator=generator)
    return {"core": core, "readout": readout, "initial": torch.zeros(shapes["initial"])}


def _recurrent_block(config: LSTMConfig, generator: torch.Generator) -> torch.Tensor:
    n_units = config.n_units
    if config.recurrence == "uniform":
        return (2 * torch.rand(n_units, n_units, generator=generator) - 1) / n_units**0.5
    normal = torch.randn(n_units, n_units, generator=generator, dtype=torch.float64)
    q, r = torch.linalg.qr(normal)
    return (q * torch.sign(torch.diagonal(r))).float()
