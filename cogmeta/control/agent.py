"""Agents that learn while they behave: from the rewards of a life, not from training before it.

A *life* is what begins with ``Task.begin``: an epoch of episodes, or one long episode of visits to the same problem. All that
was learnt in it, memories and weights alike, is the agent's state; nothing outlives it, and lives that are played side by side
know nothing of each other. So these agents keep the contract of every other one: the weights with which lives begin are all
that is fixed, a replay gives back the same choices, and ``simulate`` runs them.

How ours departs from the papers, where agents draw at random as they learn: they draw through their choices alone. What else
is drawn (steps to learn from again) comes from a generator whose key is the agent's seed and the step, since an agent must say
the same in a replay: lives of one batch share that luck, and independent lives come from different seeds.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError

TIE = 1e-5
"""Values that differ by less, relative to the best, are equally good: beyond the rounding of float32."""


@dataclass(frozen=True)
class ControlConfig:
    """What all agents that learn while behaving have in common.

    Parameters
    ----------
    observation_size, n_actions : int
    restart : int or None
        Entry of the observation that is 1 where a visit begins, see ``TaskSpec.restart``.
    discount : float
        In [0, 1].
    epsilon : float
        In [0, 1]: probability of an action at random.
    annealing_steps : int
        >= 0; over these first steps of a life the probability of an action at random falls from 1 to ``epsilon``.
    """

    observation_size: int
    n_actions: int
    restart: int | None = None
    discount: float = 0.9
    epsilon: float = 0.05
    annealing_steps: int = 0

    def __post_init__(self) -> None:
        check_range(self, 0, 1, "discount", "epsilon")
        check_range(self, 0, 10**9, "annealing_steps")

    def chance(self, step: int) -> float:
        """Return the probability of an action at random at a step of a life, counted from 0."""
        if step >= self.annealing_steps:
            return self.epsilon
        return 1 + (self.epsilon - 1) * step / self.annealing_steps


class Life(NamedTuple):
    """State of a batch of lives."""

    learned: Any
    seen: np.ndarray | None  # (n_lives, observation_size) at the last step; None where an episode begins
    step: int


class ControlAgent(Agent):
    """Acts on what it has learnt about the value of every action; subclasses say what that is.

    Parameters
    ----------
    config : ControlConfig
        Of ``config_class``.
    seed : int
        Of the weights with which lives begin, and of what is drawn to learn from again.
    """

    kind: ClassVar[str]
    config_class: ClassVar[type[ControlConfig]] = ControlConfig

    def __init__(self, config: ControlConfig, seed: int = 0) -> None:
        self.config, self.seed, self.name, self.discount = config, seed, self.kind, config.discount

    @classmethod
    def for_task(cls, task: Any, seed: int = 0, **settings: Any) -> "ControlAgent":
        """Return an agent for a task.

        Parameters
        ----------
        task : Task
        seed : int
        **settings
            Fields of the configuration.

        Raises
        ------
        UserError
            A setting is unknown or out of range.
        """
        sizes = {"observation_size": task.spec.observation_size, "n_actions": task.spec.n_actions, "restart": task.spec.restart}
        known = [name for name in cls.config_class.__dataclass_fields__ if name not in sizes]
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise UserError(f"{cls.kind!r} has no setting {unknown[0]!r}; it has {', '.join(known)}.")
        return cls(cls.config_class(**sizes, **settings), seed)

    @abstractmethod
    def nothing(self, n_lives: int) -> Any:
        """Return what is known before the first step."""

    @abstractmethod
    def values(self, learned: Any, observation: np.ndarray) -> np.ndarray:
        """Return (n_lives, n_actions) what each action is worth; ``inf`` where it was tried nowhere and must be."""

    @abstractmethod
    def learn(
        self, life: Life, action: np.ndarray, reward: np.ndarray, observation: np.ndarray, over: np.ndarray
    ) -> Any:
        """Return what is known after one exchange.

        Parameters
        ----------
        life : Life
            With ``seen``, on which the action was taken; not changed in place.
        action : (n_lives,) int array
        reward : (n_lives,) float array
        observation : (n_lives, observation_size) array
            What came after; meaningless where the visit was over.
        over : (n_lives,) bool array
            Where a visit or an episode ended with this action.
        """

    def initial_state(self, n_episodes: int) -> Life:
        """Return lives in which nothing was learnt."""
        return Life(self.nothing(n_episodes), None, 0)

    def next_episode(self, state: Life, action: np.ndarray, reward: np.ndarray) -> Life:
        """Learn from the end of an episode, and keep all that was learnt; see ``Agent.next_episode``."""
        learned = self.learn(state, action, reward, np.zeros_like(state.seen), np.ones(len(action), bool))
        return Life(learned, None, state.step)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Life
    ) -> tuple[np.ndarray, np.ndarray, Life]:
        """Learn from the last exchange and say what to do; see ``Agent.step``."""
        learned, restart = state.learned, self.config.restart
        if state.seen is not None:
            over = np.zeros(len(observation), bool) if restart is None else observation[:, restart] > 0.5
            learned = self.learn(state, previous_action, previous_reward, observation, over)
        values = self.values(learned, observation)
        logits = epsilon_greedy(values, self.config.chance(state.step))
        return logits, best_known(values), Life(learned, observation.copy(), state.step + 1)

    def fingerprint(self) -> str:
        """Return settings and seed, from which everything that could change follows."""
        return f"{self.config} {self.seed}"


def epsilon_greedy(values: np.ndarray, chance: float) -> np.ndarray:
    """Return (n, n_actions) log-probabilities: any action with ``chance``, else the best, evenly among equals.

    Examples
    --------
    >>> np.exp(epsilon_greedy(np.array([[1.0, 1.0, 0.0, 0.0]]), 0.2)).round(3).tolist()
    [[0.45, 0.45, 0.05, 0.05]]
    """
    top = values.max(axis=1, keepdims=True)
    best = values >= top - TIE * np.clip(np.abs(top), 1, 1e30)
    share = (1 - chance) * best / best.sum(axis=1, keepdims=True) + chance / values.shape[1]
    with np.errstate(divide="ignore"):
        return np.log(share)


def best_known(values: np.ndarray) -> np.ndarray:
    """Return (n,) the highest value among actions that were tried; 0 where none was.

    Examples
    --------
    >>> best_known(np.array([[np.inf, -1.0], [np.inf, np.inf]])).tolist()
    [-1.0, 0.0]
    """
    top = np.where(np.isinf(values), -np.inf, values).max(axis=1)
    return np.where(np.isinf(top), 0.0, top)


def check_range(config: Any, low: float, high: float, *names: str) -> None:
    """Refuse settings that do not lie in [low, high]."""
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not low <= value <= high:
            raise UserError(f"{name} must lie in [{low:g}, {high:g}], got {value!r}.")


def check_whole(config: Any, least: int, *names: str) -> None:
    """Refuse settings that are not whole numbers of at least ``least``; a number like 50.0 is taken as 50."""
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or value != int(value) or value < least:
            raise UserError(f"{name} must be a whole number, {least} or more, got {value!r}.")
        object.__setattr__(config, name, int(value))
