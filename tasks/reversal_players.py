"""Players of the inferred-value task: one that knows that the sides swap together, and one that trusts experience alone.

Both look at the target; they differ in the value that they expect of it. The hidden-state player keeps the exact belief
which side pays (and how long it has, since swaps come after a minimal block), so one outcome after a reversal turns the
value of both cues. The other one expects of a cue what that cue paid last. Their reward prediction errors at the cue,
``V(cue) - V(fixation)``, are what dopamine neurons would show under either account (Bromberg-Martin et al. 2010).
"""

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.random_agent import RandomAgent
from tasks.reversal import InferredValue


class Watching(NamedTuple):
    """What a player holds."""

    known: Any  # what it knows of the sides
    target: np.ndarray  # (n_episodes,) int, side of the last target
    trial: np.ndarray  # (n_episodes,) int, from 0; -1 before the first


class TargetPlayer(Agent):
    """Looks at the target and expects something of it; what, is for its subclasses to say.

    Parameters
    ----------
    task : InferredValue

    Notes
    -----
    ``V`` is the expected reward of the rest of the episode, undiscounted. Targets are even and one side pays, so every
    trial to come is worth the mean of the two reward probabilities, whatever is believed now; what varies is this trial.
    """

    discount = 1.0

    def __init__(self, task: InferredValue) -> None:
        self.task = task

    @abstractmethod
    def initial_known(self, n_episodes: int) -> Any:
        """Return what is known before the first trial."""

    @abstractmethod
    def learn(self, known: Any, target: np.ndarray, paid: np.ndarray) -> Any:
        """Return what is known after an outcome of the side ``target``; ``paid`` is whether it was a reward."""

    @abstractmethod
    def expected(self, known: Any) -> np.ndarray:
        """Return (n_episodes, 2) the expected reward of a saccade to a target on either side."""

    def next_trial(self, known: Any) -> Any:
        """Return what is known once the next trial begins."""
        return known

    def initial_state(self, n_episodes: int) -> Watching:
        """Nothing was seen."""
        return Watching(self.initial_known(n_episodes), np.zeros(n_episodes, int), np.full(n_episodes, -1))

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: Watching
    ) -> tuple[np.ndarray, np.ndarray, Watching]:
        """Learn from what was heard, and look at the target; see ``Agent.step``."""
        light, targets = observation[:, 0] > 0, observation[:, 1:] > 0
        shown = targets.any(axis=1)
        state = self._take_in(state, light, shown, previous_action, previous_reward)
        state = state._replace(target=np.where(shown, targets[:, 1], state.target).astype(int))
        logits = np.where((shown & ~light)[:, None] & ~targets, -np.inf, 0.0)
        return logits, self._value(state, light, shown), state

    def _take_in(
        self, state: Watching, light: np.ndarray, shown: np.ndarray, action: np.ndarray, reward: np.ndarray
    ) -> Watching:
        fresh, heard = light & ~shown, ~light & ~shown & (action == state.target)
        known = state.known
        if (fresh & (action != NO_ACTION)).any():
            known = _where(fresh, self.next_trial(known), known)
        if heard.any():
            known = _where(heard, self.learn(known, state.target, reward > 0), known)
        return state._replace(known=known, trial=state.trial + fresh)

    def _value(self, state: Watching, light: np.ndarray, shown: np.ndarray) -> np.ndarray:
        even = float(np.mean(self.task.reward_probability))
        expected = self.expected(state.known)
        of_cue = np.take_along_axis(expected, state.target[:, None], axis=1)[:, 0]
        now = np.where(shown, of_cue, np.where(light, expected.mean(axis=1), 0.0))
        return now + even * (self.task.n_trials - 1 - state.trial)

    def activity(self, state: Watching) -> dict[str, np.ndarray]:
        """``expected``: (n_episodes, 2), what a target on either side is expected to pay."""
        return {"expected": self.expected(state.known)}


class HiddenStatePlayer(TargetPlayer):
    """Keeps the exact belief which side pays, and since when: the optimum.

    Notes
    -----
    The belief is over (side that pays, trials since the reversal up to ``min_block``). An outcome ``r`` of side ``s``
    weighs it by ``p`` or ``1 - p`` with ``p`` the reward probability of ``s``; then the trial count grows and, from
    ``min_block`` on, the sides swap with the hazard.
    """

    name = "hidden-state"

    def initial_known(self, n_episodes: int) -> np.ndarray:
        """Either side, a block just begun: (n_episodes, 2, min_block + 1)."""
        belief = np.zeros((n_episodes, 2, self.task.min_block + 1))
        belief[:, :, 0] = 0.5
        return belief

    def learn(self, known: np.ndarray, target: np.ndarray, paid: np.ndarray) -> np.ndarray:
        """Weigh the belief by the outcome."""
        chance = np.where(target[:, None] == np.arange(2), *self.task.reward_probability)
        weighed = known * np.where(paid[:, None], chance, 1 - chance)[:, :, None]
        total = weighed.sum(axis=(1, 2), keepdims=True)
        return np.divide(weighed, total, out=known.copy(), where=total > 0)

    def next_trial(self, known: np.ndarray) -> np.ndarray:
        """Let the block grow older and perhaps end."""
        older = np.zeros_like(known)
        older[:, :, 1:] = known[:, :, :-1]
        older[:, :, -1] += known[:, :, -1]
        swap = self.task.reversal_hazard * older[:, :, -1]
        older[:, :, -1] -= swap
        older[:, :, 0] += swap[:, ::-1]
        return older

    def expected(self, known: np.ndarray) -> np.ndarray:
        """Return what either side is expected to pay."""
        pays, other = self.task.reward_probability
        belief = known.sum(axis=2)
        return other + (pays - other) * belief


class ExperiencePlayer(TargetPlayer):
    """Expects of a cue what that very cue paid last: value without inference."""

    name = "experience-only"

    def initial_known(self, n_episodes: int) -> np.ndarray:
        """Both sides pay as often as they do on average."""
        return np.full((n_episodes, 2), float(np.mean(self.task.reward_probability)))

    def learn(self, known: np.ndarray, target: np.ndarray, paid: np.ndarray) -> np.ndarray:
        """Keep the outcome."""
        return np.where(target[:, None] == np.arange(2), paid[:, None].astype(float), known)

    def expected(self, known: np.ndarray) -> np.ndarray:
        """Return the last outcome of either side."""
        return known


def _where(mask: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return ``one`` in the episodes of ``mask`` and ``other`` elsewhere."""
    return np.where(mask.reshape(-1, *(1,) * (one.ndim - 1)), one, other)


def reversal_players(task: InferredValue) -> list[Agent]:
    """Return every reference player of the inferred-value task, the simplest first."""
    return [RandomAgent(task), ExperiencePlayer(task), HiddenStatePlayer(task)]
