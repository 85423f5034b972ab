"""Episodic LSTM: an LSTM whose own earlier cell comes back when a known context returns.

What is assumed: a hippocampus-like store keeps the LSTM's cell at the end of every episode under the episode's cue;
when a like cue returns, the stored cell is added to the present one through a gate of its own, the reinstatement gate.
Source: Ritter et al. 2018 (ICML, arXiv 1805.09692; bioRxiv 360537). How ours departs: ``novelty`` lets the gates see
how new the cue is, ``bounded`` squashes what comes back, and without ``hears_cue`` the cue goes to memory alone; all are
off by default, and the presets switch them on and say why. Where the paper is silent (capacity, ties, first biases) the
choice is a setting.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from cogmeta.agents.actor_critic import Weights
from cogmeta.agents.episodic_tape import EpisodicTape, PlainMemoryTape, ReinstatingTape
from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.recurrent import check_bias, drive_of, read_out
from cogmeta.errors import UserError, unknown_name
from cogmeta.fingerprint import LATER
from cogmeta.memory.dictionary import SAME, MemoryConfig, NeuralDictionary, Recall

WRITE = {
    "episode_end": "where an episode ends, under the cue of its last step (Ritter et al. 2018)",
    "every_step": "after every step, under its own cue (a departure that public code makes)",
    "after_outcome": "after the step that hears what the step before led to, under the cue of the step before",
}
"""When a cell is written, and under which cue."""


@dataclass(frozen=True)
class EpisodicLSTMConfig(LSTMConfig):
    """Sizes and initialisation of an ``EpisodicLSTM``; further fields are those of ``LSTMConfig``.

    Parameters
    ----------
    cue : tuple of int
        (start, stop) of the entries of the observation by which memories are stored and found.
    memory : MemoryConfig
        Capacity, kernel, neighbours, overwriting.
    reinstatement_bias : float
        Bias of the reinstatement gate at first; negative keeps it nearly closed.
    novelty : bool
        Whether all gates see how new the cue is, ``4 sqrt(1 - k)`` with ``k`` the kernel value of the best match: 0 for
        a cue that is in memory, 4 where memory is empty (a departure).
    bounded : bool
        Whether what comes back is squashed by tanh, so that cells do not grow from return to return (a departure).
    write : {"episode_end", "every_step", "after_outcome"}
        When a cell is written, see ``WRITE``. ``"after_outcome"`` serves tasks whose cues return within an episode: what
        a step earned is heard at the next, so only the next cell can hold it.
    hears_cue : bool
        Whether the LSTM itself hears the cue; where it does not, the cue goes to memory alone (a departure). A cue that is
        never twice the same, as a drawing, is noise to an LSTM.
    """

    cue: tuple[int, int] = (0, 1)
    memory: MemoryConfig = field(default_factory=MemoryConfig)
    reinstatement_bias: float = 0.0
    novelty: bool = False
    bounded: bool = False
    write: str = "episode_end"
    hears_cue: bool = field(default=True, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bias("reinstatement_bias", self.reinstatement_bias)
        if isinstance(self.memory, dict):  # from a record
            object.__setattr__(self, "memory", MemoryConfig(**self.memory))
        if self.write not in WRITE:
            raise unknown_name("time of writing", self.write, WRITE)
        object.__setattr__(self, "cue", tuple(self.cue))
        if not 0 <= self.cue[0] < self.cue[1] <= self.observation_size:
            raise UserError(f"cue must be (start, stop) within the observation of size {self.observation_size}, "
                            f"got {self.cue}.")

    @property
    def n_heard(self) -> int:
        """Observation, previous action one-hot, previous reward."""
        return super().n_inputs

    @property
    def own(self) -> tuple[slice, ...]:
        """Of what is heard, the parts that the LSTM itself gets: all of it, or what stands before and behind the cue."""
        start, stop = self.cue
        return (slice(0, self.n_heard),) if self.hears_cue else (slice(0, start), slice(stop, self.n_heard))

    @property
    def n_own(self) -> int:
        """Inputs of the LSTM that come from what is heard."""
        return sum(part.stop - part.start for part in self.own)

    @property
    def n_inputs(self) -> int:
        """What the LSTM itself hears, and what memory tells all gates."""
        return self.n_own + self.novelty

    def read(self, memory: NeuralDictionary, cue: torch.Tensor) -> Recall:
        """Return what memory holds under the cues, bounded if so configured."""
        recall = memory.read(cue)
        return recall._replace(cell=recall.cell.tanh()) if self.bounded else recall

    def told(self, recall: Recall) -> torch.Tensor:
        """Return (n_epochs, n_inputs - n_own) what all gates are told of a read."""
        if not self.novelty:
            return recall.cell[:, :0]
        distance = (1 - recall.similarity).clamp(min=0.0)
        return 4 * torch.where(distance < SAME, 0.0, distance).sqrt()[:, None]


class EpisodicState(NamedTuple):
    """State of a batch of epochs; tensors start with the epoch axis; no ``cue`` before an episode's first step."""

    hidden: torch.Tensor
    cell: torch.Tensor
    reinstatement_gate: torch.Tensor
    reinstated_cell: torch.Tensor
    cue: torch.Tensor | None
    memory: NeuralDictionary


@dataclass(frozen=True)
class Lesion:
    """What is done to a trained agent's memory while it behaves; its weights stay.

    Parameters
    ----------
    gate : float, optional
        The reinstatement gate is held at this value in [0, 1].
    shuffled : bool
        What comes back was stored under another cue: the stored cells are permuted among the cues.
    """

    gate: float | None = None
    shuffled: bool = False

    def __post_init__(self) -> None:
        if self.gate is not None and not 0 <= self.gate <= 1:
            raise UserError(f"a clamped gate must lie in [0, 1], got {self.gate!r}.")

    def __str__(self) -> str:
        gate = [] if self.gate is None else [f"gate at {self.gate:g}"]
        return " and ".join(gate + ["memory shuffled"] * self.shuffled)


class EpisodicLSTM(LSTMActorCritic):
    """An LSTM with episodic memory, a policy and a value readout; parameters are those of ``RecurrentActorCritic``.

    Notes
    -----
    ``c_t = f c_{t-1} + i tanh(W_c [x_t, h_{t-1}] + b_c) + r m_t``, ``h_t = o tanh(c_t)``, where ``m_t`` is the cell
    stored under the cue most like that of step t, and ``r`` the reinstatement gate. The rows of ``core`` are the gates
    i, f, o, r, g. Memory is empty where an epoch begins; an episode's last cell is written where the next begins.

    References
    ----------
    Ritter et al. 2018, arXiv 1805.09692.

    Examples
    --------
    >>> config = EpisodicLSTMConfig(observation_size=3, n_actions=2, n_units=8, cue=(1, 3))
    >>> agent, cue = EpisodicLSTM(config), np.array([[0.0, 1.0, 1.0]])
    >>> state = agent.step(cue, np.array([-1]), np.zeros(1), agent.initial_state(1))[-1]
    >>> state = agent.next_episode(state, np.array([0]), np.ones(1))
    >>> state = agent.step(cue, np.array([-1]), np.zeros(1), state)[-1]
    >>> state.memory.n_writes, agent.activity(state)["reinstatement_gate"].shape
    (1, (1, 8))
    """

    kind, config_class = "episodic_lstm", EpisodicLSTMConfig
    gates = ("i", "f", "o", "r", "g")
    lesion = Lesion()

    @classmethod
    def for_task(cls, task: Any, n_units: int = 48, seed: int = 0, **options: Any) -> "EpisodicLSTM":
        """Return an untrained agent for a task; see ``RecurrentActorCritic.for_task``.

        The cue is that of the task's spec; where it names none, the whole observation.
        """
        cue = options.pop("cue", task.spec.cue) or (0, task.spec.observation_size)
        return super().for_task(task, n_units, seed, cue=tuple(cue), **options)

    @classmethod
    def initial_biases(cls, config: EpisodicLSTMConfig) -> dict[str, float]:
        """Return the biases of forget gate and reinstatement gate."""
        return {**super().initial_biases(config), "r": config.reinstatement_bias}

    def tape(self, n_steps: int, n_episodes: int) -> EpisodicTape:
        """Return an empty tape that reads this network's weights."""
        return ReinstatingTape(self.weights, n_steps, n_episodes, self.config, self.empty_memory(n_episodes))

    def copy(self) -> "EpisodicLSTM":
        """Return an independent agent with the same weights and the same lesion."""
        copy = super().copy()
        copy.lesion = self.lesion
        return copy

    def with_lesion(self, gate: float | None = None, shuffled: bool = False) -> "EpisodicLSTM":
        """Return a copy whose memory is lesioned while it behaves; see ``Lesion``."""
        copy = self.copy()
        copy.lesion = Lesion(gate, shuffled)
        copy.name = f"{self.name} ({copy.lesion})"
        return copy

    def plain_tape(self, n_steps: int, n_episodes: int, device: str | torch.device = "cpu") -> "PlainMemoryTape":
        """Return an empty tape of plain steps; see ``ActorCritic.plain_tape``."""
        return PlainMemoryTape(self, n_steps, n_episodes, device)

    def empty_memory(self, n_epochs: int, device: str | torch.device = "cpu") -> NeuralDictionary:
        """Return a memory of this network's sizes that holds nothing, one for each of ``n_epochs``."""
        start, stop = self.config.cue
        return NeuralDictionary(n_epochs, stop - start, self.config.n_units, self.config.memory, device)

    def state_of(self, weights: Weights, n_episodes: int) -> EpisodicState:
        """Return the state before the first step of an epoch, with nothing in memory."""
        return _fresh(weights, self.empty_memory(n_episodes, weights["initial"].device))

    def next_episode(self, state: EpisodicState, action: np.ndarray, reward: np.ndarray) -> EpisodicState:
        """Write down the episode that has ended and start afresh; see ``Agent.next_episode``."""
        return self.state_after(self.weights, state)

    def state_after(self, weights: Weights, state: EpisodicState) -> EpisodicState:
        """Return the state in which the next episode of an epoch starts under these weights."""
        memory = _written(state, state.cue) if self.config.write == "episode_end" else state.memory
        return _fresh(weights, memory)

    def plain_step(
        self, weights: Weights, inputs: torch.Tensor, state: EpisodicState
    ) -> tuple[torch.Tensor, EpisodicState]:
        """Return head and state after one step; see ``ActorCritic.plain_step``."""
        memory, recall = self.recalled(state.memory, inputs)
        return self.step_with(weights, inputs, state._replace(memory=memory), recall)

    def step_with(
        self, weights: Weights, inputs: torch.Tensor, state: EpisodicState, recall: Recall
    ) -> tuple[torch.Tensor, EpisodicState]:
        """Return head and state after one step, given what was read from memory."""
        cue, memory = inputs[:, slice(*self.config.cue)], state.memory
        inputs = torch.cat([*(inputs[:, part] for part in self.config.own), self.config.told(recall)], dim=1)
        hidden, cell, gate = self.next_cell(weights["core"], inputs, state, recall.cell)
        after = EpisodicState(hidden, cell, gate, recall.cell, cue, memory)
        under = {"every_step": cue, "after_outcome": state.cue}.get(self.config.write)
        after = after if under is None else after._replace(memory=_written(after, under))
        return read_out(weights["readout"], hidden), after

    def next_cell(
        self, core: torch.Tensor, inputs: torch.Tensor, state: EpisodicState, reinstated: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return (hidden, cell, reinstatement gate) after one step, each (n_epochs, n_units)."""
        i, f, o, r, g = drive_of(core, inputs, state.hidden).chunk(5, dim=1)
        gate = torch.sigmoid(r) if self.lesion.gate is None else torch.full_like(r, self.lesion.gate)
        cell = torch.sigmoid(f) * state.cell + torch.sigmoid(i) * torch.tanh(g) + gate * reinstated
        return torch.sigmoid(o) * torch.tanh(cell), cell, gate

    def recalled(self, memory: NeuralDictionary, inputs: torch.Tensor) -> tuple[NeuralDictionary, Recall]:
        """Return the memory after a read, and what was read."""
        cue = inputs[:, slice(*self.config.cue)]
        recall = self.config.read(_shuffled(memory) if self.lesion.shuffled else memory, cue)
        if memory.config.overwriting == "least_recently_used":
            memory = memory.clone()
            memory.touch(recall.slot)
        return memory, recall

    def activity(self, state: EpisodicState) -> dict[str, np.ndarray]:
        """``hidden``, ``cell``, ``reinstatement_gate``, ``reinstated_cell``: (n_episodes, n_units)."""
        return {name: getattr(state, name).numpy()
                for name in ("hidden", "cell", "reinstatement_gate", "reinstated_cell")}


def _fresh(weights: Weights, memory: NeuralDictionary) -> EpisodicState:
    """Return the state in which an episode starts, with what is in memory."""
    hidden, cell = (row.expand(memory.n_epochs, -1) for row in weights["initial"])
    return EpisodicState(hidden, cell, torch.zeros_like(cell), torch.zeros_like(cell), None, memory)


def _written(state: EpisodicState, cue: torch.Tensor) -> NeuralDictionary:
    """Return the memory once the state's cell is written under a cue."""
    memory = state.memory.clone()
    memory.write(cue, state.cell)
    return memory


def _shuffled(memory: NeuralDictionary) -> NeuralDictionary:
    """Return a memory whose cells are permuted among the cues, always the same way for as many writes."""
    if not memory.n_writes:
        return memory
    n_stored, shuffled = int(memory.n_stored.min()), memory.clone()
    order = torch.from_numpy(np.random.default_rng(memory.n_writes).permutation(n_stored))
    shuffled.stored_cell[:, :n_stored] = memory.stored_cell[:, order]
    return shuffled
