"""Two arms whose probabilities drift and always sum to one: what pays now will not pay for ever.

What is observed: nothing. What must be learnt within an episode: which arm pays more now, and how fast that changes.
Source: Wang et al. 2016, experiment 4 (section 3.1.4): ``p1`` takes a Gaussian random walk, ``p2 = 1 - p1``, 100
trials, episodes of low and of high volatility that are not told apart. The paper does not print the walk's standard
deviations: ``drift_sd`` is ours, .02 a trial for low volatility (the better arm keeps for most of an episode) and .1
for high (it changes about every twenty trials). How ours departs besides: walks start from U[0, 1], are reflected at
0 and 1, and no trial index is shown.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, pay
from tasks.arms_players import ArmsPlayer, arms_players, rescorla_wagner
from tasks.bandit_players import UCB1
from tasks.choosing import share_best
from tasks.mirrored_kalman import MirroredKalman
from tasks.settings import check_at_least
from tasks.volatility import VolatilityLearner
from tasks.walks import grid, reflect, walk_matrix


class RestlessState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    first: np.ndarray  # (n_episodes,) probability of arm 0
    drift_sd: np.ndarray  # (n_episodes,) of this episode


@dataclass(frozen=True)
class RestlessBandit(ArmsTask):
    """Two Bernoulli arms, ``p`` and ``1 - p``, where ``p`` takes a reflected Gaussian random walk.

    Parameters
    ----------
    drift_sd : tuple of float
        Standard deviations of a step of the walk, >= 0; each episode has one of them, drawn evenly.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    ``p(1) ~ U[0, 1]``, ``p(t + 1) = reflect(p(t) + sd * noise)`` at 0 and 1, standard normal noise, with ``sd`` of
    this episode; arm 0 pays with ``p(t)``, arm 1 with ``1 - p(t)``.
    """

    drift_sd: tuple[float, ...] = (0.02, 0.1)
    n_trials: int = 100
    trial_index: bool = False
    name: str = "bandit/restless"

    def __post_init__(self) -> None:
        if not self.drift_sd or min(self.drift_sd) < 0:
            raise UserError(f"drift_sd must be one or more numbers >= 0, got {self.drift_sd}.")
        check_at_least(self, n_trials=1)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(2, "Wang et al. 2016, experiment 4")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[RestlessState, np.ndarray]:
        """Draw where every walk starts and how fast it drifts; see ``Task.begin``."""
        drift_sd = np.asarray(self.drift_sd, float)[rng.integers(0, len(self.drift_sd), n_episodes)]
        return RestlessState(0, rng.random(n_episodes), drift_sd), self.observe(0, n_episodes)

    def advance(
        self, state: RestlessState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[RestlessState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode, then let the walks drift; see ``Task.advance``."""
        n_episodes, trial = len(state.first), state.trial + 1
        reward = pay(_arms(state.first), self.check_action(action, n_episodes), rng)
        first = reflect(state.first + state.drift_sd * rng.standard_normal(n_episodes), 0.0, 1.0)
        state = RestlessState(trial, first, state.drift_sd)
        return state, self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: RestlessState) -> dict[str, np.ndarray]:
        """``reward_probability``: (n_episodes, 2); ``drift_sd``: (n_episodes,)."""
        return {"reward_probability": _arms(state.first), "drift_sd": state.drift_sd}


def _arms(first: np.ndarray) -> np.ndarray:
    return np.stack([first, 1 - first], axis=1)


class WalkFilter(ArmsPlayer):
    """Keeps the exact belief of the walk, and of which drift it has, and takes the arm that likely pays more.

    Parameters
    ----------
    task : RestlessBandit
        Whose drifts it knows.
    n_points : int
        Grid cells of the probability.

    Notes
    -----
    Bayes' rule, then the walk's own step. Both arms tell equally much, so that taking what looks better is optimal: but
    for the grid this is the most that anybody can expect.
    """

    name = "bayes-optimal"

    def __init__(self, task: RestlessBandit, n_points: int = 50) -> None:
        super().__init__(task)
        self.point = grid(0.0, 1.0, n_points)
        self._spread = np.stack([walk_matrix(0.0, 1.0, n_points, sd) for sd in task.drift_sd])

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_drifts, n_points) the belief before the first trial: all are equally likely."""
        n_drifts, n_points = self._spread.shape[:2]
        return np.full((n_episodes, n_drifts, n_points), 1 / (n_drifts * n_points))

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Bayes' rule, then drift."""
        for_first = ((action == 0) == (reward == 1))[:, None, None]
        belief = state * np.where(for_first, self.point, 1 - self.point)
        return np.einsum("edp,dpq->edq", belief / belief.sum(axis=(1, 2), keepdims=True), self._spread)

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the arms with the higher mean."""
        first = state.sum(axis=1) @ self.point
        return share_best(np.stack([first, 1 - first], axis=1))


class WalkThompson(WalkFilter):
    """Takes each arm as often as it is the better one, under a belief that knows one fixed drift.

    Parameters
    ----------
    task : RestlessBandit
    drift_sd : float, optional
        The one drift it believes in, >= 0; by default the root mean square of the task's.
    n_points : int
        Grid cells of the probability, even.

    Notes
    -----
    ``P(arm 0) = P(p > 1/2 | choices and rewards so far)``, exactly, where Thompson sampling draws it.

    References
    ----------
    Wang et al. 2016, experiment 4 (Thompson sampling with a Gaussian walk of one fixed volatility).
    """

    name = "thompson"

    def __init__(self, task: RestlessBandit, drift_sd: float | None = None, n_points: int = 50) -> None:
        believed = float(np.sqrt(np.mean(np.square(task.drift_sd)))) if drift_sd is None else drift_sd
        super().__init__(replace(task, drift_sd=(believed,)), n_points)

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Return the log-probability of each arm to be the better one."""
        first = state.sum(axis=1)[:, self.point > 0.5].sum(axis=1)
        with np.errstate(divide="ignore"):
            return np.log(np.clip(np.stack([first, 1 - first], axis=1), 0.0, 1.0))


BEST_RATE = {(0.02,): (0.1, 100.0), (0.1,): (0.2, 100.0), (0.02, 0.1): (0.2, 100.0), (0.02, 0.2): (0.5, 10.0)}
"""drift_sd -> learning rate and inverse temperature of the Rescorla-Wagner learner that earns most.

Out of rates .1 to .9 and inverse temperatures 5, 10, 20, 40, 100, in 10,000 episodes each (the last pair: rates
.2 to .7, 1,500 episodes). The paper fixed .5.
"""


def walk_kalman(task: RestlessBandit) -> Agent:
    """Return the Kalman filter of a walk as spread as U[0, 1], with the mean of the task's drift variances."""
    variance = 1 / 12
    return MirroredKalman(task, variance, float(np.sqrt(max(0.0, 1 - np.mean(np.square(task.drift_sd)) / variance))))


def restless_players(task: RestlessBandit) -> list[Agent]:
    """Return every reference player of the restless bandit, the simplest first."""
    rate, inverse_temperature = BEST_RATE.get(tuple(task.drift_sd), BEST_RATE[0.02, 0.1])
    learners = [WalkThompson(task), rescorla_wagner(task, rate, inverse_temperature), walk_kalman(task), VolatilityLearner(task),
                WalkFilter(task)]
    return arms_players(task, [UCB1(task, exploration=1.0), *learners])
