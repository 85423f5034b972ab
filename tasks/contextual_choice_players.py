"""Players of contextual choice: by chance, by the evidence of the moment, by memory of what it said last, and told.

``follow-evidence`` takes the arm that the evidence points at now, which before it tells is any: right with
``1 / n_arms``. ``remember-answer`` keeps what the evidence of an episode's last step said, under the barcode, and takes that
when the barcode returns: always right from the second exposure on. Nobody can do better with or without memory.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.random_agent import RandomAgent
from tasks.choosing import certain
from tasks.contextual_choice import ContextualChoice
from tasks.told import Told

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
        evidence = self.evidence(observation)
        return certain(evidence, self.task.n_arms), np.full(len(evidence), np.nan), state


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
        logits = certain(np.where(recalled == UNKNOWN, evidence, recalled), self.task.n_arms)
        return logits, np.full(len(code), np.nan), Answers(state.answer, code, evidence)


class ToldAnswer(Told):
    """Is told the answer, and gives it.

    Parameters
    ----------
    task : ContextualChoice
    """

    name, family, told = "oracle", "bandit", "answer"

    def logits(self, observation: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Give the answer."""
        return certain(told, self.task.n_arms)


def contextual_choice_players(task: ContextualChoice) -> list[Agent]:
    """Return every reference player of contextual choice, the simplest first."""
    return [RandomAgent(task), FollowEvidence(task), RememberAnswer(task), ToldAnswer(task)]
