"""Vanilla recurrent actor-critic: no gates, the control that shows what gates are good for.

Source: Elman 1990, with the inputs and readouts of the LSTM of Wang et al. 2018. How ours departs: orthogonal recurrence by
default, without which its memory fades at once.
"""

from dataclasses import dataclass

import torch

from cogmeta.agents.recurrent import RecurrentActorCritic, RecurrentConfig, State, drive_of
from cogmeta.agents.rnn_tape import RNNTape


@dataclass(frozen=True)
class RNNConfig(RecurrentConfig):
    """Sizes and initialisation of an ``RNNActorCritic``; the fields are those of ``RecurrentConfig``."""


class RNNActorCritic(RecurrentActorCritic):
    """A vanilla recurrent network with a policy and a value readout; parameters as ``RecurrentActorCritic``.

    Notes
    -----
    ``h_t = tanh(W [x_t, h_{t-1}] + b)``.

    References
    ----------
    Elman 1990, Cognitive Science 14:179.

    Examples
    --------
    >>> RNNActorCritic(RNNConfig(observation_size=1, n_actions=2, n_units=8)).weights["core"].shape
    torch.Size([8, 13])
    """

    kind, config_class, gates = "rnn", RNNConfig, ("h",)

    @classmethod
    def layer_tape(cls, config: RNNConfig, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> RNNTape:
        """Return an empty tape that reads these weights."""
        return RNNTape(weights, n_steps, n_episodes)

    @classmethod
    def next_state(cls, config: RNNConfig, core: torch.Tensor, inputs: torch.Tensor, state: State) -> State:
        """Return (hidden,) after one step; see ``RecurrentActorCritic.next_state``."""
        return (torch.tanh(drive_of(core, inputs, state[0])),)
