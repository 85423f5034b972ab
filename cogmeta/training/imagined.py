"""A task as a network has learnt to predict it: whether an action pays is drawn from what the network expects.

Source: Sutton 1991 (Dyna: learning from what a learnt model of the world answers as from experience); Ha & Schmidhuber 2018
("World models": a policy trained inside a recurrent network's prediction). How ours departs: what is imagined is a whole episode
from its beginning, and the network predicts rewards alone, as bandits need; the observation is the same in every episode.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from cogmeta.agent import NO_ACTION
from cogmeta.agents.network import Network
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay
from cogmeta.task import Task, TaskSpec


class ImaginedState(NamedTuple):
    """State of a batch of imagined episodes."""

    step: int
    network: Any  # recurrent state of the model
    log_odds: np.ndarray  # (n_episodes, n_actions) that an action pays now


@dataclass(frozen=True)
class Imagined(Task):
    """A task that a network predicts; what it hides is what the network expects.

    Parameters
    ----------
    model : Network
        Its logits are the log-odds that each action pays 1, given all that was done and paid in the episode before.
    observation : (n_steps, observation_size) float32 array
        What is seen at every step, the same in every episode.
    like : Task
        Which is predicted: bounds and trial tables are its own.

    Notes
    -----
    If the model is exact, ``P(r_t | a_1, r_1, ..., a_t)``, imagined episodes are distributed as real ones, whoever plays: what was
    hidden is averaged over, step by step, by what the history says of it.

    References
    ----------
    Sutton 1991, SIGART Bull 2:160; Ha & Schmidhuber 2018, arXiv 1803.10122.

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic
    >>> from tasks.bandit import BernoulliBandit
    >>> bandit, rng = BernoulliBandit(n_trials=3), np.random.default_rng(0)
    >>> task = Imagined(LSTMActorCritic.for_task(bandit, n_units=4), np.zeros((3, 1), np.float32), bandit)
    >>> state, observation = task.begin(2, rng)
    >>> state, observation, reward, done = task.advance(state, np.array([0, 1]), rng)
    >>> task.hidden(state)["expected_reward"].shape, set(reward) <= {0.0, 1.0}
    ((2, 2), True)
    """

    model: Network
    observation: np.ndarray
    like: Task

    @property
    def spec(self) -> TaskSpec:
        """Sizes and ranges of the task that is predicted."""
        return replace(self.like.spec, name=f"{self.like.spec.name}, imagined")

    @property
    def settings(self) -> dict[str, Any]:
        """The network, what is seen and the task themselves: no plain values, since nobody keeps an imagined task."""
        return {"model": self.model, "observation": self.observation, "like": self.like}

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[ImaginedState, np.ndarray]:
        """Begin ``n_episodes`` imagined episodes; see ``Task.begin``."""
        nothing, before = np.zeros(n_episodes), self.model.initial_state(n_episodes)
        return self._expect(0, np.full(n_episodes, NO_ACTION), nothing, before)

    def advance(
        self, state: ImaginedState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[ImaginedState, np.ndarray, np.ndarray, np.ndarray]:
        """Draw what each action pays; see ``Task.advance``."""
        n_episodes = len(state.log_odds)
        action, step = self.check_action(action, n_episodes), state.step + 1
        pays = expit(state.log_odds[np.arange(n_episodes), action].astype(np.float64))
        reward, done = (rng.random(n_episodes) < pays).astype(np.float64), np.full(n_episodes, step >= len(self.observation))
        if step >= len(self.observation):
            return state._replace(step=step), np.zeros((n_episodes, self.observation.shape[1]), np.float32), reward, done
        return *self._expect(step, action, reward, state.network), reward, done

    def _expect(self, step: int, action: np.ndarray, reward: np.ndarray, before: Any) -> tuple[ImaginedState, np.ndarray]:
        """Return what the model expects after an action and its reward, and what is seen."""
        observation = np.repeat(self.observation[None, step], len(action), axis=0)
        log_odds, _, after = self.model.step(observation, action, reward, before)
        return ImaginedState(step, after, log_odds), observation

    def hidden(self, state: ImaginedState) -> dict[str, np.ndarray]:
        """``expected_reward``: (n_episodes, n_actions), what the model expects of every action."""
        return {"expected_reward": expit(state.log_odds.astype(np.float64))}

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Return the trial table that the task itself would write of it."""
        return self.like.to_trials(replace(rollout, task=self.like, hidden={}))

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Return the steps of a table, as the task itself reads it, with what the model expects at each."""
        rollout = self.like.from_trials(trials)
        log_odds = replay(self.model, rollout).logits.astype(np.float64)
        return replace(rollout, task=self, hidden={"expected_reward": expit(log_odds)})
