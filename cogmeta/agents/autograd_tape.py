"""The tape of any network that has plain steps: forward by them, gradient by autograd.

What a network trains by whose way back nobody wrote by hand, and the oracle of those that have one.
"""

from typing import Any

import torch

from cogmeta.agents.actor_critic import ActorCritic


class AutogradTape:
    """Steps of ``n_steps`` steps of ``n_episodes`` episodes; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    network : ActorCritic
        Whose ``state_of`` and ``plain_step`` are played.
    n_steps, n_episodes : int
    """

    def __init__(self, network: ActorCritic, n_steps: int, n_episodes: int) -> None:
        self.network, self.n_steps, self.n_episodes = network, n_steps, n_episodes
        self.inputs = torch.zeros(n_steps + 1, network.config.n_inputs, n_episodes)
        self.head = torch.empty(n_steps + 1, network.config.n_actions + 1, n_episodes)
        self.states: list[Any] = [None] * (n_steps + 2)  # states[t] before step t
        self.heads: list[torch.Tensor | None] = [None] * (n_steps + 1)

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes."""
        self._load()
        with torch.enable_grad():  # trainings run without
            self.states[0] = self.network.state_of(self.weights, self.n_episodes)

    next_episode = start

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended, which no gradient enters."""
        self._load()
        self.states[0] = tuple(part.detach() for part in self.states[self.n_steps])

    def _load(self) -> None:
        self.weights = {name: weight.detach().clone().requires_grad_() for name, weight in self.network.weights.items()}

    def take_over(self, played: "AutogradTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.inputs.copy_(played.inputs[:, :, chosen])

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        with torch.enable_grad():
            head, self.states[t + 1] = self.network.plain_step(self.weights, self.inputs[t].t().clone(), self.states[t])
            self.heads[t] = head.t()
        self.head[t] = self.heads[t].detach()

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        for t in range(self.n_steps):
            self.step(t)

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight, given that of ``head[:n_steps]``; zero where a weight had no part."""
        with torch.enable_grad():
            heads = torch.stack(self.heads[: self.n_steps])
        found = torch.autograd.grad(heads, list(self.weights.values()), gradient, retain_graph=True, materialize_grads=True)
        return dict(zip(self.weights, found, strict=True))
