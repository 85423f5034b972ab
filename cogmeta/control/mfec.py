"""Model-free episodic control: the best return that ever followed an action is its value.

For every action a table of cues and returns; where a cue is known its entry is the largest return met, elsewhere the value is
the mean of the nearest entries. Source: Blundell et al. 2016 (arXiv 1606.04460), eqs. 1 and 2: 11 neighbours, a random
projection to 64 numbers, a million entries an action, the one that was updated longest ago gives way, epsilon .005, discount 1.

How ours departs: observations of our tasks are short, so that they are the cues unless a projection is asked for; an action
that was tried nowhere in a life is tried first (the paper does not say); entries as near as the last of the neighbours all
count, since among one-hot places many are equally far.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from cogmeta.control.agent import ControlAgent, ControlConfig, Life, check_whole
from cogmeta.control.visits import Step, Visits
from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary
from cogmeta.memory.indexed import IndexedDictionary


@dataclass(frozen=True)
class MFECConfig(ControlConfig):
    """Settings of model-free episodic control.

    Parameters
    ----------
    n_neighbours : int
        Entries that are averaged where a cue is new, >= 1.
    projection : int
        Numbers of a cue, a Gaussian random projection of the observation; 0 for the observation itself.
    capacity : int
        Entries an action, >= 1.
    index : bool
        Whether entries are found by an index of approximate neighbours, for more than some 100,000 of them (extra ``index``).
    observation_size, n_actions, restart, discount, epsilon, annealing_steps
        See ``ControlConfig``.
    """

    discount: float = 1.0
    epsilon: float = 0.005
    n_neighbours: int = 11
    projection: int = 0
    capacity: int = 10_000
    index: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, 1, "n_neighbours", "capacity")
        check_whole(self, 0, "projection")

    @property
    def memory(self) -> MemoryConfig:
        """Settings of the tables."""
        return MemoryConfig(self.capacity, "euclidean", self.n_neighbours, "update_on_match")


class Remembered(NamedTuple):
    """What a batch of lives remembers; memory ``life * n_actions + action`` is that of an action in a life."""

    memory: NeuralDictionary
    visits: Visits


class ReturnMemory(ControlAgent):
    """An agent that remembers returns under cues, for every action; subclasses say what a return becomes, and is worth."""

    dictionary = NeuralDictionary

    def nothing(self, n_lives: int) -> Remembered:
        """Return empty memories."""
        size = self.cue(torch.zeros(1, self.config.observation_size)).shape[1]
        memory = self.dictionary(n_lives * self.config.n_actions, size, 1, self.config.memory)
        return Remembered(memory, Visits.none(n_lives))

    def cue(self, observation: torch.Tensor) -> torch.Tensor:
        """Return (n, cue_size) under what an observation is remembered."""
        return observation

    def cues(self, observation: np.ndarray) -> torch.Tensor:
        """Return (n_lives * n_actions, cue_size) cues of observations, once for every action."""
        cue = self.cue(torch.from_numpy(np.asarray(observation, np.float32)))
        return cue.repeat_interleave(self.config.n_actions, dim=0)

    def values(self, learned: Remembered, observation: np.ndarray) -> np.ndarray:
        """Return what memory says of every action; see ``ControlAgent.values``."""
        memory = learned.memory
        worth = torch.where(memory.n_stored > 0, self.estimate(memory, self.cues(observation)), torch.inf)
        return worth.double().numpy().reshape(len(observation), -1)

    def estimate(self, memory: NeuralDictionary, cue: torch.Tensor) -> torch.Tensor:
        """Return (n_epochs,) the value under each cue."""
        return memory.read(cue).cell[:, 0]

    def learn(
        self, life: Life, action: np.ndarray, reward: np.ndarray, observation: np.ndarray, over: np.ndarray
    ) -> Remembered:
        """Write down the visits that are over; see ``ControlAgent.learn``."""
        memory, visits = life.learned
        visits = visits.with_step(Step(life.seen, action.copy(), reward.copy()))
        if not over.any():
            return Remembered(memory, visits)
        memory = memory.clone()
        for step, outcome, where in visits.credited(over, self.config.discount):
            self.remember(memory, step, outcome, where)
        return Remembered(memory, visits.without(over))

    def remember(self, memory: NeuralDictionary, step: Step, outcome: np.ndarray, where: np.ndarray) -> None:
        """Write one return under its cue, in the memory of the action that was taken."""
        n_actions = self.config.n_actions
        taken = (step.action[:, None] == np.arange(n_actions)) & where[:, None]
        outcome = torch.from_numpy(np.repeat(outcome, n_actions)[:, None].astype(np.float32))
        memory.write(self.cues(step.observation), outcome, torch.from_numpy(taken.ravel()), self.merge)

    @staticmethod
    def merge(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """Return what is stored where a cue is known already."""
        return new


class MFEC(ReturnMemory):
    """Model-free episodic control; the parameters are those of ``ControlAgent``.

    Notes
    -----
    ``Q(s, a) = max(Q(s, a), R)`` after a return R; of a new cue the mean of ``Q`` over its nearest neighbours.

    References
    ----------
    Blundell et al. 2016, arXiv 1606.04460, eqs. 1 and 2.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> from cogmeta.simulate import simulate
    >>> task = make_task("water_maze/contextual", n_contexts=1, n_exposures=20)
    >>> reward = simulate(MFEC.for_task(task, discount=0.9), task, n_episodes=4).reward
    >>> bool(reward[-150:].sum() > 3 * reward[:150].sum())
    True
    """

    kind, config_class = "mfec", MFECConfig
    merge = staticmethod(torch.maximum)

    def __init__(self, config: MFECConfig, seed: int = 0) -> None:
        super().__init__(config, seed)
        self.dictionary = IndexedDictionary if config.index else NeuralDictionary
        generator, size = torch.Generator().manual_seed(seed), (config.observation_size, config.projection)
        self.projection = torch.randn(size, generator=generator) / max(config.projection, 1) ** 0.5 if config.projection else None

    def cue(self, observation: torch.Tensor) -> torch.Tensor:
        """Return the observation, or its projection."""
        return observation if self.projection is None else observation @ self.projection

    def estimate(self, memory: NeuralDictionary, cue: torch.Tensor) -> torch.Tensor:
        """Return the entry of a known cue, and the mean of the nearest elsewhere."""
        if not memory.n_writes:
            return torch.zeros(len(cue))
        recall, epoch = memory.read(cue, even=True), torch.arange(len(cue))
        nearest = recall.slot[:, 0]
        return torch.where(memory.holds(cue, nearest), memory.stored_cell[epoch, nearest, 0], recall.cell[:, 0])
