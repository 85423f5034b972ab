"""Players of any task of one choice among arms a trial: chance, win-stay-lose-shift, Rescorla-Wagner, an oracle.

Every player is made for a task, which is its first argument. What learns like a cognitive model is one: its equations
stand in ``cogmeta/models/bandit.py`` alone.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.models.agent import BanditAgent
from cogmeta.models.registry import make_model
from cogmeta.random_agent import RandomAgent
from tasks.arms import ArmsTask
from tasks.choosing import share_best

EXPECTED = ("reward_probability", "mean_reward", "action_value")
"""Names under which a task hides what every arm or action is worth: (n_episodes, n_arms)."""


class ArmsPlayer(Agent):
    """A player that learns after every trial; what it learns and prefers is for its subclasses to say.

    Parameters
    ----------
    task : ArmsTask
    """

    def __init__(self, task: ArmsTask) -> None:
        self.task, self.n_arms = task, task.spec.n_actions

    @abstractmethod
    def initial_state(self, n_episodes: int) -> Any:
        """Return what it holds before the first trial."""

    def look(self, state: Any, observation: np.ndarray) -> Any:
        """Return what it holds after a look at the observation, before it learns; by default it does not look."""
        return state

    @abstractmethod
    def learn(self, state: Any, action: np.ndarray, reward: np.ndarray) -> Any:
        """Return what it holds after a trial of every episode; ``state`` is not changed in place."""

    @abstractmethod
    def logits(self, state: Any) -> np.ndarray:
        """Return (n_episodes, n_arms) log-probabilities up to a constant."""

    def value(self, state: Any) -> np.ndarray:
        """Return (n_episodes,) expected reward from here on; NaN where the player does not know it."""
        return np.full(len(self.logits(state)), np.nan)

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        """Learn from the last trial and say what to take next; see ``Agent.step``."""
        state = self.look(state, observation)
        if not (previous_action == NO_ACTION).all():
            state = self.learn(state, previous_action, previous_reward)
        return self.logits(state), self.value(state), state


class ArmsOracle(ArmsPlayer):
    """Is told what every arm is worth, and takes the best for this trial.

    Parameters
    ----------
    task : ArmsTask
        One that hides what every arm is worth.

    Attributes
    ----------
    told : tuple of str
        Names of what every arm is worth in ``Task.hidden``: the first that is there counts.
    """

    name = "oracle"
    sees_hidden = True
    told = EXPECTED

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Nothing is known before it is told."""
        return np.zeros((n_episodes, self.n_arms))

    def see_hidden(self, hidden: dict[str, np.ndarray], state: np.ndarray) -> np.ndarray:
        """Take to heart what every arm is worth."""
        return next(hidden[name] for name in self.told if name in hidden)

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """It need not learn."""
        return state

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the best arms."""
        return share_best(state)

    def value(self, state: np.ndarray) -> np.ndarray:
        """It does not look ahead."""
        return np.full(len(state), np.nan)


def win_stay_lose_shift(task: ArmsTask, noise: float = 0.0) -> Agent:
    """Return the player that repeats what paid and leaves what did not, for any other arm.

    Parameters
    ----------
    task : ArmsTask
        A win is a reward at the middle of its reward range or above.
    noise : float
        In [0, 1]: probability of any arm instead.
    """
    model = make_model("bandit/win_stay_lose_shift", win_from=sum(task.spec.reward_range) / 2).for_task(task)
    agent = _RulesOut(model, {"noise": noise})
    agent.name = "win-stay-lose-shift"
    return agent


class _RulesOut(BanditAgent):
    """A model's agent that never takes what the model, finite for the sake of fits, gives the least probability."""

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        logits, value, state = super().step(observation, previous_action, previous_reward, state)
        return np.where(logits <= np.log(np.finfo(float).tiny), -np.inf, logits), value, state


def rescorla_wagner(
    task: ArmsTask, learning_rate: float, inverse_temperature: float, initial_value: float = 0.5
) -> Agent:
    """Return the player that learns at one fixed rate, ``bandit/rescorla_wagner`` with given parameters.

    Parameters
    ----------
    task : ArmsTask
    learning_rate : float
        In [0, 1].
    inverse_temperature : float
        > 0, per unit of reward.
    initial_value : float
        Of every arm, in units of reward.
    """
    model = make_model("bandit/rescorla_wagner", initial_value=initial_value).for_task(task)
    agent = model.agent({"learning_rate": learning_rate, "inverse_temperature": inverse_temperature})
    agent.name = "rescorla-wagner"
    return agent


def arms_players(task: ArmsTask, between: Sequence[Agent] = ()) -> list[Agent]:
    """Return the players that fit any task among arms, the simplest first, with a family's own in their place.

    Parameters
    ----------
    task : ArmsTask
    between : sequence of Agent
        Those that only this family has, the simplest first; they stand before the oracle.
    """
    hidden = task.hidden(task.begin(1, np.random.default_rng(0))[0])
    oracle = [ArmsOracle(task)] if any(name in hidden for name in EXPECTED) else []
    return [RandomAgent(task), win_stay_lose_shift(task), *between, *oracle]
