"""A frozen recurrent network that is lesioned or stimulated while it behaves; its weights stay.

What a lesion asks: which parts of a network its behaviour hangs on. What a stimulation asks: what its behaviour does when
activity is pushed. Source: Wang et al. 2018 (predictions: what is left of inferred value and model-based prediction errors
once parts are lesioned) and figure 7 (stimulation of the dopamine input, which ``StimulatedPair`` does). How ours
departs: the paper lesions nothing of its networks; which parts can be lesioned is our choice. A lesioned unit is silent:
its output is 0 to readout and recurrence from before the first step on. A clamped gate is held at one value in all units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from cogmeta.agent import Agent
from cogmeta.agents.actor_critic import as_inputs
from cogmeta.agents.recurrent import RecurrentActorCritic, State, read_out
from cogmeta.errors import UserError, unknown_name

INPUTS = ("observation", "previous_action", "previous_reward")
"""What a network is told at each step, in this order."""

UnitStimulation = Callable[[int, np.ndarray, np.ndarray, np.ndarray], np.ndarray | float]
"""(step, observation, previous_action, previous_reward) -> what is added to the hidden state, (n_episodes, n_units) or less."""


@dataclass(frozen=True)
class NetworkLesion:
    """What is cut or held in a network while it behaves.

    Parameters
    ----------
    units : tuple of int
        Units whose output is 0.
    readout : tuple of int
        Units that policy and value no longer hear; the recurrence still does.
    gates : dict of str to float
        Gates held at a value in [0, 1] in all units, by name: ``"i"``, ``"f"``, ``"o"`` of an LSTM, ``"r"``, ``"u"`` of a
        gated recurrent unit.
    inputs : tuple of str
        Of ``INPUTS``: those held at 0.

    Examples
    --------
    >>> str(NetworkLesion(gates={"f": 0.0}, inputs=("previous_reward",)))
    'f gate at 0 and no previous reward'
    """

    units: tuple[int, ...] = ()
    readout: tuple[int, ...] = ()
    gates: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.inputs:
            if name not in INPUTS:
                raise unknown_name("input", name, INPUTS)
        for name, value in self.gates.items():
            if not 0 <= value <= 1:
                raise UserError(f"a clamped gate must lie in [0, 1], got {value!r} for gate {name!r}.")

    def __str__(self) -> str:
        cut = ((self.units, "silent"), (self.readout, "not read out"))
        parts = [f"{len(units)} unit{'s' * (len(units) > 1)} {words}" for units, words in cut if units]
        parts += [f"{name} gate at {value:g}" for name, value in self.gates.items()]
        return " and ".join(parts + [f"no {name.replace('_', ' ')}" for name in self.inputs]) or "none"


class PerturbedNetwork(Agent):
    """A recurrent network behind a lesion, with stimulation.

    Parameters
    ----------
    network : RecurrentActorCritic
        LSTM, gated recurrent unit or vanilla; it is not changed.
    lesion : NetworkLesion
    stimulation : callable, optional
        ``(step, observation, previous_action, previous_reward)`` -> what is added to the hidden state after that step, a
        number, one a unit, or (n_episodes, n_units); policy and value hear it at once, the recurrence at the next step.
        ``step`` counts from 0 in the episode.
    name : str, optional

    Raises
    ------
    UserError
        The network is of another kind, or has no such unit or gate.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, figure 7 and predictions.

    Examples
    --------
    >>> from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
    >>> network = LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=8))
    >>> silent = PerturbedNetwork(network, NetworkLesion(units=tuple(range(8))))
    >>> logits, value, state = silent.step(np.ones((1, 1)), np.array([0]), np.ones(1), silent.initial_state(1))
    >>> logits.tolist(), silent.activity(state)["hidden"].any().item()  # nothing is left but the biases, 0 at first
    ([[0.0, 0.0]], False)
    """

    def __init__(
        self, network: RecurrentActorCritic, lesion: NetworkLesion = NetworkLesion(), stimulation: UnitStimulation | None = None,
        name: str | None = None,
    ) -> None:
        if getattr(type(network), "plain_step", None) is not RecurrentActorCritic.plain_step:
            raise UserError(f"{network.name!r} has another state than hidden units and cells; lesion an LSTM, a gated recurrent unit or a "
                            "vanilla recurrent network (the memory of an episodic LSTM: with_lesion; the dopamine input of a pair: StimulatedPair).")
        self.network, self.lesion, self.stimulation, self.discount = network, lesion, stimulation, network.discount
        self.name = name or f"{network.name} ({lesion})"
        self._core = _clamped(network, lesion.gates)
        self._heard = _kept(network.config.n_units, lesion.units)
        self._read = self._heard * _kept(network.config.n_units, lesion.readout)
        self._told = _told(network, lesion.inputs)

    def initial_state(self, n_episodes: int) -> tuple[int, State]:
        """Return the number of the next step, and the network's state, lesioned units silent."""
        return 0, self._silenced(self.network.initial_state(n_episodes))

    @torch.no_grad()
    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: tuple[int, State]
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, State]]:
        """Take in one exchange and say how the perturbed network would act now; see ``Agent.step``."""
        (step, inner), network = state, self.network
        inputs = as_inputs(observation, previous_action, previous_reward, network.config.n_actions) * self._told
        inner = network.next_state(network.config, self._core, inputs, inner)
        if self.stimulation is not None:
            added = torch.as_tensor(np.asarray(self.stimulation(step, observation, previous_action, previous_reward), np.float32))
            inner = (inner[0] + added, *inner[1:])
        inner = self._silenced(inner)
        head = read_out(network.weights["readout"], inner[0] * self._read)
        return head[:, :-1].numpy(), head[:, -1].numpy(), (step + 1, inner)

    def _silenced(self, state: State) -> State:
        return state[0] * self._heard, *state[1:]

    def activity(self, state: tuple[int, State]) -> dict[str, np.ndarray]:
        """Return what the network records, as perturbed."""
        return self.network.activity(state[1])

    def fingerprint(self) -> str:
        """Return that of the network."""
        return self.network.fingerprint()


def _clamped(network: RecurrentActorCritic, gates: Mapping[str, float]) -> torch.Tensor:
    """Return the weights into the gates, with those of the clamped ones replaced by a bias that gives their value."""
    core, n_units, known = network.weights["core"].clone(), network.config.n_units, network.gates[:-1]  # the last is no gate
    for name, value in gates.items():
        if name not in known:
            raise unknown_name(f"gate of a network of kind {network.kind!r}", name, known)
        rows = slice(network.gates.index(name) * n_units, (network.gates.index(name) + 1) * n_units)
        core[rows] = 0.0
        core[rows, -1] = torch.logit(torch.tensor(float(value)))
    return core


def _kept(n_units: int, cut: tuple[int, ...]) -> torch.Tensor:
    """Return (n_units,): 0 for the units that are cut, 1 for the others."""
    wrong = [unit for unit in cut if not 0 <= unit < n_units]
    if wrong:
        raise UserError(f"units must lie in [0, {n_units}), got {wrong[0]}.")
    kept = torch.ones(n_units)
    kept[list(cut)] = 0.0
    return kept


def _told(network: RecurrentActorCritic, cut: tuple[str, ...]) -> torch.Tensor:
    """Return (n_inputs,): 0 for the entries of the inputs that are cut, 1 for the others."""
    config = network.config
    sizes = dict(zip(INPUTS, (config.observation_size, config.n_actions, 1), strict=True))
    return torch.cat([torch.full((size,), float(name not in cut)) for name, size in sizes.items()])
