"""The tape of an LSTM: forward in place, gradient by hand.

For z_t = [x_t; h_{t-1}; 1] and one matrix ``core`` with rows (i, f, o, g):

    i, f, o = sigmoid(core z_t),  g = tanh(core z_t)
    c_t = f c_{t-1} + i g,        h_t = o tanh(c_t),        head_t = readout [h_t; 1]

How this departs from the textbook: on wide batches tanh(a) is computed as 2 sigmoid(2 a) - 1, because the vectorised
sigmoid is many times faster than the vectorised tanh on a CPU; the absolute error stays at float32 rounding (about
1e-7). Every view that a step needs is made once: making it costs as much as some of the arithmetic.
"""

import torch

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input

WIDE = 3000
"""Units times episodes above which one tanh costs more than the four operations that stand in for it."""


class LSTMTape:
    """Buffers of ``n_steps`` steps of ``n_episodes`` episodes; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    weights : dict
        ``core`` (4 n_units, n_inputs + n_units + 1), ``readout`` (n_actions + 1, n_units + 1), ``initial``
        (2, n_units): hidden, then cell.
    n_steps, n_episodes : int
    """

    def __init__(self, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> None:
        self.weights, self.n_steps, self.n_episodes = weights, n_steps, n_episodes
        self.n_units = n_units = weights["core"].shape[0] // 4
        self.n_inputs = weights["core"].shape[1] - n_units - 1
        self.full = torch.ones(n_steps + 2, weights["core"].shape[1], n_episodes)
        self.gates = torch.empty(n_steps + 1, 4 * n_units, n_episodes)
        self.cell = torch.empty(n_steps + 2, n_units, n_episodes)
        self.squashed = torch.empty(n_steps + 1, n_units, n_episodes)  # tanh(cell)
        self.head = torch.empty(n_steps + 1, weights["readout"].shape[0], n_episodes)
        self.inputs = self.full[: n_steps + 1, : self.n_inputs]
        self.hidden = self.full[:, self.n_inputs:-1]  # hidden[t] before step t
        self.core = torch.empty_like(weights["core"])
        self.wide = n_units * n_episodes > WIDE
        self.fresh = True
        self._rows = [self._row(t) for t in range(n_steps + 1)]
        self._backward_rows = []

    def _row(self, t: int) -> tuple[torch.Tensor, ...]:
        n_units, gates = self.n_units, self.gates[t]
        i, f, o, g = gates.view(4, n_units, -1)
        return (self.full[t], gates, gates[: 3 * n_units], i, f, o, g, self.cell[t], self.cell[t + 1],
                self.squashed[t], self.hidden[t + 1])

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes."""
        hidden, cell = self.weights["initial"]
        self.hidden[0], self.cell[0] = hidden[:, None], cell[:, None]
        self.fresh = True
        self._load()

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""
        self.hidden[0], self.cell[0] = self.hidden[self.n_steps], self.cell[self.n_steps]
        self.fresh = False
        self._load()

    def _load(self) -> None:
        self.core.copy_(self.weights["core"])
        if self.wide:
            self.core[3 * self.n_units:] *= 2  # for tanh(a) = 2 sigmoid(2 a) - 1

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        self._remember(t)
        torch.mm(self.weights["readout"], self.full[t + 1][self.n_inputs:], out=self.head[t])

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        for t in range(self.n_steps):
            self._remember(t)
        after = self.full[1: self.n_steps + 1, self.n_inputs:]
        torch.matmul(self.weights["readout"], after, out=self.head[: self.n_steps])

    def _remember(self, t: int) -> None:
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
        if self.wide:
            torch.mul(cell, 2, out=squashed)
            squashed.sigmoid_().mul_(2).sub_(1)
        else:
            torch.tanh(cell, out=squashed)
        torch.mul(o, squashed, out=hidden)

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
        n_steps, n_units = self.n_steps, self.n_units
        d_gates, d_initial = self._through_time(gradient)
        before, after = self.full[:n_steps], self.full[1: n_steps + 1, self.n_inputs:]
        return {
            "core": torch.bmm(d_gates, before.transpose(1, 2)).sum(0),
            "readout": torch.bmm(gradient, after.transpose(1, 2)).sum(0),
            "initial": d_initial if self.fresh else torch.zeros(2, n_units),
        }

    def _prepare_backward(self) -> None:
        """Make the buffers and views of the way back, the first time that it is gone."""
        n_units, shape = self.n_units, self.gates[: self.n_steps].shape
        self._d_gates = torch.empty(shape)
        self._before = torch.empty(shape[1:])  # gradients before the gates' own nonlinearity
        self._backward_rows = [(row[: 3 * n_units], row[3 * n_units:], row) for row in self._d_gates]

    def _through_time(self, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if not self._backward_rows:
            self._prepare_backward()
        n_units, before = self.n_units, self._before
        d_i, d_f, d_o, d_g = before.view(4, n_units, -1)
        d_logistic = before[: 3 * n_units]
        d_heads = torch.matmul(self.weights["readout"][:, :-1].t(), gradient)
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
            _sigmoid_backward(d_logistic, logistic, grad_input=d_gates_logistic)
            _tanh_backward(d_g, g, grad_input=d_gates_g)
            torch.mul(d_cell, f, out=d_cell_next)
            if t:
                torch.addmm(d_heads[t - 1], back, d_gates, out=d_hidden)
        d_initial = torch.stack([(back @ self._d_gates[0]).sum(1), d_cell_next.sum(1)])
        return self._d_gates, d_initial
