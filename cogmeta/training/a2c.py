"""Advantage actor-critic: one gradient step a batch, weighted by the reward prediction errors to come.

Source: Wang et al. 2018, Methods (section "Architecture and training"): gradient = A_t grad log pi(a_t) + value_weight
A_t grad V + entropy_weight grad H, RMSProp, step size 7e-4. How ours departs: by default many episodes are played
side by side and the gradient is their mean (summed over the steps of the unroll, as in the paper).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from cogmeta.agents.network import Network
from cogmeta.errors import UserError
from cogmeta.task import Task
from cogmeta.training.collect import Batch, Collector, as_tensor
from cogmeta.training.learner import Learner, Now, check_integer
from cogmeta.training.losses import Pair, log_probabilities, negative_entropy, policy_gradient, value_error
from cogmeta.training.optimiser import Optimiser
from cogmeta.training.workers import SplitCollector


CACHED = 2**17
"""Numbers in the heads whose losses are computed at a time: half a megabyte, which a core's cache holds with all that is made of it."""


@dataclass(frozen=True)
class A2C(Learner):
    """Advantage actor-critic; further settings are those of ``Learner``.

    Parameters
    ----------
    n_parts : int
        Equal parts of every batch that are played and learnt from apart, >= 1; must divide ``n_episodes``. Each has its own draws of
        chance: another number of parts gives other bytes, of the same kind.
    n_workers : int
        Processes that share the parts, from 1 to ``n_parts``. They need cores of their own (see docs/training.md for what was
        measured), and change nothing but the time: the number is not one of ``settings``.
    centre_steps : bool
        Whether the mean of all episodes at the same step is taken off their advantages: a baseline beside the critic, for large
        batches and high discounts, where the critic is last to know what the steps to come are worth.

    Attributes
    ----------
    WANG2018, WANG2016 : A2C
        The papers' values (Wang et al. 2018, Methods; Wang et al. 2016, Table 1, experiments 1 and 2, whose step size
        and discount were tuned and are not stated: those of 2018 stand in).

    References
    ----------
    Mnih et al. 2016, arXiv 1602.01783; Wang et al. 2018, Nat Neurosci 21:860; Wang et al. 2016, arXiv 1611.05763.

    Examples
    --------
    >>> A2C.WANG2018.discount, A2C.WANG2018.entropy_weight, A2C.WANG2016.entropy_weight
    (0.9, 0.05, (1.0, 0.0))
    """

    WANG2018: ClassVar["A2C"]
    WANG2016: ClassVar["A2C"]

    not_settings: ClassVar[tuple[str, ...]] = ("device", "n_workers")

    n_parts: int = 1
    n_workers: int = 1
    centre_steps: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("n_parts", "n_workers"):
            check_integer(name, getattr(self, name))
        if self.n_episodes % self.n_parts:
            raise UserError(f"n_parts={self.n_parts} must divide n_episodes={self.n_episodes}.")
        if self.n_workers > self.n_parts:
            raise UserError(f"n_workers={self.n_workers} processes cannot share a batch of n_parts={self.n_parts}: set n_parts={self.n_workers}, "
                            "which draws other chance. With as many parts, any number of processes gives the same bytes.")

    def collector(
        self, network: Network, task: Task, task_rng: np.random.Generator, action_rng: np.random.Generator
    ) -> Collector | SplitCollector:
        """Return what plays the batches, whole or in parts."""
        if self.n_parts == 1:
            return super().collector(network, task, task_rng, action_rng)
        return SplitCollector(network, task, task_rng, action_rng, self, self.n_parts, self.n_workers)

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: Any
    ) -> dict[str, float]:
        """Take one step along the gradient of one batch."""
        advantage = batch.advantages(now.discount, now.eligibility)
        target = as_tensor(advantage + batch.value[:-1])
        if self.centre_steps:
            advantage = centred(advantage, batch.free)
        advantage = as_tensor(for_policy(advantage, batch.free, self.normalise_advantages))
        n_steps, action, share = len(batch.action), torch.from_numpy(batch.action), shares(batch.valid)
        head, gradient, losses = batch.tape.head[:n_steps], torch.empty_like(batch.tape.head[:n_steps]), Counter()
        for steps in stretches(head):
            parts = actor_critic_losses(head[steps], action[steps], advantage[steps], target[steps])
            found, gradient[steps] = combine(*parts, now.entropy_weight, self.value_weight, share[steps])
            losses.update(found)
        norm = optimiser.apply(batch.tape.backward(gradient * n_steps), now.step_size)
        return {**losses, "gradient_norm": norm}


A2C.WANG2018 = A2C(
    n_steps=2_000_000, n_episodes=1, discount=0.9, step_size=7e-4, entropy_weight=0.05, value_weight=0.05,
    optimiser="rmsprop", max_gradient_norm=None)
A2C.WANG2016 = A2C(
    n_steps=2_000_000, n_episodes=1, discount=0.9, step_size=7e-4, entropy_weight=(1.0, 0.0), value_weight=0.05,
    optimiser="rmsprop", max_gradient_norm=None)


def stretches(head: torch.Tensor) -> Iterator[slice]:
    """Yield slices of time so short that everything about their steps stays in a core's cache while losses are computed."""
    size = max(1, CACHED // head[0].numel())
    for first in range(0, len(head), size):
        yield slice(first, first + size)


def actor_critic_losses(
    head: torch.Tensor, action: torch.Tensor, advantage: torch.Tensor, target: torch.Tensor
) -> tuple[Pair, Pair, Pair]:
    """Return the losses of policy, entropy and value with their gradients, as ``combine`` takes them.

    Parameters
    ----------
    head : (n_steps, n_actions + 1, n_episodes) tensor
        Logits, then value.
    action, advantage, target : (n_steps, n_episodes) tensors
    """
    log_probability = log_probabilities(head[:, :-1])
    policy = policy_gradient(log_probability, action, advantage)
    return policy, negative_entropy(log_probability), value_error(head[:, -1], target)


def shares(valid: np.ndarray) -> torch.Tensor:
    """Return the share of every step in a mean over the steps that were played, (n_steps, n_episodes)."""
    return as_tensor(valid / valid.sum())


def combine(
    policy: Pair, entropy: Pair, value: Pair, entropy_weight: float, value_weight: float, share: torch.Tensor
) -> tuple[dict[str, float], torch.Tensor]:
    """Weigh the three losses and average them over the steps that were played.

    Parameters
    ----------
    policy, entropy, value : pairs of tensors
        Loss and gradient from ``cogmeta.training.losses``.
    entropy_weight, value_weight : float
    share : (n_steps, n_episodes) tensor
        Of every step in the mean, from ``shares``.

    Returns
    -------
    losses : dict of float
        ``policy_loss``, ``entropy``, ``value_loss``: weighted sums.
    gradient : (n_steps, n_actions + 1, n_episodes) tensor
        Of the mean loss with respect to logits and value.
    """
    gradient = torch.cat([policy[1] + entropy_weight * entropy[1], value_weight * value[1][:, None]], dim=1)
    means = [float((loss * share).sum()) for loss in (policy[0], entropy[0], value[0])]
    return {"policy_loss": means[0], "entropy": -means[1], "value_loss": means[2]}, gradient * share[:, None]


def centred(advantage: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return advantages less their mean over the episodes that chose freely at the same step: a baseline that needs no critic.

    Examples
    --------
    >>> centred(np.array([[1.0, 3.0], [5.0, 9.0]]), np.array([[True, True], [False, True]])).tolist()
    [[-1.0, 1.0], [-4.0, 0.0]]
    """
    mean = np.where(free, advantage, 0.0).sum(axis=1) / np.maximum(free.sum(axis=1), 1)
    return advantage - mean[:, None]


def for_policy(advantage: np.ndarray, free: np.ndarray, normalise: bool) -> np.ndarray:
    """Return the advantages that teach the policy: 0 where the task imposed the action or the episode had ended.

    Parameters
    ----------
    advantage : (n_steps, n_episodes) array
    free : (n_steps, n_episodes) bool array
        See ``Batch``.
    normalise : bool
        Whether those of free choices get mean 0 and standard deviation 1.

    Examples
    --------
    >>> for_policy(np.array([[1.0, 5.0, 3.0]]), np.array([[True, False, True]]), normalise=True).round(6).tolist()
    [[-1.0, 0.0, 1.0]]
    """
    if normalise and free.any():
        chosen = advantage[free]
        advantage = (advantage - chosen.mean()) / (chosen.std() + 1e-8)
    return np.where(free, advantage, 0.0)
