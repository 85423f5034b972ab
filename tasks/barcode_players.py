"""Ideal learners of bandits whose contexts return: with perfect memory of every context, and with none.

One arm pays with ``good``, the others with ``bad``, and every arm is as likely to be the good one: with ``w`` rewards
and ``l`` failures of an arm, its log posterior is ``w log(good / bad) + l log((1 - good) / (1 - bad))`` up to a
constant, and the ideal learner takes the likeliest arm. Both treat contexts as independent; where every arm is good
in just one context, excluding arms that are known to belong elsewhere would help a little more.
"""

import numpy as np

from cogmeta.agent import Agent
from tasks.arms_players import ArmsPlayer, arms_players
from tasks.barcode import ContextBandit
from tasks.choosing import share_best

LEAST = 1e-12
"""Probabilities are kept this far from 0 and 1, so that a certain outcome has a finite log."""


class IdealWithoutMemory(ArmsPlayer):
    """Takes the arm that is likeliest to be good, and forgets everything when the episode is over.

    Parameters
    ----------
    task : ContextBandit
    """

    name = "ideal-without-memory"

    def __init__(self, task: ContextBandit) -> None:
        super().__init__(task)
        good, bad = np.clip([task.good, task.bad], LEAST, 1 - LEAST)
        self.evidence = np.log([(1 - good) / (1 - bad), good / bad])  # of a failure, of a reward

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_arms) log posteriors up to a constant."""
        return np.zeros((n_episodes, self.n_arms))

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Bayes' rule for one outcome."""
        taken = action[:, None] == np.arange(self.n_arms)
        return state + taken * self.evidence[(reward > 0).astype(int)][:, None]

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the arms that are likeliest to be good."""
        return share_best(np.round(state, 9))  # the same evidence in another order is a tie


class IdealWithMemory(IdealWithoutMemory):
    """Keeps what it learnt of every context for the whole epoch; it is told which context an episode has.

    Parameters
    ----------
    task : ContextBandit

    Notes
    -----
    Its state is (context (n_epochs,), log posteriors (n_epochs, n_contexts, n_arms)).

    References
    ----------
    Ritter et al. 2018 (task). With 10 arms, .9 against .1 and independent contexts it earns 4.42, 8.14, 8.82, 8.96 and
    9.0 of 10 trials at exposures 1 to 5.
    """

    name = "ideal-with-memory"
    sees_hidden = True

    def initial_state(self, n_episodes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return no context, and even posteriors."""
        return np.zeros(n_episodes, int), np.zeros((n_episodes, self.task.n_contexts, self.n_arms))

    def next_episode(
        self, state: tuple[np.ndarray, np.ndarray], action: np.ndarray, reward: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Learn from the last trial, and keep everything."""
        return self.learn(state, action, reward)

    def see_hidden(
        self, hidden: dict[str, np.ndarray], state: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take note of the context."""
        return hidden["context"].astype(int), state[1]

    def learn(
        self, state: tuple[np.ndarray, np.ndarray], action: np.ndarray, reward: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Bayes' rule for one outcome in this context."""
        context, belief = state
        episode, belief = np.arange(len(context)), belief.copy()
        belief[episode, context] = super().learn(belief[episode, context], action, reward)
        return context, belief

    def logits(self, state: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Share among the arms that are likeliest to be good in this context."""
        context, belief = state
        return super().logits(belief[np.arange(len(context)), context])


def context_players(task: ContextBandit) -> list[Agent]:
    """Return every reference player of bandits with returning contexts, the simplest first."""
    return arms_players(task, [IdealWithoutMemory(task), IdealWithMemory(task)])
