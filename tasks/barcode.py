"""Contextual bandits that come back: a cue names the problem, and every problem returns ten times in an epoch.

What is observed: the cue of the episode's context, at every trial. What must be learnt: within an episode, which of
ten arms pays; over the episodes of an epoch, to find that again in memory when a context returns. Source: Ritter et
al. 2018 (ICML, arXiv 1805.09692), barcode and character contexts: 10 arms, 10 contexts an epoch, each in a bag 10
times, drawn without replacement, 10 trials an episode; one arm pays with .9, the others with .1. How ours departs:
bits are 0 and 1 and no barcode is all zeros (a cosine needs a direction); with ``arms="each_once"`` every arm is good
in exactly one context where there are as many contexts as arms (the paper: in at least one); characters are made of
random strokes and embedded by linear discriminants (``tasks/characters.py``), where the paper embeds Omniglot by a trained
network.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.characters import SPLITS, draw_characters, embed_drawings
from tasks.contexts import check_barcodes, draw_bag, draw_barcodes
from tasks.settings import check_at_least

GOOD_ARMS = {
    "each_once": "every arm is good in one context before any is good in a second",
    "independent": "the good arm of every context ~ uniform",
}
"""How the contexts of an epoch get their good arms."""


class ContextState(NamedTuple):
    """State of a batch of epochs."""

    trial: int  # from the epoch's beginning
    context: np.ndarray  # (n_epochs, n_episodes) int: which context each episode has
    exposure: np.ndarray  # (n_epochs, n_episodes) int: how often it was met before
    good_arm: np.ndarray  # (n_epochs, n_contexts) int
    cue: np.ndarray  # (n_epochs, n_episodes, cue_size) float32: what is seen in each episode


@dataclass(frozen=True)
class ContextBandit(ArmsTask):
    """Epochs of bandit episodes whose contexts return; a subclass says what a context looks like.

    Parameters
    ----------
    n_arms, n_contexts, n_exposures : int
        Arms; contexts of an epoch; episodes of each context in an epoch.
    n_trials : int
        Of an episode, one step each.
    good, bad : float
        Probability of reward of the context's good arm, and of the others.
    arms : {"each_once", "independent"}
        How contexts get their good arms, see ``GOOD_ARMS``.
    trial_index : bool
        Not available: the first entry of the observation is 0.
    name : str
        Registered id.
    """

    n_arms: int = 10
    n_contexts: int = 10
    n_exposures: int = 10
    n_trials: int = 10
    good: float = 0.9
    bad: float = 0.1
    arms: str = "each_once"
    trial_index: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        check_at_least(self, n_arms=2, n_contexts=1, n_exposures=1, n_trials=1)
        if not 0 <= self.bad < self.good <= 1:
            raise UserError(f"good and bad must be probabilities with bad < good, got {self.good} and {self.bad}.")
        if self.arms not in GOOD_ARMS:
            raise unknown_name("arms", self.arms, GOOD_ARMS)
        if self.trial_index:
            raise UserError("tasks of returning contexts show no trial index; leave trial_index=False.")

    @property
    @abstractmethod
    def cue_size(self) -> int:
        """Length of what is seen of a context."""

    @abstractmethod
    def draw_cues(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n_epochs, n_episodes, cue_size) what is seen in every episode, given each one's context."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the entries of the cue."""
        return tuple(f"cue_{k}" for k in range(self.cue_size))

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        n_episodes = self.n_contexts * self.n_exposures
        n_trials = n_episodes * self.n_trials
        return TaskSpec(
            name=self.name, family=BANDIT, observation_size=1 + self.cue_size, n_actions=self.n_arms,
            n_trials=n_trials, n_steps=n_trials, reward_range=(0.0, 1.0), citation="Ritter et al. 2018",
            episode=("subject", "session"), episodes_per_epoch=n_episodes, cue=(1, 1 + self.cue_size),
        )

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[ContextState, np.ndarray]:
        """Draw the bags, good arms and cues of ``n_episodes`` epochs; see ``Task.begin``."""
        context, exposure = draw_bag(n_episodes, self.n_contexts, self.n_exposures, rng)
        good_arm, cue = self._good_arms(n_episodes, rng), self.draw_cues(context, rng).astype(np.float32)
        return ContextState(0, context, exposure, good_arm, cue), self._look(0, cue)

    def _good_arms(self, n_epochs: int, rng: np.random.Generator) -> np.ndarray:
        if self.arms == "independent":
            return rng.integers(0, self.n_arms, (n_epochs, self.n_contexts))
        rounds = -(-self.n_contexts // self.n_arms)
        arms = np.tile(np.arange(self.n_arms), (n_epochs, 1))
        return np.concatenate([rng.permuted(arms, axis=1) for _ in range(rounds)], axis=1)[:, : self.n_contexts]

    def _look(self, trial: int, cue: np.ndarray) -> np.ndarray:
        over = trial >= cue.shape[1] * self.n_trials
        return self.observe(trial, len(cue), np.zeros_like(cue[:, 0]) if over else cue[:, trial // self.n_trials])

    def observe(self, trial: int, n_episodes: int, shown: np.ndarray | None = None) -> np.ndarray:
        """Return (n_epochs, 1 + cue_size) float32: 0, and the cue."""
        out = np.zeros((n_episodes, 1 + self.cue_size), np.float32)
        out[:, 1:] = shown
        return out

    def advance(
        self, state: ContextState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[ContextState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every epoch; see ``Task.advance``."""
        n_epochs, n_episodes = state.context.shape
        pays = np.where(self._good_arm(state) == self.check_action(action, n_epochs), self.good, self.bad)
        reward, trial = (rng.random(n_epochs) < pays).astype(np.float64), state.trial + 1
        done = np.full(n_epochs, trial >= n_episodes * self.n_trials)
        return state._replace(trial=trial), self._look(trial, state.cue), reward, done

    def _good_arm(self, state: ContextState) -> np.ndarray:
        return of_chosen(state.good_arm, state.context[:, state.trial // self.n_trials])

    def _pays(self, state: ContextState) -> np.ndarray:
        return np.where(self._good_arm(state)[:, None] == np.arange(self.n_arms), self.good, self.bad)

    def hidden(self, state: ContextState) -> dict[str, np.ndarray]:
        """``context`` and ``exposure``, from 0: (n_epochs,) int; ``reward_probability``: (n_epochs, n_arms)."""
        episode = state.trial // self.n_trials
        return {"context": state.context[:, episode], "exposure": state.exposure[:, episode],
                "reward_probability": self._pays(state)}


@dataclass(frozen=True)
class BarcodeBandit(ContextBandit):
    """A contextual bandit whose contexts are binary barcodes, the same at every return.

    Parameters
    ----------
    n_bits : int
        Length of a barcode, 1 to 16; an epoch's barcodes are distinct.
    n_arms, n_contexts, n_exposures, n_trials, good, bad, arms, trial_index, name
        See ``ContextBandit``.

    Notes
    -----
    Every context has one good arm: ``r ~ Bernoulli(good)`` there, ``Bernoulli(bad)`` on the others. A bag holds each
    context ``n_exposures`` times; episodes are drawn from it without replacement. An ideal learner takes the arm of
    the largest ``w log(good / bad) + l log((1 - good) / (1 - bad))``, ``w`` rewards and ``l`` failures of the arm in
    this context.

    Examples
    --------
    >>> task = BarcodeBandit(n_contexts=3, n_exposures=2, n_trials=4)
    >>> state, observation = task.begin(5, np.random.default_rng(0))
    >>> observation.shape, task.spec.n_steps, task.spec.episodes_per_epoch
    ((5, 11), 24, 6)
    """

    n_bits: int = 10
    name: str = "bandit/barcode"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_barcodes(self.n_bits, self.n_contexts)

    @property
    def cue_size(self) -> int:
        """Bits of a barcode."""
        return self.n_bits

    def draw_cues(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n_epochs, n_episodes, n_bits) barcodes of 0 and 1."""
        return draw_barcodes(context, self.n_contexts, self.n_bits, rng)


@dataclass(frozen=True)
class CharacterBandit(ContextBandit):
    """A contextual bandit whose contexts are characters, drawn anew at every return.

    Parameters
    ----------
    split : {"training", "test"}
        Which characters an epoch's are taken from; the two have none in common.
    n_characters : int
        Characters of a split, >= ``n_contexts``.
    jitter : float
        How much two drawings of a character differ, >= 0, see ``tasks.characters.draw_characters``.
    n_pixels : int
        Side of a drawing, 4 to 32.
    n_features : int
        0 to ``n_pixels ** 2``: what is shown of a drawing, its first linear discriminants, fitted to characters of the training
        split and scaled to length 1; 0 shows the pixels. Of all drawings seen before in an epoch the most alike (cosine) is of
        the right character in .991 of the returns with 24 discriminants, in .982 with pixels.
    n_arms, n_contexts, n_exposures, n_trials, good, bad, arms, trial_index, name
        See ``ContextBandit``.

    Notes
    -----
    As ``BarcodeBandit``; the cue is a picture ``1 - exp(-ink)``, where every point of a stroke leaves a Gaussian blot
    of ink. Every control point of a stroke is ``N(c, jitter^2)`` in each drawing, and the whole character moves by
    ``N(0, jitter^2)``, too.
    """

    split: str = "training"
    n_characters: int = 1000
    jitter: float = 0.04
    n_pixels: int = 8
    n_features: int = 24
    name: str = "bandit/barcode_class"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.split not in SPLITS:
            raise unknown_name("split", self.split, SPLITS)
        if self.n_characters < self.n_contexts:
            raise UserError(f"n_characters must be at least n_contexts={self.n_contexts}, got {self.n_characters}.")
        if self.jitter < 0 or not 4 <= self.n_pixels <= 32:
            raise UserError(f"jitter must be >= 0 and n_pixels in [4, 32], got {self.jitter} and {self.n_pixels}.")
        if not 0 <= self.n_features <= self.n_pixels**2:
            raise UserError(f"n_features must lie in [0, n_pixels ** 2] = [0, {self.n_pixels**2}], got {self.n_features}; 0 shows "
                            "the pixels.")

    @property
    def cue_size(self) -> int:
        """Numbers that are shown of a drawing."""
        return self.n_features or self.n_pixels**2

    def draw_cues(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n_epochs, n_episodes, cue_size): discriminants of fresh drawings, or their pixels in [0, 1]."""
        lots = rng.random((len(context), self.n_characters))
        character = np.argpartition(lots, self.n_contexts - 1, axis=1)[:, : self.n_contexts]
        character = np.take_along_axis(character, context, axis=1)
        drawing = draw_characters(character, self.split, rng, self.jitter, self.n_pixels)
        if not self.n_features:
            return drawing.reshape(*context.shape, -1)
        return embed_drawings(drawing, self.n_features, self.n_characters, self.jitter)
