"""Contextual choice: the evidence comes late, but who met the context before knows the answer from the first step.

What is observed: the barcode of the episode's context, and evidence: one entry an arm, of which one is 1. For the first
steps it points anywhere, drawn anew at every step; from the fifth or sixth step on (drawn each episode) it points at the
answer. What must be learnt: to follow the evidence, to keep what it said under the context, and to follow that instead when
the context returns. One answers at every step. Source: a public demonstration of the differentiable neural dictionary of
Ritter et al. 2018 (Q. Lu, dnd-lstm, task of contextual choice): 10 steps, of which the first five are noise, two arms, 50
contexts an epoch, each met twice.

How ours departs: what the answers have earned, the share of right ones, is paid at the last step: our agents hear every
reward at the next step, so that a reward at once would tell the answer without evidence or memory (the demonstration's agent
hears none). Evidence is one-hot and certain (there: 32 normal numbers with a mean of +1 or -1), contexts are barcodes (there:
normal vectors), returns are drawn from a bag without replacement as in ``bandit/barcode`` (there: all contexts once, then all
again), and the answers of contexts are independent.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.contexts import check_barcodes, draw_bag, draw_barcodes
from tasks.settings import check_at_least


class ChoiceState(NamedTuple):
    """State of a batch of epochs."""

    trial: int  # from the epoch's beginning
    context: np.ndarray  # (n_epochs, n_episodes) int: which context each episode has
    exposure: np.ndarray  # (n_epochs, n_episodes) int: how often it was met before
    answer: np.ndarray  # (n_epochs, n_contexts) int: the right arm
    informed: np.ndarray  # (n_epochs, n_episodes) int: first informative step, from 1
    cue: np.ndarray  # (n_epochs, n_episodes, n_bits) float32
    right: np.ndarray  # (n_epochs,) int: right answers of this episode so far


@dataclass(frozen=True)
class ContextualChoice(ArmsTask):
    """Epochs of episodes in which late evidence tells the right arm of a context that returns.

    Parameters
    ----------
    n_arms : int
        >= 2.
    n_contexts, n_exposures : int
        Contexts of an epoch; episodes of each context in an epoch. >= 1.
    n_trials : int
        Steps of an episode, an answer each.
    evidence_from : tuple of int
        First steps, counted from 1, at which the evidence tells; an episode's is drawn evenly from these. Each in
        [1, n_trials].
    n_bits : int
        Length of a barcode, 1 to 16; an epoch's barcodes are distinct and none is all zeros.
    trial_index : bool
        Not available: the first entry of the observation is 0.
    name : str
        Registered id.

    Notes
    -----
    Every context has a right arm, ``~ U`` over the arms. From step ``s`` on, drawn from ``evidence_from``, the
    evidence is one-hot at the right arm; before, at any arm. The last step of an episode pays the share of its
    answers that were right. With memory one is right from step 1 on where the context was met before, without it from
    step ``s`` on, before with ``1 / n_arms``.

    Examples
    --------
    >>> task = ContextualChoice(n_contexts=3, n_trials=6)
    >>> state, observation = task.begin(5, np.random.default_rng(0))
    >>> observation.shape, task.spec.n_steps, task.spec.episodes_per_epoch
    ((5, 13), 36, 6)
    """

    n_arms: int = 2
    n_contexts: int = 50
    n_exposures: int = 2
    n_trials: int = 10
    evidence_from: tuple[int, ...] = (5, 6)
    n_bits: int = 10
    trial_index: bool = False
    name: str = "bandit/contextual_choice"

    def __post_init__(self) -> None:
        object.__setattr__(self, "evidence_from", tuple(self.evidence_from))  # a list from JSON
        check_at_least(self, n_arms=2, n_contexts=1, n_exposures=1, n_trials=1)
        check_barcodes(self.n_bits, self.n_contexts)
        if not self.evidence_from or not all(1 <= step <= self.n_trials for step in self.evidence_from):
            raise UserError(f"evidence_from must be one or more steps in [1, n_trials] = [1, {self.n_trials}], "
                            f"got {self.evidence_from}.")
        if self.trial_index:
            raise UserError("tasks of returning contexts show no trial index; leave trial_index=False.")

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the bits of the barcode and of the entries of the evidence."""
        return (*(f"cue_{k}" for k in range(self.n_bits)), *(f"evidence_{arm}" for arm in range(self.n_arms)))

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        n_episodes = self.n_contexts * self.n_exposures
        n_trials = n_episodes * self.n_trials
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=1 + len(self.shown), n_actions=self.n_arms, n_trials=n_trials,
            n_steps=n_trials, reward_range=(0.0, 1.0), citation="Ritter et al. 2018 (memory), a public demonstration (task)",
            episode=("subject", "session"), episodes_per_epoch=n_episodes, cue=(1, 1 + self.n_bits), visible=("answer",),
        )

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[ChoiceState, np.ndarray]:
        """Draw the bags, answers, barcodes and times of ``n_episodes`` epochs; see ``Task.begin``."""
        context, exposure = draw_bag(n_episodes, self.n_contexts, self.n_exposures, rng)
        answer = rng.integers(0, self.n_arms, (n_episodes, self.n_contexts))
        informed = rng.choice(self.evidence_from, context.shape)
        cue = draw_barcodes(context, self.n_contexts, self.n_bits, rng).astype(np.float32)
        state = ChoiceState(0, context, exposure, answer, informed, cue, np.zeros(n_episodes, np.int64))
        return state, self._look(state, rng)

    def _look(self, state: ChoiceState, rng: np.random.Generator) -> np.ndarray:
        """Return what is seen at a step: the barcode, and the evidence, which points anywhere before it tells."""
        anywhere = rng.integers(0, self.n_arms, len(state.right))
        hidden = self.hidden(state)
        arm = np.where(hidden["informative"], hidden["answer"], anywhere)
        cue = state.cue[:, state.trial // self.n_trials]
        return self.observe(0, len(arm), np.concatenate([cue, arm[:, None] == np.arange(self.n_arms)], axis=1))

    def observe(self, trial: int, n_episodes: int, shown: np.ndarray | None = None) -> np.ndarray:
        """Return (n_epochs, 1 + n_bits + n_arms) float32: 0, the barcode, the evidence."""
        out = np.zeros((n_episodes, 1 + len(self.shown)), np.float32)
        out[:, 1:] = shown
        return out

    def advance(
        self, state: ChoiceState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[ChoiceState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one answer in every epoch; the episode's share of right ones is paid at its last step."""
        n_epochs, n_episodes = state.context.shape
        right = state.right + (self.check_action(action, n_epochs) == self.hidden(state)["answer"])
        trial = state.trial + 1
        ends = trial % self.n_trials == 0
        reward = right / self.n_trials if ends else np.zeros(n_epochs)
        state = state._replace(trial=trial, right=np.zeros_like(right) if ends else right)
        if trial >= n_episodes * self.n_trials:
            return state, np.zeros((n_epochs, 1 + len(self.shown)), np.float32), reward, np.ones(n_epochs, bool)
        return state, self._look(state, rng), reward, np.zeros(n_epochs, bool)

    def hidden(self, state: ChoiceState) -> dict[str, np.ndarray]:
        """``context`` and ``exposure``, from 0, ``answer``, and ``informative``, 1 once evidence tells: (n_epochs,) int."""
        episode, step = divmod(state.trial, self.n_trials)
        context = state.context[:, episode]
        return {"context": context, "exposure": state.exposure[:, episode], "answer": of_chosen(state.answer, context),
                "informative": (step + 1 >= state.informed[:, episode]).astype(np.int64)}
