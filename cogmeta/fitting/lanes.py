"""The engine: a cognitive model run over thousands of lanes at once, with the slope and curvature of its likelihood.

A lane is one sequence of trials under one set of parameters. Around each set of parameters the engine runs one more
*slab* of lanes a parameter, displaced by a small step in unconstrained coordinates, and takes the differences of the
trial-wise logits as their Jacobian ``J``. With the probabilities ``p`` of the options,

    score  = sum_t J_t' (taken_t - p_t)                 (the exact gradient, up to the finite difference)
    Fisher = sum_t J_t' (diag(p_t) - p_t p_t') J_t      (the expected curvature, never negative)

so a Gauss-Newton step needs no second derivatives and no exponentials in the displaced slabs. Parameters that
``update`` never reads (inverse temperatures, weights) do not displace the values: their slabs run the policy only.
Which ones those are is found out by running the model, not declared. Lanes run in blocks that fit into a processor's
cache.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from cogmeta.fitting.sequences import Sequences
from cogmeta.models.model import Model
from cogmeta.models.trial import Trial, in_tuple

DISPLACEMENT = 1e-7
"""Step of the finite differences, in unconstrained coordinates: truncation and rounding are both about 1e-7."""

BLOCK_BYTES = 64e6
"""Most memory that the stored logits of one block take."""

BLOCK_LANES = 1000
"""Most lanes of a block."""

FEW_LANES = 300
"""Below this an operation costs what calling it costs: where only slopes are asked for, all parameters displace the values, so
that the policy runs once a trial and not twice (50 lanes, seven parameters: 13 ms instead of 19)."""


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
    """

    name = "plain"

    def __init__(self, model: Model, sequences: Sequences) -> None:
        self.model, self.sequences = model, sequences
        self.learning: tuple[str, ...] = ()
        self.count = np.bincount(sequences.subject, minlength=len(sequences.subjects))
        self.first = np.concatenate([[0], np.cumsum(self.count)[:-1]])
        self._cut: tuple[bytes, _Block] | None = None

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
        n_parameters, n_sets = u.shape
        out = (np.zeros(n_sets), np.zeros((n_sets, n_parameters)), np.zeros((n_sets, n_parameters, n_parameters)))
        for lanes, lane_set in self._blocks(subject):
            for total, part in zip(out, self._block(lanes, u[:, lane_set])):
                np.add.at(total, lane_set, part)
        return out

    def score(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihood (n_sets,) and score (n_sets, n_parameters) as ``evaluate`` does, and no curvature."""
        n_parameters, n_sets = u.shape
        out = np.zeros(n_sets), np.zeros((n_sets, n_parameters))
        for lanes, lane_set in self._blocks(subject):
            few = len(lanes) < FEW_LANES
            block, logits, learning = self._logits(lanes, u[:, lane_set], self.model.parameter_names if few else None)
            order = np.array(_slab_order(self.model, learning)) - 1
            for z, taken in zip(logits, block.taken):
                for total, part in zip(out, _slope(z, taken, order)):
                    np.add.at(total, lane_set, part)
        return out

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
        return [p.to_natural(x) for p, x in zip(self.model.scaled_parameters, u)]

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

    def _block(self, lanes: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        block, logits, learning = self._logits(lanes, u)
        order = _slab_order(self.model, learning)
        parts = [_curvature(z, taken, order) for z, taken in zip(logits, block.taken)]
        return tuple(sum(part) for part in zip(*parts))

    def _logits(
        self, lanes: np.ndarray, u: np.ndarray, learning: tuple[str, ...] | None = None
    ) -> tuple["_Block", list[np.ndarray], tuple[str, ...]]:
        """Return the trials of some lanes, their displaced logits, and the parameters that displaced the values."""
        block = self._cut_out(lanes)
        while True:
            try:
                known = self.learning if learning is None else learning
                return block, _displaced_logits(self.model, block, u, known), known
            except _NewlyRead as found:
                if found.args[0] not in self.model.parameter_names:
                    raise AttributeError(f"{self.model.name} has no parameter {found.args[0]!r}") from None
                self.learning += (found.args[0],)

    def _trial_log_likelihood(self, lanes: np.ndarray, natural: list[np.ndarray]) -> np.ndarray:
        block = self._cut_out(lanes)
        parameters = SimpleNamespace(**{name: x[None] for name, x in zip(self.model.parameter_names, natural)})
        logits = _empty_logits(block, 1)
        values = self.model.initial_values((1, len(lanes)), parameters)
        for t, trial in enumerate(block.trials):
            block.store(logits, t, slice(None), self.model.policy(values, parameters))
            values = self.model.update(values, parameters, trial)
        return sum(_log_probability(z[:, :, 0], taken) for z, taken in zip(logits, block.taken))

    def _cut_out(self, lanes: np.ndarray) -> "_Block":
        key = lanes.tobytes()
        if self._cut is None or self._cut[0] != key:
            self._cut = key, _Block(self.sequences, lanes)
        return self._cut[1]


class _Block:
    """The trials of some lanes, with an axis of length 1 for the slabs."""

    def __init__(self, sequences: Sequences, lanes: np.ndarray) -> None:
        n_trials = int(sequences.length[lanes].max(initial=0))
        self.n_lanes = len(lanes)
        events = {name: _columns_of(sequences, name, n_trials, lanes)[..., None, :] for name in sequences.events}
        names = {id(array): name for name, array in sequences.events.items()}
        self.taken = [events[names[id(c.taken)]][:, :, 0] if id(c.taken) in names else
                      _columns(c.taken[:n_trials], lanes) for c in sequences.choices]
        self.given = [None if c.given is None else events[names[id(c.given)]] for c in sequences.choices]
        self.trials = [Trial(**{name: array[t] for name, array in events.items()}) for t in range(n_trials)]

    def store(self, logits: list[np.ndarray], t: int, slabs: slice, policy: Any) -> None:
        """Write a policy's logits at trial t, relative to the first option, in the state that was met."""
        for c, logit in enumerate(in_tuple(policy)):
            place = logits[c][t, :, slabs]
            if self.given[c] is None:
                np.subtract(logit[1:], logit[:1], out=place)
                continue
            state, difference = self.given[c][t], logit[:, 1:] - logit[:, :1]
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


def _empty_logits(block: _Block, n_slabs: int) -> list[np.ndarray]:
    """Return an array (n_trials, n_options - 1, n_slabs, n_lanes) a choice."""
    return [np.empty((len(taken), taken.shape[1] - 1, n_slabs, block.n_lanes)) for taken in block.taken]


def _slab_order(model: Model, learning: Sequence[str]) -> list[int]:
    """Return the slab of each parameter: those that displace the values come first."""
    names = [*learning, *(name for name in model.parameter_names if name not in learning)]
    return [1 + names.index(name) for name in model.parameter_names]


def _displaced_logits(model: Model, block: _Block, u: np.ndarray, learning: Sequence[str]) -> list[np.ndarray]:
    """Return the logits of every choice: slab 0 undisplaced, then one slab a parameter."""
    base = {p.name: p.to_natural(x)[None] for p, x in zip(model.scaled_parameters, u)}
    moved = {p.name: p.to_natural(x + DISPLACEMENT) for p, x in zip(model.scaled_parameters, u)}
    others = [name for name in model.parameter_names if name not in learning]
    learner = _Learning(**_displace(base, moved, learning, first=1))
    chooser = SimpleNamespace(**{**base, **vars(learner)})
    bystander = SimpleNamespace(**{**base, **_displace(base, moved, others, first=0)})
    n_learning = 1 + len(learning)
    logits = _empty_logits(block, n_learning + len(others))
    values = model.initial_values((n_learning, block.n_lanes), learner)
    for t, trial in enumerate(block.trials):
        block.store(logits, t, slice(n_learning), model.policy(values, chooser))
        if others:
            block.store(logits, t, slice(n_learning, None), model.policy(_undisplaced(values), bystander))
        values = model.update(values, learner, trial)
    return logits


def _displace(
    base: dict[str, np.ndarray], moved: dict[str, np.ndarray], names: Sequence[str], first: int
) -> dict[str, np.ndarray]:
    """Return (n_slabs, n_lanes) arrays: parameter k of ``names`` is displaced in slab ``first + k``."""
    out = {}
    for k, name in enumerate(names):
        out[name] = np.repeat(base[name], first + len(names), axis=0)
        out[name][first + k] = moved[name]
    return out


def _undisplaced(values: Any) -> Any:
    """Return the first slab of values, whatever they are kept in."""
    if isinstance(values, np.ndarray):
        return values[..., :1, :]
    if isinstance(values, dict):
        return {name: _undisplaced(value) for name, value in values.items()}
    parts = [_undisplaced(value) for value in values]
    return type(values)(*parts) if hasattr(values, "_fields") else tuple(parts)


def _log_probability(z: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return log softmax of the option taken; z is relative to the first option, axes (trial, option, lane)."""
    if z.shape[1] == 1:
        return _two_options(z[:, 0], taken)[0]
    top = np.maximum(z.max(axis=1), 0.0)
    norm = top + np.log(np.exp(-top) + np.exp(z - top[:, None]).sum(axis=1))
    return (taken[:, 1:] * z).sum(axis=1) - norm * taken.sum(axis=1)


def _two_options(z: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log-probability of the option taken, its residual and the variance p (1 - p), all (trial, lane)."""
    sign = taken[:, 1] - taken[:, 0]
    valid = np.abs(sign)
    ahead = sign * z
    small = np.exp(-np.abs(ahead))
    norm = 1 + small
    log_probability = valid * (np.minimum(ahead, 0.0) - np.log(norm))
    residual = sign * (np.exp(-np.maximum(ahead, 0.0)) / norm)
    return log_probability, residual, valid * small / norm**2


def _slope(z: np.ndarray, taken: np.ndarray, slabs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log-likelihood and score of each lane from the logits of one choice; z is used up."""
    jacobian = np.subtract(z[:, :, 1:], z[:, :, :1], out=z[:, :, 1:])
    if z.shape[1] == 1:
        log_probability, residual, _ = _two_options(z[:, 0, 0], taken)
        residual = residual[:, None]
    else:
        log_probability = _log_probability(z[:, :, 0], taken)
        residual = taken[:, 1:] - _probability(z[:, :, 0], taken)
    score = np.einsum("tokl,tol->lk", jacobian, residual) / DISPLACEMENT
    return log_probability.sum(axis=0), score[:, slabs]


def _curvature(z: np.ndarray, taken: np.ndarray, order: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log-likelihood, score and Fisher matrix of each lane from the logits of one choice; z is used up."""
    jacobian = np.subtract(z[:, :, 1:], z[:, :, :1], out=z[:, :, 1:])
    if z.shape[1] == 1:
        log_probability, residual, variance = _two_options(z[:, 0, 0], taken)
        score, fisher = _sums(jacobian[:, 0], residual, variance)
    else:
        log_probability = _log_probability(z[:, :, 0], taken)
        score, fisher = _many_options(z[:, :, 0], jacobian, taken)
    slabs = np.array(order) - 1
    return log_probability.sum(axis=0), score[:, slabs], fisher[:, slabs[:, None], slabs]


def _many_options(z: np.ndarray, jacobian: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return score and Fisher matrix where there are three options or more; axes (trial, option, slab, lane)."""
    p = _probability(z, taken)
    mean = (p[:, :, None] * jacobian).sum(axis=1)
    flat = (-1, *jacobian.shape[2:])
    score, raw = _sums(jacobian.reshape(flat), (taken[:, 1:] - p).reshape(-1, flat[-1]), p.reshape(-1, flat[-1]))
    return score, raw - _sums(mean, mean[:, 0], np.ones_like(mean[:, 0]))[1]


def _probability(z: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the probabilities of all options but the first, 0 where nothing is scored; axes (trial, option, lane)."""
    top = np.maximum(z.max(axis=1, keepdims=True), 0.0)
    weight = np.exp(z - top)
    return taken.sum(axis=1, keepdims=True) * weight / (np.exp(-top) + weight.sum(axis=1, keepdims=True))


def _sums(jacobian: np.ndarray, residual: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sum J r and sum J w J' over the first axis; axes (row, slab, lane). Slabs that are zero cost nothing."""
    n_slabs, n_lanes = jacobian.shape[1:]
    score, fisher = np.zeros((n_lanes, n_slabs)), np.zeros((n_lanes, n_slabs, n_slabs))
    live = [k for k in range(n_slabs) if jacobian[::16, k].any() or jacobian[:, k].any()]
    for i, k in enumerate(live):
        score[:, k] = np.einsum("tl,tl->l", jacobian[:, k], residual) / DISPLACEMENT
        weighted = weight * jacobian[:, k]
        for j in live[i:]:
            fisher[:, k, j] = fisher[:, j, k] = np.einsum("tl,tl->l", weighted, jacobian[:, j]) / DISPLACEMENT**2
    return score, fisher
