"""Players of the horizon task: the Bayes-optimal one by backward induction, and Kalman filters that do not look ahead.

The optimal player knows how games are made (which pairs of means there are, the noise, how many choices are left) and
maximises the points of the game. Its belief is a distribution over the pairs of means, which depends on how often each
arm was taken and on the mean of what it paid; its values are computed on a grid of these two means.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.arms_players import ArmsPlayer, arms_players
from tasks.choosing import share_best
from tasks.gaussian import PEOPLE
from tasks.horizon import HorizonBandit
from tasks.kalman import GaussianArms, KalmanGreedy, KalmanHybrid, KalmanThompson, KalmanUCB
from tasks.settings import check_size

GRID_STEP = 0.125
"""Distance between the grid's means and between rewards of the sums over outcomes, in standard deviations of a reward."""

BEYOND = 3.0
"""How far the grid reaches beyond the extreme means, in standard deviations; further out the belief does not change."""


MOST_CHOICES = 20
"""Longest horizon that is solved, in some ten seconds."""


class Looks(NamedTuple):
    """What was seen in every game: (n_episodes, 2) counts and means (points), (n_episodes,) free choices left."""

    count: np.ndarray
    mean: np.ndarray
    left: np.ndarray


class HorizonOptimal(ArmsPlayer):
    """Maximises the expected points of the rest of the game.

    Parameters
    ----------
    task : HorizonBandit
    grid_step : float
        See ``GRID_STEP``. Half of it changes the values met in play (about 330 points with six choices left) by 0.04
        points on average, and one choice in 3,000.

    Notes
    -----
    With ``h`` the pairs of means, ``n, x`` counts and observed means, ``b(h) ~ exp(-sum_a n_a (x_a - m_ha)^2 / 2 sd^2)``,
    ``Q_k(a) = E_b[m_ha] + E_b,r[max_a' Q_k-1(a')]``: sums over a lattice of rewards, linear between grid points. The
    values of all counts and choices left take a second or two, once; twice as long a horizon takes three to four times as long.

    Raises
    ------
    UserError
        The horizon is beyond ``MOST_CHOICES``.
    """

    name, discount = "bayes-optimal", 1.0

    def __init__(self, task: HorizonBandit, grid_step: float = GRID_STEP) -> None:
        super().__init__(task)
        check_size(self.name, "free choices of a game", max(task.horizons), MOST_CHOICES)
        self.pairs, self.grid_step = task.mean_pairs(), grid_step
        low, high = (end + sign * BEYOND * task.noise_sd for end, sign in
                     ((self.pairs.min(), -1), (self.pairs.max(), 1)))
        self.grid = np.arange(low, high + grid_step * task.noise_sd, grid_step * task.noise_sd)
        self.longest = max(task.horizons)

    def initial_state(self, n_episodes: int) -> Looks:
        """Nothing seen."""
        return Looks(np.zeros((n_episodes, 2), int), np.zeros((n_episodes, 2)), np.full(n_episodes, -1))

    def look(self, state: Looks, observation: np.ndarray) -> Looks:
        """See the horizon of the game; ``learn`` counts down from it."""
        horizon = np.rint(observation[:, 0] * self.longest).astype(int) + self.task.n_forced
        return state._replace(left=np.where(state.count.sum(axis=1) == 0, horizon, state.left))

    def learn(self, state: Looks, action: np.ndarray, reward: np.ndarray) -> Looks:
        """Take in a reward."""
        taken = action[:, None] == np.arange(2)
        count = state.count + taken
        points = reward[:, None] / self.task.reward_scale
        mean = state.mean + taken * (points - state.mean) / np.maximum(count, 1)
        return Looks(count, mean, state.left - 1)

    def logits(self, state: Looks) -> np.ndarray:
        """Share among the best; any arm while choices are imposed."""
        return share_best(np.nan_to_num(self.action_values(state)))

    def value(self, state: Looks) -> np.ndarray:
        """Return the expected reward of the free choices that are left; NaN while choices are imposed."""
        return self.task.reward_scale * self.action_values(state).max(axis=1)

    def action_values(self, state: Looks) -> np.ndarray:
        """Return (n_episodes, 2) expected points of either arm and of the best choices after it; NaN if imposed."""
        values = np.full((len(state.left), 2), np.nan)
        free = (state.left >= 1) & (state.count.sum(axis=1) >= self.task.n_forced)
        for key in {(n0, n1, left) for (n0, n1), left in zip(state.count[free].tolist(), state.left[free].tolist())}:
            here = free & (state.count == key[:2]).all(axis=1) & (state.left == key[2])
            values[here] = _between(self.grid, self.tables[key], state.mean[here])
        return values

    @cached_property
    def tables(self) -> dict[tuple[int, int, int], np.ndarray]:
        """(count of arm 0, of arm 1, choices left) -> (2, n_grid, n_grid) points of either arm."""
        tables: dict[tuple[int, int, int], np.ndarray] = {}
        for horizon in self.task.horizons:
            for left in range(1, horizon + 1):
                n_seen = self.task.n_forced + horizon - left
                for n0 in range(1, n_seen):
                    n1 = n_seen - n0
                    if (n1, n0, left) in tables:  # the arms are alike: exchange them
                        tables[n0, n1, left] = tables[n1, n0, left][::-1].swapaxes(1, 2)
                    else:
                        tables[n0, n1, left] = np.stack([self._taking(arm, (n0, n1), left, tables) for arm in (0, 1)])
        return tables

    def _taking(self, arm: int, counts: tuple[int, int], left: int, tables: dict) -> np.ndarray:
        """Return (n_grid, n_grid) points of one arm at every pair of observed means."""
        belief = self._belief(counts)
        now = belief @ self.pairs[:, arm]
        if left == 1:
            return now
        after = (counts[0] + (arm == 0), counts[1] + (arm == 1), left - 1)
        best = tables[after].max(axis=0)
        future = self._future(best if arm == 0 else best.T, belief if arm == 0 else belief.swapaxes(0, 1), arm, counts[arm])
        return now + (future if arm == 0 else future.T)

    def _belief(self, counts: tuple[int, int]) -> np.ndarray:
        """Return (n_grid, n_grid, n_pairs) the probability of every pair of means."""
        square = [(self.grid[:, None] - self.pairs[:, arm]) ** 2 * counts[arm] for arm in (0, 1)]
        log = -(square[0][:, None] + square[1][None]) / (2 * self.task.noise_sd**2)
        weight = np.exp(log - log.max(axis=-1, keepdims=True))
        return weight / weight.sum(axis=-1, keepdims=True)

    def _future(self, best: np.ndarray, belief: np.ndarray, arm: int, count: int) -> np.ndarray:
        """Return the expected best value once the arm of the first axis has paid again."""
        rewards, chance = self._rewards(arm)
        moved = (count * self.grid[:, None] + rewards) / (count + 1)  # (n_grid, n_rewards)
        low, share = _cells(self.grid, moved)
        future = np.empty(best.shape)
        for i in range(len(self.grid)):
            reached = best[low[i]] * (1 - share[i])[:, None] + best[low[i] + 1] * share[i][:, None]
            future[i] = np.einsum("jr,rj->j", belief[i] @ chance, reached)
        return future

    def _rewards(self, arm: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a lattice of rewards, (n_rewards,), and their chances under every pair, (n_pairs, n_rewards)."""
        sd = self.task.noise_sd
        rewards = np.arange(self.pairs.min() - 6 * sd, self.pairs.max() + 6 * sd, self.grid_step * sd)
        chance = np.exp(-((rewards - self.pairs[:, arm, None]) ** 2) / (2 * sd**2))
        return rewards, chance / chance.sum(axis=1, keepdims=True)


def _cells(grid: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid point below every place and how far between it and the next it lies; beyond the grid its edge."""
    where = np.clip((place - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1)
    low = np.minimum(where.astype(int), len(grid) - 2)
    return low, where - low


def _between(grid: np.ndarray, table: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return (n, 2) both arms' values at places (n, 2), linear between the points of the grid."""
    (i, j), (a, b) = (part.T for part in _cells(grid, place))
    corners = (table[:, i, j], table[:, i + 1, j], table[:, i, j + 1], table[:, i + 1, j + 1])
    weights = ((1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b)
    return sum(w * corner for w, corner in zip(weights, corners)).T


def horizon_players(task: HorizonBandit) -> list[Agent]:
    """Return every reference player of the horizon task, the simplest first."""
    pairs = task.reward_scale * task.mean_pairs()
    arms = GaussianArms((pairs.mean(),) * 2, (pairs.var(),) * 2, ((task.reward_scale * task.noise_sd) ** 2,) * 2)
    value, relative, total = PEOPLE["bandit/gaussian2018_2"]  # per point, of another task
    hybrid = KalmanHybrid(task, arms, (value / task.reward_scale, relative / task.reward_scale, total))
    optimal = [HorizonOptimal(task)] if max(task.horizons) <= MOST_CHOICES else []
    return arms_players(task, [KalmanGreedy(task, arms), KalmanUCB(task, arms), KalmanThompson(task, arms), hybrid, *optimal])
