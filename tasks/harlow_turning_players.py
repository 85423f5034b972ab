"""Reference players of Harlow's task in pixels: chance, always to the left, and an oracle that earns all there is.

None looks at the pixels. The scripted ones reckon from their own actions which way they face and how far the trial has
come, turn to the cross, hold it, and turn to one side; they tell what the mechanics allow, not what can be learnt.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.random_agent import RandomAgent
from tasks.choosing import first_best
from tasks.harlow import LEFT, RIGHT
from tasks.harlow_pixels import CHOICE, HarlowPixels, View


class Reckoning(NamedTuple):
    """What a scripted player holds."""

    step: int
    view: View
    side: np.ndarray  # (n_episodes,) int: where it will turn


class TurningPlayer(Agent):
    """Turns to the cross, holds it, and turns to the side that its subclass names.

    Parameters
    ----------
    task : HarlowPixels
    """

    family = "bandit"

    def __init__(self, task: HarlowPixels) -> None:
        self.task = task

    def initial_state(self, n_episodes: int) -> Reckoning:
        """It faces the cross."""
        return Reckoning(0, self.task.follow(None, 0, np.full(n_episodes, NO_ACTION)), self.first_side(n_episodes))

    @abstractmethod
    def first_side(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes,) int, where it turns unless it is told otherwise."""

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Reckoning
    ) -> tuple[np.ndarray, np.ndarray, Reckoning]:
        """Reckon where it faces and turn where it wants to face; see ``Agent.step``."""
        view = state.view if state.step == 0 else self.task.follow(state.view, state.step - 1, previous_action)
        sign = np.where(state.side == LEFT, -1, 1)
        target = np.where(view.phase == CHOICE, sign * self.task.eccentricity, 0.0)
        away = np.abs(np.stack(self.task.ahead(view), axis=1) - target[:, None])
        return first_best(-away), np.full(len(target), np.nan), Reckoning(state.step + 1, view, state.side)


class AlwaysLeft(TurningPlayer):
    """Turns to the image on the left: half of the time the right one."""

    name = "always left"

    def first_side(self, n_episodes: int) -> np.ndarray:
        """Left."""
        return np.full(n_episodes, LEFT)


class TurningOracle(TurningPlayer):
    """Is told which image pays and on which side it stands."""

    name = "oracle"
    sees_hidden = True

    def first_side(self, n_episodes: int) -> np.ndarray:
        """Left, before it is told."""
        return np.full(n_episodes, LEFT)

    def see_hidden(self, hidden: dict[str, np.ndarray], state: Reckoning) -> Reckoning:
        """Turn to where the better image stands."""
        return state._replace(side=np.where(hidden["better"] == hidden["left"], LEFT, RIGHT))


def turning_players(task: HarlowPixels) -> list[Agent]:
    """Return the reference players of Harlow's task in pixels, the simplest first."""
    return [RandomAgent(task), AlwaysLeft(task), TurningOracle(task)]
