"""The tape of any network that has plain steps: forward by them on any device, gradient by autograd.

What networks train by on a GPU, and those whose way back nobody wrote by hand everywhere; the oracle of those that have one.
Weights, states and the arithmetic of the network live on the device. Inputs go there and the head comes back once a step, since a
task must hear what was chosen; the gradient of all heads goes there, and that of the weights comes back, once an update.
"""

from typing import Any

import torch

from cogmeta.agents.network import Network


class AutogradTape:
    """Steps of ``n_steps`` steps of ``n_episodes`` episodes; see ``cogmeta.agents.network.Tape``.

    Steps are played in order, from the first one on.

    Parameters
    ----------
    network : Network
        An ``ActorCritic``, whose ``state_of`` and ``plain_step`` are played.
    n_steps, n_episodes : int
    device : str or torch.device
        Where the arithmetic is done; ``inputs``, ``head`` and the gradients that come out lie on the CPU.
    """

    def __init__(self, network: Network, n_steps: int, n_episodes: int, device: str | torch.device = "cpu") -> None:
        self.network, self.n_steps, self.n_episodes, self.device = network, n_steps, n_episodes, torch.device(device)
        n_heard = network.config.observation_size + network.config.n_actions + 1  # as ``write_inputs`` writes it
        self.inputs = torch.zeros(n_steps + 1, n_heard, n_episodes)
        self.head = torch.empty(n_steps + 1, network.config.n_actions + 1, n_episodes)
        self.heads: list[torch.Tensor] = []  # of the steps of this unroll, on the device
        self.state: Any = None  # after the last of them

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes."""
        self._load()
        with torch.enable_grad():  # trainings run without
            self.state = self.network.state_of(self.weights, self.n_episodes)

    next_episode = start

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended, which no gradient enters."""
        self._load()
        self.state = detached(self.state)

    def _load(self) -> None:
        self.weights = {name: weight.detach().to(self.device, copy=True).requires_grad_() for name, weight in self.network.weights.items()}
        self.heads = []

    def take_over(self, played: "AutogradTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.inputs.copy_(played.inputs[:, :, chosen])

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        self.head[t] = self._head(t, self.inputs[t].to(self.device)).detach()

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        inputs = self.inputs[: self.n_steps].to(self.device)
        self.head[: self.n_steps] = torch.stack([self._head(t, inputs[t]).detach() for t in range(self.n_steps)])

    def _head(self, t: int, inputs: torch.Tensor) -> torch.Tensor:
        """Play one step and return its head; the one after the last leaves the state as it is."""
        with torch.enable_grad():
            head, state = self.play(t, inputs.t().clone())
        if t < self.n_steps:
            self.state = state
            self.heads.append(head)
        return head.t()

    def play(self, t: int, inputs: torch.Tensor) -> tuple[torch.Tensor, Any]:
        """Return head and state after step ``t``, given its inputs, (n_episodes, n_inputs), on the device."""
        return self.network.plain_step(self.weights, inputs, self.state)

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight, given that of ``head[:n_steps]``; zero where a weight had no part."""
        with torch.enable_grad():
            heads = torch.stack(self.heads).transpose(1, 2)
        found = torch.autograd.grad(heads, list(self.weights.values()), gradient.to(self.device), retain_graph=True, materialize_grads=True)
        return {name: one.cpu() for name, one in zip(self.weights, found, strict=True)}


def detached(state: Any) -> Any:
    """Return a state, however nested, whose tensors no gradient goes through.

    Examples
    --------
    >>> part, nothing = detached((torch.ones(1, requires_grad=True), None))
    >>> part.requires_grad, nothing
    (False, None)
    """
    if isinstance(state, torch.Tensor):
        return state.detach()
    if not isinstance(state, tuple):
        return state
    parts = map(detached, state)
    return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
