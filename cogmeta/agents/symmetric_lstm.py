"""A symmetric LSTM: one small LSTM a place and action, all with the same weights, which hear one another's mean.

What is assumed: names of arms and places mean nothing. Bandits whose arms are drawn alike, and random Markov decision processes, stay
the same when arms or states are renamed; so does this network, whatever its weights, while an ordinary LSTM must learn it anew for every
arm. Every cell is told whether its place is the present one, whether it was chosen a step ago, and what that paid; it hears the mean
hidden state of all cells, and where there are places those of its own place and of the present one, so that what a state is worth
can reach the action that led there. Its weights do not depend on the number of arms or places: a network that was trained on ten
arms plays fifty (``fitted_to``).

Source: exchangeable layers as in Zaheer et al. 2017 (Deep Sets) and Hartford et al. 2018, for the reason that Kirsch et al. 2022 give
("Introducing symmetries to black box meta reinforcement learning"). How ours departs: Kirsch et al. make a recurrent cell of every
connection of a network, which send messages forward and backward; ours has a cell for every place and action, and means for messages.
Task, inputs, rewards and learners are those of every other network here (Wang et al. 2018; Duan et al. 2016); the symmetry is the
one thing that is built in and not learnt.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from cogmeta.agents import fused
from cogmeta.agents.actor_critic import ActorCritic, Weights
from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.network import Tape
from cogmeta.agents.recurrent import State, check_count
from cogmeta.agents.symmetric_tape import SymmetricTape
from cogmeta.errors import UserError
from cogmeta.task import Task

TOLD = 3
"""What a cell is told of itself: whether its place is the present one, whether it was chosen, and what that paid."""


@dataclass(frozen=True)
class SymmetricConfig(LSTMConfig):
    """Sizes and initialisation of a ``SymmetricLSTM``; further fields are those of ``LSTMConfig``.

    Parameters
    ----------
    n_units : int
        Units of every cell, >= 1.
    n_places : int
        The first so many numbers of an observation say, one-hot, in which place (state of the world) the agent is; 1 where the task has
        no places. All cells hear the other numbers alike.
    """

    n_units: int = 16
    n_places: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_places", self.n_places, 1)
        if 1 < self.n_places > self.observation_size:
            raise UserError(f"n_places={self.n_places}, but an observation has {self.observation_size} numbers; the first n_places of them "
                            "show the place.")

    @property
    def n_shown(self) -> int:
        """Numbers of an observation that show the place."""
        return self.n_places if self.n_places > 1 else 0

    @property
    def n_contexts(self) -> int:
        """Means that a cell hears: of all cells; where there are places, of its own place and of the present one, too."""
        return 3 if self.n_places > 1 else 1

    @property
    def n_told(self) -> int:
        """What a cell is told from outside."""
        return TOLD + self.observation_size - self.n_shown

    @property
    def n_cell_inputs(self) -> int:
        """What a cell is told, and the contexts."""
        return self.n_told + self.n_contexts * self.n_units


class SymmetricLSTM(ActorCritic):
    """LSTM cells with shared weights, one a place and action; the parameters are those of ``ActorCritic``.

    Its weights are ``core`` (4 n_units, n_cell_inputs + n_units + 1): rows gates i, f, o, g, columns what a cell is told, contexts,
    recurrence, bias; ``readout`` (2, or 3 where there are places; n_units + 1): rows logit, value of the mean of all cells, value of that of
    the present place; ``initial`` (2, n_units).

    Notes
    -----
    With ``h_sa`` the hidden state of the cell of place s and action a, ``x_sa`` what it is told (``TOLD``, then what all hear), and s' the
    present place, ``z_sa = [x_sa; mean_all h; mean_a h_sa; mean_a h_s'a; h_sa; 1]`` drives the gates of an LSTM; logits are ``w h_s'a``,
    the value ``v_1 mean_all h + v_2 mean_a h_s'a``, after the step. Without places the last two means are left out.

    References
    ----------
    Zaheer et al. 2017, arXiv 1703.06114; Hartford et al. 2018, arXiv 1803.02879; Kirsch et al. 2022, arXiv 2109.10781.

    Examples
    --------
    >>> agent = SymmetricLSTM(SymmetricConfig(observation_size=1, n_actions=5))
    >>> state = agent.initial_state(3)
    >>> logits, value, state = agent.step(np.zeros((3, 1)), np.full(3, -1), np.zeros(3), state)
    >>> logits.shape, value.shape, agent.activity(state)["hidden"].shape
    ((3, 5), (3,), (3, 80))
    """

    kind, config_class = "symmetric_lstm", SymmetricConfig

    @classmethod
    def for_task(cls, task: Task, n_units: int = 16, seed: int = 0, **options: Any) -> "SymmetricLSTM":
        """Return an untrained agent for a task; see ``RecurrentActorCritic.for_task``."""
        return cls(SymmetricConfig(task.spec.observation_size, task.spec.n_actions, n_units, **options), seed=seed)

    @classmethod
    def weight_shapes(cls, config: SymmetricConfig) -> dict[str, tuple[int, int]]:
        """Return the shape of every weight, by name."""
        n_units = config.n_units
        return {"core": (4 * n_units, config.n_cell_inputs + n_units + 1), "readout": (2 + (config.n_places > 1), n_units + 1),
                "initial": (2, n_units)}

    @classmethod
    def initial_weights(cls, config: SymmetricConfig, generator: torch.Generator) -> Weights:
        """Draw the weights of an untrained network: as an LSTM's; those of contexts have variance 1 / n_units."""
        core = LSTMActorCritic.initial_core(config, config.n_cell_inputs, generator)
        core[:, config.n_told: config.n_cell_inputs] /= config.input_sd * config.n_units**0.5
        readout = torch.zeros(cls.weight_shapes(config)["readout"])
        readout[:, :-1] = config.readout_sd / config.n_units**0.5 * torch.randn(len(readout), config.n_units, generator=generator)
        return {"core": core, "readout": readout, "initial": torch.zeros(2, config.n_units)}

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""
        return ("core", "readout", "initial") if self.config.learned_initial_state else ("core", "readout")

    def tape(self, n_steps: int, n_episodes: int) -> Tape:
        """Return an empty tape: compiled where Numba is there, otherwise of plain steps (the same arithmetic, many times slower)."""
        if fused.symmetric_kernels():
            return SymmetricTape(self.config, self.weights, n_steps, n_episodes)
        return self.plain_tape(n_steps, n_episodes)

    def fitted_to(self, task: Task) -> "SymmetricLSTM":
        """Return a network with these weights for a task with more or fewer actions or places.

        Raises
        ------
        UserError
            The task shows its agents something else beside the place.
        """
        spec, config = task.spec, self.config
        n_places = spec.observation_size - (config.observation_size - config.n_shown) if config.n_places > 1 else 1
        if spec.observation_size != config.observation_size and n_places < 2:
            self.check_fits(task)
        config = replace(config, observation_size=spec.observation_size, n_actions=spec.n_actions, n_places=n_places)
        return SymmetricLSTM(config, self.copy().weights, discount=self.discount, name=self.name)

    def state_of(self, weights: Weights, n_episodes: int) -> State:
        """Return hidden state and cell, each (n_episodes, n_places, n_actions, n_units), and the place, (n_episodes,), before the first step."""
        shape = (n_episodes, self.config.n_places, self.config.n_actions, -1)
        hidden, cell = (row.expand(shape) for row in weights["initial"])
        return hidden, cell, torch.zeros(n_episodes, dtype=torch.long, device=cell.device)

    def plain_step(self, weights: Weights, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Return head and state after one step; see ``ActorCritic.plain_step``."""
        hidden, cell, before = state
        place = inputs[:, : self.config.n_shown].argmax(dim=1) if self.config.n_shown else before
        doubled = torch.cat([weights["core"][: -self.config.n_units], 2 * weights["core"][-self.config.n_units:]])  # see _tanh
        i, f, o, g = torch.sigmoid(self._drive(doubled, self._told(inputs, before, place), hidden, place)).chunk(4, dim=-1)
        cell = f * cell + i * (2 * g - 1)
        hidden = o * _tanh(cell)
        return _read_out(weights["readout"], hidden, place), (hidden, cell, place)

    def _told(self, inputs: torch.Tensor, before: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """Return what every cell is told, (n_episodes, n_places, n_actions, n_told)."""
        config = self.config
        heard, chosen, reward = inputs[:, config.n_shown: config.observation_size], inputs[:, config.observation_size: -1], inputs[:, -1]
        here, there = (torch.nn.functional.one_hot(one, config.n_places).float() for one in (place, before))
        chosen = there[:, :, None] * chosen[:, None]
        told = torch.stack([here[:, :, None].expand_as(chosen), chosen, chosen * reward[:, None, None]], dim=-1)
        return torch.cat([told, heard[:, None, None].expand(*chosen.shape, -1)], dim=-1)

    def _drive(self, core: torch.Tensor, told: torch.Tensor, hidden: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """Return ``core z`` of every cell, (n_episodes, n_places, n_actions, 4 n_units); a mean is multiplied once for all who hear it."""
        config = self.config
        first, last = config.n_told, config.n_cell_inputs
        alone = torch.cat([told, hidden], dim=-1).flatten(0, 2)
        drive = torch.addmm(core[:, -1], alone, torch.cat([core[:, :first], core[:, last:-1]], dim=1).t()).view(*hidden.shape[:3], -1)
        for mean, weights in zip(self._contexts(hidden, place), core[:, first:last].chunk(config.n_contexts, dim=1), strict=True):
            drive += mean @ weights.t()
        return drive

    def _contexts(self, hidden: torch.Tensor, place: torch.Tensor) -> list[torch.Tensor]:
        """Return the means that cells hear: of all, (n_episodes, 1, 1, n_units), of each place and of the present one."""
        of_place = hidden.mean(dim=2, keepdim=True)
        means = [of_place.mean(dim=1, keepdim=True)]
        return means if self.config.n_places == 1 else [*means, of_place, _at(of_place, place)[:, None]]

    def activity(self, state: State) -> dict[str, np.ndarray]:
        """Return hidden state and cell, each (n_episodes, n_places n_actions n_units)."""
        return {name: part.flatten(1).numpy() for name, part in zip(("hidden", "cell"), state, strict=False)}


def _at(cells: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return of every episode what stands at its place, given (n_episodes, n_places, ...)."""
    return cells[torch.arange(len(place), device=place.device), place]


def _tanh(a: torch.Tensor) -> torch.Tensor:
    """Return tanh by the sigmoid, whose vectorised form is many times faster on a CPU; exact to rounding, see ``recurrent_tape.WIDE``."""
    return 2 * torch.sigmoid(2 * a) - 1


def _read_out(readout: torch.Tensor, hidden: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return the logits of the present place's actions, then the value: (n_episodes, n_actions + 1)."""
    present = _at(hidden, place)
    value = hidden.mean(dim=(1, 2)) @ readout[1, :-1] + readout[1, -1]
    if len(readout) > 2:
        value = value + present.mean(dim=1) @ readout[2, :-1]
    return torch.cat([present @ readout[0, :-1] + readout[0, -1], value[:, None]], dim=1)
