"""The two-step task with reversals: one second-stage state is better, for now, and any action there collects the outcome.

What is observed: see ``tasks.two_step``. What must be learnt within an episode: which state is better, crediting the
state and not the action that happened to lead there. Sources: Wang et al. 2016, experiment 5 (drawn once an episode);
Wang et al. 2018, simulation 4 (reversals); Miller, Botvinick & Brody 2017 (rats; blocks of at least 10 trials).

How ours departs: the reward probabilities and the reversal hazard of Wang 2018 are those of a public reproduction, the
paper's text does not print them. Of Miller 2017 we have the protocol second-hand: common .8, reward .8 and .2, a hazard
of about .02 after at least 10 trials. Its rats started trials themselves and worked for as long as a session lasted; an
episode of ours has 300 trials. Which side commonly leads to which port was fixed for each rat and counterbalanced: it
is the setting ``crossed``.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from tasks.columns import take
from tasks.settings import check_at_least, check_probability
from tasks.two_step import TwoStep, TwoStepState

class ReversalWorld(NamedTuple):
    """What episodes hide."""

    better: np.ndarray  # (n_episodes,) int: the state that pays more
    age: np.ndarray  # (n_episodes,) int: trials since the last swap; 0 throughout where blocks have no minimum


@dataclass(frozen=True)
class ReversalTwoStep(TwoStep):
    """A single outcome in each second-stage state, one of which is better, for now.

    Parameters
    ----------
    reward_probability : (float, float)
        In [0, 1]: in the better state, in the other.
    reversal_hazard : float
        In [0, 1]: that the better state swaps after a trial.
    minimum_block : int
        >= 0: trials before the better state can first swap, from the episode's start and after each reversal.
    crossed : bool
        Whether option 0 commonly leads to what the observation shows in column 2, option 1 to what it shows in column
        1. The trial table is coded as ever: option 0 commonly leads to ``state2`` 0.
    common_probability, n_trials, trial_index, fixation, invalid_penalty, name
        See ``TwoStep``.

    Notes
    -----
    The reward of a trial is 1 with probability ``reward_probability[0]`` in the better state and
    ``reward_probability[1]`` in the other. After a trial the states swap with probability ``reversal_hazard`` if at
    least ``minimum_block`` trials of the block are over, so that blocks are ``minimum_block - 1`` trials (0 if there
    is no minimum) and a geometric number of mean ``1 / reversal_hazard``.

    Examples
    --------
    >>> task = ReversalTwoStep(n_trials=2)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(1, rng)
    >>> observation.tolist()
    [[1.0, 0.0, 0.0]]
    >>> state, observation, reward, done = task.advance(state, np.array([0]), rng)
    >>> observation.tolist()
    [[0.0, 1.0, 0.0]]
    """

    reward_probability: tuple[float, ...] = (0.9, 0.1)
    reversal_hazard: float = 0.025
    minimum_block: int = 0
    crossed: bool = False
    name: str = "two_step/wang2018"

    citation: ClassVar[str] = "Wang et al. 2018, simulation 4; Wang et al. 2016, experiment 5"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_probability("reversal_hazard", self.reversal_hazard)
        check_at_least(self, minimum_block=0)
        if len(self.reward_probability) != 2:
            raise UserError("reward_probability must be two numbers in [0, 1], of the better state and of the other, "
                            f"got {self.reward_probability}.")
        for probability in self.reward_probability:
            check_probability("reward_probability", probability)

    def _draw_world(self, n_episodes: int, rng: np.random.Generator) -> ReversalWorld:
        return ReversalWorld(rng.integers(0, 2, n_episodes), np.zeros(n_episodes, np.int64))

    def _next_world(
        self, world: ReversalWorld, rng: np.random.Generator, state2: np.ndarray, reward: np.ndarray
    ) -> ReversalWorld:
        if not self.reversal_hazard:
            return world
        swaps = rng.random(len(world.better)) < self.reversal_hazard
        if not self.minimum_block:
            return ReversalWorld(world.better ^ swaps, world.age)
        swaps &= world.age + 1 >= self.minimum_block
        return ReversalWorld(world.better ^ swaps, np.where(swaps, 0, world.age + 1))

    def _pays(self, world: ReversalWorld, state2: np.ndarray, action: np.ndarray) -> np.ndarray:
        better, other = self.reward_probability
        return np.where(state2 == world.better, better, other)

    def hidden(self, state: TwoStepState) -> dict[str, np.ndarray]:
        """``better_state``: (n_episodes,) int, 0 or 1."""
        return {"better_state": state.world.better}

    def _hidden_to_columns(self, hidden: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"better_state": hidden["better_state"]} if hidden else {}

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        if "better_state" not in trials or trials["better_state"].isna().any():
            return {}
        return {"better_state": take(trials, "better_state", row).astype(np.int64)}
