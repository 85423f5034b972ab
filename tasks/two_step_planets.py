"""The two-step task that pays for planning: two first-stage states, deterministic transitions, points that drift fast.

What is observed: the stages as in ``tasks.two_step``; at the first stage also which of the two first-stage states one
is in (one-hot, the two columns after the stages). In each of them, option 0 always leads to second-stage state 0 and
option 1 to state 1 (the spaceships and planets of the paper). There is no second choice: either action collects the
points. What must be learnt within an episode: which second-stage state pays more now, and to use what was learnt from
one first-stage state in the other. A model-free learner keeps values of first-stage options and does not generalise so.

Source: Kool, Cushman & Gershman 2016 (PLoS Comput Biol 12:e1005090). How ours departs: protocol second-hand, as its
paper's method section is paraphrased elsewhere: bounds 0 to 9 (its other version has -4 to 5) and the walk's standard
deviation of 2 are what is reported of it. Its number of trials and first points are not: 125, and uniform between the
bounds, are our choice. Points are not rounded, and are given as ``reward_scale`` (1/9) times their number, since
networks learn badly from large rewards; ``reward_scale=1`` gives points.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from tasks.columns import take
from tasks.two_step import FIRST_STAGE, TwoStep, TwoStepState
from tasks.walks import reflect


class PlanetWorld(NamedTuple):
    """What episodes hide, and where the trial starts."""

    points: np.ndarray | None  # (n_episodes, 2): what each second-stage state pays now
    state1: np.ndarray  # (n_episodes,) int: first-stage state of this trial, 0 or 1


@dataclass(frozen=True)
class PlanetTwoStep(TwoStep):
    """Two first-stage states, two second-stage states that pay points, transitions without chance.

    Parameters
    ----------
    drift_sd : float
        >= 0, in points: standard deviation of the Gaussian step of each state's points from one trial to the next.
    bounds : (float, float)
        Reflecting bounds in points, low < high; first points are uniform between them.
    reward_scale : float
        Reward per point, > 0.
    common_probability : float
        1 in the source: that option a leads to state a.
    n_trials, trial_index, fixation, invalid_penalty, name
        See ``TwoStep``.

    Notes
    -----
    ``points(t + 1) = reflect(points(t) + drift_sd * noise)`` for both states, visited or not; the reward is
    ``reward_scale * points(t)`` of the state visited. Both first-stage states are equally likely in every trial.

    References
    ----------
    Kool, Cushman & Gershman 2016, PLoS Comput Biol 12:e1005090.

    Examples
    --------
    >>> task = PlanetTwoStep(n_trials=2)
    >>> rng = np.random.default_rng(1)
    >>> state, observation = task.begin(1, rng)
    >>> observation.tolist()
    [[1.0, 0.0, 0.0, 1.0, 0.0]]
    >>> state, observation, reward, done = task.advance(state, np.array([0]), rng)
    >>> observation.tolist()
    [[0.0, 1.0, 0.0, 0.0, 0.0]]
    """

    common_probability: float = 1.0
    n_trials: int = 125
    drift_sd: float = 2.0
    bounds: tuple[float, ...] = (0.0, 9.0)
    reward_scale: float = 1 / 9
    name: str = "two_step/kool2016"

    citation: ClassVar[str] = "Kool et al. 2016, novel paradigm"
    n_shown: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.bounds) != 2 or not self.bounds[0] < self.bounds[1]:
            raise UserError(f"bounds must be two numbers of points, low < high, got {self.bounds}.")
        if self.drift_sd < 0 or self.reward_scale <= 0:
            raise UserError(f"{self.name!r} needs drift_sd >= 0 and reward_scale > 0, got {self.drift_sd} and "
                            f"{self.reward_scale}.")

    @property
    def outcome_range(self) -> tuple[float, float]:
        """Smallest and largest outcome of a trial."""
        return self.bounds[0] * self.reward_scale, self.bounds[1] * self.reward_scale

    def _draw_world(self, n_episodes: int, rng: np.random.Generator) -> PlanetWorld:
        return PlanetWorld(rng.uniform(*self.bounds, (n_episodes, 2)), rng.integers(0, 2, n_episodes))

    def _next_world(
        self, world: PlanetWorld, rng: np.random.Generator, state2: np.ndarray, reward: np.ndarray
    ) -> PlanetWorld:
        noise = self.drift_sd * rng.standard_normal(world.points.shape)
        return PlanetWorld(reflect(world.points + noise, *self.bounds), rng.integers(0, 2, len(world.state1)))

    def _draw_reward(
        self, world: PlanetWorld, state2: np.ndarray, action: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        points = np.where(state2 == 1, world.points[:, 1], world.points[:, 0])
        return np.clip(points * self.reward_scale, *self.outcome_range)  # rounding alone could leave the range

    def _show(self, shown: np.ndarray, world: PlanetWorld, into: np.ndarray) -> None:
        first = shown == FIRST_STAGE
        into[:, 0] = first & (world.state1 == 0)
        into[:, 1] = first & (world.state1 == 1)

    def hidden(self, state: TwoStepState) -> dict[str, np.ndarray]:
        """``state_value``: (n_episodes, second-stage state) what each pays, in units of reward."""
        return {"state_value": state.world.points * self.reward_scale}

    def _shown_columns(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        return {"state1": observation[:, -2, :, self._n_stages + 1]}

    def _worlds_in(self, trials: pd.DataFrame, row: np.ndarray) -> list[PlanetWorld]:
        if "state1" not in trials:
            raise TrialTableError(f"{self.name!r} has two first-stage states, but the trial table has no column state1; "
                                  f"found {[str(c) for c in trials.columns]}.")
        return [PlanetWorld(None, state1) for state1 in take(trials, "state1", row, padding=-1.0)]

    def _hidden_to_columns(self, hidden: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {f"state_value_{s}": hidden["state_value"][..., s] for s in range(2)} if hidden else {}

    def _hidden_in(self, trials: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
        if not {"state_value_0", "state_value_1"} <= set(trials):
            return {}
        return {"state_value": np.stack([take(trials, f"state_value_{s}", row) for s in range(2)], axis=-1)}
