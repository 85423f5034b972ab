"""Models of the two-step task: model-free, model-based, and the seven-parameter hybrid of both.

Equations follow Daw et al. 2011 (Neuron 69:1204). Three packages ship three different "seven-parameter hybrids"; what
they disagree on is an option here, and ``convert_parameters`` leads from one to the other where that is possible:

``eligibility_error``
    The eligibility trace carries the second stage's prediction error to the first. ``"before"``: the error before the
    second-stage value moved (Daw et al. 2011). ``"after"``: the error that is left when it has moved, ``1 - α₂`` times
    as large (the program ``ts_par7`` of hBayesDM).
``transitions``
    ``"known"``: option 0 commonly leads to state 0 (subjects are taught so). ``"counted"``: common and rare are
    oriented as the transitions seen so far suggest (emfit; Daw et al. 2011 infer the mapping from counts). Ours: while
    counts are tied both orientations are held alike likely.

The other options are those of ``two_step_base``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.errors import UserError
from cogmeta.models.parameter import Parameter, check_parameters, rate
from cogmeta.models.trial import Trial
from cogmeta.models.two_step_base import PERSEVERATION, RATE_2, TEMPERATURE_1, TEMPERATURE_2, TwoStepBase

RATE_1 = rate("learning_rate_1", "α₁")
ELIGIBILITY = rate("eligibility", "λ")
WEIGHT = rate("model_based_weight", "w")


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
class TwoStepModel(TwoStepBase):
    """What the models of Daw et al. 2011 share: learning and transitions.

    Parameters
    ----------
    eligibility_error : {"before", "after"}
    transitions : {"known", "counted"}
        See the module's head.

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

    citation: ClassVar[str] = "Daw et al. 2011, Neuron 69:1204"

    eligibility_error: str = "before"
    transitions: str = "known"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_option("eligibility_error", ("before", "after"))
        self._check_option("transitions", ("known", "counted"))

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> TwoStepValues:
        """Every option is worth ``initial_value``; nothing was chosen or counted."""
        return TwoStepValues(np.full((2, *lanes), float(self.initial_value)), self.second_stage(lanes),
                             np.zeros((2, *lanes)), np.zeros(lanes))

    def model_based(self, values: TwoStepValues) -> np.ndarray:
        """Return (2, *lanes) first-stage values computed from the transitions and the best second-stage option."""
        best = values.second.max(axis=1)
        if self.transitions == "counted":
            return self.expected(best, 0.5 + (self.common - 0.5) * np.sign(values.lead))
        return self.expected(best)

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
        visited, value, error = self.second_error(values.second, trial)
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
        return self.declare(RATE_1, RATE_2, ELIGIBILITY, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        return self.with_second(self.first_logits(values.first, values.repeated, parameters), values.second, parameters)

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
        return self.declare(RATE_2, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        logits = self.first_logits(self.model_based(values), values.repeated, parameters)
        return self.with_second(logits, values.second, parameters)

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
        return self.declare(RATE_1, RATE_2, ELIGIBILITY, WEIGHT, TEMPERATURE_1, TEMPERATURE_2, PERSEVERATION)

    def policy(self, values: TwoStepValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        net = values.first + parameters.model_based_weight * (self.model_based(values) - values.first)
        return self.with_second(self.first_logits(net, values.repeated, parameters), values.second, parameters)

    def update(self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial) -> TwoStepValues:
        """Learn both stages."""
        return self.learn(values, parameters, trial, model_free=True)


FORGETTING = rate("forgetting", "φ")


@dataclass(frozen=True)
class HybridForgetting(Hybrid):
    """The hybrid whose values fade where they were not experienced.

    Notes
    -----
    As the hybrid; then every first-stage option not taken, and every second-stage option not taken or not met, moves
    toward where values started: ``Q += φ (initial_value - Q)``.

    References
    ----------
    Toyama, Katahira & Ohira 2017, Cogn Affect Behav Neurosci 17:764, with values that start, and fade to, 0.
    """

    name: ClassVar[str] = "two_step/hybrid_forgetting"
    citation: ClassVar[str] = "Toyama et al. 2017, Cogn Affect Behav Neurosci 17:764"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the hybrid, and forgetting."""
        return *super().parameters, FORGETTING

    def update(self, values: TwoStepValues, parameters: SimpleNamespace, trial: Trial) -> TwoStepValues:
        """Learn both stages, forget what was not experienced."""
        learnt = super().update(values, parameters, trial)
        visited = self.second_error(values.second, trial)[0]
        first = learnt.first + (1 - trial.choice1) * (parameters.forgetting * (self.initial_value - learnt.first))
        second = learnt.second + (1 - visited) * (parameters.forgetting * (self.initial_value - learnt.second))
        return learnt._replace(first=first, second=second)


def convert_parameters(
    parameters: Mapping[str, float], source: TwoStepModel, target: TwoStepModel
) -> dict[str, np.ndarray]:
    """Return the parameters with which ``target`` behaves as ``source`` does.

    Parameters
    ----------
    parameters : mapping or DataFrame
        Of ``source``, natural, by name; numbers, or one a subject, such as ``fit.parameters``.
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
    differ = _other_differences(source, target)
    if differ:
        raise UserError(f"parameters of {source.name} cannot be converted where models differ in more than perseveration and "
                        f"eligibility_error: here {', '.join(differ)}. Fit the other convention instead.")
    out = check_parameters(source, parameters)
    if source.perseveration != target.perseveration:
        inside = target.perseveration == "inside"
        scale = out["inverse_temperature_1"]
        out["perseveration"] = out["perseveration"] / scale if inside else out["perseveration"] * scale
    if source.eligibility_error != target.eligibility_error and "eligibility" in out:
        left = 1 - out["learning_rate_2"]
        out["eligibility"] = out["eligibility"] * (1 / left if target.eligibility_error == "after" else left)
        if (above := np.atleast_1d(out["eligibility"] > 1)).any():
            who = f" of subject {np.atleast_1d(parameters['subject'])[above][0]!r}" if "subject" in parameters else ""
            raise UserError(f"{above.sum()} of {above.size} sets of parameters have no counterpart with eligibility_error='after': the "
                            f"eligibility{who} would have to be {np.atleast_1d(out['eligibility'])[above][0]:.3g}, above 1. Leave these out, or "
                            "fit the other convention.")
    return check_parameters(target, out)


def _other_differences(source: TwoStepModel, target: TwoStepModel) -> list[str]:
    """Return what two models differ in besides the conventions that can be converted."""
    if type(source) is not type(target):
        return [f"{source.name} and {target.name}"]
    ours, theirs = source.options, target.options
    return [f"{name} {ours[name]!r} and {theirs[name]!r}" for name in ours
            if name not in ("perseveration", "eligibility_error") and ours[name] != theirs[name]]
