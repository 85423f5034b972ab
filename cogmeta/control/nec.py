"""Neural episodic control: returns remembered under keys that a network learns.

For every action a dictionary of keys and values; the value of a new key is the mean of its nearest neighbours, weighted by
``1 / (|h - h_i|^2 + delta)``. What is met again is updated as in a table, ``Q_i += alpha (Q_N - Q_i)``, where ``Q_N`` is the
reward of the next N steps and the value after them; the network that makes the keys descends ``(Q(s, a) - Q_N)^2`` over
remembered steps. Source: Pritzel et al. 2017 (arXiv 1703.01988), eqs. 1 to 5 and algorithm 1: N = 100, 50 neighbours, delta
.001, alpha .1, 500,000 entries an action, a batch of 32 every 16 steps.

How ours departs: the gradient goes through the key that asks alone, and values in the dictionary change by the table's rule
alone (the paper: keys and values in it, too). "The same key" is the same observation, whose key is renewed when it is met
again, since keys move as the network learns. Steps are credited when their visit is over. An action that was tried nowhere in
a life is tried first. The network is a perceptron of one hidden layer.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from cogmeta.control.agent import ControlAgent, ControlConfig, Life, best_known, check_range, check_whole
from cogmeta.control.dqn import as_inputs
from cogmeta.control.perceptron import Adam, Weights, backward, descend, forward, initial_weights, no_gradients
from cogmeta.control.replay import Replay
from cogmeta.control.visits import Step, Visits
from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary
from cogmeta.memory.kernels import DELTA, squared_distance


@dataclass(frozen=True)
class NECConfig(ControlConfig):
    """Settings of neural episodic control.

    Parameters
    ----------
    key_size : int
        Numbers of a key, >= 1.
    n_units : int
        Hidden units of the network that makes keys, >= 1.
    n_neighbours : int
        Entries that a value is made of, >= 1.
    n_steps : int
        Rewards that count before the value after them does, >= 1.
    learning_rate : float
        Of the table, in (0, 1].
    step_size : float
        Of the network, by Adam, in (0, 1].
    batch_size : int
        Steps that are learnt from again at once, >= 1.
    learn_every : int
        Steps from one update of the network to the next, >= 1.
    capacity : int
        Entries an action, >= 1.
    window : int
        Latest steps that are drawn from, >= 1.
    observation_size, n_actions, restart, discount, epsilon, annealing_steps
        See ``ControlConfig``.
    """

    discount: float = 0.99
    epsilon: float = 0.005
    key_size: int = 16
    n_units: int = 64
    n_neighbours: int = 50
    n_steps: int = 100
    learning_rate: float = 0.1
    step_size: float = 1e-3
    batch_size: int = 32
    learn_every: int = 16
    capacity: int = 10_000
    window: int = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, 1, "key_size", "n_units", "n_neighbours", "n_steps", "batch_size", "learn_every", "capacity", "window")
        check_range(self, 1e-9, 1, "step_size", "learning_rate")


class Episodic(NamedTuple):
    """What a batch of lives remembers, and the network that makes its keys.

    Memory ``life * n_actions + action`` is that of an action in a life; its cue is an observation, and what is stored under it
    is a value, then a key.
    """

    memory: NeuralDictionary
    weights: Weights
    adam: Adam
    visits: Visits
    replay: Replay
    step: int


class NEC(ControlAgent):
    """Neural episodic control; the parameters are those of ``ControlAgent``.

    References
    ----------
    Pritzel et al. 2017, arXiv 1703.01988, algorithm 1.
    """

    kind, config_class = "nec", NECConfig

    def nothing(self, n_lives: int) -> Episodic:
        """Return empty dictionaries and the first weights."""
        config = self.config
        weights = initial_weights(n_lives, config.observation_size, config.n_units, config.key_size, self.seed)
        memory = NeuralDictionary(n_lives * config.n_actions, config.observation_size, 1 + config.key_size,
                                  MemoryConfig(config.capacity, "euclidean", 1, "update_on_match"))
        replay = Replay.empty(seen=(n_lives, config.observation_size), action=(n_lives,), outcome=(n_lives,), counts=(n_lives,))
        return Episodic(memory, weights, no_gradients(weights), Visits.none(n_lives), replay, 0)

    def keys(self, weights: Weights, observation: np.ndarray) -> torch.Tensor:
        """Return (n_lives, key_size) the keys of observations."""
        return forward(weights, as_inputs(observation[None]))[0][:, 0]

    def values(self, learned: Episodic, observation: np.ndarray) -> np.ndarray:
        """Return what the dictionaries say of every action; see ``ControlAgent.values``."""
        memory, key = learned.memory, self.keys(learned.weights, observation)
        asked = key.repeat_interleave(self.config.n_actions, dim=0)[:, None]
        value = Neighbours.of(memory, asked, self.config.n_neighbours).value[:, 0] if memory.n_writes else torch.zeros(len(asked))
        return torch.where(memory.n_stored > 0, value, torch.inf).double().numpy().reshape(len(observation), -1)

    def learn(
        self, life: Life, action: np.ndarray, reward: np.ndarray, observation: np.ndarray, over: np.ndarray
    ) -> Episodic:
        """Write down the visits that are over, and now and then learn keys; see ``ControlAgent.learn``."""
        learned: Episodic = life.learned
        visits = learned.visits.with_step(Step(life.seen, action.copy(), reward.copy()))
        learned = learned._replace(visits=visits, step=learned.step + 1)
        if over.any():
            learned = self._write_down(learned, over)
        if learned.step % self.config.learn_every:
            return learned
        batch = learned.replay.draw_own(self.config.batch_size, self.config.window, (self.seed, learned.step), "counts")
        gradient = self.gradient(learned, batch)
        weights, adam = descend(learned.weights, gradient, learned.adam, self.config.step_size)
        return learned._replace(weights=weights, adam=adam)

    def _write_down(self, learned: Episodic, over: np.ndarray) -> Episodic:
        """Return what is known once visits that are over are credited."""
        config, visits, replay = self.config, learned.visits, learned.replay
        beyond = config.n_steps < len(visits.steps)
        value = np.stack([best_known(self.values(learned, step.observation)) for step in visits.steps]) if beyond else None
        memory = learned.memory.clone()
        for step, outcome, where in visits.credited(over, config.discount, config.n_steps, value):
            self._remember(memory, self.keys(learned.weights, step.observation), step, outcome, where)
            replay = replay.with_row(seen=step.observation, action=step.action, outcome=outcome, counts=where)
        return learned._replace(memory=memory, replay=replay, visits=visits.without(over))

    def _remember(
        self, memory: NeuralDictionary, key: torch.Tensor, step: Step, outcome: np.ndarray, where: np.ndarray
    ) -> None:
        taken = (step.action[:, None] == np.arange(self.config.n_actions)) & where[:, None]
        cue = torch.from_numpy(np.asarray(step.observation, np.float32))
        cell = torch.cat([torch.from_numpy(outcome[:, None].astype(np.float32)), key], dim=1)
        cue, cell = (part.repeat_interleave(self.config.n_actions, dim=0) for part in (cue, cell))
        memory.write(cue, cell, torch.from_numpy(taken.ravel()), self.merge)

    def merge(self, old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """Return the entry of what is met again: its value moves towards the new one, its key is renewed."""
        value = old[:, :1] + self.config.learning_rate * (new[:, :1] - old[:, :1])
        return torch.cat([value, new[:, 1:]], dim=1)

    def gradient(self, learned: Episodic, batch: dict[str, np.ndarray]) -> Weights:
        """Return the gradient of every life's ``mean (Q(s, a) - Q_N)^2 / 2`` over a batch, (batch, n_lives, ...) by name."""
        if not learned.memory.n_writes:
            return Weights(*map(torch.zeros_like, learned.weights))
        inputs, n_actions = as_inputs(batch["seen"]), self.config.n_actions
        n_lives, n_rows = inputs.shape[:2]
        key, units = forward(learned.weights, inputs)
        asked = key.repeat_interleave(n_actions, dim=0)
        near = Neighbours.of(learned.memory, asked, self.config.n_neighbours)
        value, slope = (part.reshape(n_lives, n_actions, n_rows, -1) for part in (near.value, near.slope))
        taken = torch.from_numpy(batch["action"].T.astype(np.int64))[:, None, :, None]
        value, slope = value.gather(1, taken)[:, 0], slope.gather(1, taken.expand(-1, -1, -1, key.shape[-1]))[:, 0]
        outcome, counts = (torch.from_numpy(batch[name].T.copy())[..., None] for name in ("outcome", "counts"))
        error = counts * (value - outcome) / counts.sum(1, keepdim=True).clamp(min=1)
        return backward(learned.weights, inputs, units, error * slope)


class Neighbours(NamedTuple):
    """The entries nearest to some keys.

    Attributes
    ----------
    apart : (n_epochs, n_queries, n_neighbours, key_size) tensor
        Key that asks less key of the entry.
    weight : (n_epochs, n_queries, n_neighbours) tensor
        1 in all; 0 where there is no entry.
    kernel : (n_epochs, n_queries, n_neighbours) tensor
        ``1 / (|h - h_i|^2 + delta)``.
    stored : (n_epochs, n_queries, n_neighbours) tensor
        Value of the entry.
    """

    apart: torch.Tensor
    weight: torch.Tensor
    kernel: torch.Tensor
    stored: torch.Tensor

    @classmethod
    def of(cls, memory: NeuralDictionary, key: torch.Tensor, n_neighbours: int) -> "Neighbours":
        """Return the neighbours of keys, (n_epochs, n_queries, key_size), in a memory of a value, then a key each."""
        stored, known = memory.stored_cell, memory.written_at >= 0
        distance = squared_distance(key, stored[..., 1:]).masked_fill_(~known[:, None], torch.inf)
        _, slot = distance.topk(min(n_neighbours, distance.shape[-1]), dim=-1, largest=False)
        epoch = torch.arange(len(key))[:, None, None]
        cell, there = stored[epoch, slot], known[epoch, slot]
        apart = key[:, :, None] - cell[..., 1:]
        kernel = there / (apart.square().sum(-1) + DELTA)
        return cls(apart, kernel / kernel.sum(-1, keepdim=True).clamp(min=1e-30), kernel, cell[..., 0])

    @property
    def value(self) -> torch.Tensor:
        """(n_epochs, n_queries) ``Q(h) = sum_i k_i Q_i / sum_i k_i``; 0 from an empty memory."""
        return (self.weight * self.stored).sum(-1)

    @property
    def slope(self) -> torch.Tensor:
        """(n_epochs, n_queries, key_size) ``dQ / dh = sum_i -2 k_i^2 (h - h_i) (Q_i - Q) / sum_i k_i``."""
        pull = -2 * self.kernel * self.weight * (self.stored - self.value[..., None])
        return (pull[..., None] * self.apart).sum(-2)
