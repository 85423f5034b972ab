"""Gated recurrent unit actor-critic, with the inputs and readouts of the LSTM's.

Source: Cho et al. 2014; Duan et al. 2016 (RL2), whose agents are gated recurrent units of 256 with a relu candidate,
orthogonal recurrence and biases of 0 (``candidate="relu", update_bias=0.0``). How ours departs: policy and value share
one network unless ``ActorCriticPair`` sets them apart; weights are not normalised; the defaults are those of the LSTM
(tanh, a gate that keeps at first).
"""

from dataclasses import dataclass

import torch

from cogmeta.agents.gru_tape import GRUTape
from cogmeta.agents.recurrent import RecurrentActorCritic, RecurrentConfig, State, check_bias, drive_of
from cogmeta.errors import unknown_name

CANDIDATES = {"tanh": torch.tanh, "relu": torch.relu}


@dataclass(frozen=True)
class GRUConfig(RecurrentConfig):
    """Sizes and initialisation of a ``GRUActorCritic``; further fields are those of ``RecurrentConfig``.

    Parameters
    ----------
    candidate : {"tanh", "relu"}
        Nonlinearity of the candidate state; relu in Duan et al. 2016.
    update_bias : float
        Bias of the update gate at first; positive keeps the state. The other biases are 0.
    """

    candidate: str = "tanh"
    update_bias: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bias("update_bias", self.update_bias)
        if self.candidate not in CANDIDATES:
            raise unknown_name("candidate", self.candidate, CANDIDATES)


class GRUActorCritic(RecurrentActorCritic):
    """A gated recurrent unit with a policy and a value readout; the parameters are those of ``RecurrentActorCritic``.

    Notes
    -----
    ``r, u = sigmoid(W [x_t, h_{t-1}] + b)``, ``c_t = tanh(W_x x_t + b_c + r (W_h h_{t-1}))``,
    ``h_t = u h_{t-1} + (1 - u) c_t``. The rows of ``core`` are r, u, c.

    References
    ----------
    Cho et al. 2014, arXiv 1406.1078; Duan et al. 2016, arXiv 1611.02779, section 2.2.

    Examples
    --------
    >>> agent = GRUActorCritic(GRUConfig(observation_size=1, n_actions=2, n_units=8, candidate="relu"))
    >>> agent.initial_state(3)[0].shape
    torch.Size([3, 8])
    """

    kind, config_class, gates = "gru", GRUConfig, ("r", "u", "c")

    @classmethod
    def initial_biases(cls, config: GRUConfig) -> dict[str, float]:
        """Return the bias of the update gate."""
        return {"u": config.update_bias}

    @classmethod
    def layer_tape(cls, config: GRUConfig, weights: dict[str, torch.Tensor], n_steps: int, n_episodes: int) -> GRUTape:
        """Return an empty tape that reads these weights."""
        return GRUTape(weights, n_steps, n_episodes, config.candidate)

    @classmethod
    def next_state(cls, config: GRUConfig, core: torch.Tensor, inputs: torch.Tensor, state: State) -> State:
        """Return (hidden,) after one step; see ``RecurrentActorCritic.next_state``."""
        (hidden,), n_inputs, own = state, inputs.shape[1], core[2 * config.n_units:]
        r, u = torch.sigmoid(drive_of(core[: 2 * config.n_units], inputs, hidden)).chunk(2, dim=1)
        recurrent = hidden @ own[:, n_inputs:-1].t()
        candidate = CANDIDATES[config.candidate](inputs @ own[:, :n_inputs].t() + own[:, -1] + r * recurrent)
        return (u * hidden + (1 - u) * candidate,)
