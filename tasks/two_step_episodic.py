"""The episodic two-step task: single past visits to the second stage come back as cues, and pay again what they paid.

What is observed: the stages as in ``tasks.two_step``, and one slice of ``n_bits`` entries that shows, at the second stage,
the visit's context (bits, no two visits of an episode alike); at the first stage of a cued trial, the context of an
earlier trial; at the first stage of an uncued trial, ``uncued`` in every entry. The first half of an episode is uncued; in
the third quarter each trial is cued with one of the first quarter, in the last quarter with one of the second. A cued
trial that reaches the second-stage state of the trial it is cued with pays what that trial paid; else it pays as ever.
What must be learnt within an episode: which state is better, incrementally; and on cued trials to recall the one visit
that the cue names and where it led, and to go there if it paid, elsewhere if not.

Source: Ritter, Wang, Kurth-Nelson & Botvinick 2018 (bioRxiv 360537), after Vikbladh, Shohamy & Daw 2017. How ours
departs: the paper prints few of its settings; 100 trials, contexts of 10 bits, common transitions of .9, rewards of .9
and .1, a swap with probability .1 a trial, and which trials cue which are those of a public reproduction, second-hand.
There the cue is a vector of its own; here cue and context share one slice, so that a memory written at the second stage
is read at the first by the same key. The reward of a visit is heard one step later, at the next first stage, as in every
two-step task here: a network stores what a visit paid if it writes its state after that step, under the visit's context.
Which trial of a quarter cues which is drawn without replacement: our choice.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from cogmeta.task import TaskSpec
from tasks.columns import take
from tasks.two_step import BLANK, FIRST_STAGE, TwoStepState
from tasks.two_step_reversal import ReversalTwoStep, ReversalWorld

UNCUED = -1
"""In place of a cued trial or a context: there is none."""


class EpisodicWorld(NamedTuple):
    """What episodes hide, and what they will show."""

    reversal: ReversalWorld | None
    context: np.ndarray  # (n_trials, n_episodes) int: the context of each trial's second stage
    cued_trial: np.ndarray  # (n_trials, n_episodes) int: the trial that the cue is of, or UNCUED
    outcome: np.ndarray | None  # (n_cues, n_episodes) int8: 2 state2 + reward of trials that may be cued, UNCUED before
    trial: int


@dataclass(frozen=True)
class EpisodicTwoStep(ReversalTwoStep):
    """A two-step task with reversals whose past visits come back as cues.

    Parameters
    ----------
    n_bits : int
        In [1, 16]: length of a context, bits that are not all 0; there must be ``n_trials`` different ones.
    uncued : float
        <= 0: what the slice of the cue shows at the first stage of an uncued trial, in every entry; -1 in the source.
    common_probability, reward_probability, reversal_hazard, minimum_block, crossed, n_trials, trial_index, name
        See ``ReversalTwoStep``; ``n_trials`` is at least 4. There is no fixation step (``fixation, invalid_penalty``).

    Notes
    -----
    With q = ``n_trials // 4``: the last 2 q trials are cued, the first q of them with trials 0 to q - 1, the others with
    trials q to 2 q - 1, each once. ``P(reward | state s)`` is 1 or 0, what the cued trial paid, where s is the state that
    it reached, else .9 or .1.

    References
    ----------
    Ritter et al. 2018, bioRxiv 360537; Vikbladh, Shohamy & Daw 2017, Conf. Cogn. Comput. Neurosci.

    Examples
    --------
    >>> task = EpisodicTwoStep(n_trials=4, n_bits=3)
    >>> state, observation = task.begin(1, np.random.default_rng(0))
    >>> observation.tolist()
    [[1.0, 0.0, 0.0, -1.0, -1.0, -1.0]]
    """

    common_probability: float = 0.9
    n_trials: int = 100
    reversal_hazard: float = 0.1
    n_bits: int = 10
    uncued: float = -1.0
    name: str = "two_step/episodic"

    citation: ClassVar[str] = "Ritter et al. 2018 (bioRxiv 360537), episodic two-step task"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_trials < 4:
            raise UserError(f"{self.name!r} needs n_trials >= 4, a quarter of which can be cued, got {self.n_trials}.")
        if not 1 <= self.n_bits <= 16:
            raise UserError(f"n_bits must lie in [1, 16], got {self.n_bits}.")
        if 2**self.n_bits <= self.n_trials:
            raise UserError(f"{self.n_trials} trials need as many different contexts, but n_bits={self.n_bits} gives "
                            f"{2**self.n_bits - 1}. Set n_bits to {int(self.n_trials).bit_length()} at least.")
        if self.uncued > 0:
            raise UserError(f"uncued must be 0 or less, so that it is no context, got {self.uncued}.")
        if self.fixation:
            raise UserError(f"{self.name!r} has no fixation step; leave fixation out.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return replace(super().spec, cue=(self.cue.start, self.cue.stop))

    @property
    def n_shown(self) -> int:
        """Entries of the observation that show a context or a cue."""
        return self.n_bits

    @property
    def cue(self) -> slice:
        """The entries of the observation that are a memory's key, at both stages."""
        return slice(self._n_stages, self._n_stages + self.n_bits)

    @property
    def n_cues(self) -> int:
        """Cued trials of an episode, which are as many as can be cued."""
        return 2 * (self.n_trials // 4)

    def _draw_world(self, n_episodes: int, rng: np.random.Generator) -> EpisodicWorld:
        quarter = self.n_cues // 2
        cued = np.full((self.n_trials, n_episodes), UNCUED)
        order = np.tile(np.arange(quarter)[:, None], n_episodes)
        cued[-2 * quarter:-quarter] = rng.permuted(order, axis=0)
        cued[-quarter:] = rng.permuted(order, axis=0) + quarter
        outcome = np.full((self.n_cues, n_episodes), UNCUED, np.int8)
        reversal = super()._draw_world(n_episodes, rng)
        return EpisodicWorld(reversal, draw_distinct(2**self.n_bits - 1, self.n_trials, n_episodes, rng), cued, outcome, 0)

    def _next_world(
        self, world: EpisodicWorld, rng: np.random.Generator, state2: np.ndarray, reward: np.ndarray
    ) -> EpisodicWorld:
        outcome = world.outcome
        if world.trial < self.n_cues:
            outcome = outcome.copy()
            outcome[world.trial] = np.where(state2 < 0, UNCUED, 2 * state2 + (reward > 0))
        reversal = super()._next_world(world.reversal, rng, state2, reward)
        return world._replace(reversal=reversal, outcome=outcome, trial=world.trial + 1)

    def _recalled(self, world: EpisodicWorld) -> np.ndarray:
        """Return (n_episodes,) int: 2 state2 + reward of the trial that is cued now, UNCUED without one."""
        if world.trial < self.n_trials - self.n_cues or world.trial >= self.n_trials:
            return np.full(world.outcome.shape[1], UNCUED)
        return world.outcome[world.cued_trial[world.trial], np.arange(world.outcome.shape[1])]

    def _pays(self, world: EpisodicWorld, state2: np.ndarray, action: np.ndarray) -> np.ndarray:
        recalled = self._recalled(world)
        again = (recalled >= 0) & (recalled // 2 == state2)
        return np.where(again, recalled % 2, super()._pays(world.reversal, state2, action))

    def hidden(self, state: TwoStepState) -> dict[str, np.ndarray]:
        """``better_state``: (n_episodes,); ``state_value``: (n_episodes, second-stage state) chance of reward, cues heeded."""
        better = state.world.reversal.better
        pays = [self._pays(state.world, np.full(len(better), s), better) for s in range(2)]
        return {"better_state": better, "state_value": np.stack(pays, axis=1).astype(np.float64)}

    def _show(self, shown: np.ndarray, world: EpisodicWorld, into: np.ndarray) -> None:
        if world.trial >= len(world.context):
            return
        context, cued = world.context[world.trial], world.cued_trial[world.trial]
        code = np.where(shown == BLANK, NOTHING, context)
        first = shown == FIRST_STAGE
        if first.any():
            cue = world.context[np.maximum(cued, 0), np.arange(len(cued))]
            code = np.where(first, np.where(cued == UNCUED, NOT_CUED, cue), code)
        into[:] = looks(self.n_bits, self.uncued)[code]

    def _shown_columns(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        cue, context = (context_of(observation[:, stage, :, self.cue]) for stage in range(2))
        cued = np.full(cue.shape, np.nan)
        for trial, codes in enumerate(cue):
            match = context == codes
            cued[trial] = np.where(match.any(axis=0) & (codes > 0), match.argmax(axis=0), np.nan)
        return {"context": context, "cued_trial": cued}

    def _worlds_in(self, trials: pd.DataFrame, row: np.ndarray) -> list[EpisodicWorld]:
        lacking = [column for column in ("context", "cued_trial") if column not in trials]
        if lacking:
            raise TrialTableError(f"{self.name!r} shows contexts and cues, but the trial table lacks the columns {lacking}; "
                                  f"found {[str(c) for c in trials.columns]}.")
        context = np.nan_to_num(take(trials, "context", row)).astype(np.int64)
        self._check_contexts(trials, row, context)
        cued = cued_places(trials, row)
        return [EpisodicWorld(None, context, cued, None, trial) for trial in range(len(row))]

    def _check_contexts(self, trials: pd.DataFrame, row: np.ndarray, context: np.ndarray) -> None:
        bad = (row >= 0) & ((context < 1) | (context >= 2**self.n_bits))
        if bad.any():
            place = row[bad][0]
            raise TrialTableError(f"context must be an integer in [1, {2**self.n_bits}), {self.n_bits} bits that are not all "
                                  f"0, got {trials['context'].iloc[place]} at row {place} (subject "
                                  f"{trials['subject'].iloc[place]!r}).")

    def _hidden_to_columns(self, hidden: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        pays = {f"state_value_{s}": hidden["state_value"][..., s] for s in range(2)} if hidden else {}
        return super()._hidden_to_columns(hidden) | pays

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        better, columns = super()._hidden_in(trials, row), [f"state_value_{s}" for s in range(2)]
        if not better or not set(columns) <= set(trials):
            return {}
        return better | {"state_value": np.stack([take(trials, column, row) for column in columns], axis=-1)}


NOT_CUED, NOTHING = -2, -1
"""Rows of ``looks`` that are no context: the slice of an uncued first stage; zeros."""


@lru_cache(maxsize=8)
def looks(n_bits: int, uncued: float) -> np.ndarray:
    """Return (2 ** n_bits + 2, n_bits) float32: what every context shows, then the uncued first stage, then zeros.

    Examples
    --------
    >>> looks(2, -1.0).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [0.0, 0.0]]
    """
    table = np.zeros((2**n_bits + 2, n_bits), np.float32)
    table[:-2] = (np.arange(2**n_bits)[:, None] >> np.arange(n_bits)) & 1
    table[NOT_CUED] = uncued
    table.setflags(write=False)
    return table


def context_of(shown: np.ndarray) -> np.ndarray:
    """Return (...) int: the number of the context in a slice (..., n_bits), 0 where it shows none.

    Examples
    --------
    >>> context_of(np.array([[1.0, 1.0], [-1.0, -1.0], [0.0, 1.0]])).tolist()
    [3, 0, 2]
    """
    return (np.asarray(shown) > 0).astype(np.int64) @ (1 << np.arange(np.shape(shown)[-1]))


def cued_places(trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
    """Return (n_trials, n_episodes) int: where in its episode the trial stands that each trial is cued with, or UNCUED.

    Parameters
    ----------
    trials : DataFrame
        Validated, with ``cued_trial``.
    row : (n_trials, n_episodes) int array
        From ``answered_rows``.

    Raises
    ------
    TrialTableError
        A cue is of a trial that does not come before in the same episode.
    """
    number, wanted = take(trials, "trial", row, padding=np.nan), take(trials, "cued_trial", row, padding=np.nan)
    place = np.full(row.shape, UNCUED)
    for trial in range(len(row)):
        match = number[:trial] == wanted[trial]
        cued = ~np.isnan(wanted[trial])
        lost = cued & ~match.any(axis=0)
        if lost.any():
            at = row[trial, lost.argmax()]
            raise TrialTableError(f"cued_trial {trials['cued_trial'].iloc[at]} at row {at} (subject "
                                  f"{trials['subject'].iloc[at]!r}, trial {trials['trial'].iloc[at]}) is no earlier "
                                  "answered trial of the same session.")
        if cued.any():
            place[trial] = np.where(cued, match.argmax(axis=0), UNCUED)
    return place


def draw_distinct(n: int, k: int, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
    """Return (k, n_episodes) integers in [1, n], all different within an episode.

    Notes
    -----
    The first k steps of a Fisher-Yates shuffle, all episodes side by side.

    Examples
    --------
    >>> sorted(draw_distinct(4, 4, 1, np.random.default_rng(0))[:, 0].tolist())
    [1, 2, 3, 4]
    """
    pool = np.tile(np.arange(1, n + 1, dtype=np.int32)[:, None], n_episodes)
    column, out = np.arange(n_episodes), np.empty((k, n_episodes), np.int64)
    for step in range(k):
        place = rng.integers(step, n, n_episodes)
        out[step] = pool[place, column]
        pool[place, column] = pool[step]
    return out
