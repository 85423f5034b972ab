"""The control that is not told its rewards: an LSTM actor-critic whose weights from the reward input are zero and stay zero.

What it shows: learning within an episode needs the reward as an input; without it a network stays at chance, although
its weights are trained by the same reward prediction errors. Source: Wang et al. 2016, section 3.1 (control agents
without the reward input). How ours departs: nothing is known to depart.
"""

import torch

from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.lstm_tape import LSTMTape
from cogmeta.agents.recurrent import State


class LSTMNoReward(LSTMActorCritic):
    """An ``LSTMActorCritic`` that cannot see the previous reward; the parameters are those of ``RecurrentActorCritic``.

    References
    ----------
    Wang et al. 2016, arXiv 1611.05763, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> agent = LSTMNoReward(LSTMConfig(observation_size=1, n_actions=2, n_units=8))
    >>> told = [agent.step(np.zeros((1, 1)), np.array([0]), np.array([r]), agent.initial_state(1))[0] for r in (0.0, 1.0)]
    >>> bool((told[0] == told[1]).all())
    True
    """

    kind = "lstm_no_reward"

    @classmethod
    def initial_core(cls, config: LSTMConfig, n_inputs: int, generator: torch.Generator) -> torch.Tensor:
        """Draw the weights into the gates; those of the reward, the last input, are zero."""
        core = super().initial_core(config, n_inputs, generator)
        core[:, n_inputs - 1] = 0.0
        return core

    @classmethod
    def layer_tape(
        cls, config: LSTMConfig, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int
    ) -> "_BlindTape":
        """Return an empty tape on which the reward's weights have no gradient."""
        return _BlindTape(weights, n_steps, n_episodes)

    @classmethod
    def next_state(cls, config: LSTMConfig, core: torch.Tensor, inputs: torch.Tensor, state: State) -> State:
        """Return (hidden, cell) after one step, in which no gradient reaches the reward's weights; see ``RecurrentActorCritic``."""
        unrewarded = torch.cat([inputs[:, :-1], torch.zeros_like(inputs[:, -1:])], dim=1)
        return super().next_state(config, core, unrewarded, state)


class _BlindTape(LSTMTape):
    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        gradients = super().backward(gradient)
        gradients["core"][:, self.n_inputs - 1] = 0.0
        return gradients
