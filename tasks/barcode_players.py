"""Ideal learners of bandits whose contexts return: with perfect memory of every context, and with none.

One arm pays with ``good``, the others with ``bad``, and every arm is as likely to be the good one: with ``w`` rewards
and ``l`` failures of an arm, its log posterior is ``w log(good / bad) + l log((1 - good) / (1 - bad))`` up to a
constant, and the ideal learner takes the likeliest arm. All treat contexts as independent; where every arm is good
in just one context, excluding arms that are known to belong elsewhere would help a little more. Where a context looks
different at every return, a third must find it again by its looks: what can be earned by the nearest match alone.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from tasks.arms_players import ArmsPlayer, arms_players
from tasks.barcode import CharacterBandit, ContextBandit
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


class Looks(NamedTuple):
    """What somebody holds who finds contexts again by their looks."""

    belief: np.ndarray  # (n_epochs, n_arms) log posteriors of this episode, up to a constant
    cue: np.ndarray | None  # (n_epochs, cue_size) of length 1; None before an episode's first look
    cues: np.ndarray  # (n_epochs, n_before, cue_size) of the episodes before
    beliefs: np.ndarray  # (n_epochs, n_before, n_arms) in which they ended


class IdealByLikeness(IdealWithoutMemory):
    """Goes on from the belief in which that earlier episode ended whose drawing is most like this one, if it is like enough.

    Parameters
    ----------
    task : CharacterBandit
    known : float, optional
        Least cosine of two drawings that are taken for one character; by default where fewest are taken wrongly, old for new
        or new for old: .64 of discriminants, .91 of pixels.
    doubt : float
        In [0, 1): share of belief that is spread over all arms when an episode begins, lest a wrong match be believed for
        good; about the share of wrong matches.

    Notes
    -----
    The nearest drawing may be any earlier one of the character, and knows less than the newest: that, more than the wrong
    matches, keeps it below perfect memory.
    """

    name = "ideal-by-likeness"

    def __init__(self, task: CharacterBandit, known: float | None = None, doubt: float = 0.01) -> None:
        super().__init__(task)
        self.known, self.doubt = (0.64 if task.n_features else 0.91) if known is None else known, doubt

    def initial_state(self, n_episodes: int) -> Looks:
        """Return even posteriors and no episode before."""
        nothing = np.zeros((n_episodes, 0, self.n_arms))
        return Looks(nothing.sum(axis=1), None, np.zeros((n_episodes, 0, self.task.cue_size)), nothing)

    def next_episode(self, state: Looks, action: np.ndarray, reward: np.ndarray) -> Looks:
        """Learn from the last trial, and write the episode down."""
        belief = self.learn(state, action, reward).belief
        return Looks(np.zeros_like(belief), None, np.concatenate([state.cues, state.cue[:, None]], axis=1),
                     np.concatenate([state.beliefs, belief[:, None]], axis=1))

    def look(self, state: Looks, observation: np.ndarray) -> Looks:
        """At the first step of an episode, find the most alike of those before."""
        if state.cue is not None:
            return state
        cue = observation[:, 1:] / np.linalg.norm(observation[:, 1:], axis=1, keepdims=True)
        if not state.cues.shape[1]:
            return state._replace(cue=cue)
        likeness = np.einsum("ebk,ek->eb", state.cues, cue)
        found, episode = likeness.argmax(axis=1), np.arange(len(cue))
        recalled = self._doubted(state.beliefs[episode, found])
        alike = likeness[episode, found] >= self.known
        return state._replace(cue=cue, belief=np.where(alike[:, None], recalled, 0.0))

    def _doubted(self, belief: np.ndarray) -> np.ndarray:
        share = np.exp(belief - belief.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        return np.log((1 - self.doubt) * share + self.doubt / self.n_arms)

    def learn(self, state: Looks, action: np.ndarray, reward: np.ndarray) -> Looks:
        """Bayes' rule for one outcome."""
        return state._replace(belief=super().learn(state.belief, action, reward))

    def logits(self, state: Looks) -> np.ndarray:
        """Share among the arms that are likeliest to be good."""
        return super().logits(state.belief)


def context_players(task: ContextBandit) -> list[Agent]:
    """Return every reference player of bandits with returning contexts, the simplest first."""
    finder = [IdealByLikeness(task)] if isinstance(task, CharacterBandit) else []
    return arms_players(task, [IdealWithoutMemory(task), *finder, IdealWithMemory(task)])
