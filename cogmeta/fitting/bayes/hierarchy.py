"""The joint density of a group and its subjects, with its gradient, in coordinates in which sampling is easy.

    u_i ~ Normal(mean_i, L L'),   mean_i = x_i' B,   L = diag(sd) R,   choices_i ~ the model with parameters u_i

u_i are a subject's unconstrained parameters, x_i its row of the design matrix, R the Cholesky factor of a correlation
matrix. Priors: each mean (at average covariates) Normal with the middle of the parameter's plausible range and variance
6.25, as in EM's first step; a covariate's coefficient the same about 0, per standard deviation of the covariate; each SD
half-normal; correlations LKJ with shape 2 (``covariance="full"``) or none (``"diagonal"``).

The likelihood and its slope are the lanes engine's: whatever model fits, samples. What is sampled are not the u_i
themselves, which depend on the group (a funnel), nor ``(u_i - mean_i) / sd``, which depend on it where a subject's choices
tell much. With a quadratic approximation of each subject's log-likelihood, slope g and expected curvature F at EM's mode m,
its parameters *given the group* would be normal, and that normal distribution's own standard coordinates are sampled:

    A = I + L' F L = C C',   v = A^-1 L' (g + F (m - mean)) + C'^-1 z,   u = mean + L v

For F = 0 (a subject who says nothing) this is the usual non-centred form, for large F the centred one. It is exact for
whatever F, g and m, since the density of z carries the Jacobian; a bad approximation makes sampling slow, not wrong. F is
taken as ``TRUST`` of the expected curvature: a likelihood's flanks are flatter than the parabola at its top.

Measured on 50 people x 201 trials, the seven-parameter hybrid, diagonal covariance, two chains of 200 draws after 200, one
data set: the least effective sample size of the group's 14 quantities for 1,000 slopes of the density.

=====================================================  =====
non-centred (F = 0)                                      4.6
F the whole expected curvature                           6.9
the same, low-rank mass matrix                           2.2
F half of it                                            13.6
F and m from the draws of a first run                   11.9
=====================================================  =====

(F = .3, .4 and .5 of it are alike on a second data set: 13.6, 11.6, 10.1 with 400 draws.) A slope of both chains takes 1.6 CPU
milliseconds with the compiled engine, 14 with the plain one; a likelihood traced into JAX and differentiated backwards took 2.3
to 3.7 and was not kept.

With a full covariance (the same people, 2 x (500 + 500)) the least effective sample size is 161 and the largest R-hat 1.016. To
whiten the group's coordinates by the curvature of the marginal density, likelihoods taken as parabolas, gave 107 and 1.032 (means
1 to 1.7 times better, correlations worse); a low-rank mass matrix had not finished after 2.5 times the time.

References
----------
Papaspiliopoulos, Roberts & Skoeld 2007, Stat Sci 22:59 (partial centring). Lewandowski, Kurowicka & Joe 2009, J Multivar
Anal 100:1989 (LKJ). Murray 2016, arXiv:1602.07527 (derivative of the Cholesky factor).
"""

from typing import NamedTuple

import numpy as np

from cogmeta.fitting.covariates import INTERCEPT, Design
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.em import able_subjects
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.bayes.lkj import correlation_factor, correlation_slope, correlation_start, lkj_log_density, lkj_slope
from cogmeta.fitting.optimiser import Points

LARGEST_SD = 1e5
"""No group spreads so far in logits or logarithms; beyond it a subject's coordinates can no longer be computed."""

TRUST = 0.4
"""Share of the expected curvature that the coordinates are made of."""

SMALLEST_START = 0.1
"""EM's standard deviations may shrink to nothing; sampling starts no lower than this."""


class Group(NamedTuple):
    """A group, or many.

    Attributes
    ----------
    coefficients : (..., n_terms, n_parameters) float array
        Of the centred design: the intercept is the mean at average covariates.
    sd : (..., n_parameters) float array
    factor : (..., n_parameters, n_parameters) float array
        Cholesky factor of the correlations.
    """

    coefficients: np.ndarray
    sd: np.ndarray
    factor: np.ndarray


class _Coordinates(NamedTuple):
    """What subjects' coordinates are made of, kept for the way back: L, ``g + F (m - mean)``, ``C^-1``, z, v without z, v, u."""

    scale: np.ndarray
    pull: np.ndarray
    whiten: np.ndarray
    z: np.ndarray
    shift: np.ndarray
    v: np.ndarray
    u: np.ndarray


class Hierarchy:
    """The joint density.

    Parameters
    ----------
    engine : Engine
    modes : Points
        Every subject's posterior mode under ``group``.
    group : dict
        From ``maximise_group``.
    design : Design
    covariance : {"full", "diagonal"}
    prior : GroupPrior

    Attributes
    ----------
    failed : (n,) int array
        Subjects whose likelihood is finite nowhere; their choices do not count.
    n_dimensions : int
        Coordinates of a point: coefficients, SDs, correlations, then each subject's parameters.
    """

    def __init__(
        self, engine: Engine, modes: Points, group: dict, design: Design, covariance: str, prior: GroupPrior = GroupPrior()
    ) -> None:
        self.engine, self.design, self.full, self.prior = engine, design, covariance == "full", prior
        self.failed = np.flatnonzero(~np.isfinite(modes.objective))
        self.able = able_subjects(engine, modes)
        matrix = design.matrix - np.where(np.array(design.terms) == INTERCEPT, 0.0, design.matrix.mean(axis=0))
        self.matrix, (self.n_subjects, self.n_terms), self.k = matrix, matrix.shape, len(modes.u)
        told = np.zeros(self.n_subjects)
        told[self.able] = 1.0
        self.mode = modes.u.T
        self.slope = np.where(told[:, None] > 0, modes.score, 0.0)
        self.curvature = TRUST * np.where(told[:, None, None] > 0, modes.fisher, 0.0)
        self._priors()
        self._starts(group, design)
        self.n_group = self.n_terms * self.k + self.k + (self.k * (self.k - 1) // 2 if self.full else 0)
        self.n_dimensions = self.n_group + self.n_subjects * self.k

    def _priors(self) -> None:
        plausible = [p.to_unconstrained(np.asarray(p.plausible)).mean() for p in self.engine.model.scaled_parameters]
        spread = self.matrix.std(axis=0)
        self.prior_mean = np.where(spread[:, None] == 0, np.array(plausible), 0.0)
        self.prior_sd = self.prior.mean_sd / np.where(spread == 0, 1.0, spread)[:, None] * np.ones(self.k)

    def _starts(self, group: dict, design: Design) -> None:
        """Keep EM's solution as the origin of the group's coordinates, and about its errors as their units."""
        n, sd = max(len(self.able), 2), np.maximum(np.sqrt(np.diag(group["covariance"])), SMALLEST_START)
        self.origin = np.array(group["coefficients"])
        self.origin[np.array(design.terms) == INTERCEPT] = design.matrix.mean(axis=0) @ group["coefficients"]
        self.unit = self.prior_sd / self.prior.mean_sd * sd / np.sqrt(n)
        self.log_sd, self.log_sd_unit, self.free_unit = np.log(sd), 1 / np.sqrt(2 * n), 1 / np.sqrt(n)
        own = np.sqrt(np.diag(group["covariance"]))
        self.free = correlation_start(group["covariance"] / np.outer(own, own)) if self.full else np.zeros(0)

    def group(self, x: np.ndarray) -> Group:
        """Return the groups of points (..., n_dimensions)."""
        weights, log_sd, free = self._parts(x)
        factor = correlation_factor(free, self.k) if self.full else np.broadcast_to(np.eye(self.k), (*x.shape[:-1], self.k, self.k))
        return Group(weights, np.exp(log_sd), factor)

    def _parts(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = self.n_terms * self.k
        weights = self.origin + self.unit * x[..., :n].reshape(*x.shape[:-1], self.n_terms, self.k)
        return (weights, self.log_sd + self.log_sd_unit * x[..., n:n + self.k],
                self.free + self.free_unit * x[..., n + self.k:self.n_group])

    def subjects(self, x: np.ndarray) -> np.ndarray:
        """Return the unconstrained parameters (..., n_subjects, n_parameters) of points (..., n_dimensions)."""
        return self._coordinates(x, self.group(x)).u

    def _coordinates(self, x: np.ndarray, group: Group) -> _Coordinates:
        z = x[..., self.n_group:].reshape(*x.shape[:-1], self.n_subjects, self.k)
        mean = self.matrix @ group.coefficients
        scale = (group.sd[..., None] * group.factor)[..., None, :, :]
        pull = self.slope + _times(self.curvature, self.mode - mean)
        whiten = np.linalg.inv(np.linalg.cholesky(np.eye(self.k) + _t(scale) @ self.curvature @ scale))
        shift = _times(_t(whiten), _times(whiten, _times(_t(scale), pull)))
        v = shift + _times(_t(whiten), z)
        return _Coordinates(scale, pull, whiten, z, shift, v, mean + _times(scale, v))

    def evaluate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-density of points and its gradient.

        Parameters
        ----------
        x : (n_points, n_dimensions) float array

        Returns
        -------
        log_density : (n_points,) float array
            Up to a constant; -inf where the likelihood is not finite, or an SD beyond ``LARGEST_SD``.
        gradient : (n_points, n_dimensions) float array
        """
        near = np.isfinite(x).all(axis=-1) & (self._parts(x)[1] < np.log(LARGEST_SD)).all(axis=-1)
        x = np.where(near[:, None], x, 0.0)  # elsewhere the origin stands in, whose value is not used
        group = self.group(x)
        at = self._coordinates(x, group)
        log_likelihood, score = self._likelihood(at.u)
        value = log_likelihood - 0.5 * (at.v**2).sum(axis=(-2, -1)) + np.log(_diagonal(at.whiten)).sum(axis=(-2, -1))
        weights_bar, scale_bar, z_bar = self._back(at, score)
        prior, *slopes = self._prior(x, group)
        sd_bar = (scale_bar * group.factor).sum(axis=-1) * group.sd * self.log_sd_unit
        parts = [_flat(weights_bar * self.unit), sd_bar]
        if self.full:
            free = self._parts(x)[2]
            parts.append(correlation_slope(free, group.sd[..., None] * scale_bar) * self.free_unit)
        gradient = np.concatenate([*(a + b for a, b in zip(parts, slopes)), _flat(z_bar)], axis=-1)
        value = value + prior
        fine = near & np.isfinite(value) & np.isfinite(gradient).all(axis=-1)
        return np.where(fine, value, -np.inf), np.where(fine[:, None], gradient, 0.0)

    def _likelihood(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-likelihood (n_points,) of all choices and its slope (n_points, n_subjects, n_parameters)."""
        n_points, score = len(u), np.zeros(u.shape)
        sets = u[:, self.able].reshape(-1, self.k).T
        each, slope = self.engine.score(sets, np.tile(self.able, n_points))
        score[:, self.able] = slope.reshape(n_points, len(self.able), self.k)
        return each.reshape(n_points, -1).sum(axis=1), score

    def _back(self, at: _Coordinates, u_bar: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the slopes by coefficients, by ``diag(sd) R`` (lower triangle) and by z, from that by u."""
        v_bar = _times(_t(at.scale), u_bar) - at.v
        z_bar = _times(at.whiten, v_bar)
        shift_bar = _times(_t(at.whiten), z_bar)
        inverse = _t(at.whiten) @ at.whiten
        bent = -0.5 * inverse - _outer(shift_bar, at.shift) - _t(at.whiten) @ _half(_outer(at.z, z_bar)) @ at.whiten
        bent = 0.5 * (bent + _t(bent))
        scale_bar = (_outer(u_bar, at.v) + _outer(at.pull, shift_bar) + 2 * self.curvature @ at.scale @ bent).sum(axis=-3)
        mean_bar = u_bar - _times(self.curvature, _times(at.scale, shift_bar))
        return self.matrix.T @ mean_bar, np.tril(scale_bar), z_bar

    def _prior(self, x: np.ndarray, group: Group) -> tuple[np.ndarray, ...]:
        """Return the log-prior of the group and its slopes by the coordinates of coefficients, SDs and correlations."""
        away = (group.coefficients - self.prior_mean) / self.prior_sd
        ratio = (group.sd / self.prior.sd_scale) ** 2
        value = -0.5 * (away**2).sum(axis=(-2, -1)) + (np.log(group.sd) - 0.5 * ratio).sum(axis=-1)
        slopes = [_flat(-away / self.prior_sd * self.unit), (1 - ratio) * self.log_sd_unit]
        if self.full:
            free = self._parts(x)[2]
            value = value + lkj_log_density(free, self.k, self.prior.correlation_shape)
            slopes.append(lkj_slope(free, self.k, self.prior.correlation_shape) * self.free_unit)
        return value, *slopes


def _t(matrix: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrix, -1, -2)


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return (matrix @ vector[..., None])[..., 0]


def _outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., :, None] * b[..., None, :]


def _half(matrix: np.ndarray) -> np.ndarray:
    """Return the lower triangle with its diagonal halved."""
    return np.tril(matrix, -1) + 0.5 * np.eye(matrix.shape[-1]) * matrix


def _diagonal(matrix: np.ndarray) -> np.ndarray:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _flat(array: np.ndarray) -> np.ndarray:
    """Return the last two axes as one."""
    return array.reshape(*array.shape[:-2], -1)
