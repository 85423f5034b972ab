"""The mixture of agents that describes rats in the two-step task: a planner, a lover of novelty, habit and a side bias.

Source: Miller, Botvinick & Brody 2017 (Nat Neurosci 20:1269). What is observed: one choice a trial, the state it led
to and its reward. Each agent gives the first-stage options values, and their weighted sum goes into a softmax.

How ours departs: the planner's values start at ``initial_value`` and only that of the state visited moves; novelty
preference is written as +1 for the last choice after a rare transition and -1 after a common one. Where the design
has a second choice (the source's has not), it is learnt by the planner's values of the options there, so that all
models score the same choices.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.models.parameter import Parameter, stickiness
from cogmeta.models.prior import Normal
from cogmeta.models.trial import Trial
from cogmeta.models.two_step_base import RATE_2, TEMPERATURE_2, TwoStepBase


class MixtureValues(NamedTuple):
    """What the agents know.

    Attributes
    ----------
    second : (2, n, *lanes) float array
        Values of the options of each second-stage state.
    repeated : (2, *lanes) float array
        1 for the first-stage option of the last trial.
    rare : (*lanes) float array
        1 after a rare transition, -1 after a common one, 0 before the first trial.
    """

    second: np.ndarray
    repeated: np.ndarray
    rare: np.ndarray


@dataclass(frozen=True)
class MixtureOfAgents(TwoStepBase):
    """Planning, novelty preference, perseveration and bias, each with a weight of its own.

    Notes
    -----
    ``P(a₁) = softmax(β_plan Σ_s P(s | a) max_b Q₂(s, b) + β_np rare rep(a) + β_rep rep(a) + β_bias [a = 0])``, with
    ``Q₂(s, a₂) += α₂ (r - Q₂(s, a₂))``, ``rep`` 1 for the last choice, ``rare`` +1 after a rare transition and -1
    after a common one. The option ``perseveration`` has no bearing here: all weights stand outside.

    References
    ----------
    Miller et al. 2017, Nat Neurosci 20:1269.
    """

    name: ClassVar[str] = "two_step/mixture_of_agents"
    citation: ClassVar[str] = "Miller et al. 2017, Nat Neurosci 20:1269"
    symmetric: ClassVar[bool] = False

    perseveration: str = "outside"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_option("perseveration", ("outside",))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The planner's rate, four weights and, where there is a second choice, its inverse temperature."""
        planning = Parameter("planning_weight", "β_plan", "real", Normal(0.0, 5.0), (-1.0, 8.0), unit="1/reward")
        return self.declare(RATE_2, planning, stickiness("novelty_weight", "β_np"),
                            stickiness("perseveration_weight", "β_rep"), stickiness("bias", "β_bias"), TEMPERATURE_2)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> MixtureValues:
        """Every option is worth ``initial_value``; nothing was chosen."""
        return MixtureValues(self.second_stage(lanes), np.zeros((2, *lanes)), np.zeros(lanes))

    def policy(self, values: MixtureValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        first = parameters.planning_weight * self.expected(values.second.max(axis=1))
        habit = parameters.perseveration_weight + parameters.novelty_weight * values.rare
        side = np.array([1.0, 0.0]).reshape(2, *(1,) * values.rare.ndim)
        first = first + habit * values.repeated + parameters.bias * side
        return self.with_second(first, values.second, parameters)

    def update(self, values: MixtureValues, parameters: SimpleNamespace, trial: Trial) -> MixtureValues:
        """Learn the second stage; remember the choice and whether its transition was rare."""
        common = (trial.choice1 * trial.state2).sum(axis=0)
        return MixtureValues(self.learn_second(values.second, parameters, trial), trial.choice1, 1 - 2 * common)
