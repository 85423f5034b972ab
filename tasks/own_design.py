"""A bandit that is known by its trial table alone: whoever is scored on people's choices needs no registered task.

What is assumed: every number of arms, rewards in a range, and nothing of where rewards came from. Agents can be scored on such a
table, but nobody can play it afresh. There is no published design; a registered task says more where it is the one that was
played.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.task import TaskSpec
from cogmeta.trials import guess_family, validate_trials
from tasks.arms import ArmsTask


@dataclass(frozen=True)
class OwnDesign(ArmsTask):
    """The design of a trial table.

    Parameters
    ----------
    n_arms : int
        At least 2.
    n_trials : int
        Of the longest episode.
    low, high : float
        Smallest and largest reward that can be.
    name : str
        As messages call it.
    """

    n_arms: int = 2
    n_trials: int = 1
    low: float = 0.0
    high: float = 1.0
    name: str = "own design"

    @property
    def spec(self) -> TaskSpec:
        """One choice a trial."""
        return self.spec_of(self.n_arms, "", (self.low, self.high))

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        """Return the first trial, of which nothing is seen."""
        return 0, self.observe(0, n_episodes)

    def advance(self, state: int, action: np.ndarray, rng: np.random.Generator) -> tuple:
        """Say that nobody knows what would have been paid."""
        raise UserError(f"{self.name!r} is known by its trial table alone, so that nobody can play it afresh. Name the task that was "
                        "played with --task; cogmeta tasks lists those that are registered.")

    def hidden(self, state: int) -> dict[str, np.ndarray]:
        """Return nothing: what the task hid stands in the table, where it is known."""
        return {}


def own_design(trials: pd.DataFrame, reward_range: tuple[float, float] | None = None, name: str = "own design") -> OwnDesign:
    """Return the design of a table of bandit trials.

    Parameters
    ----------
    trials : DataFrame
    reward_range : tuple of float, optional
        By default that of bandits, (0, 1).
    name : str

    Raises
    ------
    UserError
        The table is no bandit's: what a choice leads to must then be said by a registered task.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": "a", "trial": range(3), "choice": [0, 2, 1], "reward": [3.0, 40.0, 12.0]})
    >>> own_design(table, (0, 50)).spec.n_actions, own_design(table, (0, 50)).n_trials
    (3, 3)
    """
    family = guess_family(trials)
    if family is not BANDIT:
        raise UserError(f"a {family.name} table needs the task that was played, which says how states come about: name it with --task, such "
                        "as --task two_step/daw2011 (cogmeta tasks).")
    trials = validate_trials(trials, BANDIT, reward_range=reward_range)
    low, high = reward_range or BANDIT.reward_range
    longest = int(trials.groupby(list(BANDIT.episode), sort=False).size().max())
    return OwnDesign(max(2, int(trials["choice"].max()) + 1), longest, float(low), float(high), name)
