"""Dyna: a world model learns from every real episode, and the policy learns in episodes that the model imagines.

What is assumed: real episodes are scarce and computing is not. After every batch of fresh episodes a second network learns, by the
log loss, to predict which actions pay (``WorldModel``), and the policy is trained by A2C in episodes drawn from its predictions
(``Imagined``): many for every real one. All that both know of the task comes from rewards of real episodes; nothing hidden is told.

Source: Sutton 1991 (Dyna); Ha & Schmidhuber 2018 (policies trained inside a world model). How ours departs: Dyna learns from real
steps, too; here they teach the model alone. It is no model of dopamine as Wang et al. 2018 have it: the reward prediction errors that
change the policy are those of imagined rewards (nearest to replay and preplay in the hippocampus), and those that change the model are
errors of prediction of single outcomes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cogmeta.agents.network import Network
from cogmeta.agents.store import NETWORKS
from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from cogmeta.training.a2c import A2C
from cogmeta.training.collect import Batch, Collector
from cogmeta.training.learner import Learner, Now, Scheduled, check_integer, scheduled
from cogmeta.training.optimiser import Optimiser
from cogmeta.training.world_model import WorldModel

MODELS = ("lstm", "gru", "rnn", "symmetric_lstm")
"""Kinds of network that a world model may be."""


@dataclass(frozen=True)
class Dyna(Learner):
    """A2C in imagined episodes; further settings are those of ``Learner``, all but ``n_steps`` and ``n_episodes`` of the imagined ones.

    Parameters
    ----------
    n_steps, n_episodes : int
        Real steps, and fresh episodes before the model and the policy learn again.
    imagined_per_step : int
        Imagined steps of the whole training for every real one, >= 1. After a share m of the real steps a share m^2 of them is done, so
        that most are imagined once the model has seen much.
    imagined_episodes : int
        Imagined side by side, one update each time.
    model : {"lstm", "gru", "rnn", "symmetric_lstm"}
        Kind of network that predicts.
    model_units : int
    model_updates : int
        Steps of the model after every batch of fresh episodes, >= 1.
    model_episodes : int
        Remembered episodes of each of them.
    model_step_size : float or (first, last)
        Of the model's optimiser.

    References
    ----------
    Sutton 1991, SIGART Bull 2:160; Ha & Schmidhuber 2018, arXiv 1803.10122.
    """

    discount: Scheduled = (0.8, 0.96)
    eligibility: Scheduled = (0.3, 0.9)
    step_size: Scheduled = (5e-3, 0.0)
    entropy_weight: Scheduled = (0.05, 0.0)
    value_weight: float = 0.1
    normalise_advantages: bool = True
    n_episodes: int = 1_250
    imagined_per_step: int = 12
    imagined_episodes: int = 64
    model: str = "lstm"
    model_units: int = 48
    model_updates: int = 150
    model_episodes: int = 128
    model_step_size: Scheduled = (5e-3, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("imagined_per_step", "imagined_episodes", "model_units", "model_updates", "model_episodes"):
            check_integer(name, getattr(self, name))
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.unroll is not None or self.regret_of is not None:
            raise UserError("Dyna plays whole episodes and learns from reward alone; leave unroll and regret_of out.")

    @property
    def n_imagined(self) -> int:
        """Imagined steps of the whole training."""
        return self.imagined_per_step * self.n_steps

    @property
    def policy_learner(self) -> A2C:
        """What improves the policy in imagined episodes."""
        shared = {field.name: getattr(self, field.name) for field in fields(Learner)}
        return A2C(**shared | {"n_steps": self.n_imagined, "n_episodes": self.imagined_episodes})

    def prepare(self, network: Network, task: Task) -> WorldModel:
        """Return a model that has seen nothing yet, its weights drawn from a seed that the policy's weights give."""
        drawn = NETWORKS[self.model].for_task(task, n_units=self.model_units, seed=int(network.fingerprint()[:8], 16))
        return WorldModel(task, drawn, self.model_episodes, self.device)

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: WorldModel
    ) -> dict[str, float]:
        """Teach the model all that is remembered, then the policy in what the model imagines; losses are those of the last update."""
        before = buffers.steps / self.n_steps
        buffers.remember(batch)
        after = buffers.steps / self.n_steps
        buffers.learn(self.model_updates, scheduled(self.model_step_size, before), rng)
        learner, task_rng, action_rng = self.policy_learner, *(np.random.default_rng(rng.integers(2**63)) for _ in range(2))
        collector = Collector(network, buffers.imagined(), learner.n_episodes, buffers.n_steps, task_rng, action_rng, self.lesson, self.device)
        for progress in self._moments(before, min(after, 1.0), buffers.n_steps):
            losses = learner.improve(network, collector.collect(), optimiser, learner.at(progress), rng, None)
        return losses

    def learnt_discount(self, now: Now, buffers: WorldModel) -> float:
        """Return the discount that imagined training has come to."""
        return self.policy_learner.at(min(buffers.steps / self.n_steps, 1.0) ** 2).discount

    def _moments(self, before: float, after: float, n_steps: int) -> Iterator[float]:
        """Yield how far the policy's training is at each of its updates, from a share of the real steps to another."""
        first, last = before**2, after**2
        n_updates = max(1, round((last - first) * self.n_imagined / (self.imagined_episodes * n_steps)))
        yield from np.linspace(first, last, n_updates, endpoint=False).tolist()

    def kept(self, buffers: WorldModel) -> dict[str, Any]:
        """Return the model and its memory as tensors by name."""
        return buffers.state()

    def restore(self, buffers: WorldModel, tensors: dict[str, Any]) -> None:
        """Go on with a model and a memory."""
        buffers.restore(tensors)
