"""The two-step task with a second choice between two options in each second-stage state, whose reward probabilities drift.

What is observed: see ``tasks.two_step``. What must be learnt within an episode: which of four options pays most now,
and which first action commonly leads to it. Source: Daw et al. 2011 (Neuron 69:1204). How ours departs: the paper used
walks made beforehand; ours are drawn anew each episode, from their stationary (uniform) distribution.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from tasks.columns import take
from tasks.two_step import TwoStep, TwoStepState
from tasks.walks import reflect

@dataclass(frozen=True)
class DriftTwoStep(TwoStep):
    """A choice between two options in each second-stage state; all four reward probabilities drift.

    Parameters
    ----------
    drift_sd : float
        >= 0: standard deviation of each probability's Gaussian step from one trial to the next.
    bounds : (float, float)
        Reflecting bounds, 0 <= low < high <= 1; first probabilities are uniform between them.
    common_probability, n_trials, trial_index, fixation, invalid_penalty, name
        See ``TwoStep``. With fixation, ``FIXATE`` is invalid at the second stage too.

    Notes
    -----
    Action ``a`` leads to state ``a`` with ``common_probability``, else to the other. Option ``o`` of state ``s`` pays
    with ``p_so(t)``: ``p(1) ~ U[bounds]``, ``p(t + 1) = reflect(p(t) + drift_sd * noise)`` at the bounds, for all
    four, chosen or not.

    Examples
    --------
    >>> task = DriftTwoStep(n_trials=2)
    >>> state, observation = task.begin(3, np.random.default_rng(0))
    >>> task.hidden(state)["reward_probability"].shape
    (3, 2, 2)
    """

    common_probability: float = 0.7
    n_trials: int = 201
    drift_sd: float = 0.025
    bounds: tuple[float, ...] = (0.25, 0.75)
    name: str = "two_step/daw2011"

    citation: ClassVar[str] = "Daw et al. 2011"
    has_choice2: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.bounds) != 2 or not 0 <= self.bounds[0] < self.bounds[1] <= 1:
            raise UserError(f"bounds must be two numbers, 0 <= low < high <= 1, got {self.bounds}.")
        if not 0 <= self.drift_sd < 1:
            raise UserError(f"drift_sd must lie in [0, 1), got {self.drift_sd}.")

    def _draw_world(self, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(*self.bounds, (n_episodes, 2, 2))

    def _next_world(
        self, world: np.ndarray, rng: np.random.Generator, state2: np.ndarray, reward: np.ndarray
    ) -> np.ndarray:
        return reflect(world + self.drift_sd * rng.standard_normal(world.shape), *self.bounds)

    def _pays(self, world: np.ndarray, state2: np.ndarray, action: np.ndarray) -> np.ndarray:
        option = np.arange(0, world.size, 4) + 2 * np.maximum(state2, 0) + np.minimum(action, 1)
        return world.ravel()[option]

    def hidden(self, state: TwoStepState) -> dict[str, np.ndarray]:
        """``reward_probability``: (n_episodes, second-stage state, option)."""
        return {"reward_probability": state.world}

    def _hidden_to_columns(self, hidden: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not hidden:
            return {}
        return {column: hidden["reward_probability"][..., place // 2, place % 2]
                for place, column in enumerate(_DRIFT_COLUMNS)}

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        if not set(_DRIFT_COLUMNS) <= set(trials):
            return {}
        columns = np.stack([take(trials, column, row) for column in _DRIFT_COLUMNS], axis=-1)
        return {"reward_probability": columns.reshape(*row.shape, 2, 2)}


_DRIFT_COLUMNS = tuple(f"reward_probability_{state}_{option}" for state in range(2) for option in range(2))
