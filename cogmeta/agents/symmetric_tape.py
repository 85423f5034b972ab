"""The tape of a symmetric LSTM: compiled steps, gradient by hand; see ``cogmeta.agents.compiled_symmetric``."""

from typing import Any

import numpy as np
import torch

from cogmeta.agents import fused
from cogmeta.agents.lstm_tape import as_arrays


class SymmetricTape:
    """Buffers of ``n_steps`` steps of ``n_episodes`` episodes; see ``cogmeta.agents.network.Tape``.

    Every cell of every episode is a column of the recurrent buffers; what belongs to cells alike lies side by side, so that all of
    them take one product a step.

    Parameters
    ----------
    config : SymmetricConfig
    weights : dict of tensors
        ``core``, ``readout``, ``initial``.
    n_steps, n_episodes : int
    """

    def __init__(self, config: Any, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> None:
        self.weights, self.n_steps, self.n_episodes = weights, n_steps, n_episodes
        self.grid = (config.n_places, config.n_actions)
        n_units, n_columns = config.n_units, n_episodes * config.n_places * config.n_actions
        self.inputs = torch.zeros(n_steps + 1, config.n_inputs, n_episodes)
        self.head = torch.empty(n_steps + 1, config.n_actions + 1, n_episodes)
        self.full = torch.ones(n_steps + 2, config.n_cell_inputs + n_units + 1, n_columns)
        self.hidden = self.full[:, config.n_cell_inputs:-1]  # hidden[t] before step t
        self.cell = torch.empty(n_steps + 2, n_units, n_columns)
        gates, squashed = torch.empty(n_steps + 1, 4 * n_units, n_columns), torch.empty(n_steps + 1, n_units, n_columns)
        self.place = np.zeros((n_steps + 2, n_episodes), np.int64)  # place[t] before step t
        self.played = as_arrays(self.full, gates, self.cell, squashed, self.head)
        self.kernels, self.fresh = fused.symmetric_kernels(), True

    def start(self) -> None:
        """Take the network's present weights and the initial state of fresh episodes."""
        self.hidden[0], self.cell[0] = (initial[:, None] for initial in self.weights["initial"])
        self.place[0], self.fresh = 0, True
        self._load()

    next_episode = start

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""
        for state in (self.hidden, self.cell, self.place):
            state[0] = state[self.n_steps]
        self.fresh = False
        self._load()

    def _load(self) -> None:
        self.present = as_arrays(self.weights["core"].clone(), self.weights["readout"].clone())

    def take_over(self, played: "SymmetricTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.inputs.copy_(played.inputs[:, :, chosen])

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the state after step ``t``."""
        self._play(t, t + 1)

    def forward(self) -> None:
        """Compute every step but the one after the last."""
        self._play(0, self.n_steps)

    def _play(self, first: int, last: int) -> None:
        self.kernels.forward(self.present, self.inputs.numpy(), self.played, self.place, self.grid, (first, last))

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight; that of ``initial`` is zero where the tape went on from an earlier unroll."""
        core, readout = (torch.empty_like(self.weights[name]) for name in ("core", "readout"))
        d_state = torch.empty(2, *self.cell.shape[1:])
        self.kernels.backward(self.present, gradient.contiguous().numpy(), self.played, self.place, self.grid,
                              as_arrays(core, readout), as_arrays(*d_state))
        return {"core": core, "readout": readout, "initial": d_state.sum(dim=2) * self.fresh}
