"""Sarsa: the logits are action values times an inverse temperature, and learn by their own prediction errors.

Source: Rummery & Niranjan 1994 (modified connectionist Q-learning); Sutton & Barto 2018, sections 6.4 and 12.7, with a recurrent
network, whose memory stands for the state, and softmax exploration. How ours departs: many episodes are played side by side, the
forward view gathers errors over an unroll (as in generalised advantage estimation), and beyond its end the critic's value stands
for that of the next action.

Every step says how wrong one action value was, whatever the policy makes of it. Where much must be remembered before any choice
gets better (what each of fifty actions paid), that teaches sooner than policy gradients; an actor-critic may go on from there.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch

from cogmeta.agents.network import Network
from cogmeta.errors import UserError
from cogmeta.training.a2c import combine, shares
from cogmeta.training.collect import Batch, as_tensor
from cogmeta.training.learner import Learner, Now, Scheduled, scheduled
from cogmeta.training.losses import action_value_error, log_probabilities, negative_entropy, taken_values, value_error
from cogmeta.training.optimiser import Optimiser


class SarsaNow(NamedTuple):
    """The scheduled settings at one moment of training."""

    discount: float
    eligibility: float
    step_size: float
    entropy_weight: float
    inverse_temperature: float


@dataclass(frozen=True)
class Sarsa(Learner):
    """Sarsa with softmax exploration; further settings are those of ``Learner``.

    Parameters
    ----------
    inverse_temperature : float or (first, last)
        > 0, per unit of reward: the policy is ``softmax(inverse_temperature Q)``, so that logits divided by it are action values. A
        pair changes it in a straight line over training: to explore first, and to rely on what was learnt later.

    Notes
    -----
    ``G_t = Q_t + sum_k (discount eligibility)^k delta_{t+k}``, ``delta_t = r_t + discount Q(s_{t+1}, a_{t+1}) - Q(s_t, a_t)``; the
    loss is ``inverse_temperature (Q_t - G_t)^2 / 2``, whose slope in the logit is the error. The critic learns the same targets.
    ``normalise_advantages`` has no meaning here.

    References
    ----------
    Rummery & Niranjan 1994, CUED/F-INFENG/TR 166; Sutton & Barto 2018.

    Examples
    --------
    >>> Sarsa().discount, Sarsa(inverse_temperature=5.0).inverse_temperature
    (0.0, 5.0)
    """

    discount: Scheduled = 0.0
    eligibility: Scheduled = 0.0
    step_size: Scheduled = (5e-3, 0.0)
    entropy_weight: Scheduled = 0.0
    value_weight: float = 0.1
    inverse_temperature: Scheduled = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(0 < value < 1000 for value in np.atleast_1d(self.inverse_temperature)):
            raise UserError(f"inverse_temperature must lie in (0, 1000), got {self.inverse_temperature!r}; 3 for rewards of unit variance.")

    def at(self, progress: float) -> SarsaNow:
        """Return the scheduled settings at a fraction of training in [0, 1]."""
        return SarsaNow(*super().at(progress), scheduled(self.inverse_temperature, progress))

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: SarsaNow, rng: np.random.Generator, buffers: Any
    ) -> dict[str, float]:
        """Take one step down the squared errors of the values of the actions taken; ``policy_loss`` is their mean."""
        n_steps, action = len(batch.action), torch.from_numpy(batch.action)
        head = batch.tape.head[:n_steps]
        value = taken_values(head[:, :-1], action, now.inverse_temperature)
        target = as_tensor(targets(batch, value.numpy().astype(np.float64), now))
        parts = (action_value_error(head[:, :-1], action, target, now.inverse_temperature),
                 negative_entropy(log_probabilities(head[:, :-1])), value_error(head[:, -1], target))
        losses, gradient = combine(*parts, now.entropy_weight, self.value_weight, shares(batch.valid))
        norm = optimiser.apply(batch.tape.backward(gradient * n_steps), now.step_size)
        return {**losses, "gradient_norm": norm}


def targets(batch: Batch, action_value: np.ndarray, now: Now | SarsaNow) -> np.ndarray:
    """Return what the values of the actions taken should have been.

    Parameters
    ----------
    batch : Batch
    action_value : (n_steps, n_episodes) float64 array
        Of the actions taken.
    now : Now or SarsaNow

    Returns
    -------
    (n_steps, n_episodes) float64 array
        In units of reward.
    """
    value = np.concatenate([action_value, batch.value[-1:]])
    return replace(batch, value=value).advantages(now.discount, now.eligibility) + action_value
