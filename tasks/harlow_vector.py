"""Harlow's task with random vectors: two steps a trial, fixate and choose.

What is observed: whether to fixate (column 0), then what stands left and what stands right, ``object_size`` numbers
each; zeros while there is nothing to see. What must be learnt, the sources and the rewards stand in ``tasks/harlow.py``.
How ours departs from them: vectors stand for the images and one action for a movement of the eyes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from tasks.harlow import IDLE, NOTHING, Harlow, Move, Pair
from tasks.settings import check_at_least
from tasks.uniform_of import uniform_of


class VectorScreen(NamedTuple):
    """What a trial with vectors shows."""

    fixated: np.ndarray  # (n_episodes,) bool


@dataclass(frozen=True)
class HarlowVector(Harlow):
    """Two steps a trial: fixate, then look left or right at one of two random vectors.

    Parameters
    ----------
    object_size : int
        >= 1: numbers of a vector; independent, standard normal.
    n_trials, pair_length, unrewarded, fixation_reward, objects, n_objects, name
        See ``Harlow``.

    Notes
    -----
    Of a pair of objects, each a vector ``~ N(0, 1)^object_size``, one pays 1 and the other ``unrewarded``, always;
    which stands left is drawn anew every trial. The best that can be done is ``P(right) = .5`` on the first trial of
    a pair and 1 on all others.

    Examples
    --------
    >>> task = HarlowVector(object_size=2)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(1, rng)
    >>> observation.tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0]]
    >>> state, observation, reward, done = task.advance(state, np.array([IDLE]), rng)
    >>> observation.shape, reward.tolist()
    ((1, 5), [0.2])
    """

    object_size: int = 8
    name: str = "harlow/vector"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(self, object_size=1)

    @property
    def _observation_size(self) -> int:
        return 1 + 2 * self.object_size

    @property
    def _trial_steps(self) -> int:
        return 2

    def _look(self, objects: np.ndarray) -> np.ndarray:
        return ndtri(uniform_of(objects, self.object_size)).astype(np.float32)

    def _begin_trial(self, n_episodes: int, screen: VectorScreen | None = None) -> VectorScreen:
        return VectorScreen(np.zeros(n_episodes, bool))

    def _move(self, pair: Pair, screen: VectorScreen, place: int, action: np.ndarray) -> Move:
        if place == 0:
            fixated = action == IDLE
            paid = np.where(fixated, self.fixation_reward, 0.0)
            return Move(VectorScreen(fixated), paid, np.full_like(action, NOTHING))
        side = np.where(screen.fixated & (action != IDLE), action, NOTHING)
        return Move(screen, np.where(side == NOTHING, 0.0, self.outcome(pair, np.maximum(side, 0))), side)

    def _observe(self, pair: Pair, screen: VectorScreen, place: int) -> np.ndarray:
        shown = np.zeros((len(pair.better), self._observation_size), np.float32)
        if place == 0:
            shown[:, 0] = 1
        else:
            episode, half = np.arange(len(shown)), self.object_size
            shown[:, 1: 1 + half] = pair.look[episode, pair.left]
            shown[:, 1 + half:] = pair.look[episode, 1 - pair.left]
            shown[~screen.fixated] = 0
        return shown

    def _actions_of(self, trials: pd.DataFrame) -> pd.Series:
        if "actions" in trials:
            return trials["actions"]
        answered = trials["choice"].notna() & trials["left"].notna()
        side = (trials["choice"].astype("Int64") != trials["left"].astype("Int64")).where(answered)
        return side.map({False: "IL", True: "IR"})

    def scored(self, observation: np.ndarray, action: np.ndarray) -> np.ndarray:
        """True at looks to the left or right while two objects are shown."""
        return (observation[..., 1:] != 0).any(axis=-1) & (action != IDLE)
