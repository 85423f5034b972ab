"""The engine: a cognitive model run over thousands of lanes at once, with the slope and curvature of its likelihood.

A lane is one sequence of trials under one set of parameters. Around each set of parameters the engine runs one more
*slab* of lanes a parameter, displaced by a small step in unconstrained coordinates, and takes the differences of the
trial-wise logits as their Jacobian ``J``. With the probabilities ``p`` of the options,

    score  = sum_t J_t' (taken_t - p_t)                 (the exact gradient, up to the finite difference)
    Fisher = sum_t J_t' (diag(p_t) - p_t p_t') J_t      (the expected curvature, never negative)

so a Gauss-Newton step needs no second derivatives and no exponentials in the displaced slabs. Parameters that
``update`` never reads (inverse temperatures, weights) do not displace the values: their slabs run the policy only.
Which ones those are is found out by running the model, not declared.

Learning goes trial by trial, choosing does not: ``policy`` runs once a stretch of trials, on the values that they meet, with an
axis of trials before that of the slabs. Lanes run in blocks; stretches are as long as fits into a processor's cache.

A search that is far from its end needs no fifteen digits: ``rough`` gives the same engine in single precision, which takes half
the time.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from cogmeta.fitting.logits import curvature, log_probability, slope
from cogmeta.fitting.sequences import Sequences
from cogmeta.models.model import Model
from cogmeta.models.trial import Trial, in_tuple

DISPLACEMENT = {np.float64: 1e-7, np.float32: 1e-3}
"""Step of the finite differences, in unconstrained coordinates, where truncation and rounding are about alike."""

BLOCK_BYTES = 64e6
"""Most memory that the stored logits of one block take."""

STRETCH_CELLS = 4000
"""Trials, times lanes, of a stretch."""

BLOCK_LANES = 2000
"""Most lanes of a block."""

MANY_SETS = 100
"""From which on single precision is worth its while: fewer cost what calling NumPy's functions costs."""


class _NewlyRead(Exception):
    """``update`` or ``initial_values`` read a parameter that was not known to matter for learning."""


class _Learning(SimpleNamespace):
    """Parameters that displace the values; reading another one is reported."""

    def __getattr__(self, name: str) -> np.ndarray:
        raise _NewlyRead(name)


class Engine:
    """A model on the sequences of a trial table.

    Parameters
    ----------
    model : Model
        Adapted to the table.
    sequences : Sequences
    dtype : {numpy.float64, numpy.float32}
        In which it computes; what it returns is in double precision.
    """

    name = "plain"

    def __init__(self, model: Model, sequences: Sequences, dtype: type[np.floating] = np.float64) -> None:
        self.model, self.sequences, self.dtype = model, sequences, dtype
        self.learning: tuple[str, ...] = ()
        self.count = np.bincount(sequences.subject, minlength=len(sequences.subjects))
        self.first = np.concatenate([[0], np.cumsum(self.count)[:-1]])
        self._cut: tuple[bytes, _Block] | None = None
        self._memory = np.empty((len(sequences.choices), 0), dtype)

    def rough(self, n_sets: int) -> "Engine":
        """Return the engine for a step of a search that is far from its end, with so many sets of parameters.

        In single precision (log-likelihoods to about 1e-4, slopes to about 1e-3 of their size), or this one where they are few.
        """
        return self if n_sets < MANY_SETS else self._single

    @cached_property
    def _single(self) -> "Engine":
        return Engine(self.model, self.sequences.astype(np.float32), np.float32)

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log-likelihood, score and Fisher matrix of sets of parameters.

        Parameters
        ----------
        u : (n_parameters, n_sets) float array
            Unconstrained.
        subject : (n_sets,) int array
            Whose choices each set is to explain.

        Returns
        -------
        log_likelihood : (n_sets,) float array
        score : (n_sets, n_parameters) float array
        fisher : (n_sets, n_parameters, n_parameters) float array
        """
        k, n = u.shape
        return self._totals(curvature, u, subject, (np.zeros(n), np.zeros((n, k)), np.zeros((n, k, k))))

    def score(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihood (n_sets,) and score (n_sets, n_parameters) as ``evaluate`` does, and no curvature."""
        return self._totals(slope, u, subject, (np.zeros(u.shape[1]), np.zeros(u.shape[::-1])))

    def log_likelihood(self, u: np.ndarray, subject: np.ndarray) -> np.ndarray:
        """Return (n_sets,) log-likelihoods alone, at a fraction of the cost of ``evaluate``."""
        total = np.zeros(u.shape[1])
        natural = self._natural(u)
        for lanes, lane_set in self._blocks(subject):
            part = self._trial_log_likelihood(lanes, [x[lane_set] for x in natural])
            np.add.at(total, lane_set, part.sum(axis=0))
        return total

    def trial_log_likelihood(self, natural: dict[str, np.ndarray]) -> np.ndarray:
        """Return the natural log-probability of what was chosen in each trial, summed over its choices.

        Parameters
        ----------
        natural : dict of (n_subjects,) float arrays
            Natural parameters of every subject.

        Returns
        -------
        (n_trials, n_sequences) float array
            0 in padding.
        """
        out = np.zeros(self.sequences.row.shape)
        values = [np.broadcast_to(natural[name], len(self.sequences.subjects)) for name in self.model.parameter_names]
        for lanes, lane_set in self._blocks(np.arange(len(self.sequences.subjects))):
            part = self._trial_log_likelihood(lanes, [x[lane_set] for x in values])
            out[: len(part), lanes] = part
        return out

    def rows_of(self, subject: int) -> np.ndarray:
        """Return the rows of the table on which a subject is scored, sequence by sequence."""
        lanes = slice(self.first[subject], self.first[subject] + self.count[subject])
        return self.sequences.row[:, lanes].T[self.sequences.scored[:, lanes].T]

    def trials_of(self, subject: int, u: np.ndarray) -> np.ndarray:
        """Return (n_sets, n_rows) log-likelihoods of a subject's scored trials, in the order of ``rows_of``.

        Parameters
        ----------
        subject : int
        u : (n_parameters, n_sets) float array
            Unconstrained.
        """
        lanes = range(self.first[subject], self.first[subject] + self.count[subject])
        rows = []
        for start in range(0, u.shape[1], BLOCK_LANES):
            natural = self._natural(u[:, start:start + BLOCK_LANES])
            each = [self._trial_log_likelihood(np.full(len(natural[0]), lane), natural) for lane in lanes]
            scored = [part[np.flatnonzero(self.sequences.scored[:len(part), lane])].T for part, lane in zip(each, lanes)]
            rows.append(np.concatenate([np.zeros((len(natural[0]), 0)), *scored], axis=1))
        return np.concatenate(rows)

    def _natural(self, u: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(p.to_natural(x), self.dtype) for p, x in zip(self.model.scaled_parameters, u)]

    def _blocks(self, subject: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (sequences, set of each) of every block; lanes of like length stand together."""
        lane_set = np.repeat(np.arange(len(subject)), self.count[subject])
        begin = np.cumsum(self.count[subject]) - self.count[subject]
        lane = np.arange(len(lane_set)) - begin[lane_set] + self.first[subject[lane_set]]
        length = self.sequences.length[lane]
        if len(length) and length.min() < length.max():
            order = np.argsort(-length, kind="stable")
            lane, lane_set, length = lane[order], lane_set[order], length[order]
        blocks, start = [], 0
        while start < len(lane):
            columns = max(1, len(self.model.choices)) * (len(self.model.parameters) + 1)
            size = int(np.clip(BLOCK_BYTES / (8 * columns * max(1, length[start])), 1, BLOCK_LANES))
            blocks.append((lane[start:start + size], lane_set[start:start + size]))
            start += size
        return blocks

    def _totals(
        self, measure: Callable[..., tuple[np.ndarray, ...]], u: np.ndarray, subject: np.ndarray, out: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, ...]:
        """Add what a function of logits, choices and slabs tells of every lane to its set's row of ``out``."""
        for lanes, lane_set in self._blocks(subject):
            for total, part in zip(out, self._measured(measure, lanes, u[:, lane_set])):
                np.add.at(total, lane_set, part)
        return out

    def _measured(
        self, measure: Callable[..., tuple[np.ndarray, ...]], lanes: np.ndarray, u: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        while True:
            slabs = _slabs(self.model, self.learning)
            try:
                block, logits = self._displaced_logits(lanes, u)
                parts = [measure(z, taken, slabs, DISPLACEMENT[self.dtype]) for z, taken in zip(logits, block.taken)]
                return tuple(sum(part) for part in zip(*parts))
            except _NewlyRead as found:
                if found.args[0] not in self.model.parameter_names:
                    raise AttributeError(f"{self.model.name} has no parameter {found.args[0]!r}") from None
                self.learning += (found.args[0],)

    def _displaced_logits(self, lanes: np.ndarray, u: np.ndarray) -> tuple["_Block", list[np.ndarray]]:
        """Return the trials of some lanes and the logits of every choice: slab 0 undisplaced, then one slab a parameter."""
        model, block, learning = self.model, self._cut_out(lanes), self.learning
        base = {name: x[None] for name, x in zip(model.parameter_names, self._natural(u))}
        moved = dict(zip(model.parameter_names, self._natural(u + DISPLACEMENT[self.dtype])))
        others = [name for name in model.parameter_names if name not in learning]
        learner = _Learning(**_displace(base, moved, learning, first=1))
        chooser = SimpleNamespace(**{**base, **vars(learner)})
        bystander = SimpleNamespace(**{**base, **_displace(base, moved, others, first=0)})
        n_learning = 1 + len(learning)
        logits = self._logits(block, n_learning + len(others))
        for stretch, values in self._stretches(block, learner, n_learning):
            block.store(logits, stretch, slice(n_learning), model.policy(values, chooser))
            if others:
                undisplaced = map_arrays(lambda x: x[..., :1, :], values)
                block.store(logits, stretch, slice(n_learning, None), model.policy(undisplaced, bystander))
        return block, logits

    def _logits(self, block: "_Block", n_slabs: int) -> list[np.ndarray]:
        """Return an array (n_options - 1, n_trials, n_slabs, n_lanes) a choice, in the memory of the logits before.

        Fresh memory costs more than what is written into it.
        """
        shapes = [(len(taken) - 1, block.n_trials, n_slabs, block.n_lanes) for taken in block.taken]
        size = max(map(math.prod, shapes), default=0)
        if self._memory.shape[1] < size:
            self._memory = np.empty((len(shapes), size), self.dtype)
        return [own[:math.prod(shape)].reshape(shape) for own, shape in zip(self._memory, shapes)]

    def _stretches(self, block: "_Block", parameters: SimpleNamespace, n_slabs: int) -> Iterator[tuple[slice, Any]]:
        """Yield stretches of trials with the values that they meet, which have an axis of trials before the slabs'.

        Each stretch is written over the one before.
        """
        start = self.model.initial_values((n_slabs, block.n_lanes), parameters)
        values = map_arrays(lambda x: x.astype(self.dtype), start)
        size = max(1, min(len(block.trials), STRETCH_CELLS // max(1, block.n_lanes)))
        kept = map_arrays(lambda x: np.empty((size, *x.shape[:-2], n_slabs, block.n_lanes), self.dtype), values)
        arrays, met = _arrays(kept), map_arrays(lambda x: np.moveaxis(x, 0, -3), kept)
        for first in range(0, len(block.trials), size):
            trials = block.trials[first:first + size]
            for t, trial in enumerate(trials):
                for array, x in zip(arrays, _arrays(values)):
                    array[t] = x
                values = self.model.update(values, parameters, trial)
            yield slice(first, first + len(trials)), map_arrays(lambda x: x[..., :len(trials), :, :], met)

    def _trial_log_likelihood(self, lanes: np.ndarray, natural: list[np.ndarray]) -> np.ndarray:
        block = self._cut_out(lanes)
        parameters = SimpleNamespace(**{name: x[None] for name, x in zip(self.model.parameter_names, natural)})
        logits = self._logits(block, 1)
        for stretch, values in self._stretches(block, parameters, 1):
            block.store(logits, stretch, slice(None), self.model.policy(values, parameters))
        return sum(log_probability(z[:, :, 0], taken) for z, taken in zip(logits, block.taken))

    def _cut_out(self, lanes: np.ndarray) -> "_Block":
        key = lanes.tobytes()
        if self._cut is None or self._cut[0] != key:
            self._cut = key, _Block(self.sequences, lanes)
        return self._cut[1]


class _Block:
    """The trials of some lanes, with an axis of length 1 for the slabs."""

    def __init__(self, sequences: Sequences, lanes: np.ndarray) -> None:
        self.n_lanes, self.n_trials = len(lanes), int(sequences.length[lanes].max(initial=0))
        events = {name: _columns_of(sequences, name, self.n_trials, lanes)[..., None, :] for name in sequences.events}
        names = {id(array): name for name, array in sequences.events.items()}
        taken = [events[names[id(c.taken)]][:, :, 0] if id(c.taken) in names else _columns(c.taken[:self.n_trials], lanes)
                 for c in sequences.choices]
        self.taken = [x.swapaxes(0, 1) for x in taken]
        self.given = [None if c.given is None else events[names[id(c.given)]].swapaxes(0, 1) for c in sequences.choices]
        self.trials = [Trial(**{name: array[t] for name, array in events.items()}) for t in range(self.n_trials)]

    def store(self, logits: list[np.ndarray], stretch: slice, slabs: slice, policy: Any) -> None:
        """Write a policy's logits in a stretch of trials, relative to the first option, in the states that were met."""
        for c, logit in enumerate(in_tuple(policy)):
            place = logits[c][:, stretch, slabs]
            if logit.ndim < place.ndim + (self.given[c] is not None):  # it does not depend on the values
                logit = logit[..., None, :, :]
            if self.given[c] is None:
                np.subtract(logit[1:], logit[:1], out=place)
                continue
            state, difference = self.given[c][:, stretch], logit[:, 1:] - logit[:, :1]
            if len(difference) == 2:
                change = difference[1] - difference[0]
                change *= state[1]
                np.add(difference[0], change, out=place)
            else:
                np.sum(state[:, None] * difference, axis=0, out=place)


def _in_row(lanes: np.ndarray) -> bool:
    return bool(lanes[-1] - lanes[0] == len(lanes) - 1 and (np.diff(lanes) == 1).all())


def _columns(array: np.ndarray, lanes: np.ndarray) -> np.ndarray:
    """Return the last axis at ``lanes``: a view where they stand in a row, else a copy."""
    return array[..., lanes[0]:lanes[-1] + 1] if _in_row(lanes) else np.take(array, lanes, axis=-1)


def _columns_of(sequences: Sequences, name: str, n_trials: int, lanes: np.ndarray) -> np.ndarray:
    """Return the first trials of some sequences: a view where they stand in a row, else a copy.

    Copies are of whole sequences, which are short rows of their own in ``by_sequence``: picked out of rows as long as the
    table has sequences, they cost ten times as much where there are 20,000.
    """
    if _in_row(lanes):
        return _columns(sequences.events[name][:n_trials], lanes)
    return np.ascontiguousarray(sequences.by_sequence[name][lanes].T[:n_trials])


def _slabs(model: Model, learning: Sequence[str]) -> np.ndarray:
    """Return the slab of each parameter: those that displace the values come first."""
    names = [*learning, *(name for name in model.parameter_names if name not in learning)]
    return np.array([1 + names.index(name) for name in model.parameter_names], int)


def map_arrays(function: Callable, values: Any) -> Any:
    """Apply a function to each array of values, whatever these are kept in: an array, a tuple, a named tuple, a dict."""
    if isinstance(values, np.ndarray):
        return function(values)
    if isinstance(values, dict):
        return {name: map_arrays(function, part) for name, part in values.items()}
    parts = [map_arrays(function, part) for part in values]
    return type(values)(*parts) if hasattr(values, "_fields") else tuple(parts)


def _arrays(values: Any) -> list[np.ndarray]:
    """Return the arrays of values, whatever these are kept in."""
    if isinstance(values, np.ndarray):
        return [values]
    return [array for part in (values.values() if isinstance(values, dict) else values) for array in _arrays(part)]


def _displace(
    base: dict[str, np.ndarray], moved: dict[str, np.ndarray], names: Sequence[str], first: int
) -> dict[str, np.ndarray]:
    """Return (n_slabs, n_lanes) arrays: parameter k of ``names`` is displaced in slab ``first + k``."""
    out = {}
    for k, name in enumerate(names):
        out[name] = np.repeat(base[name], first + len(names), axis=0)
        out[name][first + k] = moved[name]
    return out
