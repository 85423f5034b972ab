"""Levenberg-Marquardt on the Fisher matrix, many starts and subjects side by side.

All starts of all subjects climb side by side. A start that is about to step to where a better one of the same subject is, or is
about to be, is on the same hill and is dropped; so is one that has arrived. Nine starts in ten end on the highest hill, and most
are recognised within three steps. What is maximised is the log-likelihood plus a penalty, in unconstrained coordinates, inside
the span that each parameter's domain searches. Steps of many sets at once are taken in single precision, which is faster
(``Engine.rough``); the last steps of the winners, and what is known of them, are in double precision.
Newton steps with the observed curvature were tried for the last few lanes: they gained nothing, for what holds these
back is kinks of the likelihood, not bends.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.penalty import Penalty

Listener = Callable[[int, int], None]
"""Called after every step with (subjects finished, subjects in all)."""

NEAR, NO_FURTHER = 1.0, 2.0
"""Two places are on the same hill when their distance, squared and in the metric of the better one's curvature, is below the first
(half a nat, if the hill is a parabola), and no coordinate differs by the second: where a hill is flat all places are near in its
metric. On six data sets of 200 subjects a fit takes 47 evaluations and the summed optimum falls .05 to .5 nats short (125 and .02
to .7 where every start arrives); with twice NEAR 41 and up to 3.5. To keep the best 8, 5 and 3 starts after 4, 6 and 9 steps took
75 and lost up to 2.9, since a slow start may lead to the highest hill."""

TOLERANCE = 1e-3
"""A start has arrived when the next step promises less than this, in units of log-likelihood."""

PATIENCE = 5
"""Steps in a row that may gain less than the tolerance. Model-based values take a maximum, so that likelihoods have
kinks, and an optimum may sit on one: no step from there gains what its slope promises."""

CLIMB_STEPS = 20
"""Steps after which the best start of each subject has won: those of 1 start in 100 would still rise."""

FINER, LAST_PATIENCE, LAST_GAIN = 100.0, 3, 10.0
"""Winners go on, hardly damped, while a step promises more than a finer tolerance, until three in a row gain less than a rougher
one: along a valley that is nearly flat (a rate on its way to its bound) each damped step may promise less than the tolerance,
while all of them together gain more."""

MAX_STEPS = 100
LONGEST_STEP = 2.0
DAMPING, LOWEST_DAMPING, HIGHEST_DAMPING = 0.3, 1e-4, 1e8


@dataclass
class Points:
    """Sets of parameters and what is known there.

    Attributes
    ----------
    u : (n_parameters, n_sets) float array
    subject : (n_sets,) int array
    objective, log_likelihood : (n_sets,) float array
    score, gradient : (n_sets, n_parameters) float array
        Slope of the log-likelihood; of the objective.
    fisher, curvature : (n_sets, n_parameters, n_parameters) float array
        Of the log-likelihood; of the objective.
    """

    u: np.ndarray
    subject: np.ndarray
    objective: np.ndarray
    log_likelihood: np.ndarray
    score: np.ndarray
    gradient: np.ndarray
    fisher: np.ndarray
    curvature: np.ndarray

    def take(self, index: np.ndarray) -> "Points":
        """Return some of the sets."""
        kept = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.name != "u"}
        return Points(u=self.u[:, index], **kept)

    def put(self, index: np.ndarray, other: "Points") -> None:
        """Replace some of the sets."""
        self.u[:, index] = other.u
        for f in fields(self):
            if f.name != "u":
                getattr(self, f.name)[index] = getattr(other, f.name)


def look(engine: Engine, penalty: Penalty, u: np.ndarray, subject: np.ndarray) -> Points:
    """Evaluate sets of parameters; where the likelihood is not finite the objective is -inf and its slopes are 0."""
    log_likelihood, score, fisher = engine.evaluate(u, subject)
    finite = np.isfinite(log_likelihood) & np.isfinite(score).all(axis=1) & np.isfinite(fisher).all(axis=(1, 2))
    if not finite.all():
        log_likelihood = np.where(finite, log_likelihood, -np.inf)
        score, fisher = np.where(finite[:, None], score, 0.0), np.where(finite[:, None, None], fisher, 0.0)
    return _add(penalty, u.copy(), subject, log_likelihood, score, fisher)


def under(penalty: Penalty, points: Points) -> Points:
    """Return the same sets of parameters under another penalty; the likelihood is known there and is not run again."""
    return _add(penalty, points.u.copy(), points.subject, points.log_likelihood, points.score, points.fisher)


def _add(
    penalty: Penalty, u: np.ndarray, subject: np.ndarray, log_likelihood: np.ndarray, score: np.ndarray, fisher: np.ndarray
) -> Points:
    value, gradient, curvature = penalty.evaluate(u, subject)
    objective = log_likelihood + value
    return Points(u, subject, objective, log_likelihood, score, score + gradient, fisher, fisher + curvature)


def maximise(
    engine: Engine,
    penalty: Penalty,
    starts: np.ndarray,
    subject: np.ndarray,
    listener: Listener | None = None,
    near: float = NEAR,
    tolerance: float = TOLERANCE,
) -> Points:
    """Return the best set of parameters found for every subject.

    Parameters
    ----------
    engine : Engine
    penalty : Penalty
    starts : (n_parameters, n_sets) float array
        Unconstrained.
    subject : (n_sets,) int array
        Whose each start is; every subject has at least one.
    listener : callable, optional
        Called with (subjects finished, subjects in all).
    near : float
        How close starts of one subject may come before the worse is dropped; 0 lets every start arrive.
    tolerance : float
        In units of log-likelihood.

    Returns
    -------
    Points
        One set a subject, in the order of subjects.
    """
    points = look(engine.rough(len(subject)), penalty, starts, subject)
    if not np.isfinite(points.objective).all():
        points = look(engine, penalty, starts, subject)
    return maximise_from(engine, penalty, points, listener, near, tolerance)


def maximise_from(
    engine: Engine, penalty: Penalty, points: Points, listener: Listener | None = None, near: float = NEAR,
    tolerance: float = TOLERANCE,
) -> Points:
    """Do what ``maximise`` does, from starts at which the likelihood is known; ``points`` are moved."""
    n_steps = CLIMB_STEPS if near else MAX_STEPS
    _climb(engine, penalty, points, _Manner(tolerance, tolerance, near=near, max_steps=n_steps), listener)
    best = points.take(_best(points))
    if engine.rough(len(points.subject)) is not engine:
        best = look(engine, penalty, best.u, best.subject)
    _climb(engine, penalty, best, _Manner(tolerance / FINER, LAST_GAIN * tolerance, LAST_PATIENCE, LOWEST_DAMPING))
    return best


def settle(engine: Engine, penalty: Penalty, points: Points, tolerance: float) -> Points:
    """Return the maxima near points that were maxima under another penalty, one set a subject.

    The likelihood is not run again where it is known: a set from which no step promises more than ``tolerance`` costs
    nothing, and the others start hardly damped.
    """
    moved = under(penalty, points)
    _climb(engine, penalty, moved, _Manner(tolerance, tolerance, damping=LOWEST_DAMPING))
    return moved


class _Manner(NamedTuple):
    """How a climb goes.

    Attributes
    ----------
    tolerance : float
        A set has arrived when its next step promises less.
    least_gain, patience : float, int
        Or when so many steps in a row gained less.
    damping : float
        Of the first step.
    near : float
        See ``maximise``.
    max_steps : int
    """

    tolerance: float
    least_gain: float
    patience: int = PATIENCE
    damping: float = DAMPING
    near: float = 0.0
    max_steps: int = MAX_STEPS


def _climb(
    engine: Engine, penalty: Penalty, points: Points, manner: _Manner, listener: Listener | None = None
) -> None:
    """Move every set uphill, in place, until it has arrived, meets a better one, or has taken ``max_steps``."""
    subject = points.subject
    damping = np.full(len(subject), manner.damping)
    running = np.isfinite(points.objective)
    idle = np.zeros(len(subject), int)
    bounds = np.array([p.search for p in engine.model.scaled_parameters])
    n_subjects = int(subject.max(initial=-1)) + 1
    for n_steps in range(manner.max_steps):
        index = np.flatnonzero(running)
        if listener:
            listener(n_subjects - len(np.unique(subject[index])), n_subjects)
        if not len(index):
            break
        step, promise = _proposal(points.take(index), damping[index], bounds)
        if manner.near and n_steps:
            leads = running[index] = _leaders(points, index, step, manner.near)
            index, step, promise = index[leads], step[:, leads], promise[leads]
        before = points.objective[index]
        own = engine.rough(len(index)) if manner.near else engine
        damping[index], running[index] = _step(own, penalty, points, index, step, promise, damping[index], manner.tolerance)
        idle[index] = np.where(points.objective[index] - before > manner.least_gain, 0, idle[index] + 1)
        running &= idle < manner.patience


def _step(
    engine: Engine, penalty: Penalty, points: Points, index: np.ndarray, step: np.ndarray, promise: np.ndarray,
    damping: np.ndarray, tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Try one step of each set; move those that rise. Return the new damping and who runs on."""
    running = (promise > tolerance) | (damping > 1.0)
    tried = index[running]
    candidate = look(engine, penalty, points.u[:, tried] + step[:, running], points.subject[tried])
    gain = candidate.objective - points.objective[tried]
    rises = gain > 0
    points.put(tried[rises], candidate.take(rises))
    ratio = gain / np.maximum(promise[running], 1e-300)
    factor = np.where(~rises, 8.0, np.where(ratio > 0.75, 0.1, np.where(ratio > 0.25, 0.5, 2.0)))
    damping[running] = np.clip(damping[running] * factor, LOWEST_DAMPING, None)
    running[running] = damping[running] < HIGHEST_DAMPING
    return damping, running


def _proposal(now: Points, damping: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return damped Gauss-Newton steps (n_parameters, n_sets) inside the bounds and the gain that they promise."""
    low, high = bounds.T[:, :, None]
    blocked = (((now.u >= high) & (now.gradient.T > 0)) | ((now.u <= low) & (now.gradient.T < 0))).T
    gradient = np.where(blocked, 0.0, now.gradient)
    curvature = np.where(blocked[:, :, None] | blocked[:, None, :], 0.0, now.curvature)
    diagonal = np.arange(gradient.shape[1])
    curvature[:, diagonal, diagonal] += damping[:, None]
    step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
    step *= np.minimum(1.0, LONGEST_STEP / np.maximum(np.abs(step).max(axis=1, initial=0.0), 1e-300))[:, None]
    step = np.clip(now.u.T + step, low.T, high.T) - now.u.T
    bend = (step * (now.curvature @ step[..., None])[..., 0]).sum(axis=1)
    return step.T, (gradient * step).sum(axis=1) - 0.5 * bend


def _leaders(points: Points, index: np.ndarray, step: np.ndarray, near: float) -> np.ndarray:
    """Return (n,) bool: which of the sets ``index``, about to take their steps, are not near a better one of the same subject.

    The best set of each subject counts as better even where it does not run any more.
    """
    place, best = points.u.copy(), _best(points)
    place[:, index] += step
    rivals = np.union1d(index, best)
    order = rivals[np.lexsort((-points.objective[rivals], points.subject[rivals]))]
    subject, u, curvature = points.subject[order], place.T[order], points.curvature[order]
    leads = np.ones(len(points.subject), bool)
    for behind in range(1, len(order)):
        worse = np.flatnonzero(subject[behind:] == subject[:-behind]) + behind
        if not len(worse):
            break
        away = u[worse] - u[worse - behind]
        close = np.abs(away).max(axis=1) < NO_FURTHER
        worse, away = worse[close], away[close]
        distance = (away * (curvature[worse - behind] @ away[..., None])[..., 0]).sum(axis=1)
        leads[order[worse[distance < near]]] = False
    return leads[index]


def _best(points: Points) -> np.ndarray:
    """Return the index of the best set of each subject."""
    order = np.lexsort((-points.objective, points.subject))
    return order[np.searchsorted(points.subject[order], np.arange(points.subject.max(initial=-1) + 1))]


def spread_starts(parameters: tuple, n_starts: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n_parameters, n_starts) unconstrained starting points.

    The first is the middle of the plausible ranges; the others fill them, a Latin square of strata. All subjects share
    them, so that nobody's estimate depends on who else is in the table.
    """
    starts = np.stack([p.starts(n_starts, rng) for p in parameters])
    starts[:, 0] = [p.to_unconstrained(np.asarray(p.plausible)).mean() for p in parameters]
    return starts
