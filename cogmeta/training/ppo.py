"""Proximal policy optimisation of a recurrent network: several passes over whole unrolls, the ratio clipped.

Source: Schulman et al. 2017, arXiv 1707.06347, with generalised advantage estimation. How ours departs: minibatches
are whole episodes, never cut in time, so that the gradient sees the memory; each pass replays the recurrent state
from the unroll's beginning with the present weights; the value loss is not clipped.
"""

from dataclasses import dataclass

import numpy as np
import torch

from cogmeta.agents.device import tape_on
from cogmeta.agents.network import Network, Tape
from cogmeta.errors import UserError
from cogmeta.task import Task
from cogmeta.training.a2c import combine, for_policy, shares
from cogmeta.training.collect import Batch, as_tensor
from cogmeta.training.learner import Learner, Now, Scheduled
from cogmeta.training.losses import clipped_surrogate, log_probabilities, negative_entropy, taken, value_error
from cogmeta.training.optimiser import Optimiser


@dataclass(frozen=True)
class PPO(Learner):
    """Recurrent proximal policy optimisation; further settings are those of ``Learner``, with other defaults.

    Parameters
    ----------
    n_epochs : int
        Passes over each batch, >= 1.
    n_minibatches : int
        Gradient steps a pass; must divide ``n_episodes``.
    clip : float
        How far the probability ratio may move, in (0, 1).

    References
    ----------
    Schulman et al. 2017, arXiv 1707.06347.
    """

    discount: Scheduled = (0.9, 0.97)
    eligibility: Scheduled = (0.4, 0.8)
    step_size: Scheduled = (3e-3, 0.0)
    entropy_weight: Scheduled = (0.01, 0.0)
    value_weight: float = 0.5
    normalise_advantages: bool = True
    n_epochs: int = 4
    n_minibatches: int = 4
    clip: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.unroll is not None:
            raise UserError("PPO learns from whole episodes; leave unroll=None, or use A2C for truncated unrolls.")
        if self.n_epochs < 1 or self.n_minibatches < 1 or self.n_episodes % self.n_minibatches:
            raise UserError(f"PPO needs n_epochs >= 1 and n_minibatches that divide n_episodes={self.n_episodes}, "
                            f"got {self.n_epochs} and {self.n_minibatches}.")
        if not 0 < self.clip < 1:
            raise UserError(f"clip must lie in (0, 1), got {self.clip!r}; 0.2 is usual.")

    def prepare(self, network: Network, task: Task) -> Tape:
        """Return the tape on which minibatches are replayed."""
        return tape_on(network, task.spec.steps_per_episode, self.n_episodes // self.n_minibatches, self.device)

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: Tape
    ) -> dict[str, float]:
        """Take ``n_epochs * n_minibatches`` steps along clipped gradients; losses are those of the last pass."""
        advantage = batch.advantages(now.discount, now.eligibility)
        target = as_tensor(advantage + batch.value[:-1])
        advantage = for_policy(advantage, batch.free, self.normalise_advantages)
        action = torch.from_numpy(batch.action)
        n_steps = len(action)
        before = taken(log_probabilities(batch.tape.head[:n_steps, :-1]), action)
        fixed = (action, as_tensor(advantage), before, target, torch.from_numpy(batch.valid))
        for _ in range(self.n_epochs):
            order = torch.from_numpy(rng.permutation(self.n_episodes)).view(self.n_minibatches, -1)
            passes = [self._minibatch(batch.tape, buffers, chosen, fixed, optimiser, now) for chosen in order]
        return {name: float(np.mean([one[name] for one in passes])) for name in passes[0]}

    def _minibatch(
        self, played: Tape, tape: Tape, chosen: torch.Tensor, fixed: tuple, optimiser: Optimiser, now: Now
    ) -> dict[str, float]:
        tape.take_over(played, chosen)
        action, advantage, before, target, valid = (array[:, chosen] for array in fixed)
        tape.start()
        tape.forward()
        head = tape.head[: len(action)]
        log_probability = log_probabilities(head[:, :-1])
        policy = clipped_surrogate(log_probability, action, advantage, before, self.clip)
        parts = policy, negative_entropy(log_probability), value_error(head[:, -1], target)
        losses, gradient = combine(*parts, now.entropy_weight, self.value_weight, shares(valid.numpy()))
        norm = optimiser.apply(tape.backward(gradient), now.step_size)
        return {**losses, "gradient_norm": norm}
