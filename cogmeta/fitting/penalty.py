"""What a fit adds to the log-likelihood: nothing, the declared priors, or a group's normal distribution.

Each is a function of unconstrained parameters that gives its value, gradient and (never negative) curvature.
"""

from abc import ABC, abstractmethod

import numpy as np

from cogmeta.models.parameter import Parameter


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
