"""A task whose values are known exactly: reward and length depend on nothing but the action and the place."""

from dataclasses import dataclass

import numpy as np

from cogmeta.families import BANDIT
from cogmeta.task import Task, TaskSpec


@dataclass(frozen=True)
class Corridor(Task):
    """``n_trials`` steps; action 1 pays 1 with ``pays[step]``, action 0 nothing. The place is seen one-hot.

    With ``ends`` > 0, action 0 at that step ends the episode.
    """

    pays: tuple[float, ...] = (0.2, 0.9, 0.5)
    ends: int = 0
    name: str = "corridor"

    @property
    def spec(self):
        n = len(self.pays)
        return TaskSpec(self.name, BANDIT, n, 2, n, n, (0.0, 1.0), "made for tests")

    def begin(self, n_episodes, rng):
        return 0, self._observe(0, n_episodes)

    def _observe(self, step, n_episodes):
        place = np.zeros((n_episodes, len(self.pays)), np.float32)
        place[:, step:step + 1] = 1
        return place

    def advance(self, state, action, rng):
        action = self.check_action(action, len(action))
        reward = (action == 1) * (rng.random(len(action)) < self.pays[state]).astype(float)
        last = state + 1 == len(self.pays)
        done = np.full(len(action), last) | ((action == 0) & (self.ends > 0) & (state + 1 == self.ends))
        return state + 1, self._observe(state + 1, len(action)), reward, done

    def hidden(self, state):
        return {}

    def to_trials(self, rollout):
        raise NotImplementedError

    def from_trials(self, trials):
        raise NotImplementedError


def exact_values(pays, discount, p_act=0.5):
    """Values of every place under a fixed policy, by backward induction."""
    value, values = 0.0, []
    for p in reversed(pays):
        value = p_act * p + discount * value
        values.append(value)
    return np.array(values[::-1])
