"""The hybrid of a two-step task with two first-stage states and no second choice.

Source: Kool, Cushman & Gershman 2016 (PLoS Comput Biol 12:e1005090). What is observed: in which of two first-stage
states a trial starts, the option taken there, the second-stage state that it leads to, and its points. A model-free
learner keeps a value for each option of each first-stage state; planning computes them from the values of the
second-stage states, which both first-stage states share, so that what is learnt in one serves the other.

How ours departs: the trial table does not say where on the screen an option stood, so that the response is the option's
number. ``perseveration`` speaks for the option taken last in the first-stage state where it was taken (the stimulus),
``response_stickiness`` for that option's number in either. Transitions are those of ``common_probability``, 1 here.
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import Choice
from cogmeta.models.parameter import Parameter, inverse_temperature, rate, stickiness
from cogmeta.models.trial import Trial
from cogmeta.models.two_step import ELIGIBILITY, WEIGHT
from cogmeta.models.two_step_base import TwoStepBase
from cogmeta.task import Task

RATE = rate("learning_rate", "α")
TEMPERATURE = inverse_temperature("inverse_temperature", "β")
INSIDE = (stickiness("perseveration", "π", unit="reward"), stickiness("response_stickiness", "ρ", unit="reward"))
OUTSIDE = (stickiness("perseveration", "π"), stickiness("response_stickiness", "ρ"))


class KoolValues(NamedTuple):
    """What the learner knows.

    Attributes
    ----------
    first : (2, 2, *lanes) float array
        Model-free values of the options of each first-stage state.
    second : (2, *lanes) float array
        Values of the second-stage states.
    stimulus : (2, 2, *lanes) float array
        1 for the option of the last trial in the first-stage state where it was taken.
    response : (2, *lanes) float array
        1 for the option of the last trial.
    """

    first: np.ndarray
    second: np.ndarray
    stimulus: np.ndarray
    response: np.ndarray


@dataclass(frozen=True)
class Kool(TwoStepBase):
    """Model-based and model-free values over two first-stage states, weighted, with two kinds of stickiness.

    Notes
    -----
    With ``δ₂ = r - Q₂(s₂)``, of the values before the trial::

        Q₁(s₁, a) += α (Q₂(s₂) - Q₁(s₁, a)) + α λ δ₂
        Q₂(s₂)    += α δ₂
        Q_MB(a)    = Σ_s P(s | a) Q₂(s)
        Q_net      = w Q_MB + (1 - w) Q₁
        P(a | s₁)  = softmax(β (Q_net(s₁, a) + π rep(s₁, a) + ρ resp(a)))

    References
    ----------
    Kool, Cushman & Gershman 2016, PLoS Comput Biol 12:e1005090.
    """

    name: ClassVar[str] = "two_step/kool"
    citation: ClassVar[str] = "Kool et al. 2016, PLoS Comput Biol 12:e1005090"

    common_probability: float | None = 1.0
    second_choice: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.second_choice:
            raise UserError(f"{self.name} has no second choice; a design with one is described by two_step/hybrid.")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Learning rate, eligibility, model-based weight, inverse temperature, and both stickinesses."""
        return RATE, ELIGIBILITY, WEIGHT, TEMPERATURE, *(OUTSIDE if self.perseveration == "outside" else INSIDE)

    @property
    def states(self) -> dict[str, int]:
        """The first-stage state and the second-stage state."""
        return dict(self.family.states) | dict(self.family.optional_states)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The first choice, made in one of two first-stage states."""
        return (Choice("choice1", given="state1", n_options=2),)

    def for_trials(self, trials: pd.DataFrame) -> "Kool":
        """Return this model, or refuse a table with one first-stage state or a second choice."""
        if "state1" not in trials or "choice2" in trials:
            raise UserError(f"{self.name} scores tables with the column state1 and without choice2, found "
                            f"{[str(c) for c in trials.columns]}. Where there is one first-stage state, fit two_step/hybrid.")
        return self

    def for_task(self, task: Task) -> "Kool":
        """Return this model with the task's rewards and transitions, or refuse a task with one first-stage state."""
        shown = task.begin(1, np.random.default_rng(0))[1]
        if shown.shape[1] < 5 or shown[0, 0] != 1 or shown[0, 3:5].sum() != 1:
            raise UserError(f"{self.name} plays tasks that show which of two first-stage states one is in, such as "
                            f"two_step/kool2016; {task.spec.name!r} does not. Choose two_step/hybrid.")
        return replace(self, reward_range=self.reward_range or task.spec.reward_range,
                       common_probability=task.settings.get("common_probability", self.common_probability))

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> KoolValues:
        """Everything is worth ``initial_value``; nothing was chosen."""
        return KoolValues(np.full((2, 2, *lanes), float(self.initial_value)),
                          np.full((2, *lanes), float(self.initial_value)), np.zeros((2, 2, *lanes)),
                          np.zeros((2, *lanes)))

    def policy(self, values: KoolValues, parameters: SimpleNamespace) -> np.ndarray:
        """Return (2, 2, *lanes) logits: first-stage state, option."""
        planned = self.expected(values.second)
        net = values.first + parameters.model_based_weight * (planned - values.first)
        sticky = parameters.perseveration * values.stimulus + parameters.response_stickiness * values.response
        if self.perseveration == "inside":
            return parameters.inverse_temperature * (net + sticky)
        return parameters.inverse_temperature * net + sticky

    def update(self, values: KoolValues, parameters: SimpleNamespace, trial: Trial) -> KoolValues:
        """Learn both stages; remember what was chosen where."""
        taken = trial.state1[:, None] * trial.choice1
        value = (trial.state2 * values.second).sum(axis=0)
        error = trial.reward - value
        step = parameters.learning_rate * (value - (taken * values.first).sum(axis=(0, 1)) + parameters.eligibility * error)
        second = values.second + trial.state2 * (parameters.learning_rate * error)
        return KoolValues(values.first + taken * step, second, taken, trial.choice1)
