"""The tapes of networks with episodic memory: an LSTM's with what memory returns, and one of plain steps for any device.

Memory is read once for as long as the cue stays the same, and written where an episode ends, or as the network's
configuration says. What it returns is a constant. A tape that replays another's inputs takes over what that one read.
"""

from typing import Any

import torch

from cogmeta.agents.autograd_tape import AutogradTape
from cogmeta.agents.lstm_tape import LSTMTape
from cogmeta.memory.dictionary import NeuralDictionary, Recall


class EpisodicTape(LSTMTape):
    """Buffers of an LSTM and a memory an epoch, of which the LSTM is told by inputs; see ``RecurrentTape``.

    Parameters
    ----------
    weights : dict
    n_steps, n_episodes : int
    config : EpisodicLSTMConfig
    memory : NeuralDictionary
        Empty; the tape writes into it.
    """

    def __init__(
        self, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int, config: Any, memory: NeuralDictionary
    ) -> None:
        super().__init__(weights, n_steps, n_episodes)
        self.config, self.memory = config, memory
        self.known = self.inputs  # what the LSTM itself hears, and what memory tells
        self.own, self.told = self.known[:, : config.n_own], self.known[:, config.n_own:]
        self.inputs = self.own if config.hears_cue else torch.zeros(n_steps + 1, config.n_heard, n_episodes)
        self.cue = self.inputs[:, slice(*config.cue)]
        self.carried_cue = torch.zeros(self.cue[0].shape)  # of the step before the unroll
        self.reinstated = torch.zeros(n_steps + 1, self.n_units, n_episodes)

    def start(self) -> None:
        """Begin fresh epochs: nothing in memory."""
        self.memory.clear()
        super().start()

    def next_episode(self) -> None:
        """Write down the episode that has ended, and begin the next."""
        if self.config.write == "episode_end":
            self._write(self.n_steps - 1, self.cue[self.n_steps - 1])
        super().start()

    def carry(self) -> None:
        """Go on from where the last unroll ended; see ``RecurrentTape.carry``."""
        self.carried_cue.copy_(self.cue[self.n_steps - 1])
        super().carry()

    def step(self, t: int) -> None:
        """Read memory, then compute ``head[t]`` and the state after step ``t``."""
        if not self.config.hears_cue:
            torch.cat([self.inputs[t, part] for part in self.config.own], out=self.own[t])
        self._read(t)
        super().step(t)
        if self.config.write == "every_step" and t < self.n_steps:
            self._write(t, self.cue[t])
        if self.config.write == "after_outcome" and t < self.n_steps and (t or not self.fresh):
            self._write(t, self.cue[t - 1] if t else self.carried_cue)

    def take_over(self, played: "EpisodicTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape, and what was read there."""
        self.known.copy_(played.known[:, :, chosen])
        self.reinstated.copy_(played.reinstated[:, :, chosen])

    def _read(self, t: int) -> None:
        if t and self.config.write == "episode_end" and torch.equal(self.cue[t], self.cue[t - 1]):
            self.reinstated[t], self.told[t] = self.reinstated[t - 1], self.told[t - 1]
            return
        recall = self.config.read(self.memory, self.cue[t].t())
        if self.memory.config.overwriting == "least_recently_used":
            self.memory.touch(recall.slot)
        self.reinstated[t], self.told[t] = recall.cell.t(), self.config.told(recall).t()

    def _write(self, t: int, cue: torch.Tensor) -> None:
        self.memory.write(cue.t(), self.cell[t + 1].t())


class ReinstatingTape(EpisodicTape):
    """Buffers of an episodic LSTM, whose cell takes in what memory returns through a gate r.

    Notes
    -----
    ``i, f, o, r = sigmoid(core z_t)``, ``g = tanh(core z_t)``, ``c_t = f c_{t-1} + i g + r m_t``, ``h_t = o tanh(c_t)``,
    with ``m_t`` the reinstated cell. The gradient of r's drive is that of the cell times ``m_t r (1 - r)``.
    """

    def __init__(self, *sizes: Any) -> None:
        super().__init__(*sizes)
        self.gate = self.gates[:, 3 * self.n_units: 4 * self.n_units]

    def reinstate(self, t: int, cell: torch.Tensor) -> None:
        """Add what memory returned to the cell, through the gate."""
        cell.addcmul_(self.gate[t], self.reinstated[t])

    def reinstate_backward(self, t: int, d_cell: torch.Tensor, d_gates: list[torch.Tensor]) -> None:
        """Write the gradient of the gate; what was stored is a constant."""
        torch.mul(d_cell, self.reinstated[t], out=d_gates[0])


class PlainMemoryTape(AutogradTape):
    """Plain steps of a network with memory, which lies on the device, too; the parameters are those of ``AutogradTape``."""

    def __init__(self, *sizes: Any) -> None:
        super().__init__(*sizes)
        self.read: list[Recall] = []  # at every step of this unroll
        self.given: list[Recall] = []  # what another tape read, to be replayed

    def _load(self) -> None:
        super()._load()
        self.read = []

    def next_episode(self) -> None:
        """Write down the episode that has ended, and begin the next."""
        self._load()
        with torch.enable_grad():
            self.state = self.network.state_after(self.weights, self.state)

    def take_over(self, played: "PlainMemoryTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape, and what was read there."""
        super().take_over(played, chosen)
        chosen = chosen.to(self.device)
        self.given = [Recall(*(part[chosen] for part in recall)) for recall in played.read]

    def play(self, t: int, inputs: torch.Tensor) -> tuple[torch.Tensor, Any]:
        """Return head and state after a step that reads memory, or hears again what another tape read."""
        memory, recall = (self.state.memory, self.given[t]) if self.given else self.network.recalled(self.state.memory, inputs)
        self.read.append(recall)
        return self.network.step_with(self.weights, inputs, self.state._replace(memory=memory), recall)
