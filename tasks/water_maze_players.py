"""Players of the contextual water maze: by chance, by searching the whole of it, by search and memory, and knowing the goal.

The searcher goes to the nearest place where it has not been, among equally near ones to that with the fewest unvisited
neighbours, so that it seldom leaves a place behind; ties are broken by number. Once it has found the goal it goes straight
to it for the rest of the episode. ``exhaustive-search`` forgets everything when the episode is over; ``search-and-remember``
keeps the goal of every barcode for the epoch. None of them ever hesitates, so that what they earn is a fact of the grid,
see ``tasks/water_maze_exact.py``.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.random_agent import RandomAgent
from tasks.choosing import certain
from tasks.told import Told
from tasks.water_maze import MOVES, WaterMaze, neighbours

UNKNOWN = -1
"""In place of a goal that was not found yet."""


def distances(size: int) -> np.ndarray:
    """Return (n_places, n_places) int: steps of a shortest way.

    Examples
    --------
    >>> distances(2).tolist()
    [[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 1], [2, 1, 1, 0]]
    """
    row, column = np.divmod(np.arange(size**2), size)
    return np.abs(row[:, None] - row) + np.abs(column[:, None] - column)


def towards(place: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
    """Return (n,) the first move of a shortest way from places to targets, the first in the order of ``MOVES``."""
    return distances(size)[neighbours(size)[place], target[:, None]].argmin(axis=1)


def next_unvisited(place: np.ndarray, visited: np.ndarray, size: int) -> np.ndarray:
    """Return (n,) where the searcher goes next.

    Parameters
    ----------
    place : (n,) int array
    visited : (n, n_places) bool array
    size : int

    Examples
    --------
    >>> next_unvisited(np.array([0]), np.array([[True, False, False, False]]), 2).tolist()
    [1]
    """
    beside = distances(size) == 1
    crowd = (~visited).astype(int) @ beside  # unvisited neighbours of every place
    score = distances(size)[place] * (len(MOVES) + 1) + crowd
    return np.where(visited, np.iinfo(np.int64).max, score).argmin(axis=1)


class Search(NamedTuple):
    """What a searcher holds within an episode."""

    visited: np.ndarray  # (n, n_places) bool
    goal: np.ndarray  # (n,) int, UNKNOWN before it was found
    place: np.ndarray  # (n,) int, where it was at the last step


class ExhaustiveSearch(Agent):
    """Searches place after place, then goes straight; forgets everything when the episode is over.

    Parameters
    ----------
    task : WaterMaze
    """

    name, family = "exhaustive-search", "mdp"

    def __init__(self, task: WaterMaze) -> None:
        self.task, self.size = task, task.size

    def initial_state(self, n_episodes: int) -> Search:
        """Return a search in which no place was visited."""
        nowhere = np.zeros((n_episodes, self.size**2), bool)
        return Search(nowhere, np.full(n_episodes, UNKNOWN), np.zeros(n_episodes, np.int64))

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Search
    ) -> tuple[np.ndarray, np.ndarray, Search]:
        """Take note of the last step and go on; see ``Agent.step``."""
        goal, place = self.found(state, previous_action, previous_reward), self.task.place_of(observation)
        visited = state.visited | (place[:, None] == np.arange(self.size**2))
        target = np.where(goal == UNKNOWN, next_unvisited(place, visited, self.size), goal)
        logits = certain(towards(place, target, self.size), len(MOVES))
        return logits, np.full(len(place), np.nan), Search(visited, goal, place)

    def found(self, state: Search, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Return (n,) the goal, known from now on where the last step was paid."""
        after = neighbours(self.size)[state.place, np.maximum(action, 0)]
        return np.where((reward > 0) & (action != NO_ACTION), after, state.goal)


class Memory(NamedTuple):
    """What somebody holds who remembers."""

    search: Search
    goal: np.ndarray  # (n_epochs, 2 ** n_bits) int16: the goal of every barcode, UNKNOWN before it was found
    code: np.ndarray  # (n_epochs,) int: the barcode of this episode


class SearchAndRemember(ExhaustiveSearch):
    """Searches where the context is new, and goes straight to the goal that it found there before.

    Parameters
    ----------
    task : WaterMaze

    Notes
    -----
    It knows contexts by the barcode that everybody sees. Of a search that was not finished it keeps nothing.
    """

    name = "search-and-remember"

    def initial_state(self, n_episodes: int) -> Memory:
        """Return an empty memory."""
        empty = np.full((n_episodes, 2**self.task.n_bits), UNKNOWN, np.int16)
        return Memory(super().initial_state(n_episodes), empty, np.zeros(n_episodes, np.int64))

    def next_episode(self, state: Memory, action: np.ndarray, reward: np.ndarray) -> Memory:
        """Write down where the goal of this barcode is, if it was found."""
        goal, epoch = state.goal.copy(), np.arange(len(action))
        goal[epoch, state.code] = self.found(state.search, action, reward)
        return Memory(super().initial_state(len(action)), goal, state.code)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Memory
    ) -> tuple[np.ndarray, np.ndarray, Memory]:
        """Recall the goal of this barcode, take note of the last step, and go; see ``Agent.step``."""
        code = (observation[:, slice(*self.task.spec.cue)] > 0).astype(np.int64) @ (1 << np.arange(self.task.n_bits))
        recalled = state.goal[np.arange(len(code)), code].astype(np.int64)
        search = state.search._replace(goal=np.where(state.search.goal == UNKNOWN, recalled, state.search.goal))
        logits, value, search = super().step(observation, previous_action, previous_reward, search)
        return logits, value, Memory(search, state.goal, code)


class StraightToGoal(Told):
    """Is told where the goal is, and takes a shortest way.

    Parameters
    ----------
    task : WaterMaze
    """

    name, family, told = "shortest-path", "mdp", "goal"

    def logits(self, observation: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Go straight to the goal."""
        return certain(towards(self.task.place_of(observation), told, self.task.size), len(MOVES))


def water_maze_players(task: WaterMaze) -> list[Agent]:
    """Return every reference player of the contextual water maze, the simplest first."""
    return [RandomAgent(task), ExhaustiveSearch(task), SearchAndRemember(task), StraightToGoal(task)]
