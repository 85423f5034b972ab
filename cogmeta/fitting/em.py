"""Hierarchical fits by expectation-maximisation with Laplace's approximation (Huys et al. 2011).

Subjects' unconstrained parameters are drawn from a group's normal distribution, whose mean and covariance are fitted
too:

    E: m_i = argmax log p(D_i | u) + log N(u | mean, covariance),   S_i = inverse curvature there
    M: mean = average of m_i,   covariance = average of (m_i m_i' + S_i) - mean mean'

How ours departs: the curvature is the expected one (Fisher matrix) plus the group's precision, not the observed one,
which is not defined where a subject's optimum sits on a kink of the likelihood; and the covariance may be full. The
first E-step starts from many points under the broad prior of Piray et al. 2019 (variance 6.25); later ones from where
subjects stood.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp

from cogmeta.errors import unknown_name
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import Listener, Points, maximise
from cogmeta.fitting.penalty import GroupNormal

COVARIANCES = ("full", "diagonal")
BROAD_VARIANCE = 6.25
SMALLEST_VARIANCE = 1e-4
MAX_ITERATIONS = 200
CLOSE = 1e-3
"""The group has settled when no mean moves by more than this part of its standard deviation."""


def maximise_group(
    engine: Engine, starts: np.ndarray, subject: np.ndarray, covariance: str = "full", listener: Listener | None = None
) -> tuple[Points, dict[str, Any]]:
    """Return every subject's posterior mode and the group that they come from.

    Parameters
    ----------
    engine : Engine
    starts : (n_parameters, n_sets) float array
        Of the first E-step.
    subject : (n_sets,) int array
    covariance : {"full", "diagonal"}
    listener : callable, optional
        Called with (iterations done, most iterations that there can be), and at the end with both equal.

    Returns
    -------
    Points
        One set a subject.
    dict
        ``mean`` (n_parameters,), ``covariance`` (n_parameters, n_parameters), both of unconstrained parameters;
        ``log_model_evidence``, summed over subjects; ``n_iterations``; ``converged``.
    """
    if covariance not in COVARIANCES:
        raise unknown_name("covariance", covariance, COVARIANCES)
    for n_done, (points, mean, spread, moved) in enumerate(_iterations(engine, starts, subject, covariance), start=1):
        if listener:
            listener(n_done, MAX_ITERATIONS)
        if moved < CLOSE or n_done == MAX_ITERATIONS:
            break
    if listener:
        listener(n_done, n_done)
    group = {"mean": mean, "covariance": spread, "log_model_evidence": float(log_model_evidence(points).sum()),
             "n_iterations": n_done, "converged": bool(moved < CLOSE)}
    return points, group


def _iterations(engine: Engine, starts: np.ndarray, subject: np.ndarray, covariance: str) -> Iterator[tuple]:
    """Yield (points, mean, covariance under which they are modes, how far the mean moves next) without end."""
    n_subjects = int(subject.max(initial=-1)) + 1
    domains = np.array([p.to_unconstrained(np.asarray(p.plausible)).mean() for p in engine.model.scaled_parameters])
    mean, spread = domains, BROAD_VARIANCE * np.eye(len(domains))
    informed = engine.count > 0
    while True:
        penalty = GroupNormal(np.tile(mean, (n_subjects, 1)), spread)
        points = maximise(engine, penalty, starts, subject)
        able = np.flatnonzero(informed & np.isfinite(points.objective))
        next_mean, next_spread = _group_of(points.take(able), covariance)
        yield points, mean, spread, np.max(np.abs(next_mean - mean) / np.sqrt(np.diag(spread)))
        mean, spread, starts, subject = next_mean, next_spread, points.u, points.subject


def _group_of(points: Points, covariance: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the M-step's mean and covariance."""
    mean = points.u.mean(axis=1)
    away = points.u - mean[:, None]
    spread = away @ away.T / away.shape[1] + np.linalg.inv(points.curvature).mean(axis=0)
    spread = np.diag(np.diag(spread)) if covariance == "diagonal" else (spread + spread.T) / 2
    return mean, spread + SMALLEST_VARIANCE * np.eye(len(mean))


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
    n_samples: int = 200,
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
        Draws from the group; all subjects share them.

    References
    ----------
    Huys et al. 2011, PLoS Comput Biol 7:e1002028.
    """
    bounds = np.array([p.search for p in engine.model.scaled_parameters])
    draws = rng.multivariate_normal(group["mean"], group["covariance"], n_samples)
    draws = np.clip(draws, bounds[:, 0], bounds[:, 1]).T
    n_subjects, k = len(engine.count), len(bounds)
    subject = np.tile(np.arange(n_subjects), n_samples)
    each = engine.log_likelihood(np.repeat(draws, n_subjects, axis=1), subject).reshape(n_samples, n_subjects)
    n_group = k + (k * (k + 1) // 2 if covariance == "full" else k)
    return float(-2 * (logsumexp(each, axis=0) - np.log(n_samples)).sum() + n_group * np.log(max(n_choices, 1)))
