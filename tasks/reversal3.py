"""Three arms of which one is good, for a block of trials; then another one is.

What is observed: nothing. What must be learnt within an episode: which arm is good now, and to leave it soon after it
has ceased to pay. The good arm pays with .8, the others with .2, in six blocks of 15 trials; the good arm of a block
is never that of the block before. Source: Zorowitz, Solis, Niv & Bennett 2023, Nat Hum Behav (the data set
``zorowitz2023_reversal3``). How ours departs: the first good arm and its successors are drawn evenly, the paper's
schedule is not known to us. With ``random_blocks`` (ours, ``bandit/reversal3_random``) blocks end at random: people were not told
how long blocks are, and a network that trains for thousands of episodes would learn it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, pay
from tasks.arms_players import ArmsPlayer, arms_players, rescorla_wagner
from tasks.choosing import share_best
from tasks.settings import check_at_least, check_probability


class BlockState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    good: np.ndarray  # (n_episodes,) int: the arm that pays more now


@dataclass(frozen=True)
class BlockBandit(ArmsTask):
    """Arms of which one is good for a block of trials.

    Parameters
    ----------
    n_arms : int
        >= 2.
    good_probability, other_probability : float
        What the good arm pays with, and the others; in [0, 1].
    block_length : int
        Trials a block, >= 1; their mean if ``random_blocks``.
    random_blocks : bool
        Whether a block may end after any trial, with probability ``1 / block_length``, and not after so many.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    ``r ~ Bernoulli(good_probability)`` for the good arm, ``Bernoulli(other_probability)`` else. After every
    ``block_length`` trials, or with ``random_blocks`` after each with probability ``1 / block_length``, the good arm
    gives way to one of the others, drawn evenly.
    """

    n_arms: int = 3
    good_probability: float = 0.8
    other_probability: float = 0.2
    block_length: int = 15
    random_blocks: bool = False
    n_trials: int = 90
    trial_index: bool = False
    name: str = "bandit/reversal3"

    def __post_init__(self) -> None:
        check_probability("good_probability", self.good_probability)
        check_probability("other_probability", self.other_probability)
        check_at_least(self, n_arms=2, block_length=1, n_trials=1)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(self.n_arms, "Zorowitz et al. 2023")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[BlockState, np.ndarray]:
        """Draw the first good arm of every episode; see ``Task.begin``."""
        return BlockState(0, rng.integers(0, self.n_arms, n_episodes)), self.observe(0, n_episodes)

    def advance(
        self, state: BlockState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[BlockState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode; after a block another arm is good; see ``Task.advance``."""
        n_episodes, trial = len(state.good), state.trial + 1
        reward = pay(self.hidden(state)["reward_probability"], self.check_action(action, n_episodes), rng)
        good = self._succeed(state.good, trial, rng)
        return BlockState(trial, good), self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def _succeed(self, good: np.ndarray, trial: int, rng: np.random.Generator) -> np.ndarray:
        """Return the good arms once the blocks that end with a trial have ended."""
        if self.random_blocks:
            ends = rng.random(len(good)) < 1 / self.block_length
            return np.where(ends, (good + rng.integers(1, self.n_arms, len(good))) % self.n_arms, good)
        if trial % self.block_length:
            return good
        return (good + rng.integers(1, self.n_arms, len(good))) % self.n_arms

    def hidden(self, state: BlockState) -> dict[str, np.ndarray]:
        """``good_arm``: (n_episodes,) int; ``reward_probability``: (n_episodes, n_arms)."""
        is_good = state.good[:, None] == np.arange(self.n_arms)
        pays = np.where(is_good, self.good_probability, self.other_probability)
        return {"good_arm": state.good, "reward_probability": pays}


class BlockBelief(NamedTuple):
    """What a filter of blocks carries."""

    trial: int
    belief: np.ndarray  # (n_episodes, n_arms) that each arm is good now


class HiddenStateFilter(ArmsPlayer):
    """A hidden Markov model of which arm is good: after every trial it may have changed.

    Parameters
    ----------
    task : BlockBandit
        Whose probabilities it knows.
    counts_trials : bool
        Whether it knows when a block ends; otherwise it expects an end after any trial, once in ``block_length``.

    Notes
    -----
    Bayes' rule for the outcome, then ``b <- (1 - h) b + h (1 - b) / (n_arms - 1)`` with the hazard ``h`` of a change.
    """

    def __init__(self, task: BlockBandit, counts_trials: bool = False) -> None:
        super().__init__(task)
        self.counts_trials = counts_trials
        self.name = "block-filter" if counts_trials else "hidden-state"

    def initial_state(self, n_episodes: int) -> BlockBelief:
        """All arms are equally likely."""
        return BlockBelief(0, np.full((n_episodes, self.n_arms), 1 / self.n_arms))

    def learn(self, state: BlockBelief, action: np.ndarray, reward: np.ndarray) -> BlockBelief:
        """Bayes' rule, then the chance of a change."""
        task, trial = self.task, state.trial + 1
        pays = np.where(action[:, None] == np.arange(self.n_arms), task.good_probability, task.other_probability)
        belief = state.belief * np.where(reward[:, None] > 0, pays, 1 - pays)
        total = belief.sum(axis=1, keepdims=True)
        belief = np.where(total > 0, belief / np.where(total > 0, total, 1.0), 1 / self.n_arms)
        hazard = float(trial % task.block_length == 0) if self.counts_trials else 1 / task.block_length
        return BlockBelief(trial, (1 - hazard) * belief + hazard * (1 - belief) / (self.n_arms - 1))

    def logits(self, state: BlockBelief) -> np.ndarray:
        """Share among the arms that are most likely good."""
        return share_best(state.belief)

    def value(self, state: BlockBelief) -> np.ndarray:
        """It reports none."""
        return np.full(len(state.belief), np.nan)


BEST_RATE = (0.9, 40.0)
"""Learning rate and inverse temperature of the Rescorla-Wagner learner that earns most.

Out of rates .1 to .9 and inverse temperatures 5, 10, 20, 40, 100, in 10,000 episodes each.
"""


def reversal3_players(task: BlockBandit) -> list[Agent]:
    """Return every reference player of the block bandit, the simplest first; in random blocks nobody can count trials."""
    filters = [HiddenStateFilter(task, counts_trials) for counts_trials in (False, True)[: 1 if task.random_blocks else 2]]
    return arms_players(task, [rescorla_wagner(task, *BEST_RATE), *filters])
