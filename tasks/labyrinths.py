"""Random mazes, many at once: walls, a start, a target, and how far every place is from it.

A maze is a number: walls and places follow from it alone, so that a trial table which keeps the number gives back all
that was seen. Cells are numbered row by row from the north-west corner; headings are 0 north, 1 east, 2 south, 3 west;
a *place* is ``4 * cell + heading``.

Notes
-----
Walls are those of the spanning tree that is cheapest under independent uniform costs of the openings (Prim 1957); of the
walls that are left, each is opened with a given probability. How ours departs from Duan et al. 2016: the paper does not
say how its mazes were drawn.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from tasks.uniform_of import uniform_of

NORTH, EAST, SOUTH, WEST = range(4)
N_ACTIONS = 3
LEFT, RIGHT, FORWARD = range(N_ACTIONS)
"""Actions: turn left, turn right, go to the next cell if there is no wall."""


@dataclass(frozen=True, eq=False)
class Labyrinths:
    """A batch of mazes of one size.

    Parameters
    ----------
    size : int
        Cells a side.
    opening : (n, 4, n_cells) bool array
        Whether one can leave a cell in a heading.
    start : (n,) int array
        Place in which a visit starts.
    target : (n,) int array
        Cell.
    """

    size: int
    opening: np.ndarray
    start: np.ndarray
    target: np.ndarray

    @cached_property
    def after(self) -> np.ndarray:
        """(n, n_places, 3) int32: the place to which each action leads; where a wall stops one, the same place."""
        n, n_cells = len(self.opening), self.size**2
        cell, heading = np.divmod(np.arange(4 * n_cells), 4)
        turned = np.stack([4 * cell + (heading + turn) % 4 for turn in (-1, 1)], axis=-1)
        free = self.opening[:, heading, cell]
        ahead = 4 * (cell + step_of(heading, self.size)) + heading
        forward = np.where(free, ahead, np.arange(4 * n_cells))
        both = np.broadcast_to(turned, (n, *turned.shape))
        return np.concatenate([both, forward[..., None]], axis=-1).astype(np.int32)

    @cached_property
    def distance(self) -> np.ndarray:
        """(n, n_places) int16: fewest steps to the target, turns included."""
        n, n_places = self.after.shape[:2]
        far = np.int16(np.iinfo(np.int16).max - 1)
        distance = np.where(np.arange(n_places) // 4 == self.target[:, None], np.int16(0), far)
        rows = np.arange(n)[:, None, None]
        while True:
            nearer = np.minimum(distance, np.minimum(distance[rows, self.after].min(axis=-1), far - 1) + np.int16(1))
            if np.array_equal(nearer, distance):
                return distance
            distance = nearer

    @cached_property
    def distance_after(self) -> np.ndarray:
        """(n, n_places, 3) int16: fewest steps to the target after each action."""
        return self.distance[np.arange(len(self.after))[:, None, None], self.after]


def step_of(heading: np.ndarray, size: int) -> np.ndarray:
    """Return how the number of a cell changes by going on in a heading.

    Examples
    --------
    >>> step_of(np.arange(4), size=5).tolist()
    [-5, 1, 5, -1]
    """
    return np.array([-size, 1, size, -1])[heading]


@lru_cache(maxsize=8)
def labyrinths(size: int, first: int, n: int, loops: float) -> Labyrinths:
    """Return the mazes with the numbers ``first`` to ``first + n - 1``.

    Parameters
    ----------
    size : int
        Cells a side, >= 2.
    first, n : int
    loops : float
        In [0, 1]: probability that a wall which is not needed is opened, so that there is more than one way.

    Examples
    --------
    >>> mazes = labyrinths(5, 0, 3, 0.0)
    >>> (mazes.opening[:, [EAST, SOUTH]].sum(axis=(1, 2))).tolist()  # a tree on 25 cells has 24 openings
    [24, 24, 24]
    """
    edges = _edges(size)
    luck = uniform_of(first + np.arange(n), 2 * len(edges) + 3)
    chosen = _spanning_tree(edges, luck[:, : len(edges)], size**2) | (luck[:, len(edges): -3] < loops)
    opening = np.zeros((n, 4, size**2), bool)
    for k, (one, other) in enumerate(edges):
        there, back = (EAST, WEST) if other == one + 1 else (SOUTH, NORTH)
        opening[:, there, one] = opening[:, back, other] = chosen[:, k]
    n_cells = size**2
    cell = (luck[:, -3] * n_cells).astype(int)
    target = (cell + 1 + (luck[:, -2] * (n_cells - 1)).astype(int)) % n_cells
    return Labyrinths(size, opening, 4 * cell + (luck[:, -1] * 4).astype(int), target)


def _edges(size: int) -> np.ndarray:
    """Return (n_edges, 2) pairs of neighbouring cells, the smaller number first."""
    cell = np.arange(size**2).reshape(size, size)
    east = np.stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()], axis=1)
    south = np.stack([cell[:-1].ravel(), cell[1:].ravel()], axis=1)
    return np.concatenate([east, south])


def _spanning_tree(edges: np.ndarray, cost: np.ndarray, n_cells: int) -> np.ndarray:
    """Return (n, n_edges) bool: the cheapest spanning tree of each maze, grown from cell 0."""
    n, rows = len(cost), np.arange(len(cost))
    reached, chosen = np.zeros((n, n_cells), bool), np.zeros(cost.shape, bool)
    reached[:, 0] = True
    for _ in range(n_cells - 1):
        leads_out = reached[:, edges[:, 0]] ^ reached[:, edges[:, 1]]
        best = np.where(leads_out, cost, np.inf).argmin(axis=1)
        chosen[rows, best] = True
        reached[rows, edges[best, 0]] = reached[rows, edges[best, 1]] = True
    return chosen
