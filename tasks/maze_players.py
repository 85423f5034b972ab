"""Players of mazes: by chance, along the right-hand wall, along the wall and then by memory, and by the shortest way.

The wall follower remembers nothing but its last action; what it sees does the rest. The searcher follows the wall until
it has found the target, and from then on leaves every cell the way in which it left it last, which is its own way
without the detours (in a maze without loops: the shortest way). ``shortest-path`` knows the maze. None of the three ever
hesitates, so that the number of steps of a visit is a fact of the maze.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.random_agent import RandomAgent
from tasks.choosing import certain, first_best
from tasks.labyrinths import FORWARD, LEFT, N_ACTIONS, RIGHT
from tasks.maze import SEEN, Maze
from tasks.maze_pixels import MazePixels
from tasks.told import Told

_WALL, _RIGHT, _TARGET = (SEEN.index(what) for what in ("wall ahead", "opening right", "target"))


class WallFollower(Agent):
    """Keeps its right hand on the wall; goes straight for the target where it sees it.

    Parameters
    ----------
    task : Maze
    """

    name, family = "wall-follower", "mdp"

    def __init__(self, task: Maze) -> None:
        self.size = task.size

    def initial_state(self, n_episodes: int) -> None:
        """Return nothing."""
        return None

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: None
    ) -> tuple[np.ndarray, np.ndarray, None]:
        """Turn right where there is an opening, else go on, else turn left; see ``Agent.step``."""
        action = along_the_wall(observation, previous_action)
        return certain(action, N_ACTIONS), np.full(len(observation), np.nan), None


def along_the_wall(observation: np.ndarray, previous_action: np.ndarray) -> np.ndarray:
    """Return (n_episodes,) what somebody does who keeps the right hand on the wall."""
    begins = observation[:, -1] > 0
    cells = observation[:, :-1].reshape(len(observation), -1, len(SEEN)) > 0
    turned = (previous_action == RIGHT) & ~begins
    on = np.where(cells[:, 0, _WALL], LEFT, FORWARD)
    action = np.where(cells[:, 0, _RIGHT] & ~turned, RIGHT, on)
    return np.where(cells[:, :, _TARGET].any(axis=1), FORWARD, action)


class Track(NamedTuple):
    """What a searcher keeps; its own start is the origin, in which it faces north."""

    exits: np.ndarray  # (n, width, width) int, heading in which each cell was left last, -1 where never
    row: np.ndarray  # (n,)
    column: np.ndarray  # (n,)
    heading: np.ndarray  # (n,)
    found: np.ndarray  # (n,) bool, whether the target was reached once
    wall: np.ndarray  # (n,) bool, whether there was a wall ahead at the step before


class Searcher(Agent):
    """Follows the wall until it has found the target; then goes its own way again, without the detours.

    Parameters
    ----------
    task : Maze
    """

    name, family = "searcher", "mdp"

    def __init__(self, task: Maze) -> None:
        self.size, self.target_reward = task.size, task.target_reward + task.step_reward

    def initial_state(self, n_episodes: int) -> Track:
        """Return an empty track."""
        width, middle = 2 * self.size - 1, np.full(n_episodes, self.size - 1)
        nowhere = np.zeros(n_episodes, bool)
        return Track(np.full((n_episodes, width, width), -1, np.int8), middle, middle, 0 * middle, nowhere, nowhere)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Track
    ) -> tuple[np.ndarray, np.ndarray, Track]:
        """Take note of the last step and say where to go; see ``Agent.step``."""
        state = self._note(observation, previous_action, previous_reward, state)
        known = state.exits[np.arange(len(observation)), state.row, state.column]
        turn = (known - state.heading) % 4
        by_memory = np.select([turn == 0, turn == 3], [FORWARD, LEFT], RIGHT)
        action = np.where(state.found & (known >= 0), by_memory, along_the_wall(observation, previous_action))
        return certain(action, N_ACTIONS), np.full(len(observation), np.nan), state

    def _note(
        self, observation: np.ndarray, action: np.ndarray, reward: np.ndarray, track: Track
    ) -> Track:
        begins, rows = observation[:, -1] > 0, np.arange(len(observation))
        went = (action == FORWARD) & ~track.wall
        exits = track.exits.copy()
        exits[rows[went & ~track.found], track.row[went & ~track.found], track.column[went & ~track.found]] = (
            track.heading[went & ~track.found])
        heading = (track.heading + (action == RIGHT) - (action == LEFT)) % 4
        row = np.clip(track.row + went * np.array([-1, 0, 1, 0])[track.heading], 0, 2 * self.size - 2)
        column = np.clip(track.column + went * np.array([0, 1, 0, -1])[track.heading], 0, 2 * self.size - 2)
        found = track.found | np.isclose(reward, self.target_reward)
        origin = np.where(begins, self.size - 1, 0)
        return Track(exits, np.where(begins, origin, row), np.where(begins, origin, column), np.where(begins, 0, heading),
                     found, observation[:, _WALL] > 0)


class ShortestPath(Told):
    """Knows the maze and takes a shortest way, turns counted.

    Parameters
    ----------
    task : Maze
    """

    name, family, told = "shortest-path", "mdp", "distance_after"

    def logits(self, observation: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Do what leads nearest, given how far the target is after each action."""
        return first_best(-told)


def maze_players(task: Maze) -> list[Agent]:
    """Return every reference player of mazes, the simplest first; frames only those can play that need not see."""
    blind = isinstance(task, MazePixels)
    return [RandomAgent(task), *([] if blind else [WallFollower(task), Searcher(task)]), ShortestPath(task)]
