"""Players of the risky levers: one that compares expected values, and one that also weighs what it may still learn.

Both know the pellets and how the risky lever's probability is drawn, find out which lever is risky by the first payment
(the small reward tells, and so do the large one and nothing), and count its payments. The exact optimum is by backward
induction over the counts: pressing the risky lever teaches, the certain one teaches nothing.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.arms_players import ArmsPlayer, arms_players
from tasks.choosing import share_best
from tasks.risky import RiskyBandit
from tasks.settings import check_size

MOST_TRIALS = 300
"""Longest episode whose optimum is computed."""


class Payments(NamedTuple):
    """What was seen in every episode, (n_episodes,) int arrays."""

    risky: np.ndarray  # the risky lever; -1 where it is not known yet
    wins: np.ndarray  # of the risky lever
    losses: np.ndarray
    trial: np.ndarray  # of the episode, from 0


class ExpectedValue(ArmsPlayer):
    """Takes the lever with the higher expected reward of this trial.

    Parameters
    ----------
    task : RiskyBandit

    Notes
    -----
    ``E[p | w wins, l losses] = sum_p w(p) p^(w+1) (1-p)^l / sum_p w(p) p^w (1-p)^l`` over the probabilities that can be;
    for a uniform range with 64 Gauss-Legendre nodes, which are exact up to 126 payments.
    """

    name = "expected-value"

    def __init__(self, task: RiskyBandit) -> None:
        super().__init__(task)
        chances = np.array(task.risky_probability, float)
        self.chances, self.weights = chances, np.full(len(chances), 1 / len(chances))
        if task.uniform:
            nodes, weights = np.polynomial.legendre.leggauss(64)
            low, high = chances.min(), chances.max()
            self.chances, self.weights = low + (high - low) * (nodes + 1) / 2, weights / 2

    def initial_state(self, n_episodes: int) -> Payments:
        """Nothing is known."""
        return Payments(np.full(n_episodes, -1), *(np.zeros(n_episodes, int) for _ in range(3)))

    def learn(self, state: Payments, action: np.ndarray, reward: np.ndarray) -> Payments:
        """Take in a payment."""
        certain = np.isclose(reward, self.task.small * self.task.reward_scale)
        risky = np.where(state.risky < 0, np.where(certain, 1 - action, action), state.risky)
        pressed, won = action == risky, reward > 0
        return Payments(risky, state.wins + (pressed & won), state.losses + (pressed & ~won), state.trial + 1)

    @cached_property
    def belief(self) -> np.ndarray:
        """(n_trials + 1, n_trials + 1) expected probability of the risky lever after every number of wins and losses."""
        counts = np.arange(self.task.n_trials + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            log = (np.where(counts > 0, counts * np.log(self.chances)[:, None], 0.0)[:, :, None]
                   + np.where(counts > 0, counts * np.log1p(-self.chances)[:, None], 0.0)[:, None, :])
            weight = self.weights[:, None, None] * np.exp(log - log.max(axis=0))
            expected = (weight * self.chances[:, None, None]).sum(axis=0) / weight.sum(axis=0)
        return np.nan_to_num(expected)  # counts that cannot be met

    def logits(self, state: Payments) -> np.ndarray:
        """Share among the best levers; even where it is not known which is risky."""
        risky, certain = self.compare(state)
        values = np.where(state.risky[:, None] == np.arange(2), risky[:, None], certain[:, None])
        return share_best(np.where(state.risky[:, None] < 0, 0.0, values))

    def compare(self, state: Payments) -> tuple[np.ndarray, np.ndarray]:
        """Return (n_episodes,) pellets to expect of the risky lever and of the certain one."""
        risky = self.task.large * self.belief[state.wins, state.losses]
        return risky, np.full(len(risky), self.task.small)


class RiskyOptimal(ExpectedValue):
    """Maximises the pellets of the rest of the episode.

    Parameters
    ----------
    task : RiskyBandit

    Notes
    -----
    ``V_0 = 0``, ``Q_k(certain) = small + V_k-1(w, l)``, ``Q_k(risky) = p (large + V_k-1(w + 1, l)) + (1 - p) V_k-1(w, l +
    1)`` with ``p = E[p | w, l]``; exact. Its tables hold ``16 n_trials^3`` bytes: 15 MB for 100 trials, made in a tenth of
    a second, 420 MB for 300.

    Raises
    ------
    UserError
        The episode is longer than ``MOST_TRIALS``.
    """

    name, discount = "bayes-optimal", 1.0

    def __init__(self, task: RiskyBandit) -> None:
        super().__init__(task)
        check_size(self.name, "trials", task.n_trials, MOST_TRIALS)

    @cached_property
    def tables(self) -> np.ndarray:
        """(free choices left, lever, wins, losses) pellets to come of the risky lever (0) and of the certain one (1)."""
        size, chance = self.task.n_trials + 1, self.belief
        tables = np.zeros((self.task.n_trials - self.task.n_forced + 1, 2, size, size))
        for left in range(1, len(tables)):
            ahead = np.pad(tables[left - 1].max(axis=0), ((0, 1), (0, 1)), mode="edge")
            tables[left, 0] = chance * (self.task.large + ahead[1:, :-1]) + (1 - chance) * ahead[:-1, 1:]
            tables[left, 1] = self.task.small + ahead[:-1, :-1]
        return tables

    def compare(self, state: Payments) -> tuple[np.ndarray, np.ndarray]:
        """Return (n_episodes,) pellets to come after either lever."""
        left = np.clip(self.task.n_trials - state.trial, 0, len(self.tables) - 1)
        return tuple(self.tables[left, lever, state.wins, state.losses] for lever in (0, 1))

    def value(self, state: Payments) -> np.ndarray:
        """Return the expected reward of the free choices that are left; NaN while choices are imposed."""
        best = self.task.reward_scale * np.maximum(*self.compare(state))
        return np.where(state.trial < self.task.n_forced, np.nan, best)


def risky_players(task: RiskyBandit) -> list[Agent]:
    """Return every reference player of the risky levers, the simplest first."""
    optimal = [RiskyOptimal(task)] if task.n_trials <= MOST_TRIALS else []
    return arms_players(task, [ExpectedValue(task), *optimal])
