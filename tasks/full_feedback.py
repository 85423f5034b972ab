"""Full feedback: two arms, and after every choice the outcome of both, the one taken and the one forgone.

What is observed: what the arm that was not taken would have paid on the trial before (and, as everywhere, what was taken
and what it paid). What must be learnt within an episode: which arm pays more, if either does, and in one of three kinds of
pairs that it has just changed. Source: Palminteri et al. 2017 (PLoS Comput Biol 13:e1005684), whose people learnt from
partial feedback (``complete=False``) or complete feedback. How ours departs: the protocol is known second-hand, so that the
three kinds of pairs (.5 and .5; .75 and .25; .83 and .17 that swap halfway) and 24 trials a pair are our reading of it; an
episode is one pair, of any kind alike likely; outcomes are 0 and 1.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import BANDIT, COUNTERFACTUAL
from cogmeta.rollout import Rollout
from cogmeta.task import TaskSpec
from cogmeta.trials import validate_trials
from tasks.arms import ArmsTask, of_chosen
from tasks.arms_players import ArmsPlayer, arms_players, rescorla_wagner
from tasks.choosing import share_best
from tasks.columns import flat, take
from tasks.settings import check_at_least


class FullFeedbackState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    kind: np.ndarray  # (n_episodes,) int: which kind of pair
    better: np.ndarray  # (n_episodes,) int: the arm that pays as the first of the pair at the start
    outcome: np.ndarray  # (n_episodes, 2): what either arm will pay on this trial


@dataclass(frozen=True)
class FullFeedbackBandit(ArmsTask):
    """Two Bernoulli arms of which both outcomes are shown.

    Parameters
    ----------
    pairs : tuple of (float, float)
        What the two arms pay with, one entry a kind of pair; which is which is drawn anew each episode.
    swaps : tuple of bool
        Whether the arms of each kind swap after half of the trials.
    complete : bool
        Whether the outcome of the arm that was not taken is shown, too.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    The kind of pair ``~ U`` over ``pairs``, once an episode; then ``outcome_a ~ Bernoulli(p_a)`` for both arms in every trial,
    ``r = outcome_a`` of the arm taken. Where its kind swaps, the arms' ``p_a`` change places after ``n_trials // 2`` trials.
    """

    pairs: tuple[tuple[float, float], ...] = ((0.5, 0.5), (0.75, 0.25), (0.83, 0.17))
    swaps: tuple[bool, ...] = (False, False, True)
    complete: bool = True
    n_trials: int = 24
    trial_index: bool = False
    name: str = "bandit/full_feedback"

    def __post_init__(self) -> None:
        pairs = np.asarray(self.pairs, float)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or not ((pairs >= 0) & (pairs <= 1)).all():
            raise UserError(f"pairs must hold two probabilities in [0, 1] each, got {self.pairs}.")
        if len(self.swaps) != len(pairs):
            raise UserError(f"swaps must say yes or no for each of {len(pairs)} pairs, got {self.swaps}.")
        check_at_least(self, n_trials=1)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        feedback = (COUNTERFACTUAL,) if self.complete else ()
        return replace(self.spec_of(2, "Palminteri et al. 2017"), observation_size=1 + len(feedback), feedback=feedback)

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[FullFeedbackState, np.ndarray]:
        """Draw the kind of each pair, its better arm and the first outcomes; see ``Task.begin``."""
        kind, better = rng.integers(len(self.pairs), size=n_episodes), rng.integers(2, size=n_episodes)
        return self._next(0, kind, better, rng), self._look(0, np.zeros(n_episodes))

    def advance(
        self, state: FullFeedbackState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[FullFeedbackState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode, see both outcomes; see ``Task.advance``."""
        n_episodes, trial = len(state.kind), state.trial + 1
        action = self.check_action(action, n_episodes)
        reward, forgone = of_chosen(state.outcome, action), of_chosen(state.outcome, 1 - action)
        done = self.done(trial, n_episodes)
        observation = self._look(trial, np.where(done, 0.0, forgone))
        return self._next(trial, state.kind, state.better, rng), observation, reward, done

    def hidden(self, state: FullFeedbackState) -> dict[str, np.ndarray]:
        """``reward_probability``, ``outcome`` (of this trial, drawn before the choice): (n_episodes, 2)."""
        return {"reward_probability": self.probability(state.trial, state.kind, state.better), "outcome": state.outcome}

    def probability(self, trial: int, kind: np.ndarray, better: np.ndarray) -> np.ndarray:
        """Return (n_episodes, 2) what either arm pays with."""
        swapped = np.asarray(self.swaps)[kind] & (trial >= self.n_trials // 2)
        first = (better ^ swapped)[:, None] == np.arange(2)
        pair = np.asarray(self.pairs, float)[kind]
        return np.where(first, pair[:, :1], pair[:, 1:])

    def _next(self, trial: int, kind: np.ndarray, better: np.ndarray, rng: np.random.Generator) -> FullFeedbackState:
        chance = self.probability(trial, kind, better)
        return FullFeedbackState(trial, kind, better, (rng.random(chance.shape) < chance).astype(np.float64))

    def _look(self, trial: int, forgone: np.ndarray) -> np.ndarray:
        place = self.observe(trial, len(forgone))
        return np.column_stack([place, forgone]).astype(np.float32) if self.complete else place

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns of every arms task and, with complete feedback, ``counterfactual_reward``."""
        trials = super().to_trials(rollout)
        if not self.complete:
            return trials
        outcome = rollout.hidden["outcome"] if rollout.hidden else None
        shown = _shown_later(rollout) if outcome is None else np.take_along_axis(
            outcome, 1 - rollout.action[..., None], axis=-1)[..., 0]
        return validate_trials(trials.assign(**{COUNTERFACTUAL: flat(shown, rollout.valid)}), BANDIT)

    def _seen(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        if not self.complete:
            return super()._seen(trials, row)
        if COUNTERFACTUAL not in trials:
            raise TrialTableError(f"{self.name!r} shows its agents the outcome of the arm that was not taken, and the trial table "
                                  f"lacks the column {COUNTERFACTUAL!r}. Add it, or make the task with complete=False.")
        forgone = take(trials, COUNTERFACTUAL, row)
        lacking = np.isnan(forgone[:-1]) & (row[1:] >= 0)  # after the last choice there is nobody to see it
        if lacking.any():
            where = row[tuple(np.argwhere(lacking)[0])]
            raise TrialTableError(f"{COUNTERFACTUAL} is missing at row {where}, and {self.name!r} shows it after every choice; "
                                  "make the task with complete=False.")
        before = np.concatenate([np.zeros_like(forgone[:1]), np.where(row[1:] >= 0, forgone[:-1], 0.0)])
        return np.stack([self._look(trial, before[trial]) for trial in range(len(row))])


def _shown_later(rollout: Rollout) -> np.ndarray:
    """Return the outcomes forgone of a rollout read from a table, which shows each on the trial after; NaN for the last."""
    return np.concatenate([rollout.observation[1:, :, 1].astype(float), np.full((1, rollout.n_episodes), np.nan)])


class Belief(NamedTuple):
    """What the ideal player holds."""

    trial: int
    log_weight: np.ndarray  # (n_episodes, 2 n_kinds) of every kind of pair with either arm as its first
    forgone: np.ndarray  # (n_episodes,) what the other arm paid, as just seen


class IdealFullFeedback(ArmsPlayer):
    """Keeps the exact belief which pair it is and which way round; the optimum, since every choice shows everything.

    Parameters
    ----------
    task : FullFeedbackBandit
        With complete feedback.
    """

    name = "bayes-optimal"

    def __init__(self, task: FullFeedbackBandit) -> None:
        super().__init__(task)
        n_kinds = len(task.pairs)
        self.kind, self.better = np.tile(np.arange(n_kinds), 2), np.repeat([0, 1], n_kinds)

    def initial_state(self, n_episodes: int) -> Belief:
        """Every kind of pair and side is alike likely."""
        return Belief(0, np.zeros((n_episodes, len(self.kind))), np.zeros(n_episodes))

    def look(self, state: Belief, observation: np.ndarray) -> Belief:
        """See what the other arm paid."""
        return state._replace(forgone=np.asarray(observation[:, 1], float))

    def learn(self, state: Belief, action: np.ndarray, reward: np.ndarray) -> Belief:
        """Weigh every possibility by what both arms paid."""
        outcome = np.where(action[:, None] == np.arange(2), reward[:, None], state.forgone[:, None])
        chance = self.task.probability(state.trial, self.kind, self.better)
        with np.errstate(divide="ignore"):
            told = np.where(outcome[:, None] == 1, np.log(chance), np.log1p(-chance)).sum(axis=2)
        return Belief(state.trial + 1, state.log_weight + told, state.forgone)

    def logits(self, state: Belief) -> np.ndarray:
        """Take the arm that is likelier to pay now."""
        weight = np.exp(state.log_weight - state.log_weight.max(axis=1, keepdims=True))
        return share_best(weight @ self.task.probability(state.trial, self.kind, self.better) / weight.sum(axis=1, keepdims=True))


BEST_RATE = (0.3, 10.0)
"""Learning rate and inverse temperature of the plain learner that is shown beside the others; our choice."""


def full_feedback_players(task: FullFeedbackBandit) -> list[Agent]:
    """Return every reference player of a full-feedback bandit, the simplest first."""
    ideal = [IdealFullFeedback(task)] if task.complete else []
    return arms_players(task, [rescorla_wagner(task, *BEST_RATE), *ideal])
