"""Two arms with normal rewards, as in Gershman 2018, experiment 2: a task that is only needed for recovery."""

from dataclasses import dataclass

import numpy as np

from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask


@dataclass(frozen=True)
class GaussianBandit(ArmsTask):
    """Arms' means are drawn from N(0, 100), rewards around them from N(mean, 10)."""

    n_trials: int = 10
    name: str = "gaussian"

    @property
    def spec(self):
        return TaskSpec(name=self.name, family=BANDIT, observation_size=1, n_actions=2, n_trials=self.n_trials,
                        n_steps=self.n_trials, reward_range=(-np.inf, np.inf), citation="Gershman 2018, experiment 2")

    def begin(self, n_episodes, rng):
        return (0, 10 * rng.standard_normal((n_episodes, 2))), self.observe(0, n_episodes)

    def advance(self, state, action, rng):
        trial, mean = state
        reward = mean[np.arange(len(mean)), action] + np.sqrt(10) * rng.standard_normal(len(mean))
        done = np.full(len(mean), trial + 1 >= self.n_trials)
        return (trial + 1, mean), self.observe(trial + 1, len(mean)), reward, done

    def hidden(self, state):
        return {"mean": state[1]}
