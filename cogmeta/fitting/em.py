"""Hierarchical fits by expectation-maximisation with Laplace's approximation (Huys et al. 2011).

Subjects' unconstrained parameters are drawn from a group's normal distribution, whose mean and covariance are fitted
too:

    E: m_i = argmax log p(D_i | u) + log N(u | mean, covariance),   S_i = inverse curvature there
    M: mean = average of m_i,   covariance = average of (m_i m_i' + S_i) - mean mean'

With covariates the mean is ``B' x_i``, x_i a row of the design matrix, and the M-step regresses the modes on it.

How ours departs: the curvature is the expected one (Fisher matrix) plus the group's precision, not the observed one,
which is not defined where a subject's optimum sits on a kink of the likelihood; and the covariance may be full. The
first E-step starts from many points under the broad prior of Piray et al. 2019 (variance 6.25); later ones from where
subjects stood, and run the model only for subjects from whom a step promises something. EM is slow where subjects are known
badly, so two of its steps are followed by a leap along them (squared extrapolation, scheme S3 of Varadhan & Roland
2008), which is taken back where it ends with less log model evidence than the first of the two.

The whole fit of 554 people (the seven-parameter hybrid, full covariance; iBIC takes 3.7 s of each): sets of parameters
evaluated, CPU seconds on a loaded machine, log model evidence reached.

===============================  ======  ====  ==========
plain EM, until means rest       99,396  26.1  -176,598.7
with leaps                       66,272  17.7  -176,598.5
leaps, three group steps a time  57,292  15.1  -176,596.7
===============================  ======  ====  ==========

The last took the likelihoods as quadratic about the modes for two more steps of the group; it went in circles with a
diagonal covariance (200 E-steps) and on 30 learners, and is not kept. Without leaps, 60 E-steps whose searches stop at
3e-4 nats rested at -176,599.6. Fixed points lie some nats apart, since some subjects have several hills: another way
of leaping met one with -176,591.6. All these are with the search that kept the best 8, 5 and 3 starts; the one of today reaches
-176,586.5, in 13 to 15 E-steps. The steps run in single precision where the engine gains by it, the last modes in double.

References
----------
Huys et al. 2011, PLoS Comput Biol 7:e1002028. Varadhan & Roland 2008, Scand J Stat 35:335, section 3.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from cogmeta.errors import unknown_name
from cogmeta.fitting.covariates import Design, no_covariates, regress, standard_errors
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import Listener, Points, look, maximise_from, settle, under
from cogmeta.fitting.penalty import GroupNormal

COVARIANCES = ("full", "diagonal")
BROAD_VARIANCE = 6.25
SMALLEST_VARIANCE = 1e-4
MAX_ITERATIONS = 200
"""Most E-steps."""

CLOSE, SETTLED = 0.02, 0.05
"""The group has settled when a step of EM moves no mean by more than CLOSE of its standard error (the group's standard
deviation over the root of the number of subjects), and the log model evidence has changed by less than SETTLED nats since
the last leap."""

ROUGH, FINE, FINEST = 1e-2, 1e-4, 1e-5
"""A subject's search stops where a step promises less than so many nats: from the first starts, in an E-step, at last."""

LONGEST_LEAP = 10.0


class Group(NamedTuple):
    """A normal distribution of unconstrained parameters.

    Attributes
    ----------
    coefficients : (n_terms, n_parameters) float array
    covariance : (n_parameters, n_parameters) float array
    """

    coefficients: np.ndarray
    covariance: np.ndarray

    def penalty(self, design: Design) -> GroupNormal:
        """Return the log-density of each subject's parameters."""
        return GroupNormal(design.matrix @ self.coefficients, self.covariance)


class Stand(NamedTuple):
    """Where EM stands: a group and the subjects' modes under it."""

    group: Group
    points: Points


def maximise_group(
    engine: Engine, first: Points, covariance: str = "full", listener: Listener | None = None, design: Design | None = None,
) -> tuple[Points, dict[str, Any]]:
    """Return every subject's posterior mode and the group that they come from.

    Parameters
    ----------
    engine : Engine
    first : Points
        From which the first E-step starts; any number a subject.
    covariance : {"full", "diagonal"}
    listener : callable, optional
        Called with (E-steps done, most that there can be), and at the end with both equal.
    design : Design, optional
        What the group's mean depends on; by default nothing.

    Returns
    -------
    Points
        One set a subject.
    dict
        ``mean`` (n_parameters,), over subjects where there are covariates; ``covariance`` (n_parameters, n_parameters),
        both of unconstrained parameters; ``coefficients, coefficient_errors`` (n_terms, n_parameters), ``terms``,
        ``formula``, ``degrees_of_freedom``; ``log_model_evidence``, summed over subjects; ``n_iterations`` (E-steps);
        ``converged``.
    """
    if covariance not in COVARIANCES:
        raise unknown_name("covariance", covariance, COVARIANCES)
    design = design or no_covariates(len(engine.count))
    em = _EM(engine, covariance, design)
    for stand, settled in em.leaps(first):
        n_done = min(em.n_steps, MAX_ITERATIONS)
        if listener:
            listener(n_done, MAX_ITERATIONS)
        if settled or n_done == MAX_ITERATIONS:
            break
    if listener:
        listener(n_done, n_done)
    (weights, spread), points = stand.group, em.settled(stand)
    group = {"mean": design.matrix.mean(axis=0) @ weights, "covariance": spread,
             "log_model_evidence": float(log_model_evidence(points).sum()), "n_iterations": n_done, "converged": settled}
    return points, group | _tests(engine, points, design, weights, spread)


def _tests(
    engine: Engine, points: Points, design: Design, weights: np.ndarray, spread: np.ndarray
) -> dict[str, Any]:
    """Return what is known of the group's coefficients."""
    able = able_subjects(engine, points)
    errors = standard_errors(design.matrix[able], points.curvature[able], spread)
    return {"formula": design.formula, "terms": list(design.terms), "coefficients": weights,
            "coefficient_errors": errors, "degrees_of_freedom": len(able) - len(design.terms)}


class _EM:
    """The steps, on one table; counts E-steps."""

    def __init__(self, engine: Engine, covariance: str, design: Design) -> None:
        self.engine, self.covariance, self.design, self.n_steps = engine, covariance, design, 0
        self.rough = engine.rough(len(engine.count))

    def leaps(self, first: Points) -> Iterator[tuple[Stand, bool]]:
        """Yield where two steps and a leap lead, and whether that is where they started, without end."""
        now = self.first(first)
        while True:
            one = self.step(now)
            after = self.leap(now, one)
            still = _distance(self.design, now.group, one.group) < CLOSE
            yield after, bool(still and abs(self.evidence(after) - self.evidence(now)) < SETTLED)
            now = after

    def first(self, points: Points) -> Stand:
        """Return the modes under a broad group."""
        middle = np.array([p.to_unconstrained(np.asarray(p.plausible)).mean() for p in self.engine.model.scaled_parameters])
        matrix = self.design.matrix
        group = Group(regress(matrix, np.tile(middle[:, None], len(matrix))), BROAD_VARIANCE * np.eye(len(middle)))
        penalty = group.penalty(self.design)
        self.n_steps += 1
        return Stand(group, maximise_from(self.engine, penalty, under(penalty, points), tolerance=ROUGH))

    def step(self, now: Stand) -> Stand:
        """Return where one step of EM leads."""
        return self.stand(self.group_of(now.points), now.points)

    def leap(self, now: Stand, one: Stand) -> Stand:
        """Return where a leap along two steps leads; or, if that is no better than the first, the second step."""
        two = self.group_of(one.points)
        with suppress(np.linalg.LinAlgError):
            far = self.stand(_extrapolated(self.design, now.group, one.group, two), one.points)
            if self.evidence(far) >= self.evidence(one):
                return far
        return self.stand(two, one.points)

    def stand(self, group: Group, points: Points) -> Stand:
        self.n_steps += 1
        return Stand(group, settle(self.rough, group.penalty(self.design), points, FINE))

    def settled(self, stand: Stand) -> Points:
        """Return the last modes, in double precision."""
        penalty, points = stand.group.penalty(self.design), stand.points
        if self.rough is not self.engine:
            points = look(self.engine, penalty, points.u, points.subject)
        return settle(self.engine, penalty, points, FINEST)

    def group_of(self, points: Points) -> Group:
        """Return the M-step's group."""
        able = able_subjects(self.engine, points)
        return _group_of(points.take(able), self.covariance, self.design.matrix[able])

    def evidence(self, stand: Stand) -> float:
        """Return the log model evidence of those who tell something."""
        return float(log_model_evidence(stand.points)[able_subjects(self.engine, stand.points)].sum())


def _distance(design: Design, before: Group, after: Group) -> float:
    """Return how far the furthest mean moves, in standard errors."""
    moved = design.matrix @ (after.coefficients - before.coefficients)
    return float(np.max(np.abs(moved) / np.sqrt(np.diag(before.covariance) / len(moved))))


def _extrapolated(design: Design, zero: Group, one: Group, two: Group) -> Group:
    """Return the group to which two steps of EM point.

    Notes
    -----
    With ``r = x1 - x0``, ``v = (x2 - x1) - r`` and ``a = max(1, |r| / |v|)`` it is ``x0 + 2 a r + a^2 v``; for a = 1 that
    is the second step.
    """
    root = np.linalg.qr(design.matrix, mode="r") / np.sqrt(len(design.matrix))
    scale = np.sqrt(np.diag(zero.covariance))
    x0, x1, x2 = (_coordinates(group, root, scale) for group in (zero, one, two))
    r, v = x1 - x0, x2 - 2 * x1 + x0
    a = np.clip(np.linalg.norm(r) / max(np.linalg.norm(v), 1e-300), 1.0, LONGEST_LEAP)
    return _of_coordinates(x0 + 2 * a * r + a**2 * v, root, scale)


def _coordinates(group: Group, root: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return a group as numbers without units or bounds: means, and the rows of the covariance's Cholesky factor."""
    factor = np.linalg.cholesky(group.covariance)
    size = np.diag(factor)
    lower = np.tril_indices(len(size), -1)
    return np.concatenate([(root @ group.coefficients / scale).ravel(), np.log(size), (factor / size[:, None])[lower]])


def _of_coordinates(x: np.ndarray, root: np.ndarray, scale: np.ndarray) -> Group:
    """Return the group of ``_coordinates``."""
    k, n_means = len(scale), len(root) * len(scale)
    factor = np.eye(k)
    factor[np.tril_indices(k, -1)] = x[n_means + k:]
    factor *= np.exp(x[n_means:n_means + k])[:, None]
    return Group(np.linalg.solve(root, x[:n_means].reshape(len(root), k) * scale), factor @ factor.T)


def able_subjects(engine: Engine, points: Points) -> np.ndarray:
    """Return the subjects who tell something of the group: they answered, and their likelihood is finite."""
    return np.flatnonzero((engine.count > 0) & np.isfinite(points.objective))


def _group_of(points: Points, covariance: str, matrix: np.ndarray) -> Group:
    """Return the M-step's coefficients and covariance."""
    weights = regress(matrix, points.u)
    away = points.u - (matrix @ weights).T
    spread = away @ away.T / away.shape[1] + np.linalg.inv(points.curvature).mean(axis=0)
    spread = np.diag(np.diag(spread)) if covariance == "diagonal" else (spread + spread.T) / 2
    return Group(weights, spread + SMALLEST_VARIANCE * np.eye(len(spread)))


def log_model_evidence(points: Points) -> np.ndarray:
    """Return Laplace's approximation to each subject's log evidence, (n_subjects,), from posterior modes.

    Notes
    -----
    ``log p(D | m) + log p(m) + k / 2 log(2 pi) - 1 / 2 log |H|``, with H the curvature at the mode.
    """
    k = points.u.shape[0]
    return points.objective + 0.5 * k * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(points.curvature)[1]


def integrated_bic(
    engine: Engine, group: dict[str, Any], n_choices: int, covariance: str, rng: np.random.Generator,
    n_samples: int = 200, design: Design | None = None,
) -> float:
    """Return iBIC: the likelihood integrated over the group by sampling, and a charge for the group's parameters.

    Parameters
    ----------
    engine : Engine
    group : dict
        From ``maximise_group``.
    n_choices : int
        Scored, over all subjects.
    covariance : {"full", "diagonal"}
    rng : numpy.random.Generator
    n_samples : int
        Draws from the group; all subjects share them, about their own mean.
    design : Design, optional
        What the group's mean depends on.

    References
    ----------
    Huys et al. 2011, PLoS Comput Biol 7:e1002028.
    """
    bounds = np.array([p.search for p in engine.model.scaled_parameters])
    design = design or no_covariates(len(engine.count))
    means = (design.matrix @ group["coefficients"]).T
    away = rng.multivariate_normal(np.zeros(len(bounds)), group["covariance"], n_samples).T
    draws = np.clip(means[:, None] + away[:, :, None], bounds[:, :1, None], bounds[:, 1:, None])
    n_subjects, k = len(engine.count), len(bounds)
    subject = np.tile(np.arange(n_subjects), n_samples)
    rough = engine.rough(len(subject))  # its digits are finer than those of the sampling
    each = rough.log_likelihood(draws.reshape(k, -1), subject).reshape(n_samples, n_subjects)
    n_group = means.size // n_subjects * len(design.terms) + (k * (k + 1) // 2 if covariance == "full" else k)
    return float(-2 * (logsumexp(each, axis=0) - np.log(n_samples)).sum() + n_group * np.log(max(n_choices, 1)))
