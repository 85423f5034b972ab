"""A water maze whose platform depends on the context: search once, and swim straight to it when the context returns.

What is observed: the row and the column where one is, and the barcode of the episode's context. What must be learnt: within
an episode, where the hidden goal of this context is; over the episodes of an epoch, to find that again in memory when the
context returns. Source: Ritter et al. 2018 (ICML, arXiv 1805.09692), contextual water maze: a small arena with a hidden goal
that the context signals; contexts stand in a bag, 10 times each, and are drawn without replacement.

How ours departs: of the paper's maze little is known to us. Its size (``size``), the length of an episode (``n_trials``),
rewards, moves and starts are settings with our choice: an open grid of 5 x 5, 30 steps, which is enough to search it whole
and to come back a few times, 1 for the goal, nothing for a step, moves to the four neighbours. Whoever reaches the goal is
put at a random other place and may come again: an episode has a fixed number of steps, as all episodes of an epoch must,
and what it pays tells how straight the ways were. Goals of an epoch's contexts are drawn independently, so that what was
found in one context tells nothing of another.

Words: one step is a trial of the table (``state, choice, reward``), a block is an episode, and ``state`` is the place, row
times ``size`` plus column.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import MDP
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, check_blocks, flat, index_columns, indices, take
from tasks.contexts import check_barcodes, draw_bag, draw_barcodes
from tasks.settings import check_at_least

MOVES = ("north", "east", "south", "west")
"""What the actions are; rows are counted from the north, columns from the west."""

HIDDEN = ("context", "exposure", "goal")
"""What an episode hides, columns of the trial table."""


class WaterState(NamedTuple):
    """State of a batch of epochs."""

    step: int  # from the epoch's beginning
    context: np.ndarray  # (n_epochs, n_episodes) int: which context each episode has
    exposure: np.ndarray  # (n_epochs, n_episodes) int: how often it was met before
    goal: np.ndarray  # (n_epochs, n_contexts) int: a place
    cue: np.ndarray  # (n_epochs, n_episodes, n_bits) float32
    place: np.ndarray  # (n_epochs,) int


def neighbours(size: int) -> np.ndarray:
    """Return (size * size, 4) int: the place that each move leads to; at the edge one stays.

    Examples
    --------
    >>> neighbours(2).tolist()
    [[0, 1, 2, 0], [1, 1, 3, 0], [0, 3, 2, 2], [1, 3, 3, 2]]
    """
    row, column = np.divmod(np.arange(size**2), size)
    last = size - 1
    ways = [(np.maximum(row - 1, 0), column), (row, np.minimum(column + 1, last)),
            (np.minimum(row + 1, last), column), (row, np.maximum(column - 1, 0))]
    return np.stack([r * size + c for r, c in ways], axis=1)


@dataclass(frozen=True)
class WaterMaze(Task):
    """Epochs of episodes in an open grid with a hidden goal that depends on the context.

    Parameters
    ----------
    size : int
        Cells a side, 2 to 32.
    n_contexts, n_exposures : int
        Contexts of an epoch; episodes of each context in an epoch. >= 1.
    n_trials : int
        Steps of an episode, >= 1.
    n_bits : int
        Length of a barcode, 1 to 16; an epoch's barcodes are distinct and none is all zeros.
    goal_reward, step_reward : float
        For reaching the goal, > 0, and for every step, <= 0; together they must be > 0, so that a reward tells the goal.
    name : str
        Registered id.

    Notes
    -----
    ``reward = step_reward + goal_reward [at the goal]``; at the goal one is put on another place, drawn evenly. Every
    context has a goal ``~ U`` over the places. From a random place the shortest way has ``2 size / 3`` steps on
    average.

    Examples
    --------
    >>> task = WaterMaze(n_contexts=3, n_exposures=2, n_trials=4)
    >>> state, observation = task.begin(5, np.random.default_rng(0))
    >>> observation.shape, task.spec.n_steps, task.spec.episodes_per_epoch
    ((5, 20), 24, 6)
    """

    size: int = 5
    n_contexts: int = 10
    n_exposures: int = 10
    n_trials: int = 30
    n_bits: int = 10
    goal_reward: float = 1.0
    step_reward: float = 0.0
    name: str = "water_maze/contextual"

    def __post_init__(self) -> None:
        if not 2 <= self.size <= 32:
            raise UserError(f"size must lie in [2, 32], got {self.size}.")
        check_at_least(self, n_contexts=1, n_exposures=1, n_trials=1)
        check_barcodes(self.n_bits, self.n_contexts)
        if not self.step_reward <= 0 < self.goal_reward + self.step_reward:
            raise UserError("step_reward must be 0 or less and goal_reward more than it takes away, so that a reward above 0 "
                            f"tells the goal, got {self.step_reward} and {self.goal_reward}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        n_episodes = self.n_contexts * self.n_exposures
        n_steps, seen = n_episodes * self.n_trials, 2 * self.size
        return TaskSpec(
            name=self.name, family=MDP, observation_size=seen + self.n_bits, n_actions=len(MOVES), n_trials=n_steps,
            n_steps=n_steps, reward_range=(self.step_reward, self.step_reward + self.goal_reward),
            citation="Ritter et al. 2018, contextual water maze", episodes_per_epoch=n_episodes,
            cue=(seen, seen + self.n_bits),
        )

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[WaterState, np.ndarray]:
        """Draw the bags, goals, barcodes and first places of ``n_episodes`` epochs; see ``Task.begin``."""
        context, exposure = draw_bag(n_episodes, self.n_contexts, self.n_exposures, rng)
        goal = rng.integers(0, self.size**2, (n_episodes, self.n_contexts))
        cue = draw_barcodes(context, self.n_contexts, self.n_bits, rng).astype(np.float32)
        state = WaterState(0, context, exposure, goal, cue, np.zeros(n_episodes, np.int64))
        state = state._replace(place=self._elsewhere(self._goal(state), rng))
        return state, self.observe(state.place, cue[:, 0])

    def advance(
        self, state: WaterState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[WaterState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one step in every epoch; see ``Task.advance``."""
        n_epochs, n_episodes = state.context.shape
        place = neighbours(self.size)[state.place, self.check_action(action, n_epochs)]
        found, step = place == self._goal(state), state.step + 1
        reward = self.step_reward + self.goal_reward * found
        over = step >= n_episodes * self.n_trials
        state = state._replace(step=step)
        if over:
            place, shown = state.place, np.zeros((n_epochs, self.spec.observation_size), np.float32)
        else:
            leaves = found | (step % self.n_trials == 0)
            place = np.where(leaves, self._elsewhere(self._goal(state), rng), place)
            shown = self.observe(place, state.cue[:, step // self.n_trials])
        return state._replace(place=place), shown, reward, np.full(n_epochs, over)

    def _goal(self, state: WaterState) -> np.ndarray:
        """Return (n_epochs,) the goal of the episode."""
        return np.take_along_axis(state.goal, state.context[:, state.step // self.n_trials][:, None], axis=1)[:, 0]

    def _elsewhere(self, goal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n_epochs,) places drawn evenly from all but the goal."""
        place = rng.integers(0, self.size**2 - 1, len(goal))
        return place + (place >= goal)

    def observe(self, place: np.ndarray, cue: np.ndarray) -> np.ndarray:
        """Return (..., 2 * size + n_bits) float32: row and column one-hot, and the barcode.

        Parameters
        ----------
        place : (...) int array
        cue : (..., n_bits) array
        """
        row, column = np.divmod(place, self.size)
        where = [part[..., None] == np.arange(self.size) for part in (row, column)]
        return np.concatenate([*where, cue], axis=-1, dtype=np.float32)

    def place_of(self, observation: np.ndarray) -> np.ndarray:
        """Return (...) int: the place that an observation (..., observation_size) shows."""
        row, column = (observation[..., k * self.size:(k + 1) * self.size].argmax(axis=-1) for k in (0, 1))
        return row * self.size + column

    def hidden(self, state: WaterState) -> dict[str, np.ndarray]:
        """``context`` and ``exposure``, from 0, and ``goal``, a place: (n_epochs,) int."""
        episode = state.step // self.n_trials
        return {"context": state.context[:, episode], "exposure": state.exposure[:, episode], "goal": self._goal(state)}

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns of the trial table that hold the bits of the barcode."""
        return tuple(f"cue_{k}" for k in range(self.n_bits))

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``state`` (the place), ``choice, reward``, the barcode ``cue_<k>`` and, where known, what was hidden."""
        valid, seen = rollout.valid, rollout.observation
        columns = index_columns(valid, self.spec.episodes_per_epoch) | {
            "state": flat(self.place_of(seen), valid), "choice": flat(rollout.action, valid),
            "reward": flat(rollout.reward, valid)}
        columns |= {name: flat(seen[..., 2 * self.size + k].astype(float), valid) for k, name in enumerate(self.shown)}
        columns |= {name: flat(array, valid) for name, array in rollout.hidden.items()}
        return validate_trials(pd.DataFrame(columns), MDP, len(MOVES), self.spec.reward_range)

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Epochs are the sessions, episodes the blocks. The table must tell the place and the barcode of every step.

        Raises
        ------
        TrialTableError
            A column of the barcode is missing, a place is not one of this task, or an episode is not whole.
        """
        trials = validate_trials(trials, MDP, len(MOVES), self.spec.reward_range)
        lacking = [name for name in self.shown if name not in trials]
        if lacking:
            raise TrialTableError(f"{self.name!r} shows its agents a barcode, and the trial table lacks the columns "
                                  f"{lacking}. Add them, or make the task with the n_bits that were shown.")
        row = answered_rows(trials, MDP)
        check_blocks(trials, row, self.spec)
        place = indices(trials, "state", row, self.size**2, f"{self.name!r} shows the place", "Make the task with the size "
                        "that was played.")
        cue, known = np.stack([take(trials, name, row) for name in self.shown], axis=-1), set(HIDDEN) <= set(trials)
        return Rollout(
            task=self, observation=self.observe(place, cue), action=take(trials, "choice", row).astype(np.int64),
            reward=take(trials, "reward", row), valid=row >= 0, scored=row >= 0, row=row,
            hidden={name: take(trials, name, row).astype(np.int64) for name in HIDDEN} if known else {},
        )
