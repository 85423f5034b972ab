"""Two arms that pay points about a mean, four imposed looks, then one free choice or six: explore only if it will pay.

What is observed: the horizon (free choices of this game, over the longest), and which arm is imposed now, if one is. What
must be learnt: the better arm, from what it paid; and that looking further is worth a sacrifice where more choices
follow. Source: Wilson et al. 2014 (J Exp Psychol Gen 143:2074): rewards with standard deviation 8 about means of which
one is 40 or 60 and the other differs by 4, 8, 12, 20 or 30 points; the four imposed choices look at the arms twice each
([2 2]) or once and three times ([1 3]); horizon 1 or 6.

How ours departs: points are not rounded, and cut six standard deviations beyond the extreme means; all combinations are
equally likely in every game, instead of balanced within a session; imposed choices stand in random order. Rewards are
``reward_scale`` (.01) times the points, since networks learn badly from large rewards (``reward_scale=1`` gives points).
An episode is one game; those of the short horizon end early.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import BANDIT, FORCED
from cogmeta.rollout import Rollout
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.columns import flat, imposed_in, take


class HorizonState(NamedTuple):
    """State of a batch of games."""

    trial: int
    mean: np.ndarray  # (n_episodes, 2) in units of reward
    horizon: np.ndarray  # (n_episodes,) int, free choices of the game
    order: np.ndarray  # (n_episodes, n_forced) int, arms of the imposed choices


@dataclass(frozen=True)
class HorizonBandit(ArmsTask):
    """Two Gaussian arms, ``n_forced`` imposed choices, then as many free ones as the horizon says.

    Parameters
    ----------
    horizons : tuple of int
        Free choices of a game, drawn evenly; shown.
    n_forced : int
        Imposed choices, an even number >= 2: half of them of each arm, or all but one of the same arm, evenly drawn.
    base_means : tuple of float
        Of one arm, either one, drawn evenly; points.
    differences : tuple of float
        By which the other arm's mean is higher or lower, drawn evenly; points.
    noise_sd : float
        Of rewards about their mean, > 0; points.
    reward_scale : float
        Reward per point, > 0.
    n_trials : int
        Of the longest game, ``n_forced + max(horizons)``.
    name : str
        Registered id.

    Notes
    -----
    One arm's mean is ``m ~ U(base_means)``, the other's ``m + d`` or ``m - d``, ``d ~ U(differences)``; points ``~
    N(mean, noise_sd^2)``, reward ``reward_scale * points``. First free choices are told by ``P(a) = 1 / (1 + exp(-(dR
    + A dI + B) / sigma))``: ``dR`` the difference of observed means, ``dI`` +1 or -1 for the arm that was seen less.

    Examples
    --------
    >>> task = HorizonBandit()
    >>> state, observation = task.begin(40, np.random.default_rng(0))
    >>> observation.shape, task.imposed(state).shape, sorted(set(state.horizon.tolist()))
    ((40, 3), (40,), [1, 6])
    """

    horizons: tuple[int, ...] = (1, 6)
    n_forced: int = 4
    base_means: tuple[float, ...] = (40.0, 60.0)
    differences: tuple[float, ...] = (4.0, 8.0, 12.0, 20.0, 30.0)
    noise_sd: float = 8.0
    reward_scale: float = 0.01
    n_trials: int = 10
    name: str = "bandit/horizon"

    def __post_init__(self) -> None:
        if not self.horizons or min(self.horizons) < 1 or self.n_trials != self.n_forced + max(self.horizons):
            raise UserError(f"{self.name!r} needs horizons >= 1 and n_trials = n_forced + max(horizons), got horizons="
                            f"{self.horizons}, n_forced={self.n_forced} and n_trials={self.n_trials}.")
        if self.n_forced < 2 or self.n_forced % 2:
            raise UserError(f"n_forced must be an even number >= 2, to look at both arms alike, got {self.n_forced}.")
        if not self.base_means or not self.differences or self.noise_sd <= 0 or self.reward_scale <= 0:
            raise UserError(f"{self.name!r} needs base_means, differences, noise_sd > 0 and reward_scale > 0, got "
                            f"{self.base_means}, {self.differences}, {self.noise_sd} and {self.reward_scale}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        beyond = max(self.differences) + 6 * self.noise_sd
        points = min(self.base_means) - beyond, max(self.base_means) + beyond
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=3, n_actions=2, n_trials=self.n_trials, n_steps=self.n_trials,
            reward_range=(points[0] * self.reward_scale, points[1] * self.reward_scale), citation="Wilson et al. 2014",
        )

    def mean_pairs(self) -> np.ndarray:
        """Return (n, 2) the pairs of means that can be, in points, equally likely; a pair may stand twice."""
        pairs = [(base, base + sign * d) for base in self.base_means for d in self.differences for sign in (-1, 1)]
        return np.array([*pairs, *(pair[::-1] for pair in pairs)])

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[HorizonState, np.ndarray]:
        """Draw means, horizon and imposed choices of every game; see ``Task.begin``."""
        pairs = self.mean_pairs()
        mean = self.reward_scale * pairs[rng.integers(0, len(pairs), n_episodes)]
        horizon = np.array(self.horizons)[rng.integers(0, len(self.horizons), n_episodes)]
        equal, first = rng.random(n_episodes) < 0.5, rng.integers(0, 2, n_episodes)
        n_other = np.where(equal, self.n_forced // 2, 1)  # looks at the arm that is looked at less, or as often
        other = np.arange(self.n_forced) < n_other[:, None]
        order = rng.permuted(np.where(other, 1 - first[:, None], first[:, None]), axis=1)
        state = HorizonState(0, mean, horizon, order)
        return state, self._observe(state)

    def imposed(self, state: HorizonState) -> np.ndarray | None:
        """Return the arm that is to be looked at, in the first ``n_forced`` trials."""
        return state.order[:, state.trial] if state.trial < self.n_forced else None

    def advance(
        self, state: HorizonState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[HorizonState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every game that is not over; see ``Task.advance``."""
        n_episodes, playing = len(state.mean), ~self._over(state)
        action = self.check_action(action, n_episodes)
        noise = self.reward_scale * self.noise_sd * rng.standard_normal(n_episodes)
        reward = playing * np.clip(of_chosen(state.mean, action) + noise, *self.spec.reward_range)
        state = state._replace(trial=state.trial + 1)
        return state, self._observe(state), reward, self._over(state)

    def hidden(self, state: HorizonState) -> dict[str, np.ndarray]:
        """``mean_reward``: (n_episodes, 2), in units of reward."""
        return {"mean_reward": state.mean}

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """As for any task among arms, with the column ``horizon``: free choices of the game."""
        trials = super().to_trials(rollout)
        trials["horizon"] = np.rint(flat(rollout.observation[..., 0], rollout.valid) * max(self.horizons)).astype(int)
        return trials

    def _over(self, state: HorizonState) -> np.ndarray:
        return state.trial >= self.n_forced + state.horizon

    def _observe(self, state: HorizonState) -> np.ndarray:
        imposed = self.imposed(state)
        imposed = np.full(len(state.mean), NO_ACTION) if imposed is None else imposed
        return self._shown(np.where(self._over(state), 0, state.horizon), imposed)

    def _shown(self, horizon: np.ndarray, imposed: np.ndarray) -> np.ndarray:
        """Return (..., 3) float32: the horizon over the longest, and the imposed arm, one-hot."""
        one_hot = imposed[..., None] == np.arange(2)
        return np.concatenate([horizon[..., None] / max(self.horizons), one_hot], axis=-1, dtype=np.float32)

    def _seen(self, trials: pd.DataFrame, row: np.ndarray) -> np.ndarray:
        """Return what was seen before each choice, from the columns ``horizon``, ``forced`` and ``choice``."""
        lacking = [name for name in ("horizon", FORCED) if name not in trials]
        if lacking:
            raise TrialTableError(f"{self.name!r} shows its agents the horizon of the game and which choices are imposed; "
                                  f"the trial table lacks the columns {lacking}. Add them.")
        return self._shown(take(trials, "horizon", row), imposed_in(trials, row, "choice"))
