"""Cognitive models that behave: an agent for every family, one lane an episode.

The agent hears what it did and got at the step before and calls the model's ``update`` when a trial is complete, so
that simulation and likelihood run the very same two functions. Of the observation it uses only the two-step task's
state (entries 0 to 2: the first stage and the two second-stage states, one-hot) and, where the model reads a first-stage
state, the two entries after them; of a bandit's, the outcomes besides the reward from which the model learns (entries 1
and on, in the model's order: see ``TaskSpec.feedback``).
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.errors import UserError
from cogmeta.families import Choice, Family
from cogmeta.models.parameter import Parametrised, check_parameters, one_set
from cogmeta.models.trial import Trial, in_tuple, one_hot


class Learns(Parametrised, Protocol):
    """What an agent asks of its model; every ``cogmeta.models.Model`` has it, and documents it."""

    family: Family
    outcomes: tuple[str, ...]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Choices of a trial."""

    def n_options(self, choice: Choice) -> int:
        """Return how many options a choice has."""

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> Any:
        """Return the values before the first trial."""

    def policy(self, values: Any, parameters: SimpleNamespace) -> np.ndarray | tuple[np.ndarray, ...]:
        """Return the logits."""

    def update(self, values: Any, parameters: SimpleNamespace, trial: Trial) -> Any:
        """Return the values after a trial."""


class ModelAgent(Agent):
    """A model with its parameters.

    Parameters
    ----------
    model : Model
    parameters : mapping
        Natural parameters by name: one number each, or an array of one an episode.
    """

    def __init__(self, model: Learns, parameters: Mapping[str, Any]) -> None:
        self.model, self.name, self.family = model, model.name, model.family.name
        self.parameters = one_set(check_parameters(model, parameters))
        sizes = {np.size(v) for v in vars(self.parameters).values() if np.ndim(v)}
        if len(sizes) > 1:
            raise UserError("parameters must be one number, or as many as there are episodes; "
                            f"got {sorted(sizes)} of them.")
        self.n_lanes = sizes.pop() if sizes else None

    def _lanes(self, n_episodes: int) -> tuple[int, ...]:
        if self.n_lanes not in (None, n_episodes):
            raise UserError(f"{self.name} has {self.n_lanes} sets of parameters, but there are {n_episodes} episodes.")
        return (n_episodes,)

    def _silent(self, n_episodes: int) -> np.ndarray:
        return np.full(n_episodes, np.nan)


class BanditAgent(ModelAgent):
    """A model that plays bandits: one step a trial."""

    def initial_state(self, n_episodes: int) -> Any:
        """Return the model's values before the first trial."""
        return self.model.initial_values(self._lanes(n_episodes), self.parameters)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        """Learn from the last trial and say how it would choose now; see ``Agent.step``."""
        n_arms = self.model.n_options(self.model.choices[0])
        if not (previous_action == NO_ACTION).all():
            shown = {name: np.asarray(observation[:, 1 + k], float) for k, name in enumerate(self.model.outcomes[1:])}
            trial = Trial(choice=one_hot(previous_action, n_arms), reward=np.asarray(previous_reward, float), **shown)
            state = self.model.update(state, self.parameters, trial)
        (logits,) = in_tuple(self.model.policy(state, self.parameters))
        logits = np.broadcast_to(logits, (n_arms, len(previous_action)))
        return np.ascontiguousarray(logits.T), self._silent(len(previous_action)), state


class TwoStepMemory(NamedTuple):
    """The model's values and what is known of the trial under way."""

    values: Any
    state1: np.ndarray  # (2, n_episodes) one-hot; zeros in designs with one first-stage state
    choice1: np.ndarray  # (2, n_episodes) one-hot
    state2: np.ndarray  # (2, n_episodes) one-hot
    reward: np.ndarray  # (n_episodes,) paid before the second-stage step


class TwoStepAgent(ModelAgent):
    """A model that plays two-step tasks: two steps a trial."""

    def initial_state(self, n_episodes: int) -> TwoStepMemory:
        """Return the model's values before the first trial."""
        values = self.model.initial_values(self._lanes(n_episodes), self.parameters)
        return TwoStepMemory(values, *np.zeros((3, 2, n_episodes)), np.zeros(n_episodes))

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: TwoStepMemory
    ) -> tuple[np.ndarray, np.ndarray, TwoStepMemory]:
        """Learn when a trial is complete and say how it would choose now; see ``Agent.step``."""
        if np.asarray(observation)[:, 0].any():
            return self._first_stage(np.asarray(observation), previous_action, previous_reward, state)
        return self._second_stage(np.asarray(observation), previous_action, previous_reward, state)

    def _first_stage(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: TwoStepMemory
    ) -> tuple[np.ndarray, np.ndarray, TwoStepMemory]:
        if not (previous_action == NO_ACTION).all():
            trial = Trial(state1=state.state1, choice1=state.choice1, state2=state.state2, choice2=one_hot(previous_action, 2),
                          reward=state.reward + previous_reward)
            state = state._replace(values=self.model.update(state.values, self.parameters, trial))
        logits = in_tuple(self.model.policy(state.values, self.parameters))[0]
        if self.model.choices[0].given:
            state = state._replace(state1=observation[:, 3:5].T.astype(np.float64))
            logits = (state.state1[:, None] * logits).sum(axis=0)
        return self._answer(logits, len(previous_action), state)

    def _second_stage(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: TwoStepMemory
    ) -> tuple[np.ndarray, np.ndarray, TwoStepMemory]:
        n_episodes = len(previous_action)
        state2 = observation[:, 1:3].T.astype(np.float64)
        state = TwoStepMemory(state.values, state.state1, one_hot(previous_action, 2), state2,
                              np.asarray(previous_reward, float))
        logits = in_tuple(self.model.policy(state.values, self.parameters))[1:]
        chosen = (state2[:, None] * logits[0]).sum(axis=0) if logits else np.zeros((2, n_episodes))
        return self._answer(chosen, n_episodes, state)

    def _answer(
        self, logits: np.ndarray, n_episodes: int, state: TwoStepMemory
    ) -> tuple[np.ndarray, np.ndarray, TwoStepMemory]:
        logits = np.broadcast_to(logits, (2, n_episodes))
        return np.ascontiguousarray(logits.T), self._silent(n_episodes), state


AGENTS: dict[str, type[ModelAgent]] = {"bandit": BanditAgent, "two_step": TwoStepAgent}
"""Name of a family -> the agent that plays its tasks."""


def make_agent(model: Learns, parameters: Mapping[str, Any]) -> ModelAgent:
    """Return the agent of a model's family, with given parameters.

    Examples
    --------
    >>> from cogmeta.models.registry import make_model
    >>> agent = make_agent(make_model("bandit/rescorla_wagner"), {"learning_rate": 0.3, "inverse_temperature": 5.0})
    >>> agent.step(np.zeros((1, 1)), np.array([-1]), np.zeros(1), agent.initial_state(1))[0]
    array([[2.5, 2.5]])
    """
    if model.family.name not in AGENTS:
        raise UserError(f"no agent plays the tasks of the family {model.family.name!r}; known are {sorted(AGENTS)}.")
    return AGENTS[model.family.name](model, parameters)
