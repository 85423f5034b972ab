"""What models of the two-step task share: design, transitions, the second stage, perseveration.

``perseveration``
    ``"inside"`` the inverse temperature, in units of what it multiplies, ``β₁ (Q + p rep)`` (Daw et al. 2011);
    ``"outside"``, in units of logit, ``β₁ Q + p rep`` (hBayesDM).
``initial_value``
    0 (Feher da Silva & Hare 2018) or 0.5 (midway between the rewards), or any other.
``common_probability``
    Of the common transition that the model assumes: 0.7 in Daw et al. 2011, 0.8 in Wang et al. 2018 and Miller et al.
    2017. By default what the task declares (``for_task``), and 0.7 where no task was named.
``second_choice``
    False for designs without a choice at the second stage (Wang et al. 2018; Miller et al. 2017): each second-stage
    state then has one value, only the first choice is scored, and there is no second inverse temperature. Set by
    ``for_trials`` and ``for_task``.
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import TWO_STEP, Choice, Family
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter, inverse_temperature, rate, stickiness
from cogmeta.models.scale import check_reward_range
from cogmeta.models.trial import Trial
from cogmeta.task import Task

RATE_2 = rate("learning_rate_2", "α₂")
TEMPERATURE_1 = inverse_temperature("inverse_temperature_1", "β₁")
TEMPERATURE_2 = inverse_temperature("inverse_temperature_2", "β₂")
PERSEVERATION = stickiness("perseveration", "p", unit="reward")
PERSEVERATION_OUTSIDE = stickiness("perseveration", "p")


@dataclass(frozen=True)
class TwoStepBase(Model):
    """The options, design and second stage of every model of the two-step task.

    Parameters
    ----------
    perseveration : {"inside", "outside"}
    initial_value : float
        In units of reward.
    common_probability : float, optional
        In [0.5, 1].
    second_choice : bool
        See the module's head for all of them.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default that of two-step tables, (0, 1).
    """

    family: ClassVar[Family] = TWO_STEP

    perseveration: str = "inside"
    initial_value: float = 0.0
    common_probability: float | None = None
    second_choice: bool = True
    reward_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reward_range", check_reward_range(self.reward_range))
        self._check_option("perseveration", ("inside", "outside"))
        if not 0.5 <= self.common <= 1:
            raise UserError(f"common_probability must lie in [0.5, 1], got {self.common_probability}.")

    def _check_option(self, name: str, known: tuple[str, ...]) -> None:
        if getattr(self, name) not in known:
            raise unknown_name(name, getattr(self, name), known)

    @property
    def common(self) -> float:
        """Probability of the common transition that the model assumes."""
        return 0.7 if self.common_probability is None else self.common_probability

    def for_trials(self, trials: pd.DataFrame) -> "TwoStepBase":
        """Return this model for the table's design: with a second choice if the table has ``choice2``."""
        return replace(self, second_choice="choice2" in trials)

    def for_task(self, task: Task) -> "TwoStepBase":
        """Return this model for the task's design: with a second choice if the task, tried out, scores one.

        Unless the model was told otherwise, ``common_probability`` is what the task declares among its settings, and
        the reward range the task's.
        """
        if task.settings.get("crossed"):
            raise UserError(f"{self.name} is coded so that option 0 commonly leads to state 0, but {task.spec.name!r} shows "
                            "its agents the states crossed. Make the task with crossed=False: all but the labels is alike.")
        rng, action = np.random.default_rng(0), np.zeros(1, np.int64)
        state, observation = task.begin(1, rng)
        shown = [observation]
        for _ in range(task.spec.steps_per_trial - 1):
            state, observation, _, _ = task.advance(state, action, rng)
            shown.append(observation)
        scored = task.scored(np.stack(shown), np.zeros((len(shown), 1), np.int64))
        common = task.settings.get("common_probability") if self.common_probability is None else self.common_probability
        return replace(self, second_choice=bool(scored[-1].all()), common_probability=common,
                       reward_range=self.reward_range or task.spec.reward_range)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The first choice and, where the design has it, the second."""
        return TWO_STEP.choices if self.second_choice else TWO_STEP.choices[:1]

    def declare(self, *parameters: Parameter) -> tuple[Parameter, ...]:
        """Return those of the parameters that the design has, perseveration in the unit of its convention."""
        declared = (p for p in parameters if self.second_choice or p is not TEMPERATURE_2)
        outside = self.perseveration == "outside"
        return tuple(PERSEVERATION_OUTSIDE if outside and p is PERSEVERATION else p for p in declared)

    def second_stage(self, lanes: tuple[int, ...]) -> np.ndarray:
        """Return (2, n, *lanes) values of the states' options, ``initial_value``; n is 1 without a choice."""
        return np.full((2, 2 if self.second_choice else 1, *lanes), float(self.initial_value))

    def expected(self, second: np.ndarray, common: float | np.ndarray | None = None) -> np.ndarray:
        """Return (2, *lanes) what first-stage options lead to, of (2, *lanes) values of the states."""
        common = self.common if common is None else common
        return common * second + (1 - common) * second[::-1]

    def first_logits(self, net: np.ndarray, repeated: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (2, *lanes) first-stage logits of net values and of the option taken last."""
        sticky = parameters.perseveration * repeated
        if self.perseveration == "inside":
            return parameters.inverse_temperature_1 * (net + sticky)
        return parameters.inverse_temperature_1 * net + sticky

    def with_second(
        self, first: np.ndarray, second: np.ndarray, parameters: SimpleNamespace
    ) -> tuple[np.ndarray, ...]:
        """Return first-stage logits and, where there is a second choice, (2, 2, *lanes) second-stage logits."""
        return (first, parameters.inverse_temperature_2 * second) if self.second_choice else (first,)

    def second_error(self, second: np.ndarray, trial: Trial) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the second-stage option visited (one-hot), its value, and the reward prediction error there."""
        visited = trial.state2[:, None] * (trial.choice2 if self.second_choice else 1.0)
        value = (visited * second).sum(axis=(0, 1))
        return visited, value, trial.reward - value

    def learn_second(self, second: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Return the second-stage values after a trial."""
        visited, _, error = self.second_error(second, trial)
        return second + visited * (parameters.learning_rate_2 * error)
