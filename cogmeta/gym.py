"""Tasks as Gymnasium environments, so that the agents of other libraries play and train on them.

``TaskEnv`` is one episode at a time, ``TaskVectorEnv`` as many side by side as one likes, at the speed of the batched
task. A Gymnasium agent sees its observation alone, while agents here also hear what they did and got at the step
before; with ``hears=True`` both stand in the observation, the action one-hot, as recurrent agents of other libraries
need it for meta-reinforcement learning. Where the task imposes an action, it is done whatever was answered, and
``info["imposed"]`` of the call before names it (-1 where the choice is free). Where a task has several episodes an
epoch, an environment's episode is an epoch, and at the start of each of its episodes nothing is heard. Needs the extra
``gym``: ``pip install "cogmeta[gym]"``. ``tasks/gym.py`` registers ids.
"""

from typing import Any

import numpy as np

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.task import Task

try:
    import gymnasium
    from gymnasium.vector import AutoresetMode, VectorEnv
    from gymnasium.vector.utils import batch_space
except ImportError as error:
    raise ImportError('Gymnasium environments need gymnasium >= 1.1: pip install "cogmeta[gym]".') from error


def heard(task: Task, observation: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """Return (n_episodes, observation_size + n_actions + 1) float32: observation, last action one-hot, last reward.

    Parameters
    ----------
    task : Task
    observation : (n_episodes, observation_size) array
    action : (n_episodes,) int array
        ``NO_ACTION`` at the first step, which is no action's one-hot.
    reward : (n_episodes,) array
    """
    one_hot = action[:, None] == np.arange(task.spec.n_actions)
    return np.concatenate([observation, one_hot, reward[:, None]], axis=1, dtype=np.float32)


def _spaces(task: Task, hears: bool) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Discrete]:
    spec = task.spec
    size = spec.observation_size + (spec.n_actions + 1 if hears else 0)
    return gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32), gymnasium.spaces.Discrete(spec.n_actions)


class _Episodes:
    """Episodes under way, and what their agents are shown of them."""

    def __init__(self, task: Task, n_episodes: int, hears: bool) -> None:
        self.task, self.n_episodes, self.hears = task, n_episodes, hears
        self.state: Any = None
        self.over, self.played = True, 0

    def begin(self, rng: np.random.Generator) -> np.ndarray:
        """Draw fresh episodes; return what is shown before the first action."""
        self.state, observation = self.task.begin(self.n_episodes, rng)
        self.over, self.played = False, 0
        nothing = np.zeros(self.n_episodes)
        return self._shown(observation, nothing, nothing)

    def advance(self, action: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Play one step; return what is shown, rewards, and whether the episodes are over."""
        if self.over:
            raise UserError(f"the episode of {self.task.spec.name!r} is over, or has not begun; call reset() first.")
        action, _ = self.task.enact(self.state, self.task.check_action(action, self.n_episodes))
        self.state, observation, reward, done = self.task.advance(self.state, action, rng)
        self.over, self.played = bool(done.all()), self.played + 1
        return self._shown(observation, action, reward), reward, np.full(self.n_episodes, self.over)

    def info(self) -> dict[str, np.ndarray]:
        """Return ``imposed``, one action an episode for the step to come; nothing where all choices are free."""
        imposed = None if self.over else self.task.imposed(self.state)
        return {} if imposed is None else {"imposed": imposed}

    def _shown(self, observation: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        if self.task.spec.starts_episode(self.played) and not self.over:
            action, reward = np.full(self.n_episodes, NO_ACTION), np.zeros(self.n_episodes)
        return heard(self.task, observation, action, reward) if self.hears else observation


class TaskEnv(gymnasium.Env):
    """One episode of a task as a Gymnasium environment.

    Parameters
    ----------
    task : Task
    hears : bool
        Whether the last action and reward stand in the observation.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> env = TaskEnv(make_task("bandit/easy"), hears=True)
    >>> observation, info = env.reset(seed=0)
    >>> observation.tolist(), env.action_space.n.item()
    ([0.0, 0.0, 0.0, 0.0], 2)
    """

    metadata = {"render_modes": []}

    def __init__(self, task: Task, hears: bool = False) -> None:
        self.task = task
        self.observation_space, self.action_space = _spaces(task, hears)
        self._episode = _Episodes(task, 1, hears)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a fresh episode; return the observation and what is imposed."""
        super().reset(seed=seed)
        return self._episode.begin(self.np_random)[0], self._info()

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one step; return observation, reward, whether the episode is over, False and what is imposed next."""
        shown, reward, done = self._episode.advance(np.array([action], np.int64), self.np_random)
        return shown[0], float(reward[0]), bool(done[0]), False, self._info()

    def _info(self) -> dict[str, Any]:
        return {name: int(array[0]) for name, array in self._episode.info().items()}


class TaskVectorEnv(VectorEnv):
    """Episodes of a task side by side as one Gymnasium vector environment.

    Parameters
    ----------
    task : Task
    num_envs : int
        Episodes side by side, >= 1.
    hears : bool
        Whether the last action and reward stand in the observation.

    Notes
    -----
    All episodes are over at once: one that ends early waits, shown and paid 0. After the last step the next call of ``step`` begins fresh ones and
    ignores its actions (Gymnasium's autoreset mode ``NEXT_STEP``).
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, task: Task, num_envs: int = 1, hears: bool = False) -> None:
        if num_envs < 1:
            raise UserError(f"num_envs must be at least 1, got {num_envs}.")
        self.task, self.num_envs = task, num_envs
        self.single_observation_space, self.single_action_space = _spaces(task, hears)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._episodes = _Episodes(task, num_envs, hears)
        self._begun = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin fresh episodes; return the observations and what is imposed."""
        super().reset(seed=seed)
        self._begun = True
        return self._episodes.begin(self.np_random), self._episodes.info()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Play one step of every episode, or begin fresh ones after the last."""
        never = np.zeros(self.num_envs, bool)
        if self._begun and self._episodes.over:
            shown = self._episodes.begin(self.np_random)
            return shown, np.zeros(self.num_envs), never, never, self._episodes.info()
        shown, reward, done = self._episodes.advance(np.asarray(actions, np.int64), self.np_random)
        return shown, reward, done, never, self._episodes.info()
