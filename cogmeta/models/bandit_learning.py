"""Rescorla-Wagner learning with one more assumption each: two rates, confirmation, forgetting, perseveration, lapses, attention.

What is observed: one choice among arms and its reward. Sources stand with each model. How ours departs: any number of
arms and any range of rewards; values start, and by default fade, to the middle of that range (sources with rewards 0
and 1 start at 0 or 0.5: ``initial_value`` says which).
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import COUNTERFACTUAL
from cogmeta.models.bandit import RescorlaWagner
from cogmeta.models.parameter import Parameter, inverse_temperature, rate, stickiness
from cogmeta.models.trial import Trial
from cogmeta.task import Task

_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class TwoRates(RescorlaWagner):
    """Learns more, or less, from good news than from bad.

    Notes
    -----
    ``Q[a] += α₊ δ`` where ``δ = r - Q[a]`` is positive, ``α₋ δ`` where it is negative; ``P = softmax(β Q)``.

    References
    ----------
    Lefebvre et al. 2017, Nat Hum Behav 1:0067; Niv et al. 2012, J Neurosci 32:551.
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_two_rates"
    citation: ClassVar[str] = "Lefebvre et al. 2017, Nat Hum Behav 1:0067"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate_positive", "α₊"), rate("learning_rate_negative", "α₋"), inverse_temperature(),
    )

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Move the chosen arm's value by the rate of the error's sign."""
        error = trial.choice * (trial.reward - values)
        gain, loss = np.maximum(error, 0.0), np.minimum(error, 0.0)
        return values + parameters.learning_rate_positive * gain + parameters.learning_rate_negative * loss


@dataclass(frozen=True)
class Confirmation(RescorlaWagner):
    """Learns more, or less, from what confirms the choice than from what speaks against it.

    Parameters
    ----------
    counterfactual : bool
        Whether the outcome of the arm that was not taken is shown (two arms); set by ``for_trials`` (the column
        ``counterfactual_reward``) and ``for_task``. Trials on which it is missing teach nothing about that arm. Where it is
        never shown, what is left is ``bandit/rescorla_wagner_two_rates`` with other names.

    Notes
    -----
    With ``δ = r - Q[a]`` of the arm taken and ``δ' = r' - Q[b]`` of the other, of which the outcome r' is shown::

        Q[a] += α_con δ  where δ > 0,    α_dis δ  where δ < 0
        Q[b] += α_dis δ' where δ' > 0,   α_con δ' where δ' < 0

    and ``P = softmax(β Q)``.

    References
    ----------
    Palminteri et al. 2017, PLoS Comput Biol 13:e1005684.
    """

    name: ClassVar[str] = "bandit/confirmation"
    citation: ClassVar[str] = "Palminteri et al. 2017, PLoS Comput Biol 13:e1005684"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate_confirming", "α_con"), rate("learning_rate_disconfirming", "α_dis"), inverse_temperature(),
    )

    counterfactual: bool = False

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The reward and, where it is shown, that of the other arm."""
        return ("reward", COUNTERFACTUAL) if self.counterfactual else ("reward",)

    def for_trials(self, trials: pd.DataFrame) -> "Confirmation":
        """Return this model for the table's number of arms, and for counterfactual outcomes if it has some."""
        adapted, shown = super().for_trials(trials), COUNTERFACTUAL in trials
        if shown and adapted.n_arms != 2:
            raise UserError(f"{self.name} takes {COUNTERFACTUAL} to be of the other of two arms, but there are "
                            f"{adapted.n_arms}. Leave the column out, or choose another model.")
        return replace(adapted, counterfactual=shown)

    def for_task(self, task: Task) -> "Confirmation":
        """Return this model for the task's arms and feedback."""
        return replace(super().for_task(task), counterfactual=COUNTERFACTUAL in task.spec.feedback)

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Move the values of the arm taken and, where its outcome was shown, of the other."""
        con, dis = parameters.learning_rate_confirming, parameters.learning_rate_disconfirming
        error = trial.choice * (trial.reward - values)
        learnt = values + con * np.maximum(error, 0.0) + dis * np.minimum(error, 0.0)
        if not self.counterfactual:
            return learnt
        shown = ~np.isnan(trial.counterfactual_reward)
        forgone = (1 - trial.choice) * np.where(shown, trial.counterfactual_reward - values, 0.0)
        return learnt + dis * np.maximum(forgone, 0.0) + con * np.minimum(forgone, 0.0)


@dataclass(frozen=True)
class Forgetting(RescorlaWagner):
    """Learns the chosen arm's value and forgets the others'.

    Parameters
    ----------
    resting_value : float, optional
        To which forgotten values fade; by default that from which they started. 0, with ``initial_value`` 0, in the
        source.

    Notes
    -----
    ``Q[a] += α (r - Q[a])`` for the chosen arm, ``Q[b] += φ (resting - Q[b])`` for every other; ``P = softmax(β Q)``.

    References
    ----------
    Ito & Doya 2009, J Neurosci 29:9861 (forgetting Q-learning, without their aversion to no reward).
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_forgetting"
    citation: ClassVar[str] = "Ito & Doya 2009, J Neurosci 29:9861"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate", "α"), rate("forgetting", "φ"), inverse_temperature(),
    )

    resting_value: float | None = None

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Learn one arm, forget the others."""
        resting = self.or_middle(self.initial_value) if self.resting_value is None else self.resting_value
        learnt = super().update(values, parameters, trial)
        return learnt + (1 - trial.choice) * (parameters.forgetting * (resting - learnt))


class ValueAndChoice(NamedTuple):
    """Two (n_arms, *lanes) arrays: the arms' values, and 1 for the arm chosen last."""

    value: np.ndarray
    repeated: np.ndarray


@dataclass(frozen=True)
class Perseveration(RescorlaWagner):
    """Learns values and is drawn to what it chose last.

    Parameters
    ----------
    perseveration : {"inside", "outside"}
        ``"inside"`` the inverse temperature, in units of value, as in Daw et al. 2011; ``"outside"``, in units of
        logit.

    Notes
    -----
    ``P = softmax(β (Q + p rep))`` inside, ``softmax(β Q + p rep)`` outside; ``rep`` is 1 for the arm of the last trial.

    References
    ----------
    Lau & Glimcher 2005, J Exp Anal Behav 84:555; Daw et al. 2011, Neuron 69:1204 (the term).
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_perseveration"
    citation: ClassVar[str] = "Daw et al. 2011, Neuron 69:1204"

    perseveration: str = "inside"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.perseveration not in ("inside", "outside"):
            raise unknown_name("perseveration", self.perseveration, ("inside", "outside"))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Learning rate, inverse temperature, perseveration."""
        unit = "reward" if self.perseveration == "inside" else ""
        return rate("learning_rate", "α"), inverse_temperature(), stickiness("perseveration", "p", unit=unit)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> ValueAndChoice:
        """Every arm is worth ``initial_value``; none was chosen."""
        return ValueAndChoice(super().initial_values(lanes, parameters), self.arms(lanes))

    def policy(self, values: ValueAndChoice, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        sticky = parameters.perseveration * values.repeated
        if self.perseveration == "inside":
            return parameters.inverse_temperature * (values.value + sticky)
        return parameters.inverse_temperature * values.value + sticky

    def update(self, values: ValueAndChoice, parameters: SimpleNamespace, trial: Trial) -> ValueAndChoice:
        """Learn the chosen arm's value and remember the choice."""
        return ValueAndChoice(super().update(values.value, parameters, trial), trial.choice)


@dataclass(frozen=True)
class Lapse(RescorlaWagner):
    """Learns values and now and then chooses any arm, whatever they are worth.

    Notes
    -----
    ``P = (1 - ε) softmax(β Q) + ε / n_arms``.

    References
    ----------
    Nassar & Frank 2016, Curr Opin Behav Sci 11:49; Wilson & Collins 2019, eLife 8:e49547 (on lapses in fits).
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_lapse"
    parameters: ClassVar[tuple[Parameter, ...]] = (*RescorlaWagner.parameters, rate("lapse", "ε", (0.01, 0.3)))

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) log-probabilities."""
        logits = parameters.inverse_temperature * values
        logits = logits - logits.max(axis=0)
        meant = logits - np.log(np.exp(logits).sum(axis=0)) + np.log(np.maximum(1 - parameters.lapse, _TINY))
        return np.logaddexp(meant, np.log(np.maximum(parameters.lapse, _TINY) / len(values)))


class ValueAndAssociability(NamedTuple):
    """Two (n_arms, *lanes) arrays."""

    value: np.ndarray
    associability: np.ndarray


@dataclass(frozen=True)
class PearceHall(RescorlaWagner):
    """Learns more where it was surprised of late: the learning rate follows the size of the last errors.

    Parameters
    ----------
    initial_associability : float
        Of every arm, in [0, 1].

    Notes
    -----
    For the chosen arm, with ``δ = r - Q[a]``::

        Q[a] += κ A[a] δ
        A[a] += η (|δ| / width - A[a])

    ``A`` is used before it moves; ``width`` is that of the reward range, so that it stays in [0, 1];
    ``P = softmax(β Q)``.

    References
    ----------
    Pearce & Hall 1980, Psychol Rev 87:532; Li et al. 2011, Nat Neurosci 14:1250 (the hybrid with a fixed rate κ,
    which this is). How ours departs: errors are divided by the width of the rewards, which are 0 and 1 in the source.
    """

    name: ClassVar[str] = "bandit/pearce_hall"
    citation: ClassVar[str] = "Li et al. 2011, Nat Neurosci 14:1250"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate", "κ"), rate("associability_rate", "η"), inverse_temperature(),
    )

    initial_associability: float = 1.0

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> ValueAndAssociability:
        """Every arm is worth ``initial_value`` and has ``initial_associability``."""
        return ValueAndAssociability(super().initial_values(lanes, parameters),
                                     self.arms(lanes, self.initial_associability))

    def policy(self, values: ValueAndAssociability, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.inverse_temperature * values.value

    def update(
        self, values: ValueAndAssociability, parameters: SimpleNamespace, trial: Trial
    ) -> ValueAndAssociability:
        """Learn by the associability, then move it toward the size of the error."""
        error = trial.reward - values.value
        value = values.value + trial.choice * (parameters.learning_rate * values.associability * error)
        surprise = np.abs(error) / self.reward_width - values.associability
        return ValueAndAssociability(value, values.associability
                                     + trial.choice * (parameters.associability_rate * surprise))
