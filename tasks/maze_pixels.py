"""Mazes seen in the first person: frames cast ray by ray, whole batches at once.

As ``tasks/maze.py`` in everything but what is seen: a small colour image, walls in four colours by the side that they
face, darker with distance, the target a red block on the floor. Source: Duan et al. 2016 (arXiv 1611.02779, section
3.3), whose frames come from a game engine. How ours departs: one stands in the middle of a cell and looks along one of
four headings; size of the image and field of view, which the paper does not print, are settings.

Notes
-----
From the middle of a cell the same rays cross the same grid lines, whatever the maze. So the crossings are computed once;
for a frame one looks up the first closed one, and pastes the column of pixels that belongs to it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError
from tasks.labyrinths import step_of
from tasks.maze import Maze

WALLS = np.array([[0.35, 0.55, 0.85], [0.85, 0.75, 0.35], [0.45, 0.75, 0.45], [0.75, 0.5, 0.75]], np.float32)
"""Colours (red, green, blue) of walls that face somebody who looks north, east, south, west."""

TARGET, SKY, FLOOR = ([0.9, 0.1, 0.1], [0.75, 0.85, 0.95], [0.35, 0.3, 0.25])


class Rays(NamedTuple):
    """Grid lines that the rays of somebody who looks north cross; arrays are (width, n_crossings)."""

    heading: np.ndarray  # int: in which heading a line is crossed
    distance: np.ndarray  # float: along the line of sight, in cells


@dataclass(frozen=True)
class MazePixels(Maze):
    """A maze an episode, seen as frames of ``height * width`` pixels in three colours, each in [0, 1], row by row.

    Parameters
    ----------
    width, height : int
        Of a frame in pixels, >= 2.
    field_of_view : float
        Degrees from the left to the right edge, in (0, 120].
    size, n_visits, visit_steps, loops, target_reward, step_reward, wall_reward, mazes, n_mazes, name
        See ``Maze``; ``sight`` is not used.

    Notes
    -----
    Column ``x`` of a frame looks along a ray with ``(2 x + 1) / width - 1 = tan(angle) / tan(field_of_view / 2)``; a
    wall that it meets ``d`` cells ahead, along the line of sight, is ``width / (2 tan(field_of_view / 2)) / d``
    pixels tall. Rewards as in ``Maze``.

    Examples
    --------
    >>> task = MazePixels()
    >>> state, observation = task.begin(2, np.random.default_rng(0))
    >>> task.frame(observation).shape
    (2, 30, 40, 3)
    """

    width: int = 40
    height: int = 30
    field_of_view: float = 90.0
    name: str = "maze/pixels5"

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.width, self.height) < 2 or not 0 < self.field_of_view <= 120:
            raise UserError(f"a frame has width and height >= 2 and a field of view in (0, 120] degrees, got {self.width}, "
                            f"{self.height} and {self.field_of_view}.")

    @property
    def view_size(self) -> int:
        """Numbers of a frame."""
        return self.height * self.width * 3

    def frame(self, observation: np.ndarray) -> np.ndarray:
        """Return observations as images, (..., height, width, 3)."""
        return observation[..., :-1].reshape(*observation.shape[:-1], self.height, self.width, 3)

    def _show(self, maze: np.ndarray, place: np.ndarray, out: np.ndarray) -> None:
        """Write the frames into (..., view_size) ``out``."""
        place, (columns, sizes) = place.ravel(), _columns(self.width, self.height, self.field_of_view, self.size)
        found = self._cast(maze.ravel(), place // 4, place % 4)
        which = np.ravel_multi_index((np.broadcast_to(np.arange(self.width), found[0].shape), *found), sizes)
        frames = columns[which].reshape(*maze.shape, self.width, self.height, 3)
        out.reshape(*maze.shape, self.height, self.width, 3)[:] = frames.swapaxes(-3, -2)

    def _cast(self, maze: np.ndarray, cell: np.ndarray, heading: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return (n, width) ints: at which crossing each ray ends, enters the target's cell (last: never), and which way it faces."""
        rays, mazes = cast_rays(self.width, self.field_of_view, self.size), self.labyrinths
        n_crossings = rays.heading.shape[1]
        here = np.repeat(cell[:, None], self.width, axis=1)
        hit, target = np.full(here.shape, n_crossings - 1), np.full(here.shape, n_crossings)
        facing, alive, rows = np.zeros(here.shape, int), np.ones(here.shape, bool), maze[:, None]
        for k in range(n_crossings):
            way = (rays.heading[:, k] + heading[:, None]) % 4
            free = mazes.opening[rows, way, here]
            ends = alive & ~free
            hit[ends], facing[ends] = k, way[ends]
            alive &= free
            if not alive.any():
                break
            here = np.where(alive, here + step_of(way, self.size), here)
            target[alive & (target == n_crossings) & (here == mazes.target[rows])] = k
        return hit, target, facing


@lru_cache(maxsize=8)
def cast_rays(width: int, field_of_view: float, size: int) -> Rays:
    """Return the grid lines that rays cross, nearest first, from the middle of a cell, looking north.

    Parameters
    ----------
    width : int
        Rays, evenly spaced on a plane before the eye.
    field_of_view : float
        Degrees between the edges.
    size : int
        Of the maze: no ray crosses more than ``2 * size`` lines within it.

    Examples
    --------
    >>> rays = cast_rays(3, 90.0, 5)
    >>> rays.heading[1, :3].tolist(), rays.distance[1, :3].tolist()  # the middle one meets lines ahead only
    ([0, 0, 0], [0.5, 1.5, 2.5])
    """
    edge = np.tan(np.radians(field_of_view / 2))
    slope = edge * ((2 * np.arange(width) + 1) / width - 1)  # cells to the right for each cell ahead
    ahead = np.arange(size) + 0.5
    with np.errstate(divide="ignore"):
        aside = ahead / np.abs(slope)[:, None]  # distance ahead at which a ray meets the lines beside
    distance = np.concatenate([np.broadcast_to(ahead, (width, size)), aside], axis=1)
    side = np.where(slope > 0, 1, 3)
    heading = np.concatenate([np.zeros((width, size), int), np.repeat(side[:, None], size, axis=1)], axis=1)
    order = np.argsort(distance, axis=1, kind="stable")
    return Rays(np.take_along_axis(heading, order, axis=1), np.take_along_axis(distance, order, axis=1))


@lru_cache(maxsize=8)
def _columns(width: int, height: int, field_of_view: float, size: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return every column of pixels that there can be, (n, 3 * height) float32, and what ``n`` is made of.

    Of the column in the frame, the crossing at which its ray ends, that at which it enters the target's cell (last:
    never), and which way it faces there.
    """
    rays = cast_rays(width, field_of_view, size)
    scale = width / (2 * np.tan(np.radians(field_of_view / 2)))  # pixels that a cell takes at distance 1
    y = np.arange(height) - (height - 1) / 2  # from the horizon down
    reach = np.minimum(0.5 * scale / rays.distance, 10.0 * height)[..., None]  # half the wall's height in pixels
    wall = np.abs(y) <= reach
    block = (y <= reach) & (y >= 0.2 * reach)
    shade = (1 / (1 + 0.25 * np.minimum(rays.distance, 1e6)))[:, :, None, None, None].astype(np.float32)
    ground = np.where(y[:, None] > 0, FLOOR, SKY).astype(np.float32)
    without = np.where(wall[:, :, None, :, None], shade * WALLS[None, None, :, None], ground)
    n = rays.distance.shape[1]
    out = np.repeat(without[:, :, None], n + 1, axis=2)
    nearer = np.tril(np.ones((n, n), bool), -1)  # the target's cell is entered before the ray ends
    with_block = np.where(block[:, None, :, None, :, None], (shade * np.array(TARGET, np.float32))[:, None], without[:, :, None])
    out[:, :, :n] = np.where(nearer[None, :, :, None, None, None], with_block, out[:, :, :n])
    return out.reshape(-1, 3 * height), out.shape[:4]
