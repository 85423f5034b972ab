"""Players of the episodic two-step task: incremental or with a memory of single visits, model-free or model-based.

Four strategies are to be told apart (Ritter et al. 2018; Vikbladh et al. 2017): incremental model-free and model-based
learning, which know nothing of cues; and two that recall, on a cued trial, the visit that the cue names. The episodic
model-free player repeats the action that paid then; the episodic model-based one takes the action that commonly leads to
the state that paid then. On uncued trials each does what its incremental kin does. A fifth combines exact belief and
recall. All of them hear only observations, actions and rewards.

How ours departs: the sources name strategies, not settings; learning rate .5, inverse temperature 5 and the value .5 of
what is not recalled are ours, and so is that an outcome which recall foresaw is not learnt from.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.choosing import share_best
from tasks.two_step import FIRST_STAGE
from tasks.two_step_beliefs import BeliefFilter, Oracle
from tasks.two_step_episodic import EpisodicTwoStep, context_of
from tasks.two_step_learners import ModelBased, ModelFree, RandomTwoStep, TwoStepMemory, TwoStepPlayer, transitions

INVERSE_TEMPERATURE = 5.0
"""Of choices by recall, per unit of reward."""

UNKNOWN = 0.5
"""Value of an option or state of which nothing is recalled."""


class Recalled(NamedTuple):
    """What the cue of a trial brings back; entries mean something only where ``known``."""

    known: np.ndarray  # (n_episodes,) bool
    action: np.ndarray  # (n_episodes,) int
    state2: np.ndarray  # (n_episodes,) int
    reward: np.ndarray  # (n_episodes,) float


class EpisodicMemory(NamedTuple):
    """What a player with a memory of visits carries from step to step."""

    learner: TwoStepMemory
    context: np.ndarray  # (n_episodes, n_visits) int: context of every visit so far
    visit: np.ndarray  # (n_episodes, n_visits, 3) float: action, state and reward of each
    recalled: Recalled


class EpisodicPlayer(Agent):
    """Learns as another player does, stores every second-stage visit under its context, and recalls what a cue names.

    Parameters
    ----------
    task : EpisodicTwoStep
    learner : TwoStepPlayer
        Who learns, and chooses on trials that recall nothing.
    """

    def __init__(self, task: EpisodicTwoStep, learner: TwoStepPlayer) -> None:
        self.task, self.learner = task, learner

    @abstractmethod
    def recalled_logits(self, values: np.ndarray, recalled: Recalled) -> np.ndarray:
        """Return (n_episodes, 2) first-stage logits where something is recalled."""

    def initial_state(self, n_episodes: int) -> EpisodicMemory:
        """Return a memory of no visits."""
        nothing = np.zeros(n_episodes, int)
        return EpisodicMemory(self.learner.initial_state(n_episodes), np.zeros((n_episodes, 0), int),
                              np.zeros((n_episodes, 0, 3)), Recalled(nothing > 0, nothing, nothing, nothing * 1.0))

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: EpisodicMemory
    ) -> tuple[np.ndarray, np.ndarray, EpisodicMemory]:
        """Store what was visited, recall what is cued, say what to do now; see ``Agent.step``."""
        logits, value, learner = self.learner.step(observation, previous_action, previous_reward, state.learner)
        shown = context_of(observation[:, self.task.cue])
        if not (observation[:, FIRST_STAGE] > 0).any():
            return logits, value, self._at_visit(state, learner, shown)
        state = self._after_visit(state, learner, previous_reward)
        recalled = recall(state, shown)
        logits = np.where(recalled.known[:, None], self.recalled_logits(state.learner.values, recalled), logits)
        return logits, value, state._replace(recalled=recalled)

    def _at_visit(self, state: EpisodicMemory, learner: TwoStepMemory, context: np.ndarray) -> EpisodicMemory:
        """Open an entry for the visit; its reward is not known yet."""
        visit = np.stack([learner.choice1, learner.state2, np.zeros(len(context))], axis=1)
        return state._replace(learner=learner, context=np.concatenate([state.context, context[:, None]], axis=1),
                              visit=np.concatenate([state.visit, visit[:, None]], axis=1))

    def _after_visit(self, state: EpisodicMemory, learner: TwoStepMemory, reward: np.ndarray) -> EpisodicMemory:
        """Complete the entry of the last visit; learn nothing from an outcome that recall foresaw."""
        if not state.context.shape[1]:
            return state._replace(learner=learner)
        visit = state.visit.copy()
        visit[:, -1, 2] = reward
        foreseen = state.recalled.known & (state.recalled.state2 == visit[:, -1, 1])
        shape = (-1,) + (1,) * (learner.values.ndim - 1)
        values = np.where(foreseen.reshape(shape), self.learner.pass_by(state.learner.values), learner.values)
        return state._replace(learner=learner._replace(values=values), visit=visit)


def recall(state: EpisodicMemory, cue: np.ndarray) -> Recalled:
    """Return the visits whose context is the cue."""
    match = (state.context == cue[:, None]) & (cue > 0)[:, None]
    known = match.any(axis=1)
    if not known.any():
        nothing = np.zeros(len(cue), int)
        return Recalled(known, nothing, nothing, nothing * 1.0)
    visit = state.visit[np.arange(len(cue)), match.argmax(axis=1)]
    return Recalled(known, visit[:, 0].astype(int), visit[:, 1].astype(int), visit[:, 2])


def _with(place: np.ndarray, value: np.ndarray, others: np.ndarray | float) -> np.ndarray:
    """Return (n_episodes, 2): ``value`` at ``place``, ``others`` elsewhere."""
    return np.where(place[:, None] == np.arange(2), value[:, None], others)


class EpisodicModelFree(EpisodicPlayer):
    """Repeats the action of the visit that the cue names if it paid, takes the other if not.

    Notes
    -----
    On cued trials ``P(a)`` is proportional to ``exp(5 Q(a))``, with Q the reward recalled for the action recalled and .5
    for the other.
    """

    name = "episodic-model-free"

    def __init__(self, task: EpisodicTwoStep) -> None:
        super().__init__(task, ModelFree(task))

    def recalled_logits(self, values: np.ndarray, recalled: Recalled) -> np.ndarray:
        """Softmax of the reward recalled for the action recalled."""
        return INVERSE_TEMPERATURE * _with(recalled.action, recalled.reward, UNKNOWN)


class EpisodicModelBased(EpisodicPlayer):
    """Takes the action that commonly leads to the state of the visit that the cue names if it paid, the other if not.

    Notes
    -----
    On cued trials ``Q(a) = sum_s P(s | a) V(s)``, with V the reward recalled for the state recalled and .5 for the other.
    """

    name = "episodic-model-based"

    def __init__(self, task: EpisodicTwoStep) -> None:
        super().__init__(task, ModelBased(task))

    def recalled_logits(self, values: np.ndarray, recalled: Recalled) -> np.ndarray:
        """Softmax of what the transitions lead to."""
        return INVERSE_TEMPERATURE * _with(recalled.state2, recalled.reward, UNKNOWN) @ transitions(self.task).T


class EpisodicBelief(EpisodicPlayer):
    """Knows the settings, keeps the exact belief of which state is better, and what each recalled state will pay.

    Notes
    -----
    The best of all policies for the next trial; it does not look where nothing is recalled for the sake of later trials.
    """

    name = "episodic-belief-filter"

    def __init__(self, task: EpisodicTwoStep) -> None:
        super().__init__(task, BeliefFilter(task))

    def recalled_logits(self, values: np.ndarray, recalled: Recalled) -> np.ndarray:
        """Share among the actions with the best prospect."""
        better, other = self.task.reward_probability
        expected = other + (better - other) * values.reshape(len(values), 2, -1).sum(axis=2)
        return share_best(_with(recalled.state2, recalled.reward, expected) @ transitions(self.task).T)


def episodic_players(task: EpisodicTwoStep) -> list[Agent]:
    """Return every reference player of the episodic two-step task, the simplest first."""
    belief = BeliefFilter(task)
    belief.name = "belief-filter"  # optimal where there are no cues
    return [RandomTwoStep(task), ModelFree(task), ModelBased(task), EpisodicModelFree(task), EpisodicModelBased(task),
            belief, EpisodicBelief(task), Oracle(task)]
