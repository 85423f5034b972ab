"""LSTM that hears what it remembers: the comparison in which memory enters by the input, not by the cell.

What is assumed and stored is as in the episodic LSTM (``episodic_lstm.py``); what comes back is one more input of an
ordinary LSTM. Source: the comparison of Ritter et al. 2018 (arXiv 1805.09692). How ours departs: as the episodic LSTM.
"""

from dataclasses import dataclass

import torch

from cogmeta.agents.episodic_lstm import EpisodicLSTM, EpisodicLSTMConfig, EpisodicState
from cogmeta.agents.episodic_tape import EpisodicTape
from cogmeta.agents.lstm import LSTMActorCritic
from cogmeta.memory.dictionary import Recall


@dataclass(frozen=True)
class RecallLSTMConfig(EpisodicLSTMConfig):
    """Sizes and initialisation of a ``RecallLSTM``; ``reinstatement_bias`` has no effect."""

    @property
    def n_inputs(self) -> int:
        """What the LSTM itself hears, what memory tells, and the stored cell."""
        return super().n_inputs + self.n_units

    def told(self, recall: Recall) -> torch.Tensor:
        """Return (n_epochs, n_inputs - n_own) what all gates are told of a read."""
        return torch.cat([super().told(recall), recall.cell], dim=1)


class RecallLSTM(EpisodicLSTM):
    """An LSTM that gets the cell stored under the present cue as an input; see ``EpisodicLSTM``."""

    kind, config_class = "recall_lstm", RecallLSTMConfig
    gates = LSTMActorCritic.gates

    @classmethod
    def initial_biases(cls, config: RecallLSTMConfig) -> dict[str, float]:
        """Return the bias of the forget gate."""
        return {"f": config.forget_bias}

    def tape(self, n_steps: int, n_episodes: int) -> EpisodicTape:
        """Return an empty tape that reads this network's weights."""
        return EpisodicTape(self.weights, n_steps, n_episodes, self.config, self.empty_memory(n_episodes))

    def next_cell(
        self, core: torch.Tensor, inputs: torch.Tensor, state: EpisodicState, reinstated: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return (hidden, cell, zeros) after one step: there is no reinstatement gate; a clamped one scales the input."""
        gate = self.lesion.gate
        if gate is not None:
            n = self.config.n_units
            inputs = torch.cat([inputs[:, :-n], gate * inputs[:, -n:]], dim=1)
        hidden, cell = LSTMActorCritic.next_state(self.config, core, inputs, (state.hidden, state.cell))
        return hidden, cell, torch.zeros_like(cell)
