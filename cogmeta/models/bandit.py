"""Models of bandits: learning the arms' values, choice habits, and two that do not learn.

Equations and names follow Wilson & Collins 2019 (eLife 8:e49547), models 1 to 5. How ours departs: any number of arms
(the source has two), where the biased random model gives arm 0 its own probability and shares the rest evenly, and
noisy win-stay-lose-shift shifts to any other arm alike; and any range of rewards (the source has 0 and 1), of whose
middle values start and from whose middle on a reward counts as a win.
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import BANDIT, Choice, Family
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter, inverse_temperature, rate
from cogmeta.models.scale import check_reward_range
from cogmeta.models.trial import Trial
from cogmeta.task import Task
from cogmeta.trials import n_options_in

_CITATION = "Wilson & Collins 2019, eLife 8:e49547"


@dataclass(frozen=True)
class BanditModel(Model):
    """What the models of bandits share: the number of arms and the range of rewards.

    A subclass that can only compare two arms says ``two_arms = True`` and refuses more.

    Parameters
    ----------
    n_arms : int, optional
        By default as many as the trial table shows, at least 2. Give it where nobody tried the last arm.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default that of bandit tables, (0, 1). ``for_task`` sets it, and
        ``fit(..., reward_range=...)``.
    """

    family: ClassVar[Family] = BANDIT
    citation: ClassVar[str] = _CITATION
    two_arms: ClassVar[bool] = False

    n_arms: int | None = None
    reward_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reward_range", check_reward_range(self.reward_range))
        if self.n_arms is not None and self.n_arms < 2:
            raise UserError(f"a bandit has at least 2 arms, got n_arms={self.n_arms}.")
        if self.two_arms and self.n_arms not in (None, 2):
            raise UserError(f"{self.name} compares two arms, but there are {self.n_arms}. Choose another model.")

    def n_options(self, choice: Choice) -> int:
        """Return the number of arms."""
        return self.n_arms or 2

    def for_trials(self, trials: pd.DataFrame) -> "BanditModel":
        """Return this model with as many arms as the table shows, unless it was told how many there are."""
        shown = n_options_in(trials, BANDIT.choices[0])
        if self.n_arms is not None and shown > self.n_arms:
            raise UserError(f"{self.name} was made for n_arms={self.n_arms}, but the trials show choice {shown - 1}. "
                            "Options count from 0.")
        self._check_rewards(trials)
        return replace(self, n_arms=self.n_arms or shown)

    def for_task(self, task: Task) -> "BanditModel":
        """Return this model with the task's number of arms and, unless it was told another, its range of rewards."""
        return replace(self, n_arms=task.spec.n_actions, reward_range=self.reward_range or task.spec.reward_range)

    def _check_rewards(self, trials: pd.DataFrame) -> None:
        low, high = self.reward_range or self.family.reward_range
        shown = trials["reward"].min(), trials["reward"].max()
        if shown[0] < low or shown[1] > high:
            raise UserError(f"{self.name} takes rewards to lie in [{low:g}, {high:g}], but these go from {shown[0]:g} "
                            f"to {shown[1]:g}. Say make_model({self.name!r}, reward_range=(low, high)).")

    def or_middle(self, value: float | None) -> float:
        """Return ``value``; where it is None, the middle of the reward range."""
        return self.reward_middle if value is None else value

    def arms(self, lanes: tuple[int, ...], value: float = 0.0) -> np.ndarray:
        """Return an (n_arms, *lanes) array filled with ``value``."""
        return np.full((self.n_arms or 2, *lanes), value)


@dataclass(frozen=True)
class BiasedRandom(BanditModel):
    """Chooses arm 0 with a fixed probability, whatever happens.

    Notes
    -----
    ``P(0) = b``, every other arm ``(1 - b) / (n_arms - 1)``.

    References
    ----------
    Wilson & Collins 2019, model 1.
    """

    name: ClassVar[str] = "bandit/random"
    symmetric: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = (rate("bias", "b"),)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> np.ndarray:
        """Nothing is learnt."""
        return self.arms(lanes)

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) log-probabilities."""
        others = np.log1p(-parameters.bias) - np.log(len(values) - 1)
        first = np.zeros(len(values))
        first[0] = 1.0
        pick = first.reshape(-1, *(1,) * (values.ndim - 1))
        return values + np.where(pick == 1, np.log(parameters.bias), others)

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Nothing is learnt."""
        return values


class LastTrial(NamedTuple):
    """What win-stay-lose-shift remembers: (n_arms, *lanes) and (*lanes) arrays."""

    choice: np.ndarray
    win: np.ndarray


@dataclass(frozen=True)
class WinStayLoseShift(BanditModel):
    """Repeats a rewarded choice and leaves an unrewarded one, up to noise.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.

    Notes
    -----
    With ``n`` arms and noise ``e``: after a win stay with ``1 - e (n - 1) / n``, after a loss with ``e / n``; the other
    arms share the rest. For two arms that is ``1 - e / 2`` and ``e / 2``. The first choice is even.

    References
    ----------
    Wilson & Collins 2019, model 2.
    """

    name: ClassVar[str] = "bandit/win_stay_lose_shift"
    parameters: ClassVar[tuple[Parameter, ...]] = (rate("noise", "ε"),)

    win_from: float | None = None

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> LastTrial:
        """No last choice."""
        return LastTrial(self.arms(lanes), np.zeros(lanes))

    def policy(self, values: LastTrial, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) log-probabilities."""
        n_arms, noise = len(values.choice), parameters.noise
        stay = np.where(values.win == 1, 1 - noise * (n_arms - 1) / n_arms, noise / n_arms)
        known = values.choice.sum(axis=0) > 0
        leave = (1 - stay) / (n_arms - 1)
        probability = np.where(known, np.where(values.choice == 1, stay, leave), 1 / n_arms)
        return np.log(np.maximum(probability, np.finfo(float).tiny))

    def update(self, values: LastTrial, parameters: SimpleNamespace, trial: Trial) -> LastTrial:
        """Remember the trial."""
        win = (trial.reward >= self.or_middle(self.win_from)) + np.zeros_like(values.win)
        return LastTrial(trial.choice + np.zeros_like(values.choice), win)


@dataclass(frozen=True)
class RescorlaWagner(BanditModel):
    """Learns each arm's value from the reward prediction error.

    Parameters
    ----------
    initial_value : float, optional
        Of every arm, in units of reward; by default the middle of the reward range, 0.5 in Wilson & Collins 2019.

    Notes
    -----
    ``Q[a] += α (r - Q[a])`` for the chosen arm; ``P = softmax(β Q)``.

    References
    ----------
    Rescorla & Wagner 1972; Wilson & Collins 2019, model 3.
    """

    name: ClassVar[str] = "bandit/rescorla_wagner"
    parameters: ClassVar[tuple[Parameter, ...]] = (rate("learning_rate", "α"), inverse_temperature())

    initial_value: float | None = None

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> np.ndarray:
        """Every arm is worth ``initial_value``."""
        return self.arms(lanes, self.or_middle(self.initial_value))

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.inverse_temperature * values

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Move the chosen arm's value toward the reward."""
        return values + trial.choice * (parameters.learning_rate * (trial.reward - values))


@dataclass(frozen=True)
class ChoiceKernel(BanditModel):
    """Repeats what it chose of late, rewarded or not.

    Notes
    -----
    ``C += α_c (chosen - C)`` for every arm; ``P = softmax(β_c C)``; ``C`` starts at 0.

    References
    ----------
    Wilson & Collins 2019, model 4.
    """

    name: ClassVar[str] = "bandit/choice_kernel"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("choice_learning_rate", "α_c"), inverse_temperature("choice_inverse_temperature", "β_c", unit=""),
    )

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> np.ndarray:
        """No habit."""
        return self.arms(lanes)

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.choice_inverse_temperature * values

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Strengthen the chosen arm's habit, weaken the others'."""
        return values + parameters.choice_learning_rate * (trial.choice - values)


class ValueAndHabit(NamedTuple):
    """Two (n_arms, *lanes) arrays."""

    value: np.ndarray
    habit: np.ndarray


@dataclass(frozen=True)
class RescorlaWagnerChoiceKernel(BanditModel):
    """Learned values and choice habits, added before the softmax.

    Notes
    -----
    ``P = softmax(β Q + β_c C)``, both learnt as in the two models alone.

    References
    ----------
    Wilson & Collins 2019, model 5.
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_choice_kernel"
    parameters: ClassVar[tuple[Parameter, ...]] = RescorlaWagner.parameters + ChoiceKernel.parameters

    initial_value: float | None = None

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> ValueAndHabit:
        """Every arm is worth ``initial_value``; no habit."""
        return ValueAndHabit(self.arms(lanes, self.or_middle(self.initial_value)), self.arms(lanes))

    def policy(self, values: ValueAndHabit, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        value = RescorlaWagner.policy(self, values.value, parameters)
        return value + ChoiceKernel.policy(self, values.habit, parameters)

    def update(self, values: ValueAndHabit, parameters: SimpleNamespace, trial: Trial) -> ValueAndHabit:
        """Learn both."""
        return ValueAndHabit(RescorlaWagner.update(self, values.value, parameters, trial),
                             ChoiceKernel.update(self, values.habit, parameters, trial))
