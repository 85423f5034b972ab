"""Gradient descent on the trainable weights of a network, with a state that can be saved and restored."""

import torch

from cogmeta.agents.network import Network
from cogmeta.errors import UserError

OPTIMISERS = {
    "adam": lambda weights: torch.optim.Adam(weights, eps=1e-5),
    "rmsprop": lambda weights: torch.optim.RMSprop(weights, alpha=0.99, eps=1e-5),
}
"""By name. Decay .99 is that of A3C practice; the papers state neither decay nor epsilon."""


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
        self._torch = OPTIMISERS[name](self.weights)

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
        for weight, g in zip(self.weights, gradients, strict=True):
            weight.grad = g * (limit / norm) if norm > limit else g
        for group in self._torch.param_groups:
            group["lr"] = step_size
        self._torch.step()
        return norm

    def state(self) -> dict[str, torch.Tensor]:
        """Return everything the next step depends on, as tensors by name."""
        states = self._torch.state_dict()["state"]
        return {f"{self.names[k]}.{key}": torch.as_tensor(value).clone()
                for k, state in states.items() for key, value in state.items()}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continue from a ``state()``."""
        known = self._torch.state_dict()
        known["state"] = {
            k: {key.split(".", 1)[1]: value.clone() for key, value in tensors.items() if key.split(".", 1)[0] == name}
            for k, name in enumerate(self.names)
        }
        self._torch.load_state_dict({**known, "state": {k: s for k, s in known["state"].items() if s}})
