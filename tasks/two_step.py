"""The two-step task: a first choice leads commonly to one of two states, rarely to the other; the state pays or not.

What is observed: which of three states one is in (one-hot; column 0 the first stage, columns 1 and 2 the second-stage
states 0 and 1), where asked for a fixation state (the next column), what a design shows besides, and where asked for
the trial's place in the episode (the last column). First-stage action 0 commonly leads to second-stage state 0. Where nothing is shown the observation is zero.

Here stands what all designs share; each has a file of its own. ``two_step_reversal``: one second-stage state is better,
for now (Wang et al. 2016, 2018; Miller et al. 2017). ``two_step_drift``: a second choice among options that drift (Daw
et al. 2011). ``two_step_planets``: two first-stage states, deterministic transitions, points (Kool et al. 2016).
``two_step_episodic``: past second-stage visits come back as cues (Ritter et al. 2018; Vikbladh et al. 2017).

How ours departs: Wang 2018 describes a fixation step and a penalty for invalid actions in its general methods; ours
are the settings ``fixation`` and ``invalid_penalty``, off in ``two_step/wang2018`` and on in
``two_step/wang2018_fixation``.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import TWO_STEP
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, check_length, flat, index_columns, scored_and_forced, take
from tasks.settings import check_at_least, check_probability

FIXATE = 2
"""The action that is right at fixation, and only there."""

FIRST_STAGE, FIXATION, BLANK = 0, 3, -1
"""Columns of the observation; second-stage state s is column 1 + s; blank is none of them."""


class TwoStepState(NamedTuple):
    """State of a batch of two-step episodes."""

    step: int
    world: Any  # what the episodes hide: arrays whose first axis is the episode
    shown: np.ndarray  # (n_episodes,) int, column of the observation that is 1, or BLANK


@dataclass(frozen=True)
class TwoStep(Task):
    """What the designs share: stages, transitions, observations, and the way to the trial table and back.

    Attributes
    ----------
    has_choice2 : bool
        Whether the second-stage action is a choice.
    crossed : bool
        Whether the observation shows second-stage state 0 in column 2 and state 1 in column 1.
    n_shown : int
        Entries of the observation that a design shows besides the stages, see ``_show``.
    outcome_range : tuple of float
        Smallest and largest outcome of a trial.

    Parameters
    ----------
    common_probability : float
        In [0, 1]: that the first-stage action leads where it commonly leads.
    n_trials : int
        >= 1; two steps each, three with fixation.
    trial_index : bool
        Whether the observation ends with ``trial / n_trials``.
    fixation : bool
        Whether each trial begins with a fixation step. There are three actions then, and ``FIXATE`` is the only
        valid one at fixation. ``FIXATE`` at the first stage ends the trial without an outcome: nothing is shown at
        its second step, and its choice is missing in the table.
    invalid_penalty : float
        >= 0, taken off the reward of an invalid action; there is none without fixation.
    name : str
        Registered id.
    """

    common_probability: float = 0.8
    n_trials: int = 100
    trial_index: bool = False
    fixation: bool = False
    invalid_penalty: float = 1.0
    name: str = "two_step"

    citation: ClassVar[str] = ""
    has_choice2: ClassVar[bool] = False
    crossed: ClassVar[bool] = False
    n_shown: ClassVar[int] = 0
    outcome_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        check_at_least(self, n_trials=1)
        check_probability("common_probability", self.common_probability)
        if self.invalid_penalty < 0:
            raise UserError(f"invalid_penalty is taken off the reward and must be >= 0, got {self.invalid_penalty}. "
                            f"Did you mean {-self.invalid_penalty}?")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        low, high = self.outcome_range
        return TaskSpec(
            name=self.name, family=TWO_STEP, observation_size=self._n_stages + self.n_shown + self.trial_index,
            n_actions=2 + self.fixation, n_trials=self.n_trials, n_steps=self.n_trials * self._steps_per_trial,
            reward_range=(min(low, -self.invalid_penalty if self.fixation else 0.0), max(high, 0.0)),
            citation=self.citation,
        )

    @property
    def _steps_per_trial(self) -> int:
        return 2 + self.fixation

    @property
    def _n_stages(self) -> int:
        """Columns of the observation that say where one is; those of ``_show`` follow."""
        return 3 + self.fixation

    @abstractmethod
    def _draw_world(self, n_episodes: int, rng: np.random.Generator) -> Any:
        """Return what fresh episodes hide."""

    @abstractmethod
    def _next_world(self, world: Any, rng: np.random.Generator, state2: np.ndarray, reward: np.ndarray) -> Any:
        """Return what they hide in the next trial; ``state2`` is negative where the trial had no outcome."""

    def _pays(self, world: Any, state2: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Return (n_episodes,) the probability of reward; entries outside the second stage mean nothing."""
        raise NotImplementedError

    def _draw_reward(
        self, world: Any, state2: np.ndarray, action: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return (n_episodes,) float64 outcomes; entries outside the second stage mean nothing."""
        return (rng.random(len(action)) < self._pays(world, state2, action)).astype(np.float64)

    def _show(self, shown: np.ndarray, world: Any, into: np.ndarray) -> None:
        """Write what a design shows besides the stages into ``into``, zeros (n_episodes, n_shown)."""

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[TwoStepState, np.ndarray]:
        """Draw ``n_episodes`` episodes; see ``Task.begin``."""
        shown = np.full(n_episodes, FIXATION if self.fixation else FIRST_STAGE)
        state = TwoStepState(0, self._draw_world(n_episodes, rng), shown)
        return state, self._observe(state)

    def advance(
        self, state: TwoStepState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[TwoStepState, np.ndarray, np.ndarray, np.ndarray]:
        """Play one step of every episode; see ``Task.advance``."""
        action = self.check_action(action, len(state.shown))
        place, step, world = state.step % self._steps_per_trial, state.step + 1, state.world
        if place == self._steps_per_trial - 1:
            reward, shown = self._outcome(state, action, rng)
            world = self._next_world(world, rng, state.shown - 1, reward)
        elif place == self._steps_per_trial - 2:
            reward, shown = self._penalty(action == FIXATE), self._transition(action, rng)
        else:
            reward, shown = self._penalty(action != FIXATE), np.full_like(action, FIRST_STAGE)
        done = step == self.spec.n_steps
        state = TwoStepState(step, world, np.full_like(shown, BLANK) if done else shown)
        return state, self._observe(state), reward, np.full(len(action), done)

    def _penalty(self, invalid: np.ndarray) -> np.ndarray:
        return invalid * (-self.invalid_penalty) if self.fixation else np.zeros(len(invalid))

    def _transition(self, action: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rare = rng.random(len(action)) >= self.common_probability
        shown = 1 + (action ^ rare)
        return np.where(action == FIXATE, BLANK, shown) if self.fixation else shown

    def _outcome(
        self, state: TwoStepState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        reward = self._draw_reward(state.world, state.shown - 1, action, rng)
        if self.fixation:
            reward[state.shown == BLANK] = 0.0
            if self.has_choice2:
                invalid = (action == FIXATE) & (state.shown != BLANK)
                reward[invalid] = -self.invalid_penalty
        return reward, np.full_like(action, FIXATION if self.fixation else FIRST_STAGE)

    def _observe(self, state: TwoStepState) -> np.ndarray:
        n_stages, size = self._n_stages, self.spec.observation_size
        one_hot = np.zeros((n_stages + 1, size), np.float32)  # last row: BLANK
        one_hot[:n_stages, :n_stages] = np.eye(n_stages)
        if self.crossed:
            one_hot[1:3] = one_hot[2:0:-1].copy()
        if self.trial_index and state.step < self.n_trials * self._steps_per_trial:
            one_hot[:, -1] = state.step // self._steps_per_trial / self.n_trials
        observation = one_hot[state.shown]
        if self.n_shown:
            self._show(state.shown, state.world, observation[:, n_stages:n_stages + self.n_shown])
        return observation

    def scored(self, observation: np.ndarray, action: np.ndarray) -> np.ndarray:
        """True at valid first-stage choices and, where there is a second choice, at valid second-stage ones."""
        chosen_in = observation[..., :3] if self.has_choice2 else observation[..., :1]
        return (chosen_in.max(axis=-1) > 0) & (action < 2)

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``choice1, state2, choice2 or action2, reward`` and, where known, what the task hid.

        With fixation also the raw actions ``action0, action1, action2``, and ``penalty``, the sum taken off in the
        trial. ``choice1``, ``state2`` and ``reward`` are missing in a trial that an invalid action ended.
        """
        steps = self._steps_per_trial
        action = rollout.action.reshape(-1, steps, rollout.n_episodes)
        reward = rollout.reward.reshape(action.shape)[:, -1]
        observation = rollout.observation.reshape(*action.shape, -1)
        shown = observation[:, -1, :, 2:0:-1] if self.crossed else observation[:, -1, :, 1:3]
        valid = rollout.valid[::steps]
        state2 = np.where(shown.max(axis=-1) > 0, shown.argmax(axis=-1), np.nan)
        choice1 = np.where(np.isnan(state2), np.nan, action[:, -2])
        invalid2 = self.has_choice2 & (action[:, -1] == FIXATE)
        columns = {"choice1": choice1, "state2": state2}
        columns |= {"choice2": np.where(np.isnan(state2) | invalid2, np.nan, action[:, -1])} if self.has_choice2 else {}
        columns |= {"reward": np.where(np.isnan(state2) | invalid2, np.nan, reward)}
        columns |= self._raw_columns(action) | self._shown_columns(observation)
        columns |= self._hidden_to_columns({name: array[::steps] for name, array in rollout.hidden.items()})
        table = index_columns(valid) | {name: flat(array, valid) for name, array in columns.items()}
        return validate_trials(pd.DataFrame(table), TWO_STEP, reward_range=self.outcome_range)

    def _shown_columns(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        """Return (n_trials, n_episodes) columns of what a design shows, of (n_trials, steps, n_episodes, size)."""
        return {}

    def _raw_columns(self, action: np.ndarray) -> dict[str, np.ndarray]:
        if not self.fixation:
            return {} if self.has_choice2 else {"action2": action[:, 1]}
        raw = {f"action{place}": action[:, place] for place in range(3)}
        invalid2 = self.has_choice2 & (action[:, 1] != FIXATE) & (action[:, 2] == FIXATE)
        n_invalid = (action[:, 0] != FIXATE).astype(int) + (action[:, 1] == FIXATE) + invalid2
        return raw | {"penalty": n_invalid * self.invalid_penalty}

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Episodes are the sessions; missing trials are left out and do not count in the trial index.

        Actions that a table does not tell are filled in: the inconsequential second-stage action is ``action2``,
        else ``choice2``, else 0; fixation is right. Trials that an invalid action ended come back where the table
        has ``action0, action1, action2``.
        """
        trials = validate_trials(trials, TWO_STEP, reward_range=self.outcome_range)
        if self.has_choice2 and "choice2" not in trials:
            raise TrialTableError(f"{self.name!r} has a second choice, but the trial table has no column choice2; "
                                  f"found {[str(c) for c in trials.columns]}.")
        row = answered_rows(self._with_invalid_trials(trials), TWO_STEP)
        if self.trial_index:
            check_length(row, self.n_trials, self.name)
        valid = np.repeat(row >= 0, self._steps_per_trial, axis=0)
        action = self._actions_in(trials, row)
        observation = self._observations_in(trials, row)
        steps, step_row = action.reshape(valid.shape), np.repeat(row, self._steps_per_trial, axis=0)
        scored, forced = scored_and_forced(trials, step_row, valid & self.scored(observation, steps))
        return Rollout(
            task=self, observation=observation, action=steps, reward=self._rewards_in(trials, row, action), valid=valid,
            scored=scored, row=step_row, forced=forced,
            hidden={name: np.repeat(array, self._steps_per_trial, axis=0)
                    for name, array in self._hidden_in(trials, row).items()},
        )

    def _with_invalid_trials(self, trials: pd.DataFrame) -> pd.DataFrame:
        """Return the table with trials that are missing because of an invalid action counted as answered."""
        if not (self.fixation and {"action0", "action1", "action2"} <= set(trials)):
            return trials
        known = trials[["action0", "action1", "action2"]].notna().all(axis=1)
        columns = [c for c in ("choice1", "state2", "choice2") if c in trials]
        return trials.assign(**{c: trials[c].mask(known & trials[c].isna(), 0) for c in columns})

    def _actions_in(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        """Return (n_trials, steps_per_trial, n_episodes) int."""
        raw = not self.has_choice2 or self.fixation
        actions = [
            self._known(trials, ("action1", "choice1") if self.fixation else ("choice1",), row),
            self._known(trials, ("action2", "choice2") if raw else ("choice2",), row),
        ]
        if self.fixation:
            actions.insert(0, self._known(trials, ("action0",), row, otherwise=FIXATE))
        return np.stack(actions, axis=1).astype(np.int64)

    def _known(self, trials: pd.DataFrame, columns: tuple[str, ...], row: np.ndarray, otherwise: int = 0) -> np.ndarray:
        """Return the actions of the first of ``columns`` that the table has."""
        column = next((c for c in columns if c in trials), None)
        if column is None:
            return np.where(row >= 0, otherwise, 0)
        taken = take(trials, column, row)
        bad = ~np.isin(taken, np.arange(self.spec.n_actions))
        if bad.any():
            place = row[bad][0]
            raise TrialTableError(
                f"{column} must be an integer in [0, {self.spec.n_actions}), got {trials[column].iloc[place]} at row "
                f"{place} (subject {trials['subject'].iloc[place]!r}). Leave the column out if it is not known."
            )
        return taken

    def _observations_in(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        state2 = take(trials, "state2", row)
        second = np.where(np.isnan(state2), BLANK, 1 + np.nan_to_num(state2).astype(int))
        stages = [np.full(row.shape, FIXATION)] * self.fixation + [np.full(row.shape, FIRST_STAGE), second]
        shown = np.stack(stages, axis=1).reshape(-1, row.shape[1])
        worlds = self._worlds_in(trials, row)
        return np.stack([self._observe(TwoStepState(step, worlds[step // self._steps_per_trial], shown[step]))
                         for step in range(len(shown))])

    def _worlds_in(self, trials: pd.DataFrame, row: np.ndarray) -> Sequence[Any]:
        """Return, for every trial, as much of the world as ``_show`` reads."""
        return [None] * len(row)

    def _rewards_in(self, trials: pd.DataFrame, row: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Return (n_steps, n_episodes): the outcome at the last step of each trial, penalties where they fell."""
        reward = np.zeros(action.shape)
        outcome = take(trials, "reward", row)
        if self.fixation:
            reward[:, 0] = np.where(row >= 0, self._penalty(action[:, 0] != FIXATE), 0.0)
            reward[:, 1] = np.where(row >= 0, self._penalty(action[:, 1] == FIXATE), 0.0)
            ended = np.isnan(take(trials, "state2", row))
            outcome = np.where(np.isnan(outcome), np.where(ended, 0.0, -self.invalid_penalty), outcome)
        reward[:, -1] = outcome
        return reward.reshape(-1, row.shape[1])

    @abstractmethod
    def _hidden_to_columns(self, hidden: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return (n_trials, n_episodes) columns of what was hidden; none where it is not known."""

    @abstractmethod
    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a table tells of what was hidden, by trial."""
