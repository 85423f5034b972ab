"""One of two targets appears, left or right, and one of the two sides pays, for now: what is the other side worth?

What is observed: a fixation light, and the target. A trial has four steps: *fixation*; *cue*, the target beside the light;
*saccade*, the target alone, to which one looks (left or right: the only action that counts); *reward*, a dark screen on
which the reward of the step before is heard. What must be learnt: that one side pays and the other does not, so that one
outcome after a reversal tells about the cue that was not seen since, too. Source: Bromberg-Martin et al. 2010 (J
Neurophysiol 104:1068); simulation 3 of Wang et al. 2018. How ours departs: the papers' text prints no schedule of the
reversals, no length of an episode and no price of a wrong saccade. Ours are settings: a reversal comes with probability
``reversal_hazard`` (.1) after each trial from the ``min_block``-th (8) since the last one on, ``n_trials`` (50),
``wrong_reward`` (0). Holding fixation is not asked for.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import BANDIT
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, flat, index_columns, scored_and_forced, take
from tasks.settings import check_at_least

STEPS = ("fixation", "cue", "saccade", "reward")
"""Of a trial, in their order."""

SACCADE, REWARD = STEPS.index("saccade"), STEPS.index("reward")

_HIDDEN = ("better_side", "trials_since_reversal", "n_reversals")
_EXPERIENCED = ("experienced_0", "experienced_1")


class ReversalState(NamedTuple):
    """State of a batch of episodes; arrays are (n_episodes,) int but where it is said."""

    step: int
    better: np.ndarray  # side that pays, 0 left or 1 right
    since: np.ndarray  # trials since the last reversal, or since the beginning
    n_reversals: np.ndarray
    experienced: np.ndarray  # (n_episodes, 2) int, 1 where an outcome of that side was seen since then
    target: np.ndarray  # side of this trial's target
    right: np.ndarray  # (n_episodes,) bool, whether the last saccade went to it


@dataclass(frozen=True)
class InferredValue(Task):
    """Looks at targets left or right, of which one side pays; the sides swap now and then.

    Parameters
    ----------
    reward_probability : (float, float)
        In [0, 1]: of the side that pays, and of the other.
    reversal_hazard : float
        In [0, 1]: that the sides swap after a trial, once ``min_block`` trials were played since the last swap.
    min_block : int
        >= 1.
    wrong_reward : float
        Paid for a saccade away from the target, such as -1; <= 0.
    n_trials : int
        Of an episode, four steps each.
    name : str
        Registered id.

    Notes
    -----
    Targets appear left or right with 1/2. ``r ~ Bernoulli(reward_probability[0])`` for a saccade to a target on the
    better side, ``Bernoulli(reward_probability[1])`` on the other, ``wrong_reward`` for one away from it. After a
    trial the sides swap with probability ``reversal_hazard``, if at least ``min_block`` trials were played since the
    last swap.

    Examples
    --------
    >>> task = InferredValue(n_trials=2)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(1, rng)
    >>> for _ in range(3):  # fixation light; light and target; target; dark
    ...     print(observation[0].tolist())
    ...     state, observation, reward, done = task.advance(state, np.array([1]), rng)
    [1.0, 0.0, 0.0]
    [1.0, 0.0, 1.0]
    [0.0, 0.0, 1.0]
    """

    reward_probability: tuple[float, ...] = (1.0, 0.0)
    reversal_hazard: float = 0.1
    min_block: int = 8
    wrong_reward: float = 0.0
    n_trials: int = 50
    name: str = "bandit/reversal"

    def __post_init__(self) -> None:
        chances = (*self.reward_probability, self.reversal_hazard)
        if len(self.reward_probability) != 2 or not all(0 <= p <= 1 for p in chances):
            raise UserError(f"{self.name!r} needs two reward probabilities and a reversal_hazard in [0, 1], got "
                            f"{self.reward_probability} and {self.reversal_hazard}.")
        check_at_least(self, min_block=1, n_trials=1)
        if self.wrong_reward > 0:
            raise UserError(f"wrong_reward is paid for a wrong saccade and must be <= 0, got {self.wrong_reward}. "
                            f"Did you mean {-self.wrong_reward}?")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=3, n_actions=2, n_trials=self.n_trials,
            n_steps=len(STEPS) * self.n_trials, reward_range=(float(self.wrong_reward), 1.0),
            citation="Bromberg-Martin et al. 2010; Wang et al. 2018, simulation 3",
        )

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[ReversalState, np.ndarray]:
        """Draw the side that pays and the first target; see ``Task.begin``."""
        none = np.zeros(n_episodes, np.int64)
        better, target = rng.integers(0, 2, (2, n_episodes))
        state = ReversalState(0, better, none, none, np.zeros((n_episodes, 2), np.int64), target, none > 0)
        return state, _observe(0, target)

    def advance(
        self, state: ReversalState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[ReversalState, np.ndarray, np.ndarray, np.ndarray]:
        """Play one step of every episode; see ``Task.advance``."""
        n_episodes, place = len(state.better), state.step % len(STEPS)
        action, reward = self.check_action(action, n_episodes), np.zeros(n_episodes)
        if place == SACCADE:
            right = action == state.target
            pays = np.where(state.target == state.better, *self.reward_probability)
            reward = np.where(right, rng.random(n_episodes) < pays, self.wrong_reward).astype(np.float64)
            state = state._replace(right=right)
        state = state._replace(step=state.step + 1)
        if place == REWARD:
            state = self._next_trial(state, rng)
        done = state.step == self.spec.n_steps
        observation = np.zeros((n_episodes, 3), np.float32) if done else _observe(state.step, state.target)
        return state, observation, reward, np.full(n_episodes, done)

    def _next_trial(self, state: ReversalState, rng: np.random.Generator) -> ReversalState:
        n_episodes, since = len(state.better), state.since + 1
        swap = (rng.random(n_episodes) < self.reversal_hazard) & (since >= self.min_block)
        seen = (state.target[:, None] == np.arange(2)) & state.right[:, None]
        return ReversalState(
            step=state.step, better=state.better ^ swap, since=np.where(swap, 0, since),
            n_reversals=state.n_reversals + swap, experienced=np.where(swap[:, None], 0, state.experienced | seen),
            target=rng.integers(0, 2, n_episodes), right=state.right,
        )

    def hidden(self, state: ReversalState) -> dict[str, np.ndarray]:
        """``better_side``, ``trials_since_reversal``, ``n_reversals`` and ``experienced``.

        The last, (n_episodes, 2), is 1 where an outcome of that side was seen since the reversal, before this trial: a
        cue whose side is 0 there after a reversal has a value that can only be inferred.
        """
        return {"better_side": state.better, "trials_since_reversal": state.since, "n_reversals": state.n_reversals,
                "experienced": state.experienced}

    def scored(self, observation: np.ndarray, action: np.ndarray) -> np.ndarray:
        """True at saccades."""
        return (observation[..., 0] == 0) & (observation[..., 1:].max(axis=-1) > 0)

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``choice`` (side looked at), ``reward``, ``target``, what was hidden, and the other steps' actions."""
        steps = len(STEPS)
        valid = rollout.valid[::steps]
        action = rollout.action.reshape(-1, steps, rollout.n_episodes)
        reward = rollout.reward.reshape(action.shape)
        columns = {"choice": action[:, SACCADE], "reward": reward[:, SACCADE],
                   "target": rollout.observation[SACCADE::steps, :, 2].astype(np.int64)}
        for name in _HIDDEN if rollout.hidden else ():
            columns[name] = rollout.hidden[name][::steps]
        for side, name in enumerate(_EXPERIENCED if rollout.hidden else ()):
            columns[name] = rollout.hidden["experienced"][::steps, :, side]
        columns |= {f"action_{name}": action[:, place] for place, name in enumerate(STEPS) if place != SACCADE}
        table = index_columns(valid) | {name: flat(array, valid) for name, array in columns.items()}
        return validate_trials(pd.DataFrame(table), BANDIT, 2, self.spec.reward_range)

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Return the steps of a table; it needs the column ``target``, 0 left or 1 right.

        Actions at fixation, cue and reward, which count for nothing, are 0 where the table does not tell them.
        """
        trials = validate_trials(trials, BANDIT, 2, self.spec.reward_range)
        if "target" not in trials:
            raise TrialTableError(f"{self.name!r} shows a target left (0) or right (1) in every trial; the trial table has no "
                                  f"column target, found {[str(c) for c in trials.columns]}.")
        row, steps = answered_rows(trials, BANDIT), len(STEPS)
        valid, step_row = np.repeat(row >= 0, steps, axis=0), np.repeat(row, steps, axis=0)
        target = take(trials, "target", row).astype(np.int64)
        observation = np.concatenate([_observe(step, target[step // steps])[None] for step in range(len(valid))])
        observation = np.where(valid[..., None], observation, np.float32(0))
        names = ["choice" if place == SACCADE else f"action_{name}" for place, name in enumerate(STEPS)]
        action = np.stack([take(trials, c, row) if c in trials else np.zeros(row.shape) for c in names], axis=1)
        action = action.reshape(valid.shape).astype(np.int64)
        reward = np.zeros(valid.shape)
        reward[SACCADE::steps] = take(trials, "reward", row)
        scored, forced = scored_and_forced(trials, step_row, valid & self.scored(observation, action))
        return Rollout(task=self, observation=observation, action=action, reward=reward, valid=valid, scored=scored,
                       row=step_row, forced=forced, hidden=_hidden_in(trials, row))


def _observe(step: int, target: np.ndarray) -> np.ndarray:
    """Return (n_episodes, 3) float32: the fixation light, the left target, the right target."""
    place = step % len(STEPS)
    observation = np.zeros((len(target), 3), np.float32)
    observation[:, 0] = place < SACCADE
    if 0 < place < REWARD:
        observation[np.arange(len(target)), 1 + target] = 1
    return observation


def _hidden_in(trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a table tells of what was hidden, by step; nothing unless it tells all of it."""
    if not {*_HIDDEN, *_EXPERIENCED} <= set(trials):
        return {}
    found = {name: take(trials, name, row) for name in _HIDDEN}
    found["experienced"] = np.stack([take(trials, name, row) for name in _EXPERIENCED], axis=-1)
    return {name: np.repeat(array, len(STEPS), axis=0).astype(np.int64) for name, array in found.items()}
