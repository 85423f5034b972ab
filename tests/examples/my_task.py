"""A task of one's own: a two-armed bandit whose better arm swaps now and then."""

from dataclasses import dataclass

import numpy as np

from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask


@dataclass(frozen=True)
class ReversalBandit(ArmsTask):
    """The better arm pays with .8, the other with .2; they swap after a trial with probability ``hazard``."""

    hazard: float = 0.05
    n_trials: int = 60
    name: str = "my/reversal"

    @property
    def spec(self):
        return TaskSpec(self.name, BANDIT, 1, 2, self.n_trials, self.n_trials, (0.0, 1.0), "mine")

    def begin(self, n_episodes, rng):
        return (0, rng.integers(0, 2, n_episodes)), self.observe(0, n_episodes)

    def advance(self, state, action, rng):
        trial, better = state
        action = self.check_action(action, len(better))
        reward = (rng.random(len(better)) < np.where(action == better, 0.8, 0.2)).astype(float)
        better = better ^ (rng.random(len(better)) < self.hazard)
        done = np.full(len(better), trial + 1 == self.n_trials)
        return (trial + 1, better), self.observe(trial + 1, len(better)), reward, done

    def hidden(self, state):
        return {"better_arm": state[1]}
