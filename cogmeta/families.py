"""Families of tasks: the columns that the trial table of each has."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from cogmeta.errors import unknown_name

INDEX = ("subject", "session", "block", "trial")
"""Columns that name a trial; ``session`` and ``block`` are 0 where a table does not have them."""

FORCED = "forced"
"""Column that is True where the choices of a trial were imposed: learned from, not scored. Without it all are free."""

COUNTERFACTUAL = "counterfactual_reward"
"""Column of two-armed bandits: what the arm that was not taken would have paid, where it was shown; missing elsewhere."""


@dataclass(frozen=True)
class Choice:
    """One choice of a trial.

    Attributes
    ----------
    column : str
        Where the option taken stands: an integer from 0.
    given : str or None
        Column of the state in which it is made; None where there is just one.
    n_options : int or None
        Options that there are; None where the table itself tells (arms of a bandit).
    optional : bool
        True where designs without this choice exist; their tables have no such column.
    """

    column: str
    given: str | None = None
    n_options: int | None = None
    optional: bool = False


@dataclass(frozen=True)
class Family:
    """The schema of the trial tables of a family of tasks.

    Attributes
    ----------
    name : str
    choices : tuple of Choice
        In the order in which they are made within a trial.
    states : tuple of (str, int or None)
        Integer columns that are not choices (the second-stage state), with how many values each has; None where the
        task says.
    episode : tuple of str
        Columns whose change starts learning afresh: by default the blocks of a bandit are new problems, while a
        two-step session is one.
    reward_range : tuple of float
        Rewards that can be, unless the caller says otherwise.
    optional_states : tuple of (str, int)
        As ``states``, of designs that have them (a first-stage state); what was answered has them in every trial.
    optional_integers : tuple of str
        Integer columns from 0 that a table may have, missing where they say nothing (the trial that a cue is of).
    optional_outcomes : tuple of str
        Outcomes besides the reward that a table may have, of the same range, missing where they were not shown.
    derive : callable, optional
        Takes a checked table and returns columns that follow from it, by name.
    """

    name: str
    choices: tuple[Choice, ...]
    states: tuple[tuple[str, int | None], ...] = ()
    episode: tuple[str, ...] = INDEX[:3]
    reward_range: tuple[float, float] = (0.0, 1.0)
    optional_states: tuple[tuple[str, int], ...] = ()
    optional_integers: tuple[str, ...] = ()
    optional_outcomes: tuple[str, ...] = ()
    derive: Callable[[pd.DataFrame], dict[str, pd.Series]] | None = None

    def choices_in(self, trials: pd.DataFrame) -> tuple[Choice, ...]:
        """Return the choices that a table has."""
        return tuple(c for c in self.choices if not c.optional or c.column in trials)


BANDIT = Family("bandit", (Choice("choice"),), optional_outcomes=(COUNTERFACTUAL,))
"""One choice among arms: ``choice, reward``; where the outcome of the other of two arms was shown, ``counterfactual_reward``."""

TWO_STEP = Family(
    "two_step",
    (Choice("choice1", n_options=2), Choice("choice2", given="state2", n_options=2, optional=True)),
    states=(("state2", 2),),
    episode=INDEX[:2],
    optional_states=(("state1", 2),),
    optional_integers=("cued_trial", "context"),
    derive=lambda trials: {"common": (trials["choice1"] == trials["state2"]).astype("boolean")},
)
"""``choice1, state2, reward`` and, in designs with a second choice, ``choice2``.

Coded so that first-stage option 0 commonly leads to second-stage state 0; ``common`` is ``choice1 == state2``. Designs
with two first-stage states have ``state1``; designs with cues have ``context``, shown at the second stage, and
``cued_trial``, the number of the trial whose context is the cue, missing where there is none.
"""

MDP = Family("mdp", (Choice("choice", given="state"),), states=(("state", None),), episode=INDEX[:2])
"""One choice in a state that the choice before it led to: ``state, choice, reward``; a block is one visit from the start."""

FAMILIES = {family.name: family for family in (BANDIT, TWO_STEP, MDP)}

def get_family(family: Family | str) -> Family:
    """Return a family by name."""
    if isinstance(family, Family):
        return family
    if family not in FAMILIES:
        raise unknown_name("family", family, FAMILIES)
    return FAMILIES[family]
