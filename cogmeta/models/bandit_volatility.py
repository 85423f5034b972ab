"""Learners that estimate how fast the world changes, and learn the faster the more it does.

What is observed: one choice among arms that win or lose. What is assumed: the log-odds that an arm wins wander, by
steps whose variance is either fixed for a person (the hierarchical Gaussian filter with two levels) or itself learnt
(the volatile Kalman filter). Sources: Mathys et al. 2011 (Front Hum Neurosci 5:39); Piray & Daw 2020 (PLoS Comput Biol
16:e1007963, the binary filter). How ours departs: the sources follow one sequence of outcomes, ours one an arm; an arm
that is not chosen keeps its mean while its variance grows by the step that it may have taken unseen. An arm met again
after so long that its variance is large would teach the volatile filter a larger volatility, which makes the next variance
larger still: variance and volatility stop at ``LARGEST``, where an arm's log-odds are not known at all.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import expit

from cogmeta.models.bandit import BanditModel
from cogmeta.models.parameter import Parameter, inverse_temperature, rate
from cogmeta.models.prior import Gamma, Normal
from cogmeta.models.trial import Trial


LARGEST = 1e6
"""Of a variance of log-odds."""


class LogOdds(NamedTuple):
    """Two (n_arms, *lanes) arrays: mean and variance of the log-odds that an arm wins."""

    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class _BinaryFilter(BanditModel):
    """What the filters share: what counts as a win, and choices by the probability of winning."""

    win_from: float | None = None

    def policy(self, values: NamedTuple, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits: inverse temperature times the probability that an arm wins."""
        return parameters.inverse_temperature * expit(values.mean)

    def surprise(self, mean: np.ndarray, trial: Trial) -> np.ndarray:
        """Return (n_arms, *lanes) errors of the predicted probability; 0 for arms that were not chosen."""
        return trial.choice * ((trial.reward >= self.or_middle(self.win_from)) - expit(mean))


@dataclass(frozen=True)
class HierarchicalGaussianFilter(_BinaryFilter):
    """Bayesian learner of drifting log-odds whose drift is a trait: two levels, binary outcomes.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.
    initial_variance : float
        Of every arm's log-odds, > 0; their mean starts at 0.

    Notes
    -----
    For every arm ``v ← v + exp(ω)``; then for the chosen one, with ``p = 1 / (1 + exp(-m))`` and ``δ = win - p``::

        1/v ← 1/v + p (1 - p)
        m   ← m + v δ

    ``P = softmax(β p)``. The learning rate is ``v``: it grows with ``ω`` and with what is not known yet.

    References
    ----------
    Mathys et al. 2011, Front Hum Neurosci 5:39, equations of the second level with the third held fixed; Mathys et al.
    2014, Front Hum Neurosci 8:825.

    Examples
    --------
    >>> model = HierarchicalGaussianFilter()
    >>> known = SimpleNamespace(volatility=np.array(-np.inf), inverse_temperature=np.array(1.0))
    >>> won = Trial(choice=np.array([1.0, 0.0]), reward=np.array(1.0))
    >>> model.update(model.initial_values((), known), known, won).mean        # 1 / (1 + 1/4) x 1/2
    array([0.4, 0. ])
    """

    name: ClassVar[str] = "bandit/hierarchical_gaussian_filter"
    citation: ClassVar[str] = "Mathys et al. 2011, Front Hum Neurosci 5:39"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("volatility", "ω", "real", Normal(-3.0, 2.0), (-6.0, 0.0)), inverse_temperature(unit=""),
    )

    initial_variance: float = 1.0

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> LogOdds:
        """Every arm may as well win as lose."""
        return LogOdds(self.arms(lanes), self.arms(lanes, self.initial_variance))

    def update(self, values: LogOdds, parameters: SimpleNamespace, trial: Trial) -> LogOdds:
        """Let every arm drift, then learn from the chosen one."""
        expected = expit(values.mean)
        drifted = values.variance + np.exp(parameters.volatility)
        variance = 1 / (1 / drifted + trial.choice * expected * (1 - expected))
        return LogOdds(values.mean + variance * self.surprise(values.mean, trial), variance)


class VolatileLogOdds(NamedTuple):
    """Three (n_arms, *lanes) arrays: mean and variance of the log-odds that an arm wins, and their volatility."""

    mean: np.ndarray
    variance: np.ndarray
    volatility: np.ndarray


@dataclass(frozen=True)
class VolatileKalman(_BinaryFilter):
    """Learns the variance of an arm's drift beside the arm, and its learning rate from that.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.

    Notes
    -----
    For the chosen arm, with mean ``m``, variance ``w``, volatility ``v`` and ``δ = win - 1 / (1 + exp(-m))``::

        k  = (w + v) / (w + v + σ)
        m' = m + sqrt(w + v) δ
        w' = (1 - k) (w + v)
        v' = v + λ ((m' - m)² + w + w' - 2 (1 - k) w - v)

    ``P = softmax(β / (1 + exp(-m)))``; ``m`` starts at 0, ``w`` at ``σ``, ``v`` at ``v₀``. An arm that was not chosen
    has ``k = 0``, so that ``w`` grows by ``v``, and ``v`` stays.

    References
    ----------
    Piray & Daw 2020, PLoS Comput Biol 16:e1007963, equations 9 to 14 (binary outcomes).

    Examples
    --------
    >>> from cogmeta.models.parameter import one_set
    >>> known = one_set({"volatility_rate": 0.2, "initial_volatility": 1.0, "noise": 3.0, "inverse_temperature": 1.0})
    >>> model = VolatileKalman()
    >>> won = Trial(choice=np.array([1.0, 0.0]), reward=np.array(1.0))
    >>> model.update(model.initial_values((), known), known, won).mean        # sqrt(3 + 1) x 1/2
    array([1., 0.])
    """

    name: ClassVar[str] = "bandit/volatile_kalman"
    citation: ClassVar[str] = "Piray & Daw 2020, PLoS Comput Biol 16:e1007963"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("volatility_rate", "λ"), Parameter("initial_volatility", "v₀", "positive", Gamma(1.2, 1.0), (0.05, 3.0)),
        Parameter("noise", "σ", "positive", Gamma(1.2, 1.0), (0.1, 3.0)), inverse_temperature(unit=""),
    )

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> VolatileLogOdds:
        """Every arm may as well win as lose."""
        return VolatileLogOdds(self.arms(lanes), self.arms(lanes) + parameters.noise,
                               self.arms(lanes) + parameters.initial_volatility)

    def update(self, values: VolatileLogOdds, parameters: SimpleNamespace, trial: Trial) -> VolatileLogOdds:
        """Learn an arm's log-odds, then how much they moved."""
        mean, variance, volatility = values
        drifted = variance + volatility
        forget = 1 - trial.choice * drifted / (drifted + parameters.noise)
        moved = np.sqrt(drifted) * self.surprise(mean, trial)
        after = forget * drifted
        excess = moved**2 + variance + after - 2 * forget * variance - volatility
        later = volatility + trial.choice * parameters.volatility_rate * excess
        return VolatileLogOdds(mean + moved, np.minimum(after, LARGEST), np.minimum(later, LARGEST))
