"""Baited arms: an arm that would have paid keeps its reward until it is taken, so that it pays to visit both.

What is observed: nothing. What must be learnt within an episode: how often to visit the poorer arm; choices in the
proportion of income (Herrnstein's matching law) do about as well as can be. Sources: Wang et al. 2018, simulation 1,
after Tsutsui et al. 2016 and Lau & Glimcher 2005: ``P(reward | a) = 1 - (1 - p0(a))^(n_a + 1)``, ``n_a`` trials since
the arm was last taken, ``p0(left) + p0(right) = .5``, ``p0(left) ~ U(0, .5)``. How ours departs: episodes have 100
trials (the paper draws 50 to 100; a setting), and there is no fixation step. The paper holds part of the range of
``p0`` out of training; which is not printed: ``held_out`` gives the ranges, .1 to .2 and .3 to .4 as remembered by
others, ``draw`` which part is drawn.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError, unknown_name
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, pay
from tasks.arms_players import ArmsOracle, ArmsPlayer, arms_players
from tasks.settings import check_at_least

DRAWS = {"all": "the whole range", "training": "all but what is held out", "held_out": "what is held out of training"}
"""Parts of the range of ``p0``."""


class BaitedState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    base: np.ndarray  # (n_episodes, 2) probability that an arm is baited anew
    waited: np.ndarray  # (n_episodes, 2) int: trials since each arm was taken


@dataclass(frozen=True)
class BaitedBandit(ArmsTask):
    """Two baited arms whose base probabilities have a fixed sum.

    Parameters
    ----------
    total_probability : float
        Sum of the arms' base probabilities, in (0, 1].
    held_out : tuple of float
        Ends of ranges of arm 0's base probability, low and high in turn.
    draw : {"all", "training", "held_out"}
        Whether arm 0's base probability comes from the whole range, from outside ``held_out`` or from inside.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``.
    name : str
        Registered id.

    Notes
    -----
    ``P(reward | a) = 1 - (1 - p0_a)^(n_a + 1)``, ``n_a`` trials since ``a`` was last taken; ``p0_0 + p0_1 =
    total_probability``. Matching: ``log(C_0 / C_1) = slope * log(R_0 / R_1) + bias`` over choices and rewards of an
    episode, slope 1 for who matches.
    """

    total_probability: float = 0.5
    held_out: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4)
    draw: str = "all"
    n_trials: int = 100
    trial_index: bool = False
    name: str = "bandit/matching"

    def __post_init__(self) -> None:
        if self.draw not in DRAWS:
            raise unknown_name("part of the range", self.draw, DRAWS)
        check_at_least(self, n_trials=1)
        if not 0 < self.total_probability <= 1:
            raise UserError(f"total_probability must lie in (0, 1], got {self.total_probability}.")
        ends = (0.0, *self.held_out, self.total_probability)
        if len(self.held_out) % 2 or list(ends) != sorted(ends):
            raise UserError(f"held_out must be low and high ends in turn, rising within "
                            f"[0, {self.total_probability:g}], got {self.held_out}.")
        if self.draw != "all" and not sum(high - low for low, high in self._ranges()):
            raise UserError(f"draw={self.draw!r} leaves nothing to draw from with held_out={self.held_out}.")

    def _ranges(self) -> list[tuple[float, float]]:
        """Return the ranges that arm 0's base probability is drawn from."""
        ends = (0.0, *self.held_out, self.total_probability)
        if self.draw == "all":
            return [(0.0, self.total_probability)]
        first = 1 if self.draw == "held_out" else 0
        return list(zip(ends[first:-1:2] if first else ends[::2], ends[first + 1 :: 2], strict=False))

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        return self.spec_of(2, "Wang et al. 2018, simulation 1")

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[BaitedState, np.ndarray]:
        """Draw the base probabilities of every episode; see ``Task.begin``."""
        low, high = np.array(self._ranges()).T
        edge = np.concatenate([[0.0], np.cumsum(high - low)])
        dart = rng.random(n_episodes) * edge[-1]
        part = np.clip(np.searchsorted(edge, dart, side="right") - 1, 0, len(low) - 1)
        first = low[part] + dart - edge[part]
        base = np.stack([first, self.total_probability - first], axis=1)
        return BaitedState(0, base, np.zeros((n_episodes, 2), np.int64)), self.observe(0, n_episodes)

    def advance(
        self, state: BaitedState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[BaitedState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode; see ``Task.advance``."""
        n_episodes, trial = len(state.base), state.trial + 1
        action = self.check_action(action, n_episodes)
        reward = pay(_baited(state), action, rng)
        waited = np.where(action[:, None] == np.arange(2), 0, state.waited + 1)
        state = BaitedState(trial, state.base, waited)
        return state, self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: BaitedState) -> dict[str, np.ndarray]:
        """``base_probability`` and ``baited_probability``, what an arm pays with now: (n_episodes, 2) each."""
        return {"base_probability": state.base, "baited_probability": _baited(state)}


def _baited(state: BaitedState) -> np.ndarray:
    return 1 - (1 - state.base) ** (state.waited + 1)


class IncomeMatcher(ArmsPlayer):
    """Takes each arm in the proportion of what it has earned there of late.

    Parameters
    ----------
    task : ArmsTask
        Rewards >= 0.
    memory : float
        In (0, 1): share of its income's trace that is kept each trial.
    prior : float
        Income of every arm before the first trial, > 0, so that no arm is given up for good.

    Notes
    -----
    ``I_a <- memory I_a + r`` for the arm taken, ``I_a <- memory I_a`` for the other, ``P(a) = I_a / sum I``, each with
    ``prior`` added.

    References
    ----------
    Sugrue, Corrado & Newsome 2004, Science 304:1782.
    """

    name = "income-matcher"

    def __init__(self, task: ArmsTask, memory: float = 0.98, prior: float = 0.1) -> None:
        super().__init__(task)
        if not 0 < memory < 1 or prior <= 0:
            raise UserError(f"memory must lie in (0, 1) and prior be > 0, got {memory} and {prior}.")
        self.memory, self.prior = memory, prior

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_arms) no income."""
        return np.zeros((n_episodes, self.n_arms))

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Add the reward to the arm's income, and forget some."""
        return self.memory * state + reward[:, None] * (action[:, None] == np.arange(self.n_arms))

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Return the log of the share of income."""
        return np.log(state + self.prior)


class BaitOracle(ArmsOracle):
    """Is told what either arm pays with now, bait and all, and takes the better: it alternates as it should.

    Parameters
    ----------
    task : BaitedBandit
    """

    told = ("baited_probability",)


def matching_players(task: BaitedBandit) -> list[Agent]:
    """Return every reference player of the baited bandit, the simplest first."""
    return [*arms_players(task, [IncomeMatcher(task)]), BaitOracle(task)]
