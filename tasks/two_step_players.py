"""Reference players of the two-step task, as agents: each tells the step of the trial from its observation alone.

They assume that first-stage action 0 commonly leads to second-stage state 0, and (model-based, belief, oracle) are told
the transition probability. At fixation they fixate; where the second-stage action does not matter they take either.
Sources: Wang et al. 2018, simulation 4; Daw et al. 2005 for the two kinds of learner. How ours departs: the papers do
not state the settings of their reference learners; learning rate .5, inverse temperature 5 and first value .5 are ours.
The seven-parameter hybrid of Daw et al. 2011 is a cognitive model and stands with those.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.arms_players import share_best
from tasks.two_step import FIRST_STAGE, FIXATE, FIXATION, DriftTwoStep, ReversalTwoStep, TwoStep
from tasks.walks import grid, walk_matrix

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
        state2 = np.where(second, observation[:, 2] > 0, np.where(first | fixation, NOTHING, ENDED))
        choice1 = np.where(second, previous_action, state.choice1)
        logits = np.full((len(first), self.n_actions), -np.inf)
        logits[:, :2] = self.second_logits(values, np.where(second, state2, 0))
        logits[first, :2] = self.first_logits(values)[first]
        if self.task.fixation:
            logits[fixation] = np.where(np.arange(self.n_actions) == FIXATE, 0.0, -np.inf)
        return logits, np.full(len(first), np.nan), TwoStepMemory(values, choice1, state2)

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
        return self.inverse_temperature * values @ _transitions(self.task).T


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


def _transitions(task: TwoStep) -> np.ndarray:
    """Return (action, second-stage state) probabilities."""
    common = task.common_probability
    return np.array([[common, 1 - common], [1 - common, common]])


class BeliefFilter(TwoStepPlayer):
    """Keeps the exact belief of which state is better, and takes the action that more likely leads there.

    Parameters
    ----------
    task : ReversalTwoStep
        Whose reward probabilities, reversal hazard and transitions it knows.

    Notes
    -----
    After each outcome Bayes' rule, then ``b <- b (1 - hazard) + (1 - b) hazard`` for the next trial. Where the two
    reward probabilities sum to 1, as in all registered designs, both states tell equally much, whatever is believed;
    so that this policy is Bayes-optimal. Otherwise it is optimal for the next trial only.
    """

    def __init__(self, task: ReversalTwoStep) -> None:
        super().__init__(task)
        self.name = "bayes-optimal" if np.isclose(sum(task.reward_probability), 1.0) else "belief-filter"

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """State 0 is better with probability .5."""
        return np.full((n_episodes, 1), 0.5)

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Bayes' rule, then the chance of a reversal."""
        better, other = self.task.reward_probability
        pays_if_0 = np.where(trial.state2 == 0, better, other)
        pays_if_1 = np.where(trial.state2 == 0, other, better)
        paid = trial.reward > 0
        for_0 = values[:, 0] * np.where(paid, pays_if_0, 1 - pays_if_0)
        for_1 = (1 - values[:, 0]) * np.where(paid, pays_if_1, 1 - pays_if_1)
        total = for_0 + for_1
        belief = np.where(total > 0, for_0 / np.where(total > 0, total, 1.0), 0.5)
        return self.pass_by(belief[:, None])

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """A trial passes: the better state may have swapped."""
        hazard = self.task.reversal_hazard
        return values * (1 - hazard) + (1 - values) * hazard

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions that most likely lead to the better state."""
        better, other = self.task.reward_probability
        state_value = np.concatenate([values, 1 - values], axis=1) * (better - other)
        return share_best(state_value @ _transitions(self.task).T)


class GridFilter(TwoStepPlayer):
    """Keeps the belief of each drifting reward probability on a grid, and takes what now looks best at both stages.

    Parameters
    ----------
    task : DriftTwoStep
        Whose drift, bounds and transitions it knows.
    n_points : int
        Grid points between the bounds.

    Notes
    -----
    Bayes' rule for the option chosen, then every belief spreads as the probabilities drift and is reflected at the
    bounds. Exact but for the grid; the policy is optimal for the next trial only, as it does not explore on purpose.
    """

    name = "belief-filter"

    def __init__(self, task: DriftTwoStep, n_points: int = 41) -> None:
        super().__init__(task)
        low, high = task.bounds
        self.point = grid(low, high, n_points)
        self._spread = walk_matrix(low, high, n_points, task.drift_sd)

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """All probabilities between the bounds are equally likely: (n_episodes, state, option, n_points)."""
        return np.full((n_episodes, 2, 2, len(self.point)), 1 / len(self.point))

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Bayes' rule for what was chosen, then drift for all."""
        likely = np.where(trial.reward[:, None] > 0, self.point, 1 - self.point)
        posterior = values.copy()
        chosen = (np.arange(len(values)), trial.state2, trial.action2)
        posterior[chosen] *= likely
        posterior[chosen] /= posterior[chosen].sum(axis=-1, keepdims=True)
        return self.pass_by(posterior)

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """A trial passes: every probability may have drifted."""
        return values @ self._spread

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions with the best prospect."""
        return share_best((values @ self.point).max(axis=2) @ _transitions(self.task).T)

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Share among the options of this state with the highest mean."""
        return share_best((values @ self.point)[np.arange(len(values)), state2])


class Oracle(TwoStepPlayer):
    """Is told what pays, and takes the best actions.

    Notes
    -----
    Its values are the reward probabilities (n_episodes, state, option) of this trial.
    """

    name = "oracle"
    sees_hidden = True

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """Nothing is known before it is told."""
        return np.full((n_episodes, 2, 2), 0.5)

    def see_hidden(self, hidden: dict[str, np.ndarray], state: TwoStepMemory) -> TwoStepMemory:
        """Take the reward probabilities to heart."""
        if "better_state" in hidden:
            better, other = self.task.reward_probability
            pays = np.where(hidden["better_state"][:, None] == np.arange(2), better, other)
            return state._replace(values=np.repeat(pays[:, :, None], 2, axis=2))
        return state._replace(values=hidden["reward_probability"])

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions with the best prospect."""
        return share_best(values.max(axis=2) @ _transitions(self.task).T)

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Share among the best options of this state."""
        return share_best(np.take_along_axis(values, state2[:, None, None], axis=1)[:, 0])


def two_step_players(task: TwoStep) -> list[TwoStepPlayer]:
    """Return every reference player of a two-step design, the simplest first."""
    drifts = isinstance(task, DriftTwoStep)
    learners = [GridFilter(task)] if drifts else [ModelFree(task), ModelBased(task), BeliefFilter(task)]
    return [RandomTwoStep(task), WinStayLoseShiftTwoStep(task), *learners, Oracle(task)]
