"""Trust-region policy optimisation: the natural gradient, as far as the mean KL divergence allows.

Sources: Schulman et al. 2015, arXiv 1502.05477, appendix C (conjugate gradient on Fisher-vector products, backtracking line
search); Schulman et al. 2016 (advantages); Duan et al. 2016 (RL2: discount .99, eligibility .3, KL limit .01). How ours
departs: the Fisher-vector product is J' M J v with J v by central differences of two forward passes of the tape and J' by its
hand-written backward, so that it needs no second derivatives; the value network, which has weights of its own, is fitted to
the returns by a few Adam steps (RL2 does not state how its baseline is fitted).
"""

from dataclasses import dataclass

import numpy as np
import torch

from cogmeta.agents.network import Network, Tape
from cogmeta.errors import UserError
from cogmeta.task import Task
from cogmeta.training.a2c import combine, for_policy, shares
from cogmeta.training.collect import Batch, as_tensor
from cogmeta.training.conjugate_gradient import conjugate_gradient
from cogmeta.training.learner import Learner, Now, Scheduled
from cogmeta.training.losses import log_probabilities, negative_entropy, policy_gradient, taken, value_error
from cogmeta.training.optimiser import ExplodedError, Optimiser

CHANGE = 5e-3
"""Length of the step by which J v is differenced: rounding and curvature both stay near 1e-4 of the product."""


@dataclass(frozen=True)
class TRPO(Learner):
    """Trust-region policy optimisation of an ``ActorCriticPair``; further settings are those of ``Learner``.

    ``step_size``, ``optimiser`` and ``max_gradient_norm`` are those of the value network.

    Parameters
    ----------
    kl_limit : float
        Largest mean KL divergence between the policy before and after an update, in nats a step, > 0.
    n_conjugate : int
        Iterations of conjugate gradient, >= 1.
    damping : float
        Added to the diagonal of the Fisher matrix, >= 0.
    n_backtracks : int
        How often the step is shortened (by ``shrink``) where it breaks the limit or does not improve, >= 1.
    shrink : float
        In (0, 1).
    n_value_steps : int
        Steps of the value network's regression a batch, >= 0.

    References
    ----------
    Schulman et al. 2015, arXiv 1502.05477; Duan et al. 2016, arXiv 1611.02779.
    """

    discount: Scheduled = 0.99
    eligibility: Scheduled = 0.3
    step_size: Scheduled = 3e-3
    entropy_weight: Scheduled = 0.0
    value_weight: float = 1.0
    normalise_advantages: bool = True
    kl_limit: float = 0.01
    n_conjugate: int = 10
    damping: float = 1e-3
    n_backtracks: int = 15
    shrink: float = 0.8
    n_value_steps: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.unroll is not None:
            raise UserError("TRPO learns from whole episodes; leave unroll=None, or use A2C for truncated unrolls.")
        if not self.kl_limit > 0 or not 0 < self.shrink < 1 or not self.damping >= 0:
            raise UserError(f"TRPO needs kl_limit > 0, damping >= 0 and shrink in (0, 1), "
                            f"got {self.kl_limit!r}, {self.damping!r} and {self.shrink!r}.")
        if min(self.n_conjugate, self.n_backtracks) < 1 or self.n_value_steps < 0:
            raise UserError("TRPO needs n_conjugate >= 1, n_backtracks >= 1 and n_value_steps >= 0, "
                            f"got {self.n_conjugate!r}, {self.n_backtracks!r} and {self.n_value_steps!r}.")

    def prepare(self, network: Network, task: Task) -> None:
        """Raise UserError where actor and critic share weights: the trust region would not hold the critic's steps."""
        if network.kind != "pair":
            raise UserError(f"TRPO needs a policy and a value network of their own, got a network of kind {network.kind!r}. "
                            "Use ActorCriticPair (--agent pair).")

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: None
    ) -> dict[str, float]:
        """Take one step of the policy inside its trust region, then fit the value network to the returns."""
        advantage = batch.advantages(now.discount, now.eligibility)
        target = as_tensor(advantage + batch.value[:-1])
        advantage = as_tensor(for_policy(advantage, batch.free, self.normalise_advantages))
        policy = TrustRegion(network, batch, advantage, now.entropy_weight)
        losses, gradient = policy.loss_and_gradient()
        norm = float(gradient.norm())
        if not norm < float("inf"):
            raise ExplodedError("the gradient is no longer a finite number; try a smaller kl_limit or step_size.")
        self._move(policy, gradient)
        fits = [self._fit_value(batch, target, optimiser, now) for _ in range(self.n_value_steps)]
        return {**losses, "value_loss": fits[0] if fits else 0.0, "gradient_norm": norm}

    def _move(self, policy: "TrustRegion", gradient: torch.Tensor) -> float:
        """Go along the natural gradient and back until the step improves and stays inside; return its share."""
        direction = conjugate_gradient(
            lambda v: policy.fisher_product(v) + self.damping * v, -gradient, self.n_conjugate)
        curvature = float(direction @ policy.fisher_product(direction))
        if not curvature > 0:
            return 0.0
        full, at = direction * (2 * self.kl_limit / curvature) ** 0.5, policy.vector()
        before, share = policy.objective(), 1.0
        for _ in range(self.n_backtracks):
            policy.put(at + share * full)
            if policy.objective() < before and policy.divergence() <= self.kl_limit:
                return share
            share *= self.shrink
        policy.put(at)
        policy.replay()
        return 0.0

    def _fit_value(self, batch: Batch, target: torch.Tensor, optimiser: Optimiser, now: Now) -> float:
        tape, n_steps = batch.tape, len(target)
        tape.start()
        tape.forward()
        loss, slope = value_error(tape.head[:n_steps, -1], target)
        share = shares(batch.valid)
        gradient = torch.zeros_like(tape.head[:n_steps])
        gradient[:, -1] = self.value_weight * slope * share
        optimiser.apply(tape.backward(gradient), now.step_size)
        return float((loss * share).sum())


class TrustRegion:
    """The policy of a pair as a function of one vector of weights, around the policy that played a batch.

    Parameters
    ----------
    network : Network
        An ``ActorCriticPair``; its policy weights are changed in place by ``put``.
    batch : Batch
        Of whole episodes.
    advantage : (n_steps, n_episodes) float32 tensor
    entropy_weight : float
    """

    def __init__(self, network: Network, batch: Batch, advantage: torch.Tensor, entropy_weight: float) -> None:
        names = [name for name in network.trainable if name.startswith("policy.")]
        self.names, self.weights = names, [network.weights[name] for name in names]
        self.tape: Tape = batch.tape
        self.action, self.advantage = torch.from_numpy(batch.action), advantage
        self.entropy_weight = entropy_weight
        self.share = shares(batch.valid)
        self.n_steps = len(batch.action)
        self.before = log_probabilities(self.tape.head[: self.n_steps, :-1]).clone()

    def vector(self) -> torch.Tensor:
        """Return the policy's weights as one vector."""
        return torch.cat([weight.ravel() for weight in self.weights])

    def put(self, vector: torch.Tensor) -> None:
        """Set the policy's weights."""
        sizes = [weight.numel() for weight in self.weights]
        for weight, part in zip(self.weights, vector.split(sizes), strict=True):
            weight.copy_(part.view_as(weight))

    def replay(self) -> torch.Tensor:
        """Play the batch's inputs again with the present weights; return the logits of every step."""
        self.tape.start()
        self.tape.forward()
        return self.tape.head[: self.n_steps, :-1]

    def objective(self) -> float:
        """Return the loss -(ratio advantage + entropy_weight H), a mean a step, with the present weights."""
        log_probability = log_probabilities(self.replay())
        ratio = (taken(log_probability, self.action) - taken(self.before, self.action)).exp()
        loss = -ratio * self.advantage + self.entropy_weight * negative_entropy(log_probability)[0]
        return float((loss * self.share).sum())

    def divergence(self) -> float:
        """Return the mean KL divergence from the policy that played to the one last replayed, in nats a step."""
        after = log_probabilities(self.tape.head[: self.n_steps, :-1])
        return float(((self.before.exp() * (self.before - after)).sum(1) * self.share).sum())

    def loss_and_gradient(self) -> tuple[dict[str, float], torch.Tensor]:
        """Return the losses, and the gradient of ``objective`` at the weights that played."""
        policy = policy_gradient(self.before, self.action, self.advantage)
        parts = policy, negative_entropy(self.before), value_error(*2 * [torch.zeros_like(self.advantage)])
        losses, gradient = combine(*parts, self.entropy_weight, 0.0, self.share)
        return losses, self._back(gradient[:, :-1])

    def fisher_product(self, vector: torch.Tensor) -> torch.Tensor:
        """Return F v, F the Hessian of ``divergence`` at the weights that played; the weights stay.

        Notes
        -----
        ``F = mean_t J_t' (diag(pi_t) - pi_t pi_t') J_t`` with ``J_t`` the derivative of the logits.
        """
        at, size = self.vector(), float(vector.norm())
        if size == 0.0:
            return torch.zeros_like(vector)
        step = CHANGE / size * vector
        self.put(at + step)
        forward = self.replay().clone()
        self.put(at - step)
        slope = (forward - self.replay()) * (size / (2 * CHANGE))
        self.put(at)
        self.replay()
        probability = self.before.exp()
        weighted = probability * slope
        return self._back((weighted - probability * weighted.sum(1, keepdim=True)) * self.share[:, None])

    def _back(self, of_logits: torch.Tensor) -> torch.Tensor:
        gradient = torch.cat([of_logits, torch.zeros_like(of_logits[:, :1])], dim=1)
        gradients = self.tape.backward(gradient)
        return torch.cat([gradients[name].ravel() for name in self.names])
