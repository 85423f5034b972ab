"""Models of the two-step task: model-free, model-based, and the seven-parameter hybrid of both.

Equations follow Daw et al. 2011 (Neuron 69:1204). Three packages ship three different "seven-parameter hybrids"; what
they disagree on is an option here, and ``convert_parameters`` leads from one to the other where that is possible:

``eligibility_error``
    The eligibility trace carries the second stage's prediction error to the first. ``"before"``: the error before the
    second-stage value moved (Daw et al. 2011). ``"after"``: the error that is left when it has moved, ``1 - α₂`` times
    as large (the program ``ts_par7`` of hBayesDM).
``perseveration``
    ``"inside"`` the inverse temperature, in units of value, ``β₁ (Q + p rep)`` (Daw et al. 2011); ``"outside"``, in
    units of logit, ``β₁ Q + p rep`` (hBayesDM).
``transitions``
    ``"known"``: option 0 commonly leads to state 0 (subjects are taught so). ``"counted"``: common and rare are
    oriented as the transitions seen so far suggest (emfit; Daw et al. 2011 infer the mapping from counts). Ours: while
    counts are tied both orientations are held alike likely.
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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter, check_parameters, inverse_temperature, rate, stickiness
from cogmeta.models.scale import check_reward_range
from cogmeta.models.trial import Trial
from cogmeta.task import Task
from cogmeta.trials import TWO_STEP, Choice, Family

_OPTIONS = {
    "eligibility_error": ("before", "after"),
    "perseveration": ("inside", "outside"),
    "transitions": ("known", "counted"),
}

RATE_1 = rate("learning_rate_1", "α₁")
RATE_2 = rate("learning_rate_2", "α₂")
ELIGIBILITY = rate("eligibility", "λ")
WEIGHT = rate("model_based_weight", "w")
TEMPERATURE_1 = inverse_temperature("inverse_temperature_1", "β₁")
TEMPERATURE_2 = inverse_temperature("inverse_temperature_2", "β₂")
PERSEVERATION = stickiness("perseveration", "p", unit="reward")
PERSEVERATION_OUTSIDE = stickiness("perseveration", "p")


class TwoStepValues(NamedTuple):
    """What a learner of the two-step task knows.

    Attributes
    ----------
    first : (2, *lanes) float array
        Model-free values of the first-stage options.
    second : (2, n, *lanes) float array
        Values of the options of each second-stage state (n = 2, or 1 in designs without a second choice).
    repeated : (2, *lanes) float array
        1 for the first-stage option of the last trial.
    lead : (*lanes) float array
        How far the common orientation, option 0 to state 0, leads the other in counts of transitions.
    """

    first: np.ndarray
    second: np.ndarray
    repeated: np.ndarray
    lead: np.ndarray


@dataclass(frozen=True)
class TwoStepModel(Model):
    """What the three models share: learning, transitions, perseveration.

    Parameters
    ----------
    eligibility_error : {"before", "after"}
    perseveration : {"inside", "outside"}
    transitions : {"known", "counted"}
    initial_value : float
        In units of reward.
    common_probability : float, optional
        In [0.5, 1].
    second_choice : bool
        See the module's head for all of them.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default that of two-step tables, (0, 1).

    Notes
    -----
    With ``δ₂ = r - Q₂(s, a₂)``::

        Q₁(a₁)    += α₁ (Q₂(s, a₂) - Q₁(a₁)) + α₁ λ δ₂      (Q₂ before its update)
        Q₂(s, a₂) += α₂ δ₂
        Q_MB(a)    = Σ_s P(s | a) max_b Q₂(s, b)
        Q_net      = w Q_MB + (1 - w) Q₁
        P(a₁)      = softmax(β₁ (Q_net(a₁) + p rep(a₁))),   P(a₂) = softmax(β₂ Q₂(s, a₂))

    References
    ----------
    Daw et al. 2011, Neuron 69:1204.
    """

    family: ClassVar[Family] = TWO_STEP
    citation: ClassVar[str] = "Daw et al. 2011, Neuron 69:1204"

    eligibility_error: str = "before"
    perseveration: str = "inside"
    transitions: str = "known"
    initial_value: float = 0.0
    common_probability: float | None = None
    second_choice: bool = True
    reward_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reward_range", check_reward_range(self.reward_range))
        for name, known in _OPTIONS.items():
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)
        if not 0.5 <= self.common <= 1:
            raise UserError(f"common_probability must lie in [0.5, 1], got {self.common_probability}.")

    @property
    def common(self) -> float:
        """Probability of the common transition that the model assumes."""
        return 0.7 if self.common_probability is None else self.common_probability

    def for_trials(self, trials: pd.DataFrame) -> "TwoStepModel":
        """Return this model for the table's design: with a second choice if the table has ``choice2``."""
        return replace(self, second_choice="choice2" in trials)

    def for_task(self, task: Task) -> "TwoStepModel":
        """Return this model for the task's design: with a second choice if the task, tried out, scores one.

        Unless the model was told otherwise, ``common_probability`` is what the task declares among its settings, and the
        reward range the task's.
        """
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

    def _declare(self, *parameters: Parameter) -> tuple[Parameter, ...]:
        declared = (p for p in parameters if self.second_choice or p is not TEMPERATURE_2)
        outside = self.perseveration == "outside"
        return tuple(PERSEVERATION_OUTSIDE if outside and p is PERSEVERATION else p for p in declared)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> TwoStepValues:
        """Every option is worth ``initial_value``; nothing was chosen or counted."""
        n_second = 2 if self.second_choice else 1
        return TwoStepValues(
            np.full((2, *lanes), float(self.initial_value)), np.full((2, n_second, *lanes), float(self.initial_value)),
            np.zeros((2, *lanes)), np.zeros(lanes),
        )

    def model_based(self, values: TwoStepValues) -> np.ndarray:
        """Return (2, *lanes) first-stage values computed from the transitions and the best second-stage option."""
        best = values.second.max(axis=1)
        common = self.common
        if self.transitions == "counted":
            common = 0.5 + (common - 0.5) * np.sign(values.lead)
        return common * best + (1 - common) * best[::-1]

    def first_logits(self, net: np.ndarray, values: TwoStepValues, parameters: SimpleNamespace) -> np.ndarray:
        """Return (2, *lanes) first-stage logits of net values."""
        sticky = parameters.perseveration * values.repeated
        if self.perseveration == "inside":
            return parameters.inverse_temperature_1 * (net + sticky)
        return parameters.inverse_temperature_1 * net + sticky

    def with_second(
        self, first: np.ndarray, values: TwoStepValues, parameters: SimpleNamespace
    ) -> tuple[np.ndarray, ...]:
        """Return first-stage logits and, where there is a second choice, (2, 2, *lanes) second-stage logits."""
        return (first, parameters.inverse_temperature_2 * values.second) if self.second_choice else (first,)

    def second_error(self, values: TwoStepValues, trial: Trial) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the second-stage option visited (one-hot), its value, and the reward prediction error there."""
        visited = trial.state2[:, None] * (trial.choice2 if self.second_choice else 1.0)
        value = (visited * values.second).sum(axis=(0, 1))
        return visited, value, trial.reward - value

    def learn_first(
        self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial, value: np.ndarray, error: np.ndarray
    ) -> np.ndarray:
        """Return the model-free first-stage values after a trial."""
        if self.eligibility_error == "after":
            error = (1 - parameters.learning_rate_2) * error
        chosen = (trial.choice1 * values.first).sum(axis=0)
        step = parameters.learning_rate_1 * (value - chosen + parameters.eligibility * error)
        return values.first + trial.choice1 * step

    def learn(
        self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial, model_free: bool
    ) -> TwoStepValues:
        """Return the values after a trial; ``model_free`` says whether the first stage learns by itself."""
        visited, value, error = self.second_error(values, trial)
        first = self.learn_first(values, parameters, trial, value, error) if model_free else values.first
        second = values.second + visited * (parameters.learning_rate_2 * error)
        lead = values.lead
        if self.transitions == "counted":
            lead = lead + 2 * (trial.choice1 * trial.state2).sum(axis=0) - 1
        return TwoStepValues(first, second, trial.choice1, lead)


@dataclass(frozen=True)
class ModelFree(TwoStepModel):
    """SARSA(λ): the first stage learns from the second stage's value and, by its eligibility, from the reward.

    References
    ----------
    Daw et al. 2011, with model-based weight 0.
    """

    name: ClassVar[str] = "two_step/model_free"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Two learning rates, eligibility, two inverse temperatures, perseveration."""
        return self._declare(RATE_1, RATE_2, ELIGIBILITY, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        return self.with_second(self.first_logits(values.first, values, parameters), values, parameters)

    def update(self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial) -> TwoStepValues:
        """Learn both stages."""
        return self.learn(values, parameters, trial, model_free=True)


@dataclass(frozen=True)
class ModelBased(TwoStepModel):
    """Plans: first-stage values are computed from the transitions and the second stage's values.

    References
    ----------
    Daw et al. 2011, with model-based weight 1.
    """

    name: ClassVar[str] = "two_step/model_based"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The second stage's learning rate, two inverse temperatures, perseveration."""
        return self._declare(RATE_2, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        return self.with_second(self.first_logits(self.model_based(values), values, parameters), values, parameters)

    def update(self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial) -> TwoStepValues:
        """Learn the second stage."""
        return self.learn(values, parameters, trial, model_free=False)


@dataclass(frozen=True)
class Hybrid(TwoStepModel):
    """The seven-parameter hybrid: model-based and model-free values, weighted.

    References
    ----------
    Daw et al. 2011, Neuron 69:1204.
    """

    name: ClassVar[str] = "two_step/hybrid"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Seven of them; six in designs without a second choice."""
        return self._declare(RATE_1, RATE_2, ELIGIBILITY, WEIGHT, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        net = values.first + parameters.model_based_weight * (self.model_based(values) - values.first)
        return self.with_second(self.first_logits(net, values, parameters), values, parameters)

    def update(self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial) -> TwoStepValues:
        """Learn both stages."""
        return self.learn(values, parameters, trial, model_free=True)


def convert_parameters(
    parameters: Mapping[str, float], source: TwoStepModel, target: TwoStepModel
) -> dict[str, np.ndarray]:
    """Return the parameters with which ``target`` behaves as ``source`` does.

    Parameters
    ----------
    parameters : mapping
        Of ``source``, natural, by name.
    source, target : TwoStepModel
        The same model under other conventions.

    Returns
    -------
    dict of arrays
        Parameters of ``target``.

    Raises
    ------
    UserError
        There are no such parameters: the models differ in more than ``perseveration`` and ``eligibility_error``, or
        the eligibility would have to exceed 1.

    Notes
    -----
    ``p_outside = β₁ p_inside``; ``λ_before = (1 - α₂) λ_after``.

    Examples
    --------
    >>> inside, outside = ModelBased(), ModelBased(perseveration="outside")
    >>> ours = {"learning_rate_2": 0.4, "inverse_temperature_1": 5, "inverse_temperature_2": 3, "perseveration": 0.1}
    >>> float(convert_parameters(ours, inside, outside)["perseveration"])
    0.5
    """
    if replace(target, perseveration=source.perseveration, eligibility_error=source.eligibility_error) != source:
        raise UserError(f"parameters of {source} cannot be converted to {target}: they differ in more than "
                        "perseveration and eligibility_error.")
    out = check_parameters(source, parameters)
    if source.perseveration != target.perseveration:
        inside = target.perseveration == "inside"
        scale = out["inverse_temperature_1"]
        out["perseveration"] = out["perseveration"] / scale if inside else out["perseveration"] * scale
    if source.eligibility_error != target.eligibility_error and "eligibility" in out:
        left = 1 - out["learning_rate_2"]
        out["eligibility"] = out["eligibility"] * (1 / left if target.eligibility_error == "after" else left)
        if (out["eligibility"] > 1).any():
            raise UserError("these parameters have no counterpart with eligibility_error='after': the eligibility "
                            f"would have to be {np.max(out['eligibility']):.3g}, above 1.")
    return check_parameters(target, out)
