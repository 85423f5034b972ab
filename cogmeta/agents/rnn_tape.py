"""The tape of a vanilla recurrent network: h_t = tanh(core [x_t; h_{t-1}; 1]), gradient by hand."""

import torch

from cogmeta.agents.recurrent_tape import RecurrentTape

_tanh_backward = torch.ops.aten.tanh_backward.grad_input


class RNNTape(RecurrentTape):
    """Buffers of a vanilla recurrent network; see ``RecurrentTape``. ``initial`` has one row, hidden."""

    def load(self) -> None:
        """Take the network's present weights."""
        super().load()
        if self.wide:
            self.core *= 2  # for tanh(a) = 2 sigmoid(2 a) - 1

    def remember(self, t: int) -> None:
        """Compute the hidden state after step ``t``."""
        hidden = self.hidden[t + 1]
        torch.mm(self.core, self.full[t], out=hidden)
        if self.wide:
            hidden.sigmoid_().mul_(2).sub_(1)
        else:
            hidden.tanh_()

    def through_time(self, d_heads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the drive and of the initial hidden state."""
        self._d_drive = torch.empty_like(d_heads)
        back = self.weights["core"][:, self.n_inputs:-1].t().contiguous()
        d_hidden = d_heads[-1]
        for t in range(self.n_steps - 1, -1, -1):
            _tanh_backward(d_hidden, self.hidden[t + 1], grad_input=self._d_drive[t])
            if t:
                d_hidden = torch.addmm(d_heads[t - 1], back, self._d_drive[t])
        return self._d_drive, (back @ self._d_drive[0]).sum(1)[None]
