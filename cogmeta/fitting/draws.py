"""Where the parameters of simulated subjects come from: plausible ranges, declared priors, or subjects that were fitted."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.penalty import Priors, with_priors
from cogmeta.fitting.result import Fit
from cogmeta.models.model import Model

Draw = Callable[[Model, int, np.random.Generator], Mapping[str, np.ndarray]]
"""Takes a model, a number of subjects and a generator; returns (n_subjects,) natural parameters by name."""


def plausible_draws(model: Model, n_subjects: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return parameters spread over each one's plausible range, evenly in the coordinate of its search."""
    return {p.name: p.to_natural(p.starts(n_subjects, rng)) for p in model.scaled_parameters}


def prior_draws(
    model: Model, n_subjects: int, rng: np.random.Generator, priors: Priors | None = None
) -> dict[str, np.ndarray]:
    """Return parameters drawn from the prior that each declares, or from those given instead."""
    return {p.name: p.prior.sample(n_subjects, rng) for p in with_priors(model, priors)}


def fitted_draws(fitted: Fit) -> Draw:
    """Return what draws subjects like those of a fit.

    Parameters
    ----------
    fitted : Fit
        By ``"em"``: subjects come from its group's normal distribution. By another method: each is one of the fitted
        subjects, taken with replacement; subjects without parameters are left out.
    """
    names = fitted.model.parameter_names
    known = fitted.table[list(names)].dropna()
    if not len(known):
        raise UserError(f"no subject of this fit of {fitted.model.name} has parameters to draw from.")

    def draw(model: Model, n_subjects: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        if model.parameter_names != names:
            raise UserError(f"the fit has the parameters {list(names)}, but {model.name} has "
                            f"{list(model.parameter_names)}. Simulate the model that was fitted.")
        if "covariance" in fitted.group:
            u = rng.multivariate_normal(fitted.group["mean"], fitted.group["covariance"], n_subjects).T
            return {p.name: p.to_natural(np.clip(x, *p.search)) for p, x in zip(fitted.model.scaled_parameters, u)}
        return {name: known[name].to_numpy()[rows] for rows in [rng.integers(len(known), size=n_subjects)]
                for name in names}

    return draw


DRAWS: dict[str, Draw] = {"plausible": plausible_draws, "prior": prior_draws}
"""Name -> where parameters come from."""


def find_draw(draw: Draw | Fit | str, priors: Priors | None = None) -> Draw:
    """Return the function that draws: by name, from a fit, or one's own; "prior" with other priors than declared ones, if given."""
    if draw == "prior" and priors:
        return partial(prior_draws, priors=priors)
    if isinstance(draw, Fit):
        return fitted_draws(draw)
    if callable(draw):
        return draw
    if draw not in DRAWS:
        raise unknown_name("draw", draw, DRAWS)
    return DRAWS[draw]
