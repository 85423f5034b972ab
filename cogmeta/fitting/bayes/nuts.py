"""Full hierarchical Bayes: the group and its subjects sampled together by NUTS (extra ``bayes``).

The joint density and its coordinates are those of ``cogmeta.fitting.bayes.hierarchy``, about EM's solution; the chains are
nutpie's, in lock step (``cogmeta.fitting.bayes.chains``). Group inference is what it is for: EM takes the group's spread at its best
value, here what is not known of it counts.
"""

from typing import NamedTuple

import numpy as np

from cogmeta.errors import UserError
from cogmeta.fitting.bayes.chains import Listener, Sampling, sample
from cogmeta.fitting.covariates import INTERCEPT, Design
from cogmeta.fitting.bayes.hierarchy import Hierarchy

APART = 2.0
"""Chains start further apart than they will stay, so that agreement means something: in errors of EM, which are too small."""

NEARER = (1.0, 0.5, 0.1, 0.0)
"""Shares of that distance; the first where the density is finite is taken."""


class Sampled(NamedTuple):
    """Draws after tuning; the first two axes are chains and draws.

    Attributes
    ----------
    mean : (..., n_parameters) float array
        Of the group, at average covariates; unconstrained.
    coefficients : (..., n_terms, n_parameters) float array
        Of the design matrix; unconstrained.
    covariance : (..., n_parameters, n_parameters) float array
        Of the group.
    u : (..., n_subjects, n_parameters) float array
        Every subject's parameters, unconstrained; NaN for those whose likelihood is finite nowhere.
    statistics : dict of (n_chains, n_draws) arrays
    """

    mean: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    u: np.ndarray
    statistics: dict[str, np.ndarray]


def sample_group(hierarchy: Hierarchy, sampling: Sampling, seed: int, listener: Listener | None = None) -> Sampled:
    """Sample a group and its subjects.

    Parameters
    ----------
    hierarchy : Hierarchy
    sampling : Sampling
    seed : int
    listener : callable, optional
        Called with (iterations done, iterations in all).
    """
    drawn = sample(hierarchy.evaluate, lambda rng: _start(hierarchy, rng), hierarchy.n_dimensions, sampling, seed, listener)
    group, u = hierarchy.group(drawn.x), hierarchy.subjects(drawn.x)
    u[..., hierarchy.failed, :] = np.nan
    coefficients, scale = _raw(group.coefficients, hierarchy.design), group.sd[..., None] * group.factor
    covariance = scale @ np.swapaxes(scale, -1, -2)
    return Sampled(hierarchy.design.matrix.mean(axis=0) @ coefficients, coefficients, covariance, u, drawn.statistics)


def _start(hierarchy: Hierarchy, rng: np.random.Generator) -> np.ndarray:
    """Return where a chain starts: about EM's solution, nearer to it where the density is not finite."""
    x = rng.standard_normal(hierarchy.n_dimensions)
    x[:hierarchy.n_group] *= APART
    for nearer in NEARER:
        if np.isfinite(hierarchy.evaluate(nearer * x[None])[0]).all():
            return nearer * x
    raise UserError(f"the joint density of {hierarchy.engine.model.name} is not finite even at EM's solution. "
                    "check_model(model) says where its likelihood is not.")


def _raw(centred: np.ndarray, design: Design) -> np.ndarray:
    """Return coefficients of the design matrix as it is, from those of its centred columns."""
    first = np.array(design.terms) == INTERCEPT
    middle = np.where(first, 0.0, design.matrix.mean(axis=0))
    return centred - first[:, None] * (middle @ centred)[..., None, :]
