"""Bayesian learners of arms with normal rewards: a Kalman filter, and four ways of choosing by it.

What is assumed: an arm's rewards are normal around a mean with a known variance; beliefs about the mean are normal
too. What is learnt is how sure one can be, so that uncertainty can draw choices (directed exploration: a bonus) or
make them noisier (random exploration: Thompson sampling). Source: Gershman 2018 (Cognition 173:34).

How ours departs: the softmax and the bonus take any number of arms (the source has two; its UCB rule is a probit);
variances are options, by default of the size that the range of rewards suggests: the largest variance that rewards in
it can have (width² / 4), and for beliefs that of a uniform prior (width² / 12). In the source's experiments
``noise_variance`` is 10, ``initial_value`` 0 and ``initial_variance`` (10, 0) or (100, 100). ``diffusion_variance``
lets means drift (0 in the source).
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import log_ndtr

from cogmeta.errors import UserError
from cogmeta.models.bandit import BanditModel
from cogmeta.models.parameter import Parameter, inverse_temperature
from cogmeta.models.prior import Normal
from cogmeta.models.trial import Trial

_TINY = np.finfo(float).tiny


class Beliefs(NamedTuple):
    """Mean and variance of what is believed of each arm, (n_arms, *lanes) arrays."""

    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class KalmanFilter(BanditModel):
    """What the four share: beliefs and how a reward changes them.

    Parameters
    ----------
    initial_value : float, optional
        Mean of the belief before the first trial, in units of reward; by default the middle of the reward range.
    initial_variance : float or tuple of float, optional
        Of that belief, of all arms or of each; by default width² / 12.
    noise_variance : float or tuple of float, optional
        Of an arm's rewards around its mean, of all arms or of each; by default width² / 4.
    diffusion_variance : float
        By which an arm's mean is believed to drift from trial to trial.

    Notes
    -----
    For the chosen arm ``κ = s² / (s² + τ²)``, ``m += κ (r - m)``, ``s² -= κ s²``; then ``s² += diffusion`` for all.

    References
    ----------
    Gershman 2018, Cognition 173:34; Daw et al. 2006, Nature 441:876 (with drift).
    """

    citation: ClassVar[str] = "Gershman 2018, Cognition 173:34"

    initial_value: float | None = None
    initial_variance: float | tuple[float, ...] | None = None
    noise_variance: float | tuple[float, ...] | None = None
    diffusion_variance: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("initial_variance", "noise_variance", "diffusion_variance"):
            value = getattr(self, name)
            if isinstance(value, list | tuple):
                object.__setattr__(self, name, tuple(float(v) for v in value))
                if len(value) != (self.n_arms or len(value)):
                    raise UserError(f"{name} must be one number, or one for each of the {self.n_arms} arms; "
                                    f"got {value}.")
            if value is not None and np.min(value) < 0:
                raise UserError(f"{name} must be >= 0, got {value}.")

    @property
    def symmetric(self) -> bool:
        """True where all arms have the same variances."""
        return not (isinstance(self.initial_variance, tuple) or isinstance(self.noise_variance, tuple))

    def _of_arms(self, value: float | tuple[float, ...] | None, share: float, n_axes: int) -> np.ndarray:
        """Return variances with an arm axis and ``n_axes`` lane axes to broadcast over."""
        value = self.reward_width**2 * share if value is None else value
        return np.reshape(value, (-1, *(1,) * n_axes))

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> Beliefs:
        """Every arm is believed to be worth ``initial_value``, with ``initial_variance``."""
        variance = self._of_arms(self.initial_variance, 1 / 12, len(lanes))
        return Beliefs(self.arms(lanes, self.or_middle(self.initial_value)), self.arms(lanes) + variance)

    def update(self, values: Beliefs, parameters: SimpleNamespace, trial: Trial) -> Beliefs:
        """Move the chosen arm's belief by its gain."""
        noise = self._of_arms(self.noise_variance, 1 / 4, values.mean.ndim - 1)
        gain = trial.choice * values.variance / np.maximum(values.variance + noise, _TINY)
        mean = values.mean + gain * (trial.reward - values.mean)
        return Beliefs(mean, values.variance - gain * values.variance + self.diffusion_variance)


@dataclass(frozen=True)
class KalmanSoftmax(KalmanFilter):
    """Chooses by the believed means alone.

    Notes
    -----
    ``P = softmax(β m)``.

    References
    ----------
    Daw et al. 2006, Nature 441:876.
    """

    name: ClassVar[str] = "bandit/kalman_softmax"
    parameters: ClassVar[tuple[Parameter, ...]] = (inverse_temperature(),)

    def policy(self, values: Beliefs, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.inverse_temperature * values.mean


@dataclass(frozen=True)
class KalmanUCB(KalmanFilter):
    """Gives an arm a bonus for how uncertain it is: directed exploration.

    Notes
    -----
    ``P = softmax(β (m + γ s))``. For two arms that is a logistic function of ``V + γ RU``.

    References
    ----------
    Gershman 2018, Cognition 173:34, where it is a probit of ``(V + γ RU) / λ``.
    """

    name: ClassVar[str] = "bandit/kalman_ucb"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        inverse_temperature(), Parameter("uncertainty_bonus", "γ", "real", Normal(0.0, 1.0), (-1.0, 2.0)),
    )

    def policy(self, values: Beliefs, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.inverse_temperature * (values.mean + parameters.uncertainty_bonus * np.sqrt(values.variance))


VALUE = Parameter("value_coefficient", "w₁", "real", Normal(0.0, 5.0), (-2.0, 8.0), unit="1/reward")
RELATIVE_UNCERTAINTY = Parameter(
    "relative_uncertainty_coefficient", "w₂", "real", Normal(0.0, 5.0), (-3.0, 5.0), unit="1/reward")
SCALED_VALUE = Parameter("scaled_value_coefficient", "w₃", "real", Normal(0.0, 2.0), (-0.5, 3.0))


@dataclass(frozen=True)
class KalmanProbit(KalmanFilter):
    """Directed and random exploration in one: a probit of value, relative and total uncertainty.

    Notes
    -----
    With ``V = m₀ - m₁``, ``RU = s₀ - s₁``, ``TU = sqrt(s₀² + s₁²)``: ``P(0) = Φ(w₁ V + w₂ RU + w₃ V / TU)``. Two arms.
    ``w₁`` alone is choice by value, ``w₁`` and ``w₂`` UCB, ``w₃`` alone Thompson sampling.

    References
    ----------
    Gershman 2018, Cognition 173:34, equation of the hybrid.
    """

    name: ClassVar[str] = "bandit/kalman_probit"
    two_arms: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (VALUE, RELATIVE_UNCERTAINTY, SCALED_VALUE)

    def drive(self, values: Beliefs, parameters: SimpleNamespace) -> np.ndarray:
        """Return (*lanes) what the normal distribution function is taken of, in favour of arm 0."""
        value, (first, second) = values.mean[0] - values.mean[1], np.sqrt(values.variance)
        drive = parameters.value_coefficient * value + parameters.relative_uncertainty_coefficient * (first - second)
        return drive + parameters.scaled_value_coefficient * scaled_value(values)

    def policy(self, values: Beliefs, parameters: SimpleNamespace) -> np.ndarray:
        """Return (2, *lanes) log-probabilities."""
        drive = self.drive(values, parameters)
        return np.stack([log_ndtr(drive), log_ndtr(-drive)])


@dataclass(frozen=True)
class KalmanThompson(KalmanProbit):
    """Samples an arm from its probability of being the better one: random exploration.

    Notes
    -----
    ``P(0) = Φ(w₃ V / TU)``; with ``w₃ = 1`` exactly Thompson sampling. Two arms.

    References
    ----------
    Thompson 1933, Biometrika 25:285; Gershman 2018, Cognition 173:34.
    """

    name: ClassVar[str] = "bandit/kalman_thompson"
    parameters: ClassVar[tuple[Parameter, ...]] = (SCALED_VALUE,)

    def drive(self, values: Beliefs, parameters: SimpleNamespace) -> np.ndarray:
        """Return (*lanes) value over total uncertainty, weighted."""
        return parameters.scaled_value_coefficient * scaled_value(values)


def scaled_value(values: Beliefs) -> np.ndarray:
    """Return (*lanes) the difference of the believed means over the total uncertainty, V / TU; two arms."""
    return (values.mean[0] - values.mean[1]) / np.sqrt(np.maximum(values.variance[0] + values.variance[1], _TINY))
