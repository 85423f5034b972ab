"""Mazes: find a target once, then go straight to it; one maze an episode, several visits to it from the same start.

What is observed: for each of a few cells straight ahead, as far as one can see, whether there is a wall beyond it, an
opening to its left, one to its right, and the target in it; and whether a new visit begins. What must be learnt within
an episode: where the target is. Source: Duan et al. 2016 (arXiv 1611.02779, section 3.3 and table 3): 5 x 5 and 9 x 9
mazes, two visits, at most 250 and 1,000 steps a visit, 1 for the target, -.04 a step and -.001 for running into a wall,
1,000 mazes to train on and 1,000 others to test.

Words as in ``tasks/mdp.py``: the paper's *trial* is our *episode*, its *episode* our *visit* (column ``block``), one step
a trial of the table; ``state`` is the place, four times the cell plus the heading.

How ours departs: the paper shows frames of a first-person game (``tasks/maze_pixels.py`` renders such), where one moves
and turns continuously; ours moves by cells and quarter turns, so that fewer steps are needed. How the paper's mazes were
drawn is not stated, see ``tasks/labyrinths.py``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import MDP
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, flat, index_columns, indices, take
from tasks.labyrinths import N_ACTIONS, Labyrinths, labyrinths, step_of

MAZES = ("train", "test")
"""Two sets of mazes that share none (by number)."""

SEEN = ("in sight", "wall ahead", "opening left", "opening right", "target")
"""What is observed of every cell straight ahead."""


class MazeState(NamedTuple):
    """State of a batch of episodes; arrays are (n_episodes,) ints."""

    maze: np.ndarray  # index into the set
    place: np.ndarray
    visit: np.ndarray
    clock: np.ndarray  # steps of this visit
    step: int  # of the episode


@dataclass(frozen=True)
class Maze(Task):
    """A maze an episode, visited ``n_visits`` times from the same start.

    Parameters
    ----------
    size : int
        Cells a side, 2 to 32.
    n_visits : int
        >= 1; 2 in training, 5 in the paper's longer test.
    visit_steps : int
        Most steps of a visit, >= 1.
    n_trials : int
        Most steps of an episode, >= 1; it ends with the last visit.
    sight : int
        Cells straight ahead that are seen, the own one included, >= 1.
    loops : float
        In [0, 1]: probability that a wall which is not needed is open.
    target_reward, step_reward, wall_reward : float
        For reaching the target, for every step, and for running into a wall.
    mazes : {"train", "test"}
    n_mazes : int
        In each set, >= 1.
    name : str
        Registered id.

    Notes
    -----
    ``reward = step_reward + target_reward [at the target] + wall_reward [a wall was hit]``. A maze is a random
    spanning tree of the grid; a visit begins at the same start and ends at the target or after ``visit_steps``. Steps
    of the shortest way count turns.

    Examples
    --------
    >>> task = Maze(sight=2)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(1, rng)
    >>> observation.shape, observation[0, -1]  # two cells of five numbers, and a visit begins
    ((1, 11), np.float32(1.0))
    """

    size: int = 5
    n_visits: int = 2
    visit_steps: int = 250
    n_trials: int = 500
    sight: int = 4
    loops: float = 0.0
    target_reward: float = 1.0
    step_reward: float = -0.04
    wall_reward: float = -0.001
    mazes: str = "train"
    n_mazes: int = 1000
    name: str = "maze/grid5"

    def __post_init__(self) -> None:
        for what, least, most in (("size", 2, 32), ("n_visits", 1, 1000), ("visit_steps", 1, 10**6), ("sight", 1, 32),
                                  ("n_mazes", 1, 10**5), ("n_trials", 1, 10**6)):
            if not least <= getattr(self, what) <= most:
                raise UserError(f"{what} must lie in [{least}, {most}], got {getattr(self, what)}.")
        if not 0 <= self.loops <= 1:
            raise UserError(f"loops is a probability, in [0, 1], got {self.loops}.")
        if self.mazes not in MAZES:
            raise unknown_name("set of mazes", self.mazes, MAZES)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        outcomes = [self.step_reward, self.step_reward + self.wall_reward, self.step_reward + self.target_reward]
        return TaskSpec(
            name=self.name, family=MDP, observation_size=self.view_size + 1, n_actions=N_ACTIONS,
            n_trials=self.n_trials, n_steps=self.n_trials, reward_range=(min(outcomes), max(outcomes)), citation="Duan et al. 2016, section 3.3",
            visible=("place", "distance_after"), restart=self.view_size,
        )

    @property
    def view_size(self) -> int:
        """Numbers that show what is ahead."""
        return len(SEEN) * self.sight

    @property
    def labyrinths(self) -> Labyrinths:
        """The mazes of the set; drawn once."""
        return labyrinths(self.size, MAZES.index(self.mazes) * 10**5, self.n_mazes, self.loops)

    def view(self, maze: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Return (..., view_size) float32 what is seen in mazes from places; both of one shape."""
        return self._observe(maze, place, np.zeros(np.shape(maze), bool))[..., :-1]

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[MazeState, np.ndarray]:
        """Draw the mazes of ``n_episodes`` episodes; see ``Task.begin``."""
        maze, zeros = rng.integers(0, self.n_mazes, n_episodes), np.zeros(n_episodes, np.int64)
        state = MazeState(maze, self.labyrinths.start[maze], zeros, zeros, 0)
        return state, self._observe(state.maze, state.place, np.ones(n_episodes, bool))

    def advance(
        self, state: MazeState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[MazeState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one step in every episode; see ``Task.advance``. Nothing happens after the last visit."""
        maze, mazes = state.maze, self.labyrinths
        action = self.check_action(action, len(maze))
        alive = state.visit < self.n_visits
        place = mazes.after[maze, state.place, action]
        found = alive & (place // 4 == mazes.target[maze])
        blocked = alive & (place == state.place)
        reward = alive * self.step_reward + blocked * self.wall_reward + found * self.target_reward
        over = found | (state.clock + 1 >= self.visit_steps)
        visit = state.visit + (over & alive)
        place, clock = np.where(over, mazes.start[maze], place), np.where(over, 0, state.clock + 1)
        done = (visit >= self.n_visits) | (state.step + 1 >= self.n_trials)
        visit = np.where(done, self.n_visits, visit)
        observation = self._observe(maze, place, over)
        observation[done] = 0
        return MazeState(maze, place, visit, clock, state.step + 1), observation, reward, done

    def _observe(self, maze: np.ndarray, place: np.ndarray, begins: np.ndarray) -> np.ndarray:
        seen = np.empty((*maze.shape, self.view_size + 1), np.float32)
        self._show(maze, place, seen[..., :-1])
        seen[..., -1] = begins
        return seen

    def _show(self, maze: np.ndarray, place: np.ndarray, out: np.ndarray) -> None:
        """Write what is seen into (..., view_size) ``out``."""
        out[:] = _views(self.size, MAZES.index(self.mazes) * 10**5, self.n_mazes, self.loops, self.sight)[maze, place]

    def hidden(self, state: MazeState) -> dict[str, np.ndarray]:
        """``maze`` (n_episodes,), its number; ``distance_after`` (n_episodes, 3), fewest steps to the target after each action."""
        return {"maze": state.maze, "place": state.place,
                "distance_after": self.labyrinths.distance_after[state.maze, state.place].astype(int)}

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``block`` (the visit), ``state`` (the place), ``choice, reward, maze`` and ``distance_after_<action>``."""
        valid, hidden = rollout.valid, rollout.hidden
        visit = rollout.observation[..., -1].cumsum(axis=0).astype(int) - 1
        columns = index_columns(valid) | {
            "block": flat(visit, valid), "state": flat(hidden["place"], valid), "choice": flat(rollout.action, valid),
            "reward": flat(rollout.reward, valid), "maze": flat(hidden["maze"], valid)}
        for action in range(3):
            columns[f"distance_after_{action}"] = flat(hidden["distance_after"][..., action], valid)
        return validate_trials(pd.DataFrame(columns), MDP, 3, self.spec.reward_range)

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Episodes are the sessions; a visit begins where ``block`` changes. The table must name the maze.

        Raises
        ------
        TrialTableError
            There is no column ``maze``, or a maze or place is not one of this task.
        """
        trials = validate_trials(trials, MDP, 3, self.spec.reward_range)
        row = answered_rows(trials, MDP)
        need, hint = f"{self.name!r} shows what stands in a maze", "Make the task with the size and n_mazes that were played."
        maze = indices(trials, "maze", row, self.n_mazes, need, hint)
        place = indices(trials, "state", row, 4 * self.size**2, need, hint)
        valid, block = row >= 0, take(trials, "block", row, padding=-1.0)
        begins = np.concatenate([np.ones_like(valid[:1]), block[1:] != block[:-1]])
        return Rollout(
            task=self, observation=self._observe(maze, place, begins) * valid[..., None],
            action=take(trials, "choice", row).astype(np.int64), reward=take(trials, "reward", row), valid=valid,
            scored=valid.copy(), row=row, hidden={
                "maze": maze, "place": place, "distance_after": self.labyrinths.distance_after[maze, place].astype(int)},
        )


@lru_cache(maxsize=8)
def _views(size: int, first: int, n: int, loops: float, sight: int) -> np.ndarray:
    """Return (n, n_places, 5 * sight) float32: what is seen from every place of every maze."""
    mazes = labyrinths(size, first, n, loops)
    cell, heading = np.divmod(np.arange(4 * size**2), 4)
    ahead, rows = np.broadcast_to(cell, (n, len(cell))), np.arange(n)[:, None]
    in_sight, seen = np.ones(ahead.shape, bool), []
    for _ in range(sight):
        free, left, right = (mazes.opening[rows, (heading + turn) % 4, ahead] for turn in (0, -1, 1))
        here = ahead == mazes.target[:, None]
        seen += [in_sight, in_sight & ~free, in_sight & left, in_sight & right, in_sight & here]
        in_sight = in_sight & free
        ahead = np.where(in_sight, ahead + step_of(heading, size), ahead)
    return np.stack(seen, axis=-1).astype(np.float32)
