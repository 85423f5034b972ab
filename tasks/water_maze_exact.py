"""What the players of the water maze earn, exactly: by enumeration of starts and goals, without a random number.

A way of known length that begins again at a random place is a renewal process: with ``p_g(d)`` the share of starts at a
distance ``d`` from the goal ``g``, somebody who knows ``g`` reaches it, in the mean over starts,

    E_g[goals in t steps] = sum_{d <= t} p_g(d) (1 + E_g[goals in t - d steps])

times. The searcher needs ``s(x, g)`` steps from a start ``x`` for the first time, and knows the goal from then on. Chance is
a Markov chain over places, solved as a linear system (steps to the goal) or stepped (goals in an episode).
"""

from typing import NamedTuple

import numpy as np

from tasks.settings import check_size
from tasks.water_maze import MOVES, WaterMaze, neighbours
from tasks.water_maze_players import distances, next_unvisited, towards


MOST_SIZE = 16
"""Cells a side of the largest maze that is solved: a linear system a goal, 7 seconds in all; 5 x 5 cells take a hundredth."""


class Earned(NamedTuple):
    """Expectations for one episode; goals and starts are drawn evenly, no start is the goal."""

    first_goal: float  # steps until the goal is reached for the first time, were the episode long enough
    goals: float  # times that it is reached within the episode
    reward: float  # of the episode


def earned(task: WaterMaze) -> dict[str, Earned]:
    """Return what an episode is worth to each player; ``search-and-remember`` is the searcher first, then knows.

    Raises
    ------
    UserError
        The maze is larger than ``MOST_SIZE``.

    Examples
    --------
    >>> round(float(earned(WaterMaze())["shortest-path"].first_goal), 3)  # 2 / 3 of the size
    3.333
    """
    check_size("the worth of a water maze", "cells a side", task.size, MOST_SIZE)
    way, known = distances(task.size), goals_when_known(task.size, task.n_trials)
    search = search_steps(task.size)
    pairs = {"exhaustive-search": (search, _goals_of(search, known, task.n_trials)),
             "shortest-path": (way, _goals_of(way, known, task.n_trials)),
             "random": (random_steps(task.size), random_goals(task.size, task.n_trials))}
    apart = ~np.eye(task.size**2, dtype=bool)
    means = {name: (steps[apart].mean(), goals[apart].mean()) for name, (steps, goals) in pairs.items()}
    return {name: Earned(steps, goals, goals * task.goal_reward + task.n_trials * task.step_reward)
            for name, (steps, goals) in means.items()}


def _goals_of(steps: np.ndarray, known: np.ndarray, n_steps: int) -> np.ndarray:
    """Return (start, goal) times that the goal is reached: once after ``steps``, then as somebody who knows it."""
    left = np.maximum(n_steps - steps, 0)
    return np.where(steps <= n_steps, 1 + known[np.arange(len(known))[None, :], left], 0.0)


def goals_when_known(size: int, n_steps: int) -> np.ndarray:
    """Return (goal, n_steps + 1): goals that are reached in 0 to ``n_steps`` steps, from a random start."""
    n_places = size**2
    share = np.stack([np.bincount(way, minlength=2 * size - 1) for way in distances(size)]) / (n_places - 1)
    goals = np.zeros((n_places, n_steps + 1))
    for t in range(1, n_steps + 1):
        ways = np.arange(1, min(t, 2 * size - 2) + 1)
        goals[:, t] = (share[:, ways] * (1 + goals[:, t - ways])).sum(axis=1)
    return goals


def search_steps(size: int) -> np.ndarray:
    """Return (start, goal) int: the step at which the searcher, from each start, enters each place; 0 at the start itself."""
    place = np.arange(size**2)
    visited, entered, step = np.eye(size**2, dtype=bool), np.zeros((size**2, size**2), int), 0
    while not visited.all():
        searching = ~visited.all(axis=1)
        target = next_unvisited(place, visited, size)
        place = np.where(searching, neighbours(size)[place, towards(place, target, size)], place)
        step += 1
        new = (place[:, None] == np.arange(size**2)) & ~visited
        entered, visited = np.where(new, step, entered), visited | new
    return entered


def random_steps(size: int) -> np.ndarray:
    """Return (start, goal) steps until somebody who moves at random enters the goal; 0 at the goal itself."""
    walk, n_places = _walk(size), size**2
    steps = np.zeros((n_places, n_places))
    for goal in range(n_places):
        others = np.delete(np.arange(n_places), goal)
        inner = walk[np.ix_(others, others)]
        steps[others, goal] = np.linalg.solve(np.eye(n_places - 1) - inner, np.ones(n_places - 1))
    return steps


def random_goals(size: int, n_steps: int) -> np.ndarray:
    """Return (start, goal) times that somebody who moves at random enters the goal in ``n_steps`` steps."""
    walk, n_places = _walk(size), size**2
    goals = np.empty((n_places, n_places))
    for goal in range(n_places):
        again = np.full(n_places, 1 / (n_places - 1))
        again[goal] = 0.0
        pays, on = walk[:, goal], walk.copy()
        on[:, goal] = 0.0
        on += np.outer(pays, again)
        worth = np.zeros(n_places)
        for _ in range(n_steps):
            worth = pays + on @ worth
        goals[:, goal] = worth
    return goals


def _walk(size: int) -> np.ndarray:
    """Return (n_places, n_places) the probability of each next place of a random move."""
    walk, after = np.zeros((size**2, size**2)), neighbours(size)
    for move in range(len(MOVES)):
        walk[np.arange(size**2), after[:, move]] += 1 / len(MOVES)
    return walk
