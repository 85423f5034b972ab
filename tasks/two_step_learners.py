"""Players of the two-step task that learn values, as agents: each tells the step of the trial from its observation.

They assume that first-stage action 0 commonly leads to second-stage state 0, and (model-based, belief, oracle) are told
the transition probability. At fixation they fixate; where the second-stage action does not matter they take either.
Sources: Wang et al. 2018, simulation 4; Daw et al. 2005 for the two kinds of learner. How ours departs: the papers do
not state the settings of their reference learners; learning rate .5, inverse temperature 5 and first value .5 are ours.
The hybrid, latent-state and reward-as-cue players are cognitive models, see ``tasks/two_step_players.py``.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.two_step import FIRST_STAGE, FIXATE, FIXATION, TwoStep
from tasks.two_step_reversal import ReversalTwoStep

NOTHING, ENDED = -1, 2
"""Values of ``TwoStepMemory.state2`` besides 0 and 1: no outcome to come; a trial ended by an invalid action."""


class TwoStepMemory(NamedTuple):
    """What a player of the two-step task carries from step to step."""

    values: np.ndarray  # (n_episodes, n_values): whatever it learns
    choice1: np.ndarray  # (n_episodes,) int: last first-stage choice
    state2: np.ndarray  # (n_episodes,) int: second-stage state whose outcome comes next, or NOTHING, or ENDED


class Trial(NamedTuple):
    """One finished trial of every episode; entries mean something only where there was an outcome."""

    choice1: np.ndarray  # (n_episodes,) int
    state2: np.ndarray  # (n_episodes,) int
    action2: np.ndarray  # (n_episodes,) int
    reward: np.ndarray  # (n_episodes,) float


class TwoStepPlayer(Agent):
    """Keeps the place in the trial; what is learnt and preferred is for its subclasses to say.

    Parameters
    ----------
    task : TwoStep
        Whose number of actions, second choice and probabilities it takes over.
    """

    def __init__(self, task: TwoStep) -> None:
        self.task = task
        self.n_actions = task.spec.n_actions

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_values) what it holds before the first trial; nothing by default."""
        return np.zeros((n_episodes, 0))

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Return the values after an outcome; by default it does not learn."""
        return values

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """Return the values after a trial that ended without an outcome."""
        return values

    @abstractmethod
    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Return (n_episodes, 2) logits at the first stage."""

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Return (n_episodes, 2) logits at the second stage; either action by default."""
        return np.zeros((len(values), 2))

    def initial_state(self, n_episodes: int) -> TwoStepMemory:
        """Return the memory before the first trial."""
        nothing = np.full(n_episodes, NOTHING)
        return TwoStepMemory(self.initial_values(n_episodes), nothing, nothing)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: TwoStepMemory
    ) -> tuple[np.ndarray, np.ndarray, TwoStepMemory]:
        """Learn from an outcome if there was one, and say what to do now; see ``Agent.step``."""
        values = self._after_outcome(state, previous_action, previous_reward)
        first = observation[:, FIRST_STAGE] > 0
        second = observation[:, 1:3].max(axis=1) > 0
        fixation = observation[:, FIXATION] > 0 if self.task.fixation else np.zeros(len(first), bool)
        state2 = np.where(second, observation[:, 1 if self.task.crossed else 2] > 0, np.where(first | fixation, NOTHING, ENDED))
        choice1 = np.where(second, previous_action, state.choice1)
        logits = np.full((len(first), self.n_actions), -np.inf)
        logits[:, :2] = self.second_logits(values, np.where(second, state2, 0))
        logits[first, :2] = self.first_logits(values)[first]
        if self.task.fixation:
            logits[fixation] = np.where(np.arange(self.n_actions) == FIXATE, 0.0, -np.inf)
        return logits, np.full(len(first), np.nan), TwoStepMemory(values, choice1, state2)

    def activity(self, state: TwoStepMemory) -> dict[str, np.ndarray]:
        """``values``: (n_episodes, n_values), what it holds once it has heard of the last outcome."""
        return {"values": state.values.reshape(len(state.values), -1)}

    def _after_outcome(self, memory: TwoStepMemory, action2: np.ndarray, reward: np.ndarray) -> np.ndarray:
        values, state2 = memory.values, memory.state2
        if not values.size or (state2 == NOTHING).all():
            return values
        chose = np.clip(memory.choice1, 0, 1)
        learnt = self.learn(values, Trial(chose, np.clip(state2, 0, 1), np.clip(action2, 0, 1), reward))
        invalid = (state2 == ENDED) | ((action2 == FIXATE) & self.task.has_choice2)
        shape = (-1,) + (1,) * (values.ndim - 1)
        values = np.where((state2 == NOTHING).reshape(shape), values, learnt)
        return np.where((invalid & (state2 != NOTHING)).reshape(shape), self.pass_by(memory.values), values)


class RandomTwoStep(TwoStepPlayer):
    """Takes either valid action."""

    name = "random"

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Return zeros."""
        return np.zeros((len(values), 2))


class WinStayLoseShiftTwoStep(TwoStepPlayer):
    """Repeats a choice after reward and leaves it after none; where it matters, also at the second stage.

    Notes
    -----
    Its values are the option it will take next: at the first stage, in state 0, in state 1; -1 before any outcome.
    """

    name = "win-stay-lose-shift"

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """No option yet."""
        return np.full((n_episodes, 3), -1.0)

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Stay with what paid, shift from what did not."""
        lost = trial.reward <= 0
        place = np.arange(3)
        values = np.where(place == 0, (trial.choice1 ^ lost)[:, None], values)
        return np.where(place == 1 + trial.state2[:, None], (trial.action2 ^ lost)[:, None], values)

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Take the option that is next."""
        return _take_option(values[:, 0])

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Take the option that is next in this state."""
        if not self.task.has_choice2:
            return super().second_logits(values, state2)
        return _take_option(np.take_along_axis(values, 1 + state2[:, None], axis=1)[:, 0])


def _take_option(option: np.ndarray) -> np.ndarray:
    option = option[:, None]
    return np.where((option < 0) | (option == np.arange(2)), 0.0, -np.inf)


class _ValueLearner(TwoStepPlayer):
    """What the two learners share: two values, moved toward rewards, and a softmax."""

    def __init__(
        self, task: ReversalTwoStep, learning_rate: float = 0.5, inverse_temperature: float = 5.0,
        initial_value: float = 0.5,
    ) -> None:
        super().__init__(task)
        self.learning_rate, self.inverse_temperature = learning_rate, inverse_temperature
        self.initial_value = initial_value

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """Both options are worth ``initial_value``."""
        return np.full((n_episodes, 2), self.initial_value)


class ModelBased(_ValueLearner):
    """Learns the value of the second-stage states and looks through the transitions.

    Parameters
    ----------
    task : ReversalTwoStep
    learning_rate : float
        In (0, 1).
    inverse_temperature : float
        > 0, per unit of reward.
    initial_value : float
        Before the first trial.

    Notes
    -----
    ``V(s) += learning_rate (r - V(s))`` of the state seen, ``Q(a) = sum_s P(s | a) V(s)``,
    ``P(a)`` proportional to ``exp(inverse_temperature Q(a))``; V starts at ``initial_value``.
    """

    name = "model-based"

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Move the value of the state seen toward the reward."""
        return _toward(values, trial.state2, trial.reward, self.learning_rate)

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Softmax of what the transitions lead to."""
        return self.inverse_temperature * values @ transitions(self.task).T


class ModelFree(_ValueLearner):
    """Learns the value of the first-stage actions from the reward alone.

    Parameters
    ----------
    task : ReversalTwoStep
    learning_rate : float
        In (0, 1).
    inverse_temperature : float
        > 0, per unit of reward.
    initial_value : float
        Before the first trial.

    Notes
    -----
    ``Q(a) += learning_rate (r - Q(a))`` of the action taken, ``P(a)`` proportional to
    ``exp(inverse_temperature Q(a))``; Q starts at ``initial_value``.
    """

    name = "model-free"

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Move the value of the action taken toward the reward."""
        return _toward(values, trial.choice1, trial.reward, self.learning_rate)

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Softmax of the values."""
        return self.inverse_temperature * values


def _toward(values: np.ndarray, place: np.ndarray, reward: np.ndarray, learning_rate: float) -> np.ndarray:
    moved = values + learning_rate * (reward[:, None] - values)
    return np.where(place[:, None] == np.arange(values.shape[1]), moved, values)


def transitions(task: TwoStep) -> np.ndarray:
    """Return (action, second-stage state) probabilities."""
    common = task.common_probability
    return np.array([[common, 1 - common], [1 - common, common]])
