"""What the tapes of all recurrent networks share: buffers, readout, and the sums of their gradients.

For z_t = [x_t; h_{t-1}; 1] a step is h_t = cell(core z_t, state) and head_t = readout [h_t; 1]. A kind of network adds
``remember`` (one step forward, in place) and ``through_time`` (the way back, written by hand). Every view that a step
needs is made once: making it costs as much as some of the arithmetic.
"""

from abc import ABC, abstractmethod

import torch

WIDE = 3000
"""Units times episodes above which one tanh costs more than the operations that stand in for it: on wide batches
tanh(a) is computed as 2 sigmoid(2 a) - 1, because the vectorised sigmoid is many times faster than the vectorised tanh on
a CPU; the absolute error stays at float32 rounding (about 1e-7)."""


class RecurrentTape(ABC):
    """Buffers of ``n_steps`` steps of ``n_episodes`` episodes; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    weights : dict
        ``core`` (n_gates n_units, n_inputs + n_units + 1); ``initial`` (n_states, n_units), hidden first; ``readout``
        (n_actions + 1, n_units + 1), which a lower layer of a stack does not have.
    n_steps, n_episodes : int
    """

    def __init__(self, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> None:
        self.weights, self.n_steps, self.n_episodes = weights, n_steps, n_episodes
        self.n_units = n_units = weights["initial"].shape[1]
        self.n_inputs = weights["core"].shape[1] - n_units - 1
        self.full = torch.ones(n_steps + 2, weights["core"].shape[1], n_episodes)
        self.inputs = self.full[: n_steps + 1, : self.n_inputs]
        self.hidden = self.full[:, self.n_inputs:-1]  # hidden[t] before step t
        if "readout" in weights:
            self.head = torch.empty(n_steps + 1, weights["readout"].shape[0], n_episodes)
        self.core = torch.empty_like(weights["core"])
        self.states = [self.hidden]
        self.wide = n_units * n_episodes > WIDE
        self.fresh = True

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes."""
        for state, initial in zip(self.states, self.weights["initial"], strict=True):
            state[0] = initial[:, None]
        self.fresh = True
        self.load()

    def next_episode(self) -> None:
        """Begin the next episode of an epoch: a network without memory starts afresh."""
        self.start()

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""
        for state in self.states:
            state[0] = state[self.n_steps]
        self.fresh = False
        self.load()

    def take_over(self, played: "RecurrentTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.inputs.copy_(played.inputs[:, :, chosen])

    def load(self) -> None:
        """Take the network's present weights."""
        self.core.copy_(self.weights["core"])

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        self.remember(t)
        torch.mm(self.weights["readout"], self.full[t + 1][self.n_inputs:], out=self.head[t])

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        self.remember_all()
        torch.matmul(self.weights["readout"], self._after, out=self.head[: self.n_steps])

    def remember_all(self) -> None:
        """Compute the state after every step but the one after the last, without heads."""
        for t in range(self.n_steps):
            self.remember(t)

    @property
    def _after(self) -> torch.Tensor:
        return self.full[1: self.n_steps + 1, self.n_inputs:]

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight by backpropagation through time.

        Parameters
        ----------
        gradient : (n_steps, n_actions + 1, n_episodes) float32 tensor
            Of the loss with respect to ``head[:n_steps]``.

        Returns
        -------
        dict of tensors
            ``core``, ``readout`` and ``initial``; the last is zero where the tape went on from an earlier unroll.
        """
        d_hidden = torch.matmul(self.weights["readout"][:, :-1].t(), gradient)
        return {**self.backward_from(d_hidden), "readout": self.readout_gradient(gradient)}

    def backward_from(self, d_hidden: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of ``core`` and ``initial``, given that of the hidden state after every step."""
        d_drive, d_initial = self.through_time(d_hidden)
        if not self.fresh:
            d_initial = torch.zeros_like(d_initial)
        return {"core": self.core_gradient(d_drive), "initial": d_initial}

    def core_gradient(self, d_drive: torch.Tensor) -> torch.Tensor:
        """Return the gradient of ``core``, given that of the drive of every step."""
        return sum_of_products(d_drive, self.full[: self.n_steps])

    def readout_gradient(self, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient of ``readout``, given that of the heads."""
        return sum_of_products(gradient, self._after)

    def input_gradient(self) -> torch.Tensor:
        """Return the gradient of the inputs, (n_steps, n_inputs, n_episodes), after ``backward_from``."""
        return torch.matmul(self.weights["core"][:, : self.n_inputs].t(), self._d_drive)

    @abstractmethod
    def remember(self, t: int) -> None:
        """Compute the state after step ``t``."""

    @abstractmethod
    def through_time(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the drive of every step and of the initial state, and keep the former.

        Parameters
        ----------
        d_heads : (n_steps, n_units, n_episodes) tensor
            What the readout, or the layer above, sends back into the hidden state after each step.

        Returns
        -------
        d_drive : (n_steps, n_drives, n_episodes) tensor
        d_initial : (n_states, n_units) tensor
        """


def sum_of_products(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the sum over time of ``left[t] @ right[t].T``.

    Examples
    --------
    >>> sum_of_products(torch.ones(3, 1, 2), torch.ones(3, 1, 2))
    tensor([[6.]])
    """
    nothing = left.new_zeros(left.shape[1], right.shape[1])
    return torch.addbmm(nothing, left, right.transpose(1, 2), beta=0)  # no (n_steps, ...) array of products in between
