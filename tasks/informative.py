"""An arm that tells where the prize is: ten arms of which one pays much, and an eleventh whose small pay names it.

What is observed: nothing. What must be learnt within an episode: which arm holds the prize; the informed way is to take
the arm that pays little but tells. Everything is deterministic. Source: Wang et al. 2016, experiment 3 (section 3.1.3):
nine arms pay 1, the target pays 5, the informative arm pays a tenth of the target's number (1 to 10).
How ours departs: the paper gives agents the previous reward one-hot; ours get the number itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.task import TaskSpec
from tasks.arms import ArmsTask, of_chosen
from tasks.arms_players import ArmsPlayer, arms_players
from tasks.choosing import certain, share_best
from tasks.settings import check_at_least


class InformativeState(NamedTuple):
    """State of a batch of episodes."""

    trial: int
    target: np.ndarray  # (n_episodes,) int: the arm that pays most


@dataclass(frozen=True)
class InformativeBandit(ArmsTask):
    """A deterministic bandit with a target arm, and one arm, the last, that tells which it is.

    Parameters
    ----------
    n_targets : int
        Arms that may be the target, >= 2; the informative arm comes after them.
    target_reward, other_reward : float
        What the target pays, and what the others do.
    hint : float
        The informative arm pays ``hint * k`` where the target is the ``k``-th arm, from 1.
    n_trials : int
        One step each.
    trial_index : bool
        Whether agents see ``trial / n_trials``; the paper does not say, ours do not.
    name : str
        Registered id.

    Notes
    -----
    The target ``k ~ U{1, ..., n_targets}`` once an episode. ``r(a) = target_reward`` if ``a = k``, ``hint * k`` for
    the last arm, else ``other_reward``. Whoever takes the last arm once and then the target expects ``.55 + 4 * 5 =
    20.55``.
    """

    n_targets: int = 10
    target_reward: float = 5.0
    other_reward: float = 1.0
    hint: float = 0.1
    n_trials: int = 5
    trial_index: bool = False
    name: str = "bandit/informative"

    def __post_init__(self) -> None:
        check_at_least(self, n_targets=2, n_trials=1)
        if self.hint <= 0:
            raise UserError(f"hint must be > 0, or the informative arm tells nothing; got {self.hint}.")

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        pays = self._pays(np.arange(self.n_targets))
        return self.spec_of(self.n_targets + 1, "Wang et al. 2016, experiment 3", (float(pays.min()), float(pays.max())))

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[InformativeState, np.ndarray]:
        """Draw the target of every episode; see ``Task.begin``."""
        return InformativeState(0, rng.integers(0, self.n_targets, n_episodes)), self.observe(0, n_episodes)

    def advance(
        self, state: InformativeState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[InformativeState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one arm in every episode; see ``Task.advance``."""
        n_episodes, trial = len(state.target), state.trial + 1
        reward = of_chosen(self._pays(state.target), self.check_action(action, n_episodes))
        return state._replace(trial=trial), self.observe(trial, n_episodes), reward, self.done(trial, n_episodes)

    def hidden(self, state: InformativeState) -> dict[str, np.ndarray]:
        """``target``: (n_episodes,) int; ``mean_reward``: (n_episodes, n_targets + 1), what every arm pays."""
        return {"target": state.target, "mean_reward": self._pays(state.target)}

    def _pays(self, target: np.ndarray) -> np.ndarray:
        pays = np.where(target[:, None] == np.arange(self.n_targets + 1), self.target_reward, self.other_reward)
        pays[:, -1] = self.hint * (target + 1)
        return pays


class Informed(ArmsPlayer):
    """Takes the informative arm once and the target ever after.

    Notes
    -----
    With the paper's pay and two trials or more this is the optimum: the first trial costs 0.85 against a guess (1.4
    expected), and any guess leaves the target unknown nine times in ten. It expects ``.55 + 4 * 5 = 20.55``.
    """

    name = "informed"

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes,) the target, -1 while it is unknown."""
        return np.full(n_episodes, -1)

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Read the informative arm's pay, or notice the prize."""
        told = np.rint(reward / self.task.hint).astype(int) - 1
        found = np.where(reward == self.task.target_reward, action, state)
        return np.where(action == self.task.n_targets, np.clip(told, 0, self.task.n_targets - 1), found)

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Take the target, or the arm that tells."""
        return certain(np.where(state < 0, self.task.n_targets, state), self.n_arms)


class Search(ArmsPlayer):
    """Tries one possible target after the other, never the informative arm: Thompson sampling with the true prior.

    Notes
    -----
    It expects ``sum over j = 1..5 of (5 (6 - j) + j - 1) / 10, + 5 / 2 = 11.0`` with the paper's pay.
    """

    name = "search"

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_arms) how likely each is to be the target, unnormalised."""
        prior = np.ones((n_episodes, self.n_arms))
        prior[:, -1] = 0.0
        return prior

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Keep the arm that holds the prize, rule out one that does not."""
        taken = action[:, None] == np.arange(self.n_arms)
        found = (reward == self.task.target_reward)[:, None]
        return np.where(found, taken * 1.0, np.where(taken, 0.0, state))

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the arms that may be the target; among all that may not be ruled in, once none is left."""
        state = np.where(state.sum(axis=1, keepdims=True) > 0, state, 1.0)
        return np.where(state > 0, 0.0, -np.inf)


class EachOnce(ArmsPlayer):
    """Takes every arm once before it compares, as UCB does, and then the one that paid best."""

    name = "each-arm-once"

    def initial_state(self, n_episodes: int) -> np.ndarray:
        """Return (n_episodes, n_arms) what each arm paid, infinite while it is unknown."""
        return np.full((n_episodes, self.n_arms), np.inf)

    def learn(self, state: np.ndarray, action: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Note what the arm paid."""
        return np.where(action[:, None] == np.arange(self.n_arms), reward[:, None], state)

    def logits(self, state: np.ndarray) -> np.ndarray:
        """Share among the arms that are unknown, then among the best."""
        return share_best(state)


def informative_players(task: InformativeBandit) -> list[Agent]:
    """Return every reference player of the bandit with an informative arm, the simplest first."""
    return arms_players(task, [EachOnce(task), Search(task), Informed(task)])
