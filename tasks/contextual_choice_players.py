"""Players of contextual choice: by chance, by the evidence of the moment, by memory of what it said last, and told.

``follow-evidence`` takes the arm that the evidence points at now, which before it tells is any: right with
``1 / n_arms``. ``remember-answer`` keeps what the evidence of an episode's last step said, under the barcode, and takes that
when the barcode returns: always right from the second exposure on. Nobody can do better with or without memory.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.random_agent import RandomAgent
from tasks.arms_players import first_best
from tasks.contextual_choice import ContextualChoice

UNKNOWN = -1
"""In place of an answer that was not seen yet."""


class FollowEvidence(Agent):
    """Takes the arm that the evidence points at.

    Parameters
    ----------
    task : ContextualChoice
    """

    name, family = "follow-evidence", "bandit"

    def __init__(self, task: ContextualChoice) -> None:
        self.task = task

    def initial_state(self, n_episodes: int) -> object:
        """Return nothing."""
        return None

    def evidence(self, observation: np.ndarray) -> np.ndarray:
        """Return (n,) the arm that the evidence points at."""
        return observation[:, -self.task.n_arms:].argmax(axis=1)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: object
    ) -> tuple[np.ndarray, np.ndarray, object]:
        """Take it; see ``Agent.step``."""
        return *self.certain(self.evidence(observation)), state

    def certain(self, arm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-probabilities, 0 for the arm that is taken, and no value."""
        return first_best(arm[:, None] == np.arange(self.task.n_arms)), np.full(len(arm), np.nan)


class Answers(NamedTuple):
    """What somebody holds who remembers."""

    answer: np.ndarray  # (n_epochs, 2 ** n_bits) int16: of every barcode, UNKNOWN before it was seen
    code: np.ndarray  # (n_epochs,) int: the barcode of this episode
    evidence: np.ndarray  # (n_epochs,) int: the arm that the evidence pointed at last


class RememberAnswer(FollowEvidence):
    """Takes what the evidence said at the end when the barcode was met before; else follows the evidence.

    Parameters
    ----------
    task : ContextualChoice
    """

    name = "remember-answer"

    def initial_state(self, n_episodes: int) -> Answers:
        """Return an empty memory."""
        nothing = np.zeros(n_episodes, np.int64)
        return Answers(np.full((n_episodes, 2**self.task.n_bits), UNKNOWN, np.int16), nothing, nothing)

    def next_episode(self, state: Answers, action: np.ndarray, reward: np.ndarray) -> Answers:
        """Write down what the last evidence said."""
        answer = state.answer.copy()
        answer[np.arange(len(action)), state.code] = state.evidence
        return state._replace(answer=answer)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Answers
    ) -> tuple[np.ndarray, np.ndarray, Answers]:
        """Recall the answer under this barcode, or follow the evidence; see ``Agent.step``."""
        code = (observation[:, slice(*self.task.spec.cue)] > 0).astype(np.int64) @ (1 << np.arange(self.task.n_bits))
        evidence, recalled = self.evidence(observation), state.answer[np.arange(len(code)), code]
        return *self.certain(np.where(recalled == UNKNOWN, evidence, recalled)), Answers(state.answer, code, evidence)


class ToldAnswer(FollowEvidence):
    """Is told the answer."""

    name, sees_hidden = "oracle", True

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes,) zeros: nothing was told yet."""
        return np.zeros(n_episodes, np.int64)

    def see_hidden(self, hidden: dict[str, np.ndarray], state: np.ndarray) -> np.ndarray:
        """Be told."""
        return hidden["answer"].astype(np.int64)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answer it; see ``Agent.step``."""
        return *self.certain(state), state


def contextual_choice_players(task: ContextualChoice) -> list[Agent]:
    """Return every reference player of contextual choice, the simplest first."""
    return [RandomAgent(task), FollowEvidence(task), RememberAnswer(task), ToldAnswer(task)]
