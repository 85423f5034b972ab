"""What the designs of Harlow's task share: which of two new objects pays, found out in one trial and used in the next five.

One object of a pair always pays, the other never; the sides are drawn anew every trial, and every pair is new. So the
first choice is a guess and all later ones can be right: learning to learn. Objects are numbers; what a number looks like
is for the designs to say (``tasks/harlow_vector.py``, ``tasks/harlow_pixels.py``), the same for the same number, so that
a trial table that keeps the numbers and the actions gives back all that was seen.

Source: Harlow 1949; Wang et al. 2018, simulation 5 (pairs of six trials); Wang et al. 2016, experiment 6 (fixation pays
.2, the right image 1, the wrong one -1). The 2018 paper states no rewards; ours are those of 2016. It has a left, a right
and an idle action and no penalty for wrong ones, so neither have we. How ours departs: all trials have equally many
steps; without fixation nothing appears, and a trial without a choice is lost.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError, unknown_name
from cogmeta.families import BANDIT, INDEX
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, flat, take
from tasks.settings import check_at_least

LEFT, RIGHT, IDLE = 0, 1, 2
"""Actions: look left, look right, stay. ``IDLE`` is what fixates."""

NOTHING = -1
"""The side of an action that takes no object."""

LETTERS = "LRI"
"""How the actions of a trial are written in the column ``actions``."""

OBJECTS = ("train", "test")
"""Two sets of objects that share none."""


class Pair(NamedTuple):
    """What a batch of episodes hides in a trial, and what the two objects look like."""

    object: np.ndarray  # (n_episodes, 2) int
    better: np.ndarray  # (n_episodes,) int, 0 or 1: the object that pays
    left: np.ndarray  # (n_episodes,) int, 0 or 1: the object that stands left
    look: np.ndarray  # (n_episodes, 2, ...) float32


class HarlowState(NamedTuple):
    """State of a batch of episodes."""

    step: int
    pair: Pair
    screen: Any  # how far the trial has come


class Move(NamedTuple):
    """What one action led to; arrays are (n_episodes,)."""

    screen: Any
    reward: np.ndarray
    side: np.ndarray  # int: LEFT or RIGHT where that object was taken, else NOTHING


@dataclass(frozen=True)
class Harlow(Task):
    """What the designs share: pairs, sides, rewards, and the way to the trial table and back.

    A subclass says what objects look like, what is on the screen, and what an action does to it; all that, given the
    pair and its sides, without chance.

    Parameters
    ----------
    n_trials : int
        >= 1, of an episode.
    pair_length : int
        >= 1: trials of a pair; 24 trials are four pairs of six, the agent's state kept from pair to pair.
    unrewarded : float
        <= 0: outcome of the object that does not pay; the other pays 1.
    fixation_reward : float
        In [0, 1].
    objects : {"train", "test"}
        Which of two sets the objects are drawn from.
    n_objects : int
        >= 2, in each set.
    name : str
        Registered id.
    """

    n_trials: int = 6
    pair_length: int = 6
    unrewarded: float = -1.0
    fixation_reward: float = 0.2
    objects: str = "train"
    n_objects: int = 2**30
    name: str = "harlow"

    n_options: ClassVar[int | None] = 2
    citation: ClassVar[str] = "Wang et al. 2018, simulation 5; Wang et al. 2016, experiment 6; Harlow 1949"

    def __post_init__(self) -> None:
        check_at_least(self, n_trials=1, pair_length=1, n_objects=2)
        if not -100 <= self.unrewarded <= 0:
            raise UserError(f"unrewarded is what the wrong object gives, in [-100, 0], got {self.unrewarded}.")
        if not 0 <= self.fixation_reward <= 1:
            raise UserError(f"fixation_reward must lie in [0, 1], got {self.fixation_reward}.")
        if self.objects not in OBJECTS:
            raise unknown_name("set of objects", self.objects, OBJECTS)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=self._observation_size, n_actions=3, n_trials=self.n_trials,
            n_steps=self.n_trials * self._trial_steps, reward_range=(self.unrewarded, 1.0), citation=self.citation,
            episode=INDEX[:2], n_options=self.n_options,
        )

    @property
    @abstractmethod
    def _observation_size(self) -> int:
        """Numbers of an observation."""

    @property
    @abstractmethod
    def _trial_steps(self) -> int:
        """Steps of a trial."""

    @abstractmethod
    def _look(self, objects: np.ndarray) -> np.ndarray:
        """Return what objects (n_episodes, 2) look like: (n_episodes, 2, ...) float32, the same for the same number."""

    @abstractmethod
    def _begin_trial(self, n_episodes: int, screen: Any = None) -> Any:
        """Return the screen as a trial begins, given the one on which the last trial ended."""

    @abstractmethod
    def _move(self, pair: Pair, screen: Any, place: int, action: np.ndarray) -> Move:
        """Return what an action at a step of the trial, from 0, leads to."""

    @abstractmethod
    def _observe(self, pair: Pair, screen: Any, place: int) -> np.ndarray:
        """Return (n_episodes, observation_size) float32 what is seen before the action at a step of the trial."""

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[HarlowState, np.ndarray]:
        """Draw ``n_episodes`` episodes; see ``Task.begin``."""
        pair, screen = self._new_pair(n_episodes, rng), self._begin_trial(n_episodes)
        return HarlowState(0, pair, screen), self._observe(pair, screen, 0)

    def advance(
        self, state: HarlowState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[HarlowState, np.ndarray, np.ndarray, np.ndarray]:
        """Play one step of every episode; see ``Task.advance``."""
        action, pair, step = self.check_action(action, len(state.pair.better)), state.pair, state.step + 1
        screen, reward, _ = self._move(pair, state.screen, state.step % self._trial_steps, action)
        trial, place = divmod(step, self._trial_steps)
        if place == 0:
            screen = self._begin_trial(len(action), screen)
            new = trial % self.pair_length == 0
            pair = self._new_pair(len(action), rng) if new else pair._replace(left=rng.integers(0, 2, len(action)))
        done = trial == self.n_trials
        observation = self._observe(pair, screen, place)
        observation = np.zeros_like(observation) if done else observation
        return HarlowState(step, pair, screen), observation, reward, np.full(len(action), done)

    def _new_pair(self, n_episodes: int, rng: np.random.Generator) -> Pair:
        first = rng.integers(0, self.n_objects, n_episodes)
        second = (first + rng.integers(1, self.n_objects, n_episodes)) % self.n_objects
        objects = np.stack([first, second], axis=1) + OBJECTS.index(self.objects) * self.n_objects
        better, left = rng.integers(0, 2, n_episodes), rng.integers(0, 2, n_episodes)
        return Pair(objects, better, left, self._look(objects))

    def hidden(self, state: HarlowState) -> dict[str, np.ndarray]:
        """``object`` (n_episodes, 2), the numbers of the two objects; ``better`` and ``left``: 0 or 1 among them."""
        return {name: getattr(state.pair, name) for name in ("object", "better", "left")}

    def outcome(self, pair: Pair, side: np.ndarray) -> np.ndarray:
        """Return the outcome of taking what stands on a side, (n_episodes,)."""
        return np.where(chosen(pair.left, side) == pair.better, 1.0, self.unrewarded)

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``choice`` (object 0 or 1), ``reward``, ``side`` (0 left), ``object_0, object_1, better, left, actions``.

        ``reward_probability_0, reward_probability_1`` say the same as ``better``, under the names that regret is taken from.
        ``block`` is the pair and ``trial`` counts within it. In a trial in which nothing was chosen ``choice, side`` and
        ``reward`` (the outcome of the choice, without that of fixation) are missing. ``actions`` has a letter a step.
        """
        steps, valid = self._trial_steps, rollout.valid[:: self._trial_steps]
        actions = rollout.action.reshape(-1, steps, rollout.n_episodes)
        pair = Pair(**{name: array[::steps] for name, array in rollout.hidden.items()}, look=None)
        choice, reward = self._choices(actions, pair)
        side = np.where(np.isnan(choice), np.nan, choice != pair.left)
        columns = {"choice": choice, "reward": reward, "side": side, "object_0": pair.object[..., 0],
                   "object_1": pair.object[..., 1], "better": pair.better, "left": pair.left,
                   "reward_probability_0": 1.0 - pair.better, "reward_probability_1": 1.0 * pair.better,
                   "actions": _written(actions)}
        index = self._index(len(valid), valid)
        table = pd.DataFrame(index | {name: flat(array, valid) for name, array in columns.items()})
        table["side"] = table["side"].astype("Int64")
        return validate_trials(table, BANDIT, 2, self.spec.reward_range)

    def _index(self, n_trials: int, valid: np.ndarray) -> dict[str, Any]:
        place = np.broadcast_to(np.arange(n_trials)[:, None], valid.shape)
        return {"subject": np.repeat(np.arange(valid.shape[1]).astype(str), valid.sum(axis=0)), "session": 0,
                "block": flat(place // self.pair_length, valid), "trial": flat(place % self.pair_length, valid)}

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Play a table anew: its objects, sides and actions; what it paid must be what the task would have paid.

        Raises
        ------
        TrialTableError
            A column is missing that says what was shown or done, or a trial did not go as the task goes.
        """
        trials = validate_trials(trials, BANDIT, 2, self.spec.reward_range)
        _check_told(trials, self.name)
        written = self._actions_of(trials)
        row = answered_rows(trials.assign(choice=trials["choice"].mask(written.notna(), 0)), BANDIT, INDEX[:2])
        action = _read(written, row, self._trial_steps)
        pairs = self._pairs_in(trials, row)
        observation, reward = self._played(pairs, action, row.shape[1])
        valid = np.repeat(row >= 0, self._trial_steps, axis=0)
        hidden = {name: np.repeat(np.stack([getattr(pair, name) for pair in pairs]), self._trial_steps, axis=0)
                  for name in ("object", "better", "left")}
        rollout = Rollout(
            task=self, observation=np.where(valid[..., None], observation, 0), action=action, valid=valid, hidden=hidden,
            reward=np.where(valid, reward, 0.0), scored=valid & self.scored(observation, action),
            row=np.repeat(row, self._trial_steps, axis=0))
        self._check_outcomes(rollout, trials, row)
        return rollout

    def _choices(self, actions: np.ndarray, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        """Return the object taken in every trial (NaN where none was) and its outcome, each (n_trials, n_episodes).

        ``actions`` are (n_trials, trial_steps, n_episodes), the pair's arrays (n_trials, n_episodes).
        """
        sides, screen = np.full(pair.left.shape, NOTHING), None
        for trial, taken in enumerate(actions):
            here = Pair(pair.object[trial], pair.better[trial], pair.left[trial], None)
            screen = self._begin_trial(actions.shape[2], screen)
            for place, action in enumerate(taken):
                screen, _, side = self._move(here, screen, place, action)
                sides[trial] = np.where(side == NOTHING, sides[trial], side)
        took, side = sides != NOTHING, np.maximum(sides, 0)
        return np.where(took, chosen(pair.left, side), np.nan), np.where(took, self.outcome(pair, side), np.nan)

    def _actions_of(self, trials: pd.DataFrame) -> pd.Series:
        """Return the letters of every trial; missing where they are not known."""
        if "actions" not in trials:
            raise TrialTableError(f"{self.name!r} plays a trial in {self._trial_steps} steps; the trial table needs a column "
                                  f"actions with as many letters {LETTERS!r} (left, right, idle) a trial.")
        return trials["actions"]

    def _pairs_in(self, trials: pd.DataFrame, row: np.ndarray) -> list[Pair]:
        objects = np.stack([take(trials, name, row) for name in ("object_0", "object_1")], axis=-1).astype(np.int64)
        better, left = (take(trials, name, row).astype(np.int64) for name in ("better", "left"))
        looks = [self._look(objects[0])]
        for trial in range(1, len(row)):
            same = np.array_equal(objects[trial], objects[trial - 1])
            looks.append(looks[-1] if same else self._look(objects[trial]))
        return [Pair(*each) for each in zip(objects, better, left, looks, strict=True)]

    def _check_outcomes(self, rollout: Rollout, trials: pd.DataFrame, row: np.ndarray) -> None:
        """Refuse a table whose choices and rewards are not those of its actions."""
        steps = self._trial_steps
        pair = Pair(**{name: array[::steps] for name, array in rollout.hidden.items()}, look=None)
        found = self._choices(rollout.action.reshape(len(row), steps, -1), pair)
        for column, array in zip(("choice", "reward"), found, strict=True):
            said = take(trials, column, row)
            wrong = (row >= 0) & ~((said == array) | (np.isnan(said) & np.isnan(array)))
            if wrong.any():
                where = tuple(np.argwhere(wrong)[0])
                raise TrialTableError(f"{column} is {said[where]:g} at row {row[where]}, but with its actions, sides and better "
                                      f"object the task gives {array[where]:g}. Check better, left and the reward's coding.")

    def _played(self, pairs: list[Pair], action: np.ndarray, n_episodes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the observations and rewards of given actions."""
        observation, reward, screen = [], [], None
        for step, taken in enumerate(action):
            trial, place = divmod(step, self._trial_steps)
            screen = self._begin_trial(n_episodes, screen) if place == 0 else screen
            observation.append(self._observe(pairs[trial], screen, place))
            screen, paid, _ = self._move(pairs[trial], screen, place, taken)
            reward.append(paid)
        return np.stack(observation), np.stack(reward)


def chosen(left: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return which object stands on a side, given the one that stands left.

    Examples
    --------
    >>> chosen(np.array([0, 1, 0]), np.array([LEFT, LEFT, RIGHT])).tolist()
    [0, 1, 1]
    """
    return left ^ side


def _written(actions: np.ndarray) -> np.ndarray:
    """Return (n_trials, n_episodes) text, one letter a step."""
    letters = np.ascontiguousarray(np.array(list(LETTERS))[actions].transpose(0, 2, 1))
    return letters.view(f"<U{actions.shape[1]}")[..., 0].astype(object)


def _read(written: pd.Series, row: np.ndarray, trial_steps: int) -> np.ndarray:
    """Return (n_steps, n_episodes) actions of letters; padding is left."""
    known = [text if isinstance(text, str) else "" for text in written]
    for place in np.unique(row[row >= 0]):
        if len(known[place]) != trial_steps or not set(known[place]) <= set(LETTERS):
            raise TrialTableError(f"actions must be {trial_steps} letters out of {LETTERS!r}, got {written.iloc[place]!r} at "
                                  f"row {place}.")
    known = np.array([*known, LETTERS[0] * trial_steps], f"<U{trial_steps}")[row]  # the last one: padding
    letters = np.ascontiguousarray(known).view("<U1").reshape(*row.shape, trial_steps)
    digits = (letters[..., None] == np.array(list(LETTERS))).argmax(axis=-1)
    return digits.transpose(0, 2, 1).reshape(-1, row.shape[1]).astype(np.int64)


def _check_told(trials: pd.DataFrame, name: str) -> None:
    lacking = [column for column in ("object_0", "object_1", "better", "left") if column not in trials]
    if lacking:
        raise TrialTableError(f"{name!r} needs to know what was shown; the trial table lacks the columns {lacking}. object_0 "
                              "and object_1 number the two objects, better (0 or 1) says which one pays, left which stands left.")
