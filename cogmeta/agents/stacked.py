"""Stacked actor-critic: two or more recurrent layers of one kind, each fed by the hidden state of the one below.

Source: Wang et al. 2016, Table 1 (Harlow's task: one LSTM, or two stacked). How ours departs: the paper does not say
whether the upper layer also sees the inputs; here it sees the layer below only, and the readouts see the top layer only.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from cogmeta.agents.actor_critic import ActorCritic, Weights, under
from cogmeta.agents.layers import LAYERS
from cogmeta.agents.recurrent import RecurrentActorCritic, RecurrentConfig, check_count, initial_readout, read_out
from cogmeta.agents.stacked_tape import StackedTape
from cogmeta.errors import UserError, unknown_name


@dataclass(frozen=True)
class StackedConfig:
    """Sizes and initialisation of a ``StackedActorCritic``.

    Parameters
    ----------
    observation_size, n_actions : int
        From the task.
    n_units : int
        Of each layer.
    layer : {"lstm", "gru", "rnn"}
        Kind of every layer.
    n_layers : int
        >= 2.
    options : dict
        Further fields of the layers' configuration, such as ``{"forget_bias": 1.0}``.
    """

    observation_size: int
    n_actions: int
    n_units: int = 48
    layer: str = "lstm"
    n_layers: int = 2
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_count("n_layers", self.n_layers, 2)
        if self.layer not in LAYERS:
            raise unknown_name("layer", self.layer, LAYERS)
        _ = self.layer_config

    @property
    def layer_config(self) -> RecurrentConfig:
        """The configuration of one layer, as if it stood alone."""
        try:
            return LAYERS[self.layer].config_class(self.observation_size, self.n_actions, self.n_units, **self.options)
        except TypeError as error:
            raise UserError(f"options of a stack are those of its layers ({self.layer!r}): {error}.") from error

    def n_inputs_of(self, k: int) -> int:
        """Return the inputs of layer ``k``, counted from 0."""
        return self.n_units if k else self.layer_config.n_inputs


class StackedActorCritic(ActorCritic):
    """Recurrent layers on top of each other; the parameters are those of ``ActorCritic``.

    Its weights are ``layer1.core``, ``layer1.initial``, ``layer2.core``, ... and one ``readout``.

    References
    ----------
    Wang et al. 2016, arXiv 1611.05763, Table 1.

    Examples
    --------
    >>> agent = StackedActorCritic(StackedConfig(observation_size=1, n_actions=2, n_units=8, layer="gru"))
    >>> sorted(agent.weights)
    ['layer1.core', 'layer1.initial', 'layer2.core', 'layer2.initial', 'readout']
    """

    kind, config_class = "stacked", StackedConfig

    @classmethod
    def for_task(
        cls, task: Any, n_units: int = 48, seed: int = 0, layer: str = "lstm", n_layers: int = 2, **options: Any
    ) -> "StackedActorCritic":
        """Return an untrained agent for a task; ``options`` are those of the layers."""
        spec = task.spec
        return cls(StackedConfig(spec.observation_size, spec.n_actions, n_units, layer, n_layers, options), seed=seed)

    @classmethod
    def weight_shapes(cls, config: StackedConfig) -> dict[str, tuple[int, int]]:
        """Return the shape of every weight, by name."""
        alone, n_units = LAYERS[config.layer].weight_shapes(config.layer_config), config.n_units
        shapes = {"readout": alone["readout"]}
        for k in range(config.n_layers):
            shapes[f"layer{k + 1}.core"] = (alone["core"][0], config.n_inputs_of(k) + n_units + 1)
            shapes[f"layer{k + 1}.initial"] = alone["initial"]
        return shapes

    @classmethod
    def initial_weights(cls, config: StackedConfig, generator: torch.Generator) -> Weights:
        """Draw the weights of an untrained network: upper layers take in ``n_units`` numbers with sd 1 / sqrt(n_units)."""
        layer, alone, shapes = LAYERS[config.layer], config.layer_config, cls.weight_shapes(config)
        weights = {"readout": initial_readout(alone, generator)}
        for k in range(config.n_layers):
            core = layer.initial_core(alone, config.n_inputs_of(k), generator)
            if k:
                core[:, : config.n_units] /= alone.input_sd * config.n_units**0.5
            weights[f"layer{k + 1}.core"] = core
            weights[f"layer{k + 1}.initial"] = torch.zeros(shapes[f"layer{k + 1}.initial"])
        return weights

    @property
    def layer(self) -> type[RecurrentActorCritic]:
        """The kind of the layers."""
        return LAYERS[self.config.layer]

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""
        learned = self.config.layer_config.learned_initial_state
        return tuple(name for name in self.weights if learned or not name.endswith("initial"))

    def tape(self, n_steps: int, n_episodes: int) -> StackedTape:
        """Return an empty tape that reads this network's weights."""
        parts, n_layers = [under(f"layer{k + 1}.", self.weights) for k in range(self.config.n_layers)], self.config.n_layers
        parts[n_layers - 1]["readout"] = self.weights["readout"]
        alone = self.config.layer_config
        return StackedTape([self.layer.layer_tape(alone, part, n_steps, n_episodes) for part in parts])

    def state_of(self, weights: Weights, n_episodes: int) -> tuple:
        """Return the states of all layers before the first step, lowest first."""
        rows = [weights[f"layer{k + 1}.initial"] for k in range(self.config.n_layers)]
        return tuple(tuple(row.expand(n_episodes, -1) for row in initial) for initial in rows)

    def plain_step(self, weights: Weights, inputs: torch.Tensor, state: tuple) -> tuple[torch.Tensor, tuple]:
        """Return head and states after one step; see ``ActorCritic.plain_step``."""
        alone, after = self.config.layer_config, []
        for k, one in enumerate(state):
            after.append(self.layer.next_state(alone, weights[f"layer{k + 1}.core"], inputs, one))
            inputs = after[-1][0]
        return read_out(weights["readout"], inputs), tuple(after)

    def activity(self, state: tuple) -> dict[str, np.ndarray]:
        """Return ``hidden`` (and ``cell``) of the top layer, and ``hidden_layer1``, ... of those below it."""
        recorded = {}
        for k, one in enumerate(state):
            suffix = "" if k == len(state) - 1 else f"_layer{k + 1}"
            parts = zip(self.layer.state_names, one, strict=True)
            recorded |= {name + suffix: part.numpy() for name, part in parts}
        return recorded
