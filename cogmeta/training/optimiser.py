"""Gradient descent on the trainable weights of a network, with a state that can be saved and restored.

Source: Kingma & Ba 2015, arXiv 1412.6980 (Adam); Tieleman & Hinton 2012, lecture 6.5 (RMSProp); the order of operations is that of
``torch.optim``, whose bytes these give. Why not ``torch.optim`` itself: to make one of its optimisers imports torch's compiler, more
than a CPU second in every process.
"""

from collections.abc import Callable

import torch

from cogmeta.agents.network import Network
from cogmeta.errors import UserError

DECAYS, RMS_DECAY, EPSILON = (0.9, 0.999), 0.99, 1e-5
"""Decay .99 of RMSProp is that of A3C practice; the papers state neither decay nor epsilon."""

State = dict[str, torch.Tensor]


def adam(weight: torch.Tensor, gradient: torch.Tensor, state: State, step_size: float) -> None:
    """Take one step of Adam, changing the weight and the state in place.

    Parameters
    ----------
    weight, gradient : tensors of one shape
    state : dict
        ``step`` (how many were taken), ``exp_avg`` and ``exp_avg_sq`` (running means of the gradient and its square).
    step_size : float

    Notes
    -----
    ``m = .9 m + .1 g``, ``v = .999 v + .001 g^2``, ``w -= step_size m' / (sqrt(v') + 1e-5)``, where ``m' = m / (1 - .9^n)`` and ``v'``
    alike are what the means would be, had they not begun at 0.
    """
    first, second = DECAYS
    mean, square = state["exp_avg"].lerp_(gradient, 1 - first), state["exp_avg_sq"]
    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
    n = state["step"].add_(1).item()
    spread = (square.sqrt() / (1 - second**n) ** 0.5).add_(EPSILON)
    weight.addcdiv_(mean, spread, value=-(step_size / (1 - first**n)))


def rmsprop(weight: torch.Tensor, gradient: torch.Tensor, state: State, step_size: float) -> None:
    """Take one step of RMSProp, changing the weight and the state in place.

    Parameters
    ----------
    weight, gradient : tensors of one shape
    state : dict
        ``square_avg`` (running mean of the squared gradient).
    step_size : float

    Notes
    -----
    ``v = .99 v + .01 g^2``, ``w -= step_size g / (sqrt(v) + 1e-5)``.
    """
    square = state["square_avg"].mul_(RMS_DECAY).addcmul_(gradient, gradient, value=1 - RMS_DECAY)
    weight.addcdiv_(gradient, square.sqrt().add_(EPSILON), value=-step_size)


Step = Callable[[torch.Tensor, torch.Tensor, State, float], None]
OPTIMISERS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "adam": (adam, ("step", "exp_avg", "exp_avg_sq")), "rmsprop": (rmsprop, ("square_avg",))}
"""By name: one step, and what is kept of every weight."""


class ExplodedError(UserError):
    """A loss or gradient is no longer a finite number."""


class Optimiser:
    """Adam or RMSProp over the trainable weights of a network.

    Parameters
    ----------
    network : Network
        Its weights are changed in place.
    name : {"adam", "rmsprop"}
    max_gradient_norm : float or None
    """

    def __init__(self, network: Network, name: str, max_gradient_norm: float | None) -> None:
        self.names, self.max_gradient_norm = network.trainable, max_gradient_norm
        self.weights = [network.weights[name] for name in self.names]
        self._step, kept = OPTIMISERS[name]
        self._states = [{key: torch.zeros(()) if key == "step" else torch.zeros_like(weight) for key in kept} for weight in self.weights]

    def apply(self, gradient: dict[str, torch.Tensor], step_size: float) -> float:
        """Descend one step and return the Euclidean length of the gradient before it was shortened.

        Raises
        ------
        ExplodedError
            The gradient is not finite; the weights stay as they were.
        """
        gradients = [gradient[name] for name in self.names]
        norm = float(torch.stack([g.square().sum() for g in gradients]).sum().sqrt())
        if not norm < float("inf"):
            raise ExplodedError("the gradient is no longer a finite number; try a smaller step_size.")
        limit = self.max_gradient_norm or float("inf")
        for weight, g, state in zip(self.weights, gradients, self._states, strict=True):
            self._step(weight, g * (limit / norm) if norm > limit else g, state, step_size)
        return norm

    def state(self) -> dict[str, torch.Tensor]:
        """Return everything the next step depends on, as tensors by name."""
        return {f"{name}.{key}": value.clone() for name, state in zip(self.names, self._states, strict=True) for key, value in state.items()}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continue from a ``state()``."""
        for name, state in zip(self.names, self._states, strict=True):
            for key, value in state.items():
                value.copy_(tensors[f"{name}.{key}"])
