"""Priors of parameters, in their natural units.

A maximum a posteriori fit adds the log-density of the natural parameter to the log-likelihood, as Daw et al. 2011 and
its successors do. No Jacobian of the transform is added, so the mode does not depend on the coordinates of the search.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln

from cogmeta.errors import UserError


class Prior(ABC):
    """A density of one natural parameter, with the first two derivatives of its logarithm."""

    @abstractmethod
    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the density at ``x``."""

    @abstractmethod
    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the first derivative of ``log_density``."""

    @abstractmethod
    def bend(self, x: np.ndarray) -> np.ndarray:
        """Return the second derivative of ``log_density``."""

    def scaled(self, factor: float) -> "Prior":
        """Return the prior of a parameter ``factor`` times as large, for parameters that have a unit."""
        raise UserError(f"{type(self).__name__} has no scale; give the parameter no unit, or another prior.")

    @abstractmethod
    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw from the prior."""


@dataclass(frozen=True)
class Beta(Prior):
    """Beta(a, b) on (0, 1).

    Examples
    --------
    >>> round(float(Beta(2.0, 1.0).log_density(np.array(0.5))), 6) + 0.0
    0.0
    """

    a: float
    b: float

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the density at ``x``."""
        return (self.a - 1) * np.log(x) + (self.b - 1) * np.log1p(-x) - betaln(self.a, self.b)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the first derivative of ``log_density``."""
        return (self.a - 1) / x - (self.b - 1) / (1 - x)

    def bend(self, x: np.ndarray) -> np.ndarray:
        """Return the second derivative of ``log_density``."""
        return -(self.a - 1) / x**2 - (self.b - 1) / (1 - x) ** 2

    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw from the prior."""
        return rng.beta(self.a, self.b, size)


@dataclass(frozen=True)
class Gamma(Prior):
    """Gamma with a shape and a scale, on the positive numbers; its mean is ``shape * scale``."""

    shape: float
    scale: float

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the density at ``x``."""
        norm = gammaln(self.shape) + self.shape * np.log(self.scale)
        return (self.shape - 1) * np.log(x) - x / self.scale - norm

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the first derivative of ``log_density``."""
        return (self.shape - 1) / x - 1 / self.scale

    def bend(self, x: np.ndarray) -> np.ndarray:
        """Return the second derivative of ``log_density``."""
        return -(self.shape - 1) / x**2

    def scaled(self, factor: float) -> "Gamma":
        """Return the prior of a parameter ``factor`` times as large."""
        return Gamma(self.shape, self.scale * factor)

    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw from the prior."""
        return rng.gamma(self.shape, self.scale, size)


@dataclass(frozen=True)
class Normal(Prior):
    """Normal with a mean and a standard deviation."""

    mean: float
    sd: float

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the density at ``x``."""
        return -0.5 * ((x - self.mean) / self.sd) ** 2 - np.log(self.sd) - 0.5 * np.log(2 * np.pi)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the first derivative of ``log_density``."""
        return -(x - self.mean) / self.sd**2

    def bend(self, x: np.ndarray) -> np.ndarray:
        """Return the second derivative of ``log_density``."""
        return np.full_like(x, -1 / self.sd**2)

    def scaled(self, factor: float) -> "Normal":
        """Return the prior of a parameter ``factor`` times as large."""
        return Normal(self.mean * factor, self.sd * factor)

    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw from the prior."""
        return rng.normal(self.mean, self.sd, size)
