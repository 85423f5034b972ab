"""The tape of an LSTM: forward in place, gradient by hand.

For z_t = [x_t; h_{t-1}; 1] and one matrix ``core`` with rows (i, f, o, g):

    i, f, o = sigmoid(core z_t),  g = tanh(core z_t)
    c_t = f c_{t-1} + i g,        h_t = o tanh(c_t)

Cells with further logistic gates, whose rows stand between o and g, add them in ``reinstate``.
"""

import numpy as np
import torch

from cogmeta.agents import fused
from cogmeta.agents.recurrent_tape import RecurrentTape

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input


class LSTMTape(RecurrentTape):
    """Buffers of an LSTM; see ``RecurrentTape``. ``initial`` has the rows hidden, cell."""

    def __init__(self, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> None:
        super().__init__(weights, n_steps, n_episodes)
        self.n_gates = len(weights["core"]) // self.n_units
        self.n_logistic = (self.n_gates - 1) * self.n_units
        self.gates = torch.empty(n_steps + 1, self.n_gates * self.n_units, n_episodes)
        self.cell = torch.empty(n_steps + 2, self.n_units, n_episodes)
        self.squashed = torch.empty(n_steps + 1, self.n_units, n_episodes)  # tanh(cell)
        self.states = [self.hidden, self.cell]
        self.kernels = fused.lstm_kernels() if self.n_gates == 4 else None  # further gates: ``reinstate``
        self.wide = self.wide and self.kernels is None
        self._rows = [self._row(t) for t in range(n_steps + 1)]
        self._arrays = self._played_arrays() if self.kernels else ()
        self._backward_rows, self.spent = [], False

    def _played_arrays(self) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        """Return the weights and buffers that compiled steps read and write; no readout where there is none."""
        readout, head = self.weights.get("readout", torch.empty(0, 0)), getattr(self, "head", torch.empty(0, 0, 0))
        return (as_arrays(self.core, readout), as_arrays(self.full, self.gates, self.cell, self.squashed, head))

    def _row(self, t: int) -> tuple[torch.Tensor, ...]:
        gates = self.gates[t]
        i, f, o, *_, g = gates.view(self.n_gates, self.n_units, -1)
        return (self.full[t], gates, gates[: self.n_logistic], i, f, o, g, self.cell[t], self.cell[t + 1],
                self.squashed[t], self.hidden[t + 1])

    def load(self) -> None:
        """Take the network's present weights."""
        super().load()
        if self.wide:
            self.core[self.n_logistic:] *= 2  # for tanh(a) = 2 sigmoid(2 a) - 1

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        if self.kernels:
            self.spent = False
            self.kernels.forward(*self._arrays, t, t + 1)
        else:
            super().step(t)

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        if self.kernels:
            self.spent = False
            self.kernels.forward(*self._arrays, 0, self.n_steps)
        else:
            super().forward()

    def remember_all(self) -> None:
        """Compute the state after every step but the one after the last, without heads."""
        if self.kernels:
            self.forward()
        else:
            super().remember_all()

    def remember(self, t: int) -> None:
        """Compute gates, cell and hidden state of step ``t``."""
        if self.kernels:
            self.step(t)
            return
        full, gates, logistic, i, f, o, g, cell_before, cell, squashed, hidden = self._rows[t]
        torch.mm(self.core, full, out=gates)
        if self.wide:
            gates.sigmoid_()
            g.mul_(2).sub_(1)
        else:
            logistic.sigmoid_()
            g.tanh_()
        torch.mul(f, cell_before, out=cell)
        cell.addcmul_(i, g)
        self.reinstate(t, cell)
        if self.wide:
            torch.mul(cell, 2, out=squashed)
            squashed.sigmoid_().mul_(2).sub_(1)
        else:
            torch.tanh(cell, out=squashed)
        torch.mul(o, squashed, out=hidden)

    def reinstate(self, t: int, cell: torch.Tensor) -> None:
        """Add to the cell of step ``t``, in place, what further gates let in; an LSTM has none."""

    def reinstate_backward(self, t: int, d_cell: torch.Tensor, d_gates: list[torch.Tensor]) -> None:
        """Write the gradients of the further gates, given that of the cell after step ``t``."""

    def _prepare_backward(self) -> None:
        """Make the buffers and views of the way back, the first time that it is gone."""
        n_logistic, gates = self.n_logistic, self.gates[: self.n_steps]
        self._d_drive = gates if self.kernels else torch.empty_like(gates)  # compiled steps write over what they have read
        self._before = torch.empty_like(gates[0])  # gradients before the gates' own nonlinearity
        self._backward_rows = [(row[:n_logistic], row[n_logistic:], row) for row in self._d_drive]

    def through_time(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the gates' drives and of the initial hidden state and cell."""
        if not self._backward_rows:
            self._prepare_backward()
        if self.kernels:
            return self._through_time_compiled(d_heads)
        d_i, d_f, d_o, *d_more, d_g = self._before.view(self.n_gates, self.n_units, -1)
        d_logistic = self._before[: self.n_logistic]
        back = self.weights["core"][:, self.n_inputs:-1].t().contiguous()
        d_hidden, d_cell_next = d_heads[-1].clone(), torch.zeros_like(d_heads[-1])
        d_cell = torch.empty_like(d_hidden)
        for t in range(self.n_steps - 1, -1, -1):
            _, _, logistic, i, f, o, g, cell_before, _, squashed, _ = self._rows[t]
            d_gates_logistic, d_gates_g, d_gates = self._backward_rows[t]
            torch.mul(d_hidden, o, out=d_cell)
            _tanh_backward(d_cell, squashed, grad_input=d_cell)
            d_cell.add_(d_cell_next)
            torch.mul(d_cell, g, out=d_i)
            torch.mul(d_cell, cell_before, out=d_f)
            torch.mul(d_hidden, squashed, out=d_o)
            torch.mul(d_cell, i, out=d_g)
            self.reinstate_backward(t, d_cell, d_more)
            _sigmoid_backward(d_logistic, logistic, grad_input=d_gates_logistic)
            _tanh_backward(d_g, g, grad_input=d_gates_g)
            torch.mul(d_cell, f, out=d_cell_next)
            if t:
                torch.addmm(d_heads[t - 1], back, d_gates, out=d_hidden)
        return self._d_drive, torch.stack([(back @ self._d_drive[0]).sum(1), d_cell_next.sum(1)])

    def _through_time_compiled(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.spent:
            raise RuntimeError("a tape goes back once after each pass: the gradient is written over the gates. Let it go forward again.")
        back = self.weights["core"][:, self.n_inputs:-1].t().contiguous()
        d_hidden, d_cell = torch.empty_like(d_heads[0]), torch.empty_like(d_heads[0])
        played = as_arrays(self.gates, self.cell, self.squashed)
        self.kernels.through_time(*as_arrays(back, d_heads.contiguous()), played, as_arrays(d_hidden, d_cell))
        self.spent = True
        return self._d_drive, torch.stack([d_hidden.sum(1), d_cell.sum(1)])

    def core_gradient(self, d_drive: torch.Tensor) -> torch.Tensor:
        """Return the gradient of ``core``, given that of the drive of every step."""
        return self._sum_with_full(d_drive, 0, 0) if self.kernels else super().core_gradient(d_drive)

    def readout_gradient(self, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient of ``readout``, given that of the heads."""
        return self._sum_with_full(gradient, 1, self.n_inputs) if self.kernels else super().readout_gradient(gradient)

    def _sum_with_full(self, left: torch.Tensor, shift: int, row: int) -> torch.Tensor:
        """Return the sum over time of ``left[t] @ full[t + shift, row:].T``."""
        total = left.new_empty(left.shape[1], self.full.shape[1] - row)
        self.kernels.sum_of_products(left.contiguous().numpy(), self.full.numpy(), shift, row, total.numpy())
        return total


def as_arrays(*tensors: torch.Tensor) -> tuple[np.ndarray, ...]:
    """Return the tensors as arrays that share their memory."""
    return tuple(tensor.numpy() for tensor in tensors)
