"""The functions of a cognitive model, tried alone: shapes, nothing changed in place, no lane sees another.

These come before any likelihood, so that the commonest slips (lanes first, an index where a one-hot array is, a maximum
over everything) are named for what they are.
"""

from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np

from cogmeta.errors import UserError
from cogmeta.fitting.lanes import map_arrays
from cogmeta.models.model import Model
from cogmeta.models.trial import Trial, in_tuple, one_hot

LANES = (5, 7)
"""Lane axes of the trial: sizes that no axis of options or states has."""

N_TRIALS = 6
LAST = "Lane axes come last: (..., *lanes)"
ONE_HOT = "trial.choice is one-hot, (n_options, *lanes), never an index: write values + trial.choice * (...)"


def check_functions(model: Model, rng: np.random.Generator) -> None:
    """Run ``initial_values``, ``policy`` and ``update`` over lanes that differ in parameters and trials.

    Parameters
    ----------
    model : Model
        Adapted to a number of options.
    rng : numpy.random.Generator

    Raises
    ------
    UserError
        A function fails, returns arrays of other shapes, changes what it was given, or mixes lanes.
    """
    parameters = {p.name: p.to_natural(p.starts(np.prod(LANES), rng)).reshape(LANES) for p in model.scaled_parameters}
    trials = [random_trial(model, rng) for _ in range(N_TRIALS)]
    met, together = _run(model, parameters, trials)
    for slab, lane in ((2, 4), (0, 6)):
        own = {name: array[slab:slab + 1, lane:lane + 1] for name, array in parameters.items()}
        _, alone = _run(model, own, [_lane_of(trial, lane) for trial in trials])
        for t, (whole, single) in enumerate(zip(together, alone)):
            gap = max(np.abs(w[..., slab, lane] - s[..., 0, 0]).max() for w, s in zip(whole, single))
            if gap > 1e-10:  # arithmetic is the same, lane by lane; what is not finite is found later
                raise UserError(f"lanes of {model.name} influence each other: at trial {t} the logits of one learner "
                                f"change by {gap:.2g} when others run beside it. Reduce over axes of options only, "
                                "such as values.max(axis=0), never over all of an array, and never average rewards.")
    _check_together(model, met, SimpleNamespace(**parameters), together)


def random_rewards(model: Model, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return rewards of the model's range: half of them its ends, half anywhere between."""
    low = model.reward_middle - model.reward_width / 2
    share = np.where(rng.random(shape) < 0.5, rng.integers(2, size=shape), rng.random(shape))
    return low + model.reward_width * share


def random_trial(model: Model, rng: np.random.Generator) -> Trial:
    """Return a trial as the engine gives it: events (n, 1, n_lanes), outcomes (1, n_lanes)."""
    sizes = {c.column: model.n_options(c) for c in model.choices} | model.states
    events = {name: one_hot(rng.integers(n, size=(1, LANES[1])), n) for name, n in sizes.items()}
    return Trial(**events, **{name: random_rewards(model, (1, LANES[1]), rng) for name in model.outcomes})


def _lane_of(trial: Trial, lane: int) -> Trial:
    return Trial(**{name: array[..., lane:lane + 1] for name, array in vars(trial).items()})


def _run(model: Model, natural: dict[str, np.ndarray], trials: list[Trial]) -> tuple[list[Any], list[list[np.ndarray]]]:
    """Return the values that every trial meets and its logits, each broadcast to its full shape."""
    parameters = SimpleNamespace(**natural)
    lanes = next(iter(natural.values())).shape
    values = _call(model, "initial_values", lanes, parameters)
    for leaf in _leaves(model, "initial_values", values):
        _check_lanes_last(model, "initial_values", leaf.shape, lanes)
    logits, met = [], []
    for trial in trials:
        met.append(values)
        logits.append(_checked_logits(model, _call(model, "policy", values, parameters), lanes))
        values = _checked_values(model, _call(model, "update", values, parameters, trial), values)
    return met, logits


def _check_together(model: Model, met: list[Any], parameters: SimpleNamespace, logits: list[list[np.ndarray]]) -> None:
    """Run ``policy`` on the values of all trials at once, as fits do: with one more lane axis before the others."""
    leaves = zip(*(_leaves(model, "update", values) for values in met))
    stacks = (np.stack(np.broadcast_arrays(*each), axis=-3) for each in leaves)
    policy = _call(model, "policy", map_arrays(lambda _: next(stacks), met[0]), parameters)
    for whole, each in zip(in_tuple(policy), zip(*logits)):
        single = np.stack(each, axis=-3)
        whole = whole[..., None, :, :] if whole.ndim < single.ndim else whole
        if not _broadcasts(whole.shape, single.shape) or not np.allclose(whole, single, atol=1e-10, equal_nan=True):
            raise UserError(f"policy of {model.name} gives other logits for several trials at once, which is how fits run it: values "
                            f"then have one more lane axis, parameters have not. {LAST}; leave their number open.")


def _call(model: Model, function: str, *arguments: Any) -> Any:
    """Return what a function of the model returns; say in words what it trips over or what it changed."""
    before = deepcopy(arguments)
    try:
        result = getattr(model, function)(*arguments)
    except AttributeError as error:
        known = ["reward", *(c.column for c in model.choices)] if function == "update" else []
        raise UserError(f"{function} of {model.name} reads something that is not declared: {error}. Parameters are "
                        f"{list(model.parameter_names)}{', a trial has ' + str(known) if known else ''}.") from error
    except (IndexError, TypeError, ValueError, KeyError) as error:
        raise UserError(f"{function} of {model.name} fails: {error}. {LAST}"
                        f"{'; ' + ONE_HOT if function == 'update' else ''}.") from error
    for given, kept in zip(arguments, before):
        if not _same(given, kept):
            raise UserError(f"{function} of {model.name} changes its arguments in place, which other lanes and trials "
                            "still need. Return new arrays: values + change, not values += change.")
    return result


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, SimpleNamespace):
        one, other = vars(one), vars(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other))
    return True


def _leaves(model: Model, function: str, values: Any) -> Iterator[np.ndarray]:
    """Yield the arrays of values, whatever they are kept in."""
    if isinstance(values, np.ndarray):
        yield values
    elif isinstance(values, dict | tuple) and len(values):
        for part in values.values() if isinstance(values, dict) else values:
            yield from _leaves(model, function, part)
    else:
        raise UserError(f"{function} of {model.name} must return an array, or a tuple, named tuple or dict of arrays, "
                        f"got {type(values).__name__}. self.arms(lanes, value) makes an (n_arms, *lanes) array.")


def _check_lanes_last(model: Model, function: str, shape: tuple[int, ...], lanes: tuple[int, ...]) -> None:
    if shape[-len(lanes):] != lanes:
        first = " The lanes stand first here." if shape[:len(lanes)] == lanes else ""
        raise UserError(f"{function} of {model.name} returned an array of shape {shape} for lanes {lanes}.{first} "
                        f"{LAST}.")


def _checked_logits(model: Model, policy: Any, lanes: tuple[int, ...]) -> list[np.ndarray]:
    logits = in_tuple(policy)
    if len(logits) != len(model.choices):
        raise UserError(f"policy of {model.name} returned {len(logits)} arrays for the {len(model.choices)} choices of "
                        "a trial; return one array, or a tuple of one array a choice.")
    out = []
    for choice, logit in zip(model.choices, logits):
        states = (model.states[choice.given],) if choice.given else ()
        shape = (*states, model.n_options(choice), *lanes)
        if np.ndim(logit) != len(shape) or np.shape(logit)[:-len(lanes)] != shape[:-len(lanes)] \
                or not _broadcasts(np.shape(logit), shape):
            raise UserError(f"policy of {model.name} must return logits of shape {shape} for {choice.column}, "
                            f"(n_options, *lanes), got {np.shape(logit)}. {LAST}; arrays made by self.arms(lanes) have "
                            "as many options as there are.")
        out.append(np.broadcast_to(logit, shape))
    return out


def _checked_values(model: Model, after: Any, before: Any) -> Any:
    old, new = list(_leaves(model, "initial_values", before)), list(_leaves(model, "update", after))
    if type(after) is not type(before) or len(old) != len(new):
        raise UserError(f"update of {model.name} must return what initial_values returned, a "
                        f"{type(before).__name__} of {len(old)} arrays; got a {type(after).__name__} of {len(new)}.")
    for one, other in zip(old, new):
        if other.ndim != one.ndim or not _broadcasts(other.shape, one.shape):
            raise UserError(f"update of {model.name} turned values of shape {one.shape} into {other.shape}. "
                            f"{LAST}; {ONE_HOT}.")
    return after


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False
