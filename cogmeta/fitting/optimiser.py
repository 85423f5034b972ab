"""Levenberg-Marquardt on the Fisher matrix, many starts and subjects side by side.

All starts of all subjects take their first steps together; then they race. After a few steps only the best distinct
starts of each subject run on, and a start that has arrived is dropped from the lanes. What is maximised is the
log-likelihood plus a penalty, in unconstrained coordinates, inside the span that each parameter's domain searches.
Newton steps with the observed curvature were tried for the last few lanes: they gained nothing, for what holds these
back is kinks of the likelihood, not bends.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.penalty import Penalty

Listener = Callable[[int, int], None]
"""Called after every step with (subjects finished, subjects in all)."""

RACE = {4: 8, 6: 5, 9: 3}
"""After so many steps, so many starts of each subject run on. The first cut waits: with it at step 2 or 3, or to 7 starts,
200 fits of one of six data sets lost 3.8 nats, where the best start begins slowly."""

SAME = 0.25
"""Starts whose unconstrained parameters all differ by less than this have found the same hill."""

TOLERANCE = 1e-3
"""A start has arrived when the next step promises less than this, in units of log-likelihood."""

PATIENCE = 5
"""Steps in a row that may gain less than the tolerance. Model-based values take a maximum, so that likelihoods have
kinks, and an optimum may sit on one: no step from there gains what its slope promises."""

FINER, LAST_STEPS = 100.0, 3
"""The winners take a few more steps, hardly damped, at a finer tolerance: along a valley that is nearly flat (a rate on
its way to its bound) each damped step may promise less than the tolerance, while all of them together gain more."""

MAX_STEPS = 100
LONGEST_STEP = 2.0
DAMPING, LOWEST_DAMPING, HIGHEST_DAMPING = 0.1, 1e-4, 1e8


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
    race: dict[int, int] | None = None,
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
    race : dict, optional
        Steps taken -> starts of each subject that run on; an empty one lets every start arrive.
    tolerance : float
        In units of log-likelihood.

    Returns
    -------
    Points
        One set a subject, in the order of subjects.
    """
    return maximise_from(engine, penalty, look(engine, penalty, starts, subject), listener, race, tolerance)


def maximise_from(
    engine: Engine, penalty: Penalty, points: Points, listener: Listener | None = None, race: dict[int, int] | None = None,
    tolerance: float = TOLERANCE,
) -> Points:
    """Do what ``maximise`` does, from starts at which the likelihood is known; ``points`` are moved."""
    _climb(engine, penalty, points, RACE if race is None else race, tolerance, MAX_STEPS, listener)
    best = points.take(_best(points))
    _climb(engine, penalty, best, {}, tolerance / FINER, LAST_STEPS, first_damping=LOWEST_DAMPING)
    return best


def settle(engine: Engine, penalty: Penalty, points: Points, tolerance: float) -> Points:
    """Return the maxima near points that were maxima under another penalty, one set a subject.

    The likelihood is not run again where it is known: a set from which no step promises more than ``tolerance`` costs
    nothing, and the others start hardly damped.
    """
    moved = under(penalty, points)
    _climb(engine, penalty, moved, {}, tolerance, MAX_STEPS, first_damping=LOWEST_DAMPING)
    return moved


def _climb(
    engine: Engine, penalty: Penalty, points: Points, race: dict[int, int], tolerance: float, max_steps: int,
    listener: Listener | None = None, first_damping: float = DAMPING,
) -> None:
    """Move every set uphill, in place, until it has arrived, is out of the race, or has taken ``max_steps``."""
    subject = points.subject
    damping = np.full(len(subject), first_damping)
    running = np.isfinite(points.objective)
    idle = np.zeros(len(subject), int)
    bounds = np.array([p.search for p in engine.model.scaled_parameters])
    n_subjects = int(subject.max(initial=-1)) + 1
    for n_steps in range(max_steps):
        if n_steps in race:
            running &= _leaders(points, race[n_steps])
        index = np.flatnonzero(running)
        if listener:
            listener(n_subjects - len(np.unique(subject[index])), n_subjects)
        if not len(index):
            break
        before = points.objective[index]
        damping[index], running[index] = _step(engine, penalty, points, index, damping[index], bounds, tolerance)
        idle[index] = np.where(points.objective[index] - before > tolerance, 0, idle[index] + 1)
        running &= idle < PATIENCE


def _step(
    engine: Engine, penalty: Penalty, points: Points, index: np.ndarray, damping: np.ndarray, bounds: np.ndarray,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Try one step of each set; move those that rise. Return the new damping and who runs on."""
    now = points.take(index)
    step, promise = _proposal(now, damping, bounds)
    going = promise > tolerance
    running = going | (damping > 1.0)
    candidate = look(engine, penalty, now.u[:, running] + step[:, running], now.subject[running])
    gain = candidate.objective - now.objective[running]
    rises = gain > 0
    points.put(index[running][rises], candidate.take(rises))
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


def _leaders(points: Points, n_kept: int) -> np.ndarray:
    """Return (n_sets,) bool: the best distinct starts of each subject."""
    order = np.lexsort((-points.objective, points.subject))
    subject, u = points.subject[order], points.u[:, order]
    first = np.searchsorted(subject, subject)
    rank = np.arange(len(order)) - first
    fresh = np.ones(len(order), bool)
    taken = np.zeros(subject.max(initial=-1) + 1, int)
    for r in range(rank.max(initial=-1) + 1):
        place = np.flatnonzero(rank == r)
        for better in range(r):
            rival = first[place] + better
            near = (np.abs(u[:, place] - u[:, rival]) < SAME).all(axis=0)
            fresh[place] &= ~(fresh[rival] & near)
        fresh[place] &= taken[subject[place]] < n_kept
        taken[subject[place]] += fresh[place]
    kept = np.zeros(len(order), bool)
    kept[order] = fresh
    return kept


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
