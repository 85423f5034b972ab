"""The tape of an LSTM: forward in place, gradient by hand.

For z_t = [x_t; h_{t-1}; 1] and one matrix ``core`` with rows (i, f, o, g):

    i, f, o = sigmoid(core z_t),  g = tanh(core z_t)
    c_t = f c_{t-1} + i g,        h_t = o tanh(c_t)

Cells with further logistic gates, whose rows stand between o and g, add them in ``reinstate``.
"""

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
        self.wide = self.wide or self.kernels is not None
        self._rows = [self._row(t) for t in range(n_steps + 1)]
        self._arrays = [tuple(self._rows[t][k].numpy() for k in (1, 7, 8, 9, 10)) for t in range(n_steps + 1)]
        self._backward_rows = []

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

    def remember(self, t: int) -> None:
        """Compute gates, cell and hidden state of step ``t``."""
        full, gates, logistic, i, f, o, g, cell_before, cell, squashed, hidden = self._rows[t]
        torch.mm(self.core, full, out=gates)
        if self.kernels:
            self._remember_fused(t)
            return
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

    def _remember_fused(self, t: int) -> None:
        """Go on from the gates' drives by Numba."""
        (to_cell, to_hidden, _), (gates, before, cell, squashed, hidden) = self.kernels, self._arrays[t]
        self.gates[t].sigmoid_()
        to_cell(gates, before, cell, squashed)
        self.squashed[t].sigmoid_()
        to_hidden(gates, squashed, hidden)

    def _prepare_backward(self) -> None:
        """Make the buffers and views of the way back, the first time that it is gone."""
        n_logistic, shape = self.n_logistic, self.gates[: self.n_steps].shape
        self._d_drive = torch.empty(shape)
        self._before = torch.empty(shape[1:])  # gradients before the gates' own nonlinearity
        self._backward_rows = [(row[:n_logistic], row[n_logistic:], row) for row in self._d_drive]

    def through_time(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the gates' drives and of the initial hidden state and cell."""
        if not self._backward_rows:
            self._prepare_backward()
        d_i, d_f, d_o, *d_more, d_g = self._before.view(self.n_gates, self.n_units, -1)
        d_logistic = self._before[: self.n_logistic]
        back = self.weights["core"][:, self.n_inputs:-1].t().contiguous()
        d_hidden, d_cell_next = d_heads[-1].clone(), torch.zeros_like(d_heads[-1])
        if self.kernels:
            self._back_fused(d_heads, back, d_hidden, d_cell_next)
            return self._d_drive, torch.stack([(back @ self._d_drive[0]).sum(1), d_cell_next.sum(1)])
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

    def _back_fused(
        self, d_heads: torch.Tensor, back: torch.Tensor, d_hidden: torch.Tensor, d_cell: torch.Tensor
    ) -> None:
        """Fill ``_d_drive`` by Numba; ``d_cell`` becomes the gradient of the initial cell."""
        d_hidden_array, d_cell_array, d_gates = d_hidden.numpy(), d_cell.numpy(), self._d_drive.numpy()
        for t in range(self.n_steps - 1, -1, -1):
            gates, before, _, squashed, _ = self._arrays[t]
            self.kernels[2](d_hidden_array, gates, before, squashed, d_cell_array, d_gates[t])
            if t:
                torch.addmm(d_heads[t - 1], back, self._d_drive[t], out=d_hidden)
