"""Priors of parameters, in their natural units.

A maximum a posteriori fit adds the log-density of the natural parameter to the log-likelihood, as Daw et al. 2011 and
its successors do. No Jacobian of the transform is added, so the mode does not depend on the coordinates of the search.

``read_prior`` reads them as one writes them: ``beta(2, 2)``, ``gamma(1.2, 5)`` (shape, scale), ``normal(0, 1)`` (mean,
SD), ``flat``.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import astuple, dataclass, fields

import numpy as np
from scipy.special import betaln, gammaln

from cogmeta.errors import UserError, unknown_name


class Prior(ABC):
    """A density of one natural parameter, with the first two derivatives of its logarithm.

    Attributes
    ----------
    low, high : float
        The natural parameters that it has a density for.
    """

    low, high = -np.inf, np.inf

    def __str__(self) -> str:
        """As ``read_prior`` reads it."""
        numbers = ", ".join(f"{number:.12g}" for number in astuple(self))
        return type(self).__name__.lower() + (f"({numbers})" if numbers else "")

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
    low, high = 0.0, 1.0

    def __post_init__(self) -> None:
        _check_positive(self, "a", "b")

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
    low = 0.0

    def __post_init__(self) -> None:
        _check_positive(self, "shape", "scale")

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

    def __post_init__(self) -> None:
        _check_positive(self, "sd")

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


@dataclass(frozen=True)
class Flat(Prior):
    """No prior at all: every value is alike likely, so that nothing can be drawn from it."""

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return zeros."""
        return np.zeros_like(x)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return zeros."""
        return np.zeros_like(x)

    def bend(self, x: np.ndarray) -> np.ndarray:
        """Return zeros."""
        return np.zeros_like(x)

    def scaled(self, factor: float) -> "Flat":
        """Return itself."""
        return self

    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Say that it cannot."""
        raise UserError("nothing can be drawn from a flat prior. Draw from the plausible range, or give a prior with a width.")


PRIORS: dict[str, type[Prior]] = {"beta": Beta, "gamma": Gamma, "normal": Normal, "flat": Flat}
"""Word -> density."""


def read_prior(text: str) -> Prior:
    """Return the prior that a text such as ``gamma(1.2, 5)`` means.

    Parameters
    ----------
    text : str
        ``beta(a, b)``, ``gamma(shape, scale)``, ``normal(mean, sd)`` or ``flat``.

    Raises
    ------
    UserError
        It reads otherwise, or a number is none that the density can have.

    Examples
    --------
    >>> read_prior("Gamma(1.2, 5)"), str(read_prior("normal(0,.5)"))
    (Gamma(shape=1.2, scale=5.0), 'normal(0, 0.5)')
    """
    match = re.fullmatch(r"\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*", text.lower())
    if not match:
        raise UserError(f"a prior reads such as gamma(1.2, 5), got {text!r}.")
    word, inside = match[1], match[2] or ""
    if word not in PRIORS:
        raise unknown_name("prior", word, PRIORS)
    wanted = [f.name for f in fields(PRIORS[word])]
    try:
        numbers = [float(part) for part in inside.split(",")] if inside.strip() else []
    except ValueError:
        numbers = None
    if numbers is None or len(numbers) != len(wanted):
        raise UserError(f"the prior {word} takes the numbers ({', '.join(wanted)}), got {text!r}.")
    return PRIORS[word](*numbers)


def _check_positive(prior: Prior, *names: str) -> None:
    for name in names:
        value = getattr(prior, name)
        if not 0 < value < np.inf:
            raise UserError(f"{name} of a {type(prior).__name__.lower()} prior must be a number > 0, got {value!r}.")
