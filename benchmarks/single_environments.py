"""A bandit and the two-step task as public code has them: one episode, scalars, a ``gymnasium.Env`` stepped in a loop.

Written for the comparison alone, in the manner of the public reproductions of Wang et al. 2018: the yardstick beside which
``python -m benchmarks.tasks`` shows the batched tasks.
"""

import gymnasium
import numpy as np
from gymnasium import spaces


class SingleBandit(gymnasium.Env):
    """Two Bernoulli arms ~ U[0, 1]; the observation is the trial's place in the episode.

    Parameters
    ----------
    n_trials : int

    Examples
    --------
    >>> env = SingleBandit(n_trials=2)
    >>> observation, _ = env.reset(seed=0)
    >>> env.step(0)[2], env.step(1)[2]
    (False, True)
    """

    observation_space = spaces.Box(0.0, 1.0, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, n_trials: int = 100) -> None:
        self.n_trials = n_trials

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        """Draw new arms."""
        super().reset(seed=seed)
        self.trial, self.arms = 0, self.np_random.uniform(size=2)
        return self.observe(), {}

    def observe(self) -> np.ndarray:
        """Return (1,) float32."""
        return np.array([self.trial / self.n_trials], np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Pull an arm."""
        reward = 1.0 if self.np_random.uniform() < self.arms[action] else 0.0
        self.trial += 1
        return self.observe(), reward, self.trial == self.n_trials, False, {}


class SingleTwoStep(gymnasium.Env):
    """The two-step task of Wang et al. 2018 without its fixation step: two steps a trial, one-hot states.

    Parameters
    ----------
    n_trials : int

    Examples
    --------
    >>> env = SingleTwoStep(n_trials=1)
    >>> env.reset(seed=0)[0].tolist(), env.step(0)[2], env.step(0)[2]
    ([1.0, 0.0, 0.0], False, True)
    """

    observation_space = spaces.Box(0.0, 1.0, (3,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, n_trials: int = 100) -> None:
        self.n_trials = n_trials

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        """Draw the better state."""
        super().reset(seed=seed)
        self.trial, self.state, self.better = 0, 0, int(self.np_random.integers(2))
        return self.observe(), {}

    def observe(self) -> np.ndarray:
        """Return (3,) float32, the state one-hot."""
        shown = np.zeros(3, np.float32)
        shown[self.state] = 1
        return shown

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Choose at the first stage, take the outcome at the second."""
        if self.state == 0:
            self.state = 1 + (action if self.np_random.uniform() < 0.8 else 1 - action)
            return self.observe(), 0.0, False, False, {}
        reward = 1.0 if self.np_random.uniform() < (0.9 if self.state - 1 == self.better else 0.1) else 0.0
        self.better ^= self.np_random.uniform() < 0.025
        self.trial, self.state = self.trial + 1, 0
        return self.observe(), reward, self.trial == self.n_trials, False, {}


SINGLE = {"bandit/independent": SingleBandit, "two_step/wang2018": SingleTwoStep}
"""Task -> the single environment that stands beside it."""
