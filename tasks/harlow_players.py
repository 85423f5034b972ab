"""Reference players of Harlow's task with vectors: chance, win-stay-lose-shift on sides and on objects, an oracle.

Who stays with the object that paid and leaves the one that did not is right from the second trial of every pair on, and
nobody can do better than half on the first: the exact optimum, .5 and then 1. Who does so with the side is the control
that learns nothing, since sides are drawn anew every trial.
"""

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.harlow import IDLE, LEFT, RIGHT
from tasks.harlow_vector import HarlowVector


class HarlowPlayer(Agent):
    """A player that fixates when it should and leaves it to its subclasses which side it takes.

    Parameters
    ----------
    task : HarlowVector
    """

    family = "bandit"

    def __init__(self, task: HarlowVector) -> None:
        self.task = task

    def initial_state(self, n_episodes: int) -> Any:
        """Return what it holds before the first step; by default nothing."""
        return None

    def look(self, state: Any, sides: np.ndarray, action: np.ndarray, reward: np.ndarray) -> Any:
        """Return what it holds after a look at the two sides (n_episodes, 2, object_size) and the last action's reward."""
        return state

    @abstractmethod
    def side_scores(self, state: Any) -> np.ndarray:
        """Return (n_episodes, 2) what speaks for left and for right; the higher is taken, a tie is shared."""

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        """Stay where nothing is to be chosen, else take a side; see ``Agent.step``."""
        sides = observation[:, 1:].reshape(len(observation), 2, -1)
        state = self.look(state, sides, previous_action, previous_reward)
        score = self.side_scores(state)
        logits = np.full((len(observation), 3), -np.inf)
        logits[:, :2] = np.where(score >= score.max(axis=1, keepdims=True), 0.0, -np.inf)
        logits[~sides.any(axis=(1, 2))] = np.where(np.arange(3) == IDLE, 0.0, -np.inf)
        return logits, np.full(len(observation), np.nan), state


class RandomHarlow(HarlowPlayer):
    """Takes either side."""

    name = "random"

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Nothing speaks for either side."""
        return np.zeros((n_episodes, 2))

    def side_scores(self, state: np.ndarray) -> np.ndarray:
        """Nothing speaks for either side."""
        return state


class SideWinStayLoseShift(HarlowPlayer):
    """Goes back to the side that paid and leaves the one that did not: the control."""

    name = "side win-stay-lose-shift"

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Nothing speaks for either side at first."""
        return np.zeros((n_episodes, 2))

    def look(self, state: np.ndarray, sides: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Note the side that paid; what comes before fixation is the outcome of a choice."""
        side = np.stack([action == LEFT, action == RIGHT], axis=1)
        taken = side.any(axis=1) & ~sides.any(axis=(1, 2)) & (reward != 0 if self.task.unrewarded else True)
        paid = np.where(reward[:, None] > 0, side, ~side)
        return np.where(taken[:, None], paid, state).astype(float)

    def side_scores(self, state: np.ndarray) -> np.ndarray:
        """What the last outcome speaks for."""
        return state


class Belief(NamedTuple):
    """What the ideal player holds; ``good`` is NaN before it knows."""

    good: np.ndarray  # (n_episodes, object_size): the object of the present pair that pays
    sides: np.ndarray  # (n_episodes, 2, object_size): what it saw at the last step


class ObjectWinStayLoseShift(HarlowPlayer):
    """Stays with the object that paid, and after a miss takes the other: the optimum, .5 and then 1."""

    name = "ideal"

    def initial_state(self, n_episodes: int) -> Belief:
        """It knows no object."""
        size = self.task.object_size
        return Belief(np.full((n_episodes, size), np.nan), np.zeros((n_episodes, 2, size)))

    def look(self, state: Belief, sides: np.ndarray, action: np.ndarray, reward: np.ndarray) -> Belief:
        """Learn from the last outcome which of the two objects seen before it pays."""
        chose = state.sides.any(axis=(1, 2)) & (action != IDLE)
        side = np.where(reward > 0, action, 1 - action)
        good = state.sides[np.arange(len(side)), np.where(chose, side, 0)]
        return Belief(np.where(chose[:, None], good, state.good), sides)

    def side_scores(self, state: Belief) -> np.ndarray:
        """One for the side where the good object stands; a new pair has none."""
        return (state.sides == state.good[:, None]).all(axis=2).astype(float)


class HarlowOracle(HarlowPlayer):
    """Is told which object pays and where it stands."""

    name = "oracle"
    sees_hidden = True

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Nothing is known before it is told."""
        return np.zeros((n_episodes, 2))

    def see_hidden(self, hidden: dict[str, np.ndarray], state: np.ndarray) -> np.ndarray:
        """Take the side of the better object."""
        stands_left = hidden["better"] == hidden["left"]
        return np.stack([stands_left, ~stands_left], axis=1).astype(float)

    def side_scores(self, state: np.ndarray) -> np.ndarray:
        """One for the side where the better object stands."""
        return state


def harlow_players(task: HarlowVector) -> list[Agent]:
    """Return the reference players of a Harlow task with vectors, the simplest first."""
    return [RandomHarlow(task), SideWinStayLoseShift(task), ObjectWinStayLoseShift(task), HarlowOracle(task)]
