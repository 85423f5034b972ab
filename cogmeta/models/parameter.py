"""A parameter of a cognitive model, declared once: the fitter, recovery, tables and messages all read it here.

The search runs in unconstrained coordinates: the logit of a number in (0, 1), the logarithm of a positive one, a real
number itself. Priors are those of Daw et al. 2011 and its successors: Beta(1.1, 1.1) for whatever lies between 0 and 1,
Gamma(1.2, scale 5) for inverse temperatures, Normal(0, 1) for perseveration.

Those numbers are for rewards between 0 and 1. A parameter that has a unit says so (``"1/reward"``: inverse
temperatures; ``"reward"``: perseveration in units of value), and where rewards span another range, starts, priors and
the span of the search are scaled by its width: a fit to points from 0 to 100 is the fit to the same rewards divided
by 100.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
from scipy.special import expit, logit

from cogmeta.errors import UserError, unknown_name
from cogmeta.models.prior import Beta, Gamma, Normal, Prior


@dataclass(frozen=True)
class Domain:
    """Where a parameter may lie, and the span of unconstrained coordinates that a search visits.

    Attributes
    ----------
    name : str
    low, high : float
        Natural limits; a simulation may use the limits themselves.
    search : tuple of float
        Smallest and largest unconstrained coordinate. An estimate there is flagged as lying at its bound.
    """

    name: str
    low: float
    high: float
    search: tuple[float, float]


DOMAINS = {
    "unit": Domain("unit", 0.0, 1.0, (-10.0, 10.0)),
    "positive": Domain("positive", 0.0, np.inf, (-7.0, 7.0)),
    "real": Domain("real", -np.inf, np.inf, (-50.0, 50.0)),
}

UNITS = {"": 0, "reward": 1, "1/reward": -1}
"""Unit of a parameter -> power of the width of the reward range that its numbers scale with."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model.

    Parameters
    ----------
    name : str
        The word used in code and in tables, such as ``"learning_rate"``.
    symbol : str
        For figures and equations, such as ``"α"``.
    domain : {"unit", "positive", "real"}
        (0, 1) searched by its logit, positive numbers by their logarithm, or real numbers.
    prior : Prior
        Of the natural parameter.
    plausible : tuple of float
        Natural range of ordinary behaviour: searches start in it, recovery studies draw from it.
    unit : {"", "reward", "1/reward"}
        What the natural number is counted in; prior and plausible range are for rewards between 0 and 1.
    scale : float
        How many times larger than declared the parameter is expected; set by ``scaled``.

    Examples
    --------
    >>> alpha = rate("learning_rate", "α")
    >>> alpha.to_natural(np.array([0.0]))
    array([0.5])
    """

    name: str
    symbol: str
    domain: str
    prior: Prior
    plausible: tuple[float, float]
    unit: str = ""
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.domain not in DOMAINS:
            raise unknown_name("domain", self.domain, DOMAINS)
        if self.unit not in UNITS or (self.unit and self.domain == "unit"):
            raise UserError(f"the unit of {self.name!r} must be one of {list(UNITS)}, and '' for a number in (0, 1); "
                            f"got {self.unit!r}.")
        limits, (low, high) = DOMAINS[self.domain], self.plausible
        if not limits.low <= low < high <= limits.high:
            raise UserError(f"the plausible range of {self.name!r} must lie in [{limits.low:g}, {limits.high:g}], "
                            f"got {self.plausible}.")

    @property
    def search(self) -> tuple[float, float]:
        """Smallest and largest unconstrained coordinate of a search."""
        return DOMAINS[self.domain].search

    def scaled(self, width: float) -> "Parameter":
        """Return this parameter as it is to be expected where rewards span ``width`` instead of 1.

        Examples
        --------
        >>> inverse_temperature().scaled(100).plausible
        (0.005, 0.1)
        """
        factor = float(width) ** UNITS[self.unit]
        if factor == 1:
            return self
        plausible = (self.plausible[0] * factor, self.plausible[1] * factor)
        return replace(self, plausible=plausible, prior=self.prior.scaled(factor), scale=self.scale * factor)

    def to_natural(self, u: np.ndarray) -> np.ndarray:
        """Return the natural parameter of an unconstrained coordinate, which is that of ``natural / scale``."""
        x = {"unit": expit, "positive": np.exp, "real": np.asarray}[self.domain](u)
        return x if self.scale == 1 else x * self.scale

    def to_unconstrained(self, x: np.ndarray) -> np.ndarray:
        """Return the unconstrained coordinate of a natural parameter, inside the span of a search."""
        with np.errstate(divide="ignore"):
            u = {"unit": logit, "positive": np.log, "real": np.asarray}[self.domain](np.asarray(x, float) / self.scale)
        return np.clip(u, *self.search)

    def with_prior(self, prior: Prior) -> "Parameter":
        """Return this parameter with another prior, a density of its natural value.

        Examples
        --------
        >>> rate("learning_rate", "α").with_prior(Gamma(1.2, 5.0)).prior
        Gamma(shape=1.2, scale=5.0)
        >>> inverse_temperature().with_prior(Beta(2.0, 2.0))
        Traceback (most recent call last):
        cogmeta.errors.UserError: inverse_temperature lies in [0, inf], where the prior beta(2, 2), a density on [0, 1], leaves values out. ...
        """
        limits = DOMAINS[self.domain]
        if prior.low > limits.low or prior.high < limits.high:
            fitting = {"unit": "beta, gamma, normal", "positive": "gamma, normal", "real": "normal"}[self.domain]
            raise UserError(f"{self.name} lies in [{limits.low:g}, {limits.high:g}], where the prior {prior}, a density on "
                            f"[{prior.low:g}, {prior.high:g}], leaves values out. Take one of: {fitting}, flat.")
        return replace(self, prior=prior)

    @property
    def middle(self) -> float:
        """Middle of the plausible range, in the coordinate in which it is searched; a natural value."""
        return float(self.to_natural(self.to_unconstrained(np.asarray(self.plausible)).mean()))

    def derivatives(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and second derivative of ``to_natural``."""
        x = self.to_natural(u)
        if self.domain == "unit":
            return x * (1 - x), x * (1 - x) * (1 - 2 * x)
        return (x, x) if self.domain == "positive" else (np.full_like(x, self.scale), np.zeros_like(x))

    def starts(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Draw unconstrained starting points, spread evenly over the plausible range.

        Returns
        -------
        (size,) float array
            One from each of ``size`` equal strata of the transformed range, in random order.
        """
        low, high = self.to_unconstrained(np.asarray(self.plausible))
        place = (rng.permutation(size) + rng.random(size)) / max(size, 1)
        return low + (high - low) * place

    def check(self, values: np.ndarray) -> np.ndarray:
        """Return natural values as floats, or say which one lies outside the domain."""
        values = np.asarray(values, float)
        limits = DOMAINS[self.domain]
        bad = ~((values >= limits.low) & (values <= limits.high))
        if bad.any():
            raise UserError(f"{self.name} must be a number in [{limits.low:g}, {limits.high:g}], "
                            f"got {values[bad].flat[0]:g}.")
        return values


def rate(name: str, symbol: str, plausible: tuple[float, float] = (0.05, 0.95)) -> Parameter:
    """Return a parameter in (0, 1) with the prior Beta(1.1, 1.1): learning rates, eligibility, weights."""
    return Parameter(name, symbol, "unit", Beta(1.1, 1.1), plausible)


def inverse_temperature(
    name: str = "inverse_temperature", symbol: str = "β", plausible: tuple[float, float] = (0.5, 10.0),
    unit: str = "1/reward",
) -> Parameter:
    """Return a positive parameter with the prior Gamma(1.2, scale 5), per unit of reward.

    Say ``unit=""`` where it multiplies something that is not counted in reward: a belief, a choice trace.
    """
    return Parameter(name, symbol, "positive", Gamma(1.2, 5.0), plausible, unit)


def stickiness(name: str, symbol: str, plausible: tuple[float, float] = (-0.5, 1.0), unit: str = "") -> Parameter:
    """Return a real parameter with the prior Normal(0, 1): perseveration, in units of logit unless ``unit`` says so."""
    return Parameter(name, symbol, "real", Normal(0.0, 1.0), plausible, unit)


class Parametrised(Protocol):
    """What has named parameters; every ``cogmeta.models.Model`` is one."""

    name: str

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Their names, in order."""


def check_parameters(model: Parametrised, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return natural parameters as float arrays in the model's order, or say what is wrong with them.

    Examples
    --------
    >>> from cogmeta.models.registry import make_model
    >>> check_parameters(make_model("bandit/rescorla_wagner"), {"learning_rate": 1.5, "inverse_temperature": 3})
    Traceback (most recent call last):
    cogmeta.errors.UserError: learning_rate must be a number in [0, 1], got 1.5.
    """
    for name in parameters.keys():
        if name not in (*model.parameter_names, "subject"):
            raise unknown_name(f"parameter of {model.name}", str(name), model.parameter_names)
    lacking = [name for name in model.parameter_names if name not in parameters]
    if lacking:
        raise UserError(f"{model.name} needs the parameters {list(model.parameter_names)}; {lacking} missing.")
    return {p.name: p.check(parameters[p.name]) for p in model.parameters}


def one_set(parameters: Mapping[str, Any]) -> SimpleNamespace:
    """Return parameters as the namespace of float arrays that ``policy`` and ``update`` take."""
    return SimpleNamespace(**{name: np.asarray(value, float) for name, value in parameters.items()})
