"""What a fit adds to the log-likelihood: nothing, the declared priors, or a group's normal distribution.

Each is a function of unconstrained parameters that gives its value, gradient and (never negative) curvature.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from cogmeta.errors import unknown_name
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter
from cogmeta.models.prior import Prior, read_prior

Priors = Mapping[str, Prior | str]
"""Name of a parameter -> prior of its natural value, or its text, such as ``"gamma(1.2, 5)"``."""


class Penalty(ABC):
    """A log-density of unconstrained parameters."""

    @abstractmethod
    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return value (n,), gradient (n, k) and minus second derivative (n, k, k) at ``u`` (k, n)."""


class NoPenalty(Penalty):
    """Maximum likelihood."""

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return zeros."""
        k, n = u.shape
        return np.zeros(n), np.zeros((n, k)), np.zeros((n, k, k))


class DeclaredPriors(Penalty):
    """The prior that each parameter declares, a density of the natural parameter."""

    def __init__(self, parameters: tuple[Parameter, ...]) -> None:
        self.parameters = parameters

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the summed log-densities and their derivatives by the chain rule."""
        k, n = u.shape
        value, gradient, curvature = np.zeros(n), np.zeros((n, k)), np.zeros((n, k, k))
        for i, parameter in enumerate(self.parameters):
            x, (first, second) = parameter.to_natural(u[i]), parameter.derivatives(u[i])
            slope = parameter.prior.slope(x)
            value += parameter.prior.log_density(x)
            gradient[:, i] = slope * first
            curvature[:, i, i] = np.maximum(-(parameter.prior.bend(x) * first**2 + slope * second), 0.0)
        return value, gradient, curvature


def with_priors(model: Model, priors: Priors | None) -> tuple[Parameter, ...]:
    """Return the parameters of a model on the scale of its rewards, some with other priors than they declare.

    Parameters
    ----------
    model : Model
    priors : mapping, optional
        In the natural units of the fit, which are not scaled: an inverse temperature for points from 0 to 100 is a hundredth of
        that for rewards from 0 to 1.

    Raises
    ------
    UserError
        The model has no such parameter, or the prior no density where the parameter may lie.

    Examples
    --------
    >>> from cogmeta.models.registry import make_model
    >>> [str(p.prior) for p in with_priors(make_model("bandit/rescorla_wagner"), {"learning_rate": "beta(2, 2)"})]
    ['beta(2, 2)', 'gamma(1.2, 5)']
    """
    read = {name: read_prior(prior) if isinstance(prior, str) else prior for name, prior in (priors or {}).items()}
    for name in read:
        if name not in model.parameter_names:
            raise unknown_name(f"parameter of {model.name}", name, model.parameter_names)
    return tuple(p.with_prior(read[p.name]) if p.name in read else p for p in model.scaled_parameters)


class GroupNormal(Penalty):
    """A multivariate normal of the unconstrained parameters, with a mean for each subject.

    Parameters
    ----------
    mean : (n_subjects, n_parameters) float array
    covariance : (n_parameters, n_parameters) float array
    """

    def __init__(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        self.mean, self.precision = mean, np.linalg.inv(covariance)
        self.log_norm = -0.5 * (np.linalg.slogdet(covariance)[1] + len(covariance) * np.log(2 * np.pi))

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the log-density and its derivatives."""
        away = u.T - self.mean[subject]
        pull = away @ self.precision
        value = self.log_norm - 0.5 * (pull * away).sum(axis=1)
        return value, -pull, np.broadcast_to(self.precision, (len(away), *self.precision.shape))
