"""The tape of a gated recurrent unit: forward in place, gradient by hand.

For one matrix ``core`` with rows (r, u, c) and columns (x, h, 1), and the candidate's product with the hidden state apart:

    r, u = sigmoid(core z_t),      recurrent_t = core_ch h_{t-1},      c_t = f(core_cx [x_t; 1] + r recurrent_t)
    h_t = u h_{t-1} + (1 - u) c_t

with f = tanh or relu. The reset gate stands outside the recurrent product (as in Duan et al.'s code and in torch.nn.GRU), so
that one product serves all rows.
"""

import torch

from cogmeta.agents import fused
from cogmeta.agents.recurrent_tape import RecurrentTape, sum_of_products

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input
_relu_backward = torch.ops.aten.threshold_backward.grad_input


class GRUTape(RecurrentTape):
    """Buffers of a gated recurrent unit; see ``RecurrentTape``. ``initial`` has one row, hidden.

    Parameters
    ----------
    candidate : {"tanh", "relu"}
    """

    def __init__(
        self, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int, candidate: str = "tanh"
    ) -> None:
        super().__init__(weights, n_steps, n_episodes)
        self.relu, n_units = candidate == "relu", self.n_units
        self.kernels = None if self.relu else fused.gru_kernels()
        self.wide = self.wide or self.kernels is not None
        self.doubled = self.wide and not self.relu  # tanh(a) = 2 sigmoid(2 a) - 1
        self.drive = torch.empty(n_steps + 1, 3 * n_units, n_episodes)  # r, u, recurrent
        self.candidate = torch.empty(n_steps + 1, n_units, n_episodes)
        self._rows = [self._row(t) for t in range(n_steps + 1)]
        self._arrays = [tuple(self._rows[t][k].numpy() for k in (2, 7, 8, 9)) for t in range(n_steps + 1)]
        self._d_drive = None

    def _row(self, t: int) -> tuple[torch.Tensor, ...]:
        n_units, drive = self.n_units, self.drive[t]
        r, u, recurrent = drive.view(3, n_units, -1)
        return (self.full[t], self.inputs[t], drive, drive[: 2 * n_units], r, u, recurrent, self.candidate[t],
                self.hidden[t], self.hidden[t + 1])

    def load(self) -> None:
        """Take the network's present weights: the candidate's input weights and bias stand apart from ``core``."""
        super().load()
        own = self.core[2 * self.n_units:]
        if self.doubled:
            own *= 2
        self._candidate_inputs, self._candidate_bias = own[:, : self.n_inputs].clone(), own[:, -1:].clone()
        own[:, : self.n_inputs] = 0
        own[:, -1] = 0

    def remember(self, t: int) -> None:
        """Compute gates, candidate and hidden state of step ``t``."""
        full, inputs, drive, logistic, r, u, recurrent, candidate, before, hidden = self._rows[t]
        torch.mm(self.core, full, out=drive)
        logistic.sigmoid_()
        torch.addmm(self._candidate_bias, self._candidate_inputs, inputs, out=candidate)
        if self.kernels:
            self._remember_fused(t)
            return
        candidate.addcmul_(r, recurrent)
        if self.relu:
            candidate.relu_()
        elif self.doubled:
            candidate.sigmoid_().mul_(2).sub_(1)
        else:
            candidate.tanh_()
        torch.lerp(candidate, before, u, out=hidden)

    def _remember_fused(self, t: int) -> None:
        """Go on from the gates and the candidate's input drive by Numba."""
        (to_candidate, to_hidden, _), (drive, candidate, before, hidden) = self.kernels, self._arrays[t]
        to_candidate(drive, candidate)
        self.candidate[t].sigmoid_()
        to_hidden(drive, candidate, before, hidden)

    def _prepare_backward(self) -> None:
        """Make the buffers and views of the way back, the first time that it is gone."""
        n_units, n_steps = self.n_units, self.n_steps
        self._d_drive = torch.empty(n_steps, 4 * n_units, self.n_episodes)  # r, u, recurrent, candidate
        self._before = torch.empty(2 * n_units, self.n_episodes)
        self._backward_rows = [
            (row[: 2 * n_units], row[2 * n_units: 3 * n_units], row[: 3 * n_units], row[3 * n_units:])
            for row in self._d_drive]

    def through_time(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of r, u, the recurrent product and the candidate, and of the initial hidden state."""
        if self._d_drive is None:
            self._prepare_backward()
        d_r, d_u = self._before.view(2, self.n_units, -1)
        back = self.weights["core"][:, self.n_inputs:-1].t().contiguous()
        d_hidden = d_heads[-1].clone()
        if self.kernels:
            self._back_fused(d_heads, back, d_hidden)
            return self._d_drive, d_hidden.sum(1)[None]
        for t in range(self.n_steps - 1, -1, -1):
            _, _, _, logistic, r, u, recurrent, candidate, before, _ = self._rows[t]
            d_logistic, d_recurrent, d_products, d_candidate = self._backward_rows[t]
            torch.addcmul(d_hidden, d_hidden, u, value=-1, out=d_candidate)
            if self.relu:
                _relu_backward(d_candidate, candidate, 0, grad_input=d_candidate)
            else:
                _tanh_backward(d_candidate, candidate, grad_input=d_candidate)
            torch.mul(d_candidate, r, out=d_recurrent)
            torch.mul(d_candidate, recurrent, out=d_r)
            if self.doubled:
                d_r.mul_(0.5)
            torch.sub(before, candidate, out=d_u).mul_(d_hidden)
            _sigmoid_backward(self._before, logistic, grad_input=d_logistic)
            d_hidden.mul_(u).addmm_(back, d_products)
            if t:
                d_hidden.add_(d_heads[t - 1])
        return self._d_drive, d_hidden.sum(1)[None]

    def _back_fused(self, d_heads: torch.Tensor, back: torch.Tensor, d_hidden: torch.Tensor) -> None:
        """Fill ``_d_drive`` by Numba; ``d_hidden`` becomes the gradient of the initial hidden state."""
        d_hidden_array, d_drive, n_products = d_hidden.numpy(), self._d_drive.numpy(), 3 * self.n_units
        for t in range(self.n_steps - 1, -1, -1):
            drive, candidate, before, _ = self._arrays[t]
            self.kernels[2](d_hidden_array, drive, candidate, before, d_drive[t])
            d_hidden.addmm_(back, self._d_drive[t, :n_products])
            if t:
                d_hidden.add_(d_heads[t - 1])

    def core_gradient(self, d_drive: torch.Tensor) -> torch.Tensor:
        """Return the gradient of ``core``: the candidate's rows take their inputs and bias from its own drive."""
        full, first = self.full[: self.n_steps], 2 * self.n_units
        gradient = sum_of_products(d_drive[:, : 3 * self.n_units], full)
        d_candidate = d_drive[:, 3 * self.n_units:]
        gradient[first:, : self.n_inputs] = sum_of_products(d_candidate, full[:, : self.n_inputs])
        gradient[first:, -1] = d_candidate.sum((0, 2))
        return gradient

    def input_gradient(self) -> torch.Tensor:
        """Return the gradient of the inputs, (n_steps, n_inputs, n_episodes), after ``backward_from``."""
        n_units, into = self.n_units, self.weights["core"][:, : self.n_inputs].t()
        gates = torch.matmul(into[:, : 2 * n_units], self._d_drive[:, : 2 * n_units])
        return gates + torch.matmul(into[:, 2 * n_units:], self._d_drive[:, 3 * n_units:])
