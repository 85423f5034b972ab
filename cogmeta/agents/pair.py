"""Actor and critic as two networks of their own, of any kind; the actor may learn from prediction errors alone.

Sources: Wang et al. 2018, simulation 6 (two LSTMs of 48 units; the policy LSTM receives the reward prediction error that the
value LSTM computes, *instead of* the reward); Duan et al. 2016 (RL2), whose value baseline is a gated recurrent unit of its
own. How ours departs: the paper does not say whether gradients flow through the reward prediction error; here they do not,
as dopamine tells the actor how things went and not the critic how to please the actor. On an episode's first step the
error is 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from cogmeta.agent import Agent
from cogmeta.agents.actor_critic import ActorCritic, Weights, as_inputs, named, under
from cogmeta.agents.layers import LAYERS
from cogmeta.agents.pair_tape import PairTape
from cogmeta.agents.stacked import StackedActorCritic
from cogmeta.errors import UserError, unknown_name

PARTS: dict[str, type[ActorCritic]] = {**LAYERS, "stacked": StackedActorCritic}
POLICY_INPUTS = ("reward", "reward_prediction_error")
Stimulation = Callable[[int, np.ndarray, np.ndarray, np.ndarray], np.ndarray | float]
"""(step, observation, previous_action, previous_reward) -> what is added to the prediction error of every episode."""


@dataclass(frozen=True)
class PairConfig:
    """The two networks of an ``ActorCriticPair``.

    Parameters
    ----------
    observation_size, n_actions : int
        From the task.
    policy, value : {"lstm", "gru", "rnn", "stacked"}
        Kinds of the two networks.
    policy_options, value_options : dict
        Further fields of their configurations, such as ``{"n_units": 48}``.
    policy_input : {"reward", "reward_prediction_error"}
        What the policy network is told about the outcome of its last action.
    """

    observation_size: int
    n_actions: int
    policy: str = "lstm"
    value: str = "lstm"
    policy_options: dict[str, Any] = field(default_factory=dict)
    value_options: dict[str, Any] = field(default_factory=dict)
    policy_input: str = "reward"

    def __post_init__(self) -> None:
        if self.policy_input not in POLICY_INPUTS:
            raise unknown_name("policy_input", self.policy_input, POLICY_INPUTS)
        for part in ("policy", "value"):
            if getattr(self, part) not in PARTS:
                raise unknown_name(f"{part} network", getattr(self, part), PARTS)
            self.config_of(part)

    def config_of(self, part: str) -> Any:
        """Return the configuration of ``"policy"`` or ``"value"``."""
        kind, options = getattr(self, part), getattr(self, f"{part}_options")
        try:
            return PARTS[kind].config_class(self.observation_size, self.n_actions, **options)
        except TypeError as error:
            raise UserError(f"{part}_options must be fields of the configuration of {kind!r}: {error}.") from error


class PairState(NamedTuple):
    """States of both networks, and what the actor was told last.

    Attributes
    ----------
    policy, value : tuples
    previous_value : (n_episodes,) tensor
        NaN before an episode's first step.
    outcome : (n_episodes,) tensor
        The policy network's last input: reward, or reward prediction error with any stimulation.
    """

    policy: Any
    value: Any
    previous_value: torch.Tensor
    outcome: torch.Tensor


class ActorCriticPair(ActorCritic):
    """A policy network and a value network side by side; the parameters are those of ``ActorCritic``.

    Notes
    -----
    With ``policy_input="reward_prediction_error"`` the policy network's last input at step t is
    ``delta_{t-1} = r_{t-1} + discount v_t - v_{t-1}``, a constant to the gradient.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, simulation 6 and figure 7; Duan et al. 2016, arXiv 1611.02779.

    Examples
    --------
    >>> config = PairConfig(1, 2, policy="lstm", value="gru", policy_options={"n_units": 8})
    >>> pair = ActorCriticPair(config)
    >>> pair.weights["policy.core"].shape, pair.weights["value.core"].shape
    (torch.Size([32, 13]), torch.Size([144, 53]))
    """

    kind, config_class = "pair", PairConfig

    @classmethod
    def for_task(
        cls, task: Any, n_units: int = 48, seed: int = 0, policy: str = "lstm", value: str = "lstm",
        policy_input: str = "reward", **options: Any,
    ) -> "ActorCriticPair":
        """Return an untrained pair for a task; ``n_units`` and ``options`` go to both networks."""
        both, spec = {"n_units": n_units, **options}, task.spec
        config = PairConfig(spec.observation_size, spec.n_actions, policy, value, both, dict(both), policy_input)
        return cls(config, seed=seed)

    @classmethod
    def weight_shapes(cls, config: PairConfig) -> dict[str, tuple[int, int]]:
        """Return the shape of every weight, by name."""
        return {f"{part}.{name}": shape for part in ("policy", "value")
                for name, shape in PARTS[getattr(config, part)].weight_shapes(config.config_of(part)).items()}

    @classmethod
    def initial_weights(cls, config: PairConfig, generator: torch.Generator) -> Weights:
        """Draw the weights of both networks, the policy's first."""
        policy = PARTS[config.policy].initial_weights(config.config_of("policy"), generator)
        value = PARTS[config.value].initial_weights(config.config_of("value"), generator)
        return named("policy.", policy) | named("value.", value)

    def part(self, name: str) -> ActorCritic:
        """Return the ``"policy"`` or the ``"value"`` network; it shares the pair's weights."""
        kind = PARTS[getattr(self.config, name)]
        return kind(self.config.config_of(name), under(f"{name}.", self.weights), discount=self.discount)

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the weights that training may change."""
        return tuple(f"{part}.{name}" for part in ("policy", "value") for name in self.part(part).trainable)

    @property
    def surprised(self) -> bool:
        """Whether the policy network gets the reward prediction error in place of the reward."""
        return self.config.policy_input == "reward_prediction_error"

    def tape(self, n_steps: int, n_episodes: int) -> PairTape:
        """Return an empty tape that reads this pair's weights."""
        policy, value = (self.part(name).tape(n_steps, n_episodes) for name in ("policy", "value"))
        return PairTape(self, policy, value, n_steps, self.surprised)

    def state_of(self, weights: Weights, n_episodes: int) -> PairState:
        """Return the state before the first step."""
        policy, value = (self.part(name).state_of(under(f"{name}.", weights), n_episodes) for name in ("policy", "value"))
        nothing = weights["value.readout"].new_zeros(n_episodes)
        return PairState(policy, value, nothing + float("nan"), nothing)

    def plain_step(
        self, weights: Weights, inputs: torch.Tensor, state: PairState, stimulation: torch.Tensor | float = 0.0
    ) -> tuple[torch.Tensor, PairState]:
        """Return head and state after one step; see ``ActorCritic.plain_step``.

        Parameters
        ----------
        weights : dict of tensors
        inputs : (n_episodes, n_inputs) tensor
        state : PairState
        stimulation : (n_episodes,) tensor or float
            Added to the policy network's reward prediction error.
        """
        judged, value = self.part("value").plain_step(under("value.", weights), inputs, state.value)
        told = inputs
        if self.surprised:
            error = inputs[:, -1] + self.discount * judged[:, -1].detach() - state.previous_value
            error = torch.where(state.previous_value.isnan(), 0.0, error) + stimulation
            told = torch.cat([inputs[:, :-1], error[:, None]], dim=1)
        chosen, policy = self.part("policy").plain_step(under("policy.", weights), told, state.policy)
        head = torch.cat([chosen[:, :-1], judged[:, -1:]], dim=1)
        return head, PairState(policy, value, judged[:, -1].detach(), told[:, -1])

    def activity(self, state: PairState) -> dict[str, np.ndarray]:
        """Return the policy network's activity, the value network's (``value_hidden``, ...), and ``outcome``.

        ``outcome`` (n_episodes, 1) is the policy network's last input: reward or reward prediction error.
        """
        value = {f"value_{name}": part for name, part in self.part("value").activity(state.value).items()}
        return {**self.part("policy").activity(state.policy), **value, "outcome": state.outcome[:, None].numpy()}


class StimulatedPair(Agent):
    """A pair whose reward prediction error is stimulated or blocked while it behaves; its weights stay.

    Parameters
    ----------
    pair : ActorCriticPair
        With ``policy_input="reward_prediction_error"``.
    stimulation : callable
        ``(step, observation, previous_action, previous_reward)`` -> a constant, or one a episode, that is added to the
        policy network's reward prediction error of that step: positive stimulates, negative blocks. ``step`` counts from
        0 in the episode; the error of step t is about the reward for the action of step t - 1.
    name : str

    Raises
    ------
    UserError
        The pair's policy gets the reward itself.

    References
    ----------
    Wang et al. 2018, figure 7; Stopper et al. 2014.

    Examples
    --------
    >>> config = PairConfig(1, 2, policy_input="reward_prediction_error")
    >>> blocked = StimulatedPair(ActorCriticPair(config), lambda step, seen, action, reward: -1.0 * (action == 1))
    >>> logits, value, state = blocked.step(np.zeros((2, 1)), np.array([0, 1]), np.ones(2), blocked.initial_state(2))
    >>> blocked.activity(state)["outcome"].ravel().tolist()
    [0.0, -1.0]
    """

    def __init__(self, pair: ActorCriticPair, stimulation: Stimulation, name: str = "stimulated") -> None:
        if not pair.surprised:
            raise UserError("stimulation acts on the reward prediction error, but this pair's policy gets the reward; train one "
                            "with policy_input='reward_prediction_error'.")
        self.pair, self.stimulation, self.name, self.discount = pair, stimulation, name, pair.discount

    def initial_state(self, n_episodes: int) -> tuple[int, PairState]:
        """Return the number of the next step, and the pair's state."""
        return 0, self.pair.initial_state(n_episodes)

    @torch.no_grad()
    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: tuple[int, PairState]
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, PairState]]:
        """Take in one exchange, the prediction error changed, and say how it would act now; see ``Agent.step``."""
        step, inner = state
        added = np.asarray(self.stimulation(step, observation, previous_action, previous_reward), np.float32)
        inputs = as_inputs(observation, previous_action, previous_reward, self.pair.config.n_actions)
        head, inner = self.pair.plain_step(self.pair.weights, inputs, inner, torch.from_numpy(added))
        return head[:, :-1].numpy(), head[:, -1].numpy(), (step + 1, inner)

    def activity(self, state: tuple[int, PairState]) -> dict[str, np.ndarray]:
        """Return what the pair records; ``outcome`` includes the stimulation."""
        return self.pair.activity(state[1])

    def fingerprint(self) -> str:
        """Return that of the pair."""
        return self.pair.fingerprint()
