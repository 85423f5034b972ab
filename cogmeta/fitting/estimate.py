"""Fit a cognitive model to every subject of a trial table."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import Listener, Points, maximise, spread_starts
from cogmeta.fitting.penalty import DeclaredPriors, NoPenalty
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import Sequences, sequences_of
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed
from cogmeta.trials import guess_family, validate_trials

METHODS = ("map", "mle")

FLAT = 1e-2
"""A direction is flat when the data's curvature along it, in unconstrained coordinates, is below this: its standard
error would exceed 10."""


def fit(
    model: Model | str,
    trials: pd.DataFrame,
    method: str = "map",
    n_starts: int = 10,
    seed: int = 0,
    episode: tuple[str, ...] | None = None,
    reward_range: tuple[float, float] | None = None,
    listener: Listener | None = None,
    **model_options: object,
) -> Fit:
    """Fit a model to each subject's choices.

    Parameters
    ----------
    model : Model or str
        Or its registered name, such as ``"two_step/hybrid"``.
    trials : DataFrame
        A trial table of the model's family.
    method : {"map", "mle"}
        Maximum a posteriori under the priors that the parameters declare, or maximum likelihood.
    n_starts : int
        Searches a subject, >= 1; all run side by side and the hopeless ones are dropped.
    seed : int
        Of the starting points.
    episode : tuple of str, optional
        Columns whose change starts learning afresh, such as ``("subject", "session", "block")``; by default the family's.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default the family's.
    listener : callable, optional
        Called with (subjects finished, subjects in all).
    **model_options
        For a name: the model's options, such as ``perseveration="outside"``.

    Returns
    -------
    Fit

    Raises
    ------
    UserError
        The table breaks its schema or belongs to another family; an option is unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": "s1", "trial": range(8), "choice": [0, 1, 1, 1, 0, 1, 1, 1],
    ...                       "reward": [0, 1, 1, 0, 0, 1, 1, 1]})
    >>> fit("bandit/rescorla_wagner", table).parameters.round(2)
      subject  learning_rate  inverse_temperature
    0      s1           0.84                 4.24
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if isinstance(n_starts, bool) or not isinstance(n_starts, int | np.integer) or n_starts < 1:
        raise UserError(f"n_starts must be an integer >= 1, got {n_starts!r}.")
    rng = check_seed(seed)
    model, table = prepare(model, trials, reward_range, model_options)
    sequences = sequences_of(model, table, episode)
    penalty = NoPenalty() if method == "mle" else DeclaredPriors(model.parameters)
    n_subjects = len(sequences.subjects)
    starts = np.repeat(spread_starts(model.parameters, n_starts, rng), n_subjects, axis=1)
    with one_thread():
        best = maximise(Engine(model, sequences), penalty, starts, np.tile(np.arange(n_subjects), n_starts), listener)
    settings = {"n_starts": int(n_starts), "seed": seed if isinstance(seed, int) else None}
    return Fit(model, tabulate(model, sequences, best, method), method, settings, episode)


def prepare(
    model: Model | str, trials: pd.DataFrame, reward_range: tuple[float, float] | None, options: dict[str, object]
) -> tuple[Model, pd.DataFrame]:
    """Return the model adapted to the validated table, or say why the two do not go together."""
    if isinstance(model, str):
        model = make_model(model, **options)
    elif options:
        raise UserError(f"options such as {next(iter(options))!r} go with a model's name; this model has its own already.")
    lacking = [c.column for c in model.family.choices if not c.optional and c.column not in trials]
    if lacking:
        family = guess_family(trials)
        if family is not model.family:
            raise UserError(f"{model.name} fits {model.family.name} trials, but this is a {family.name} table "
                            f"(no column {lacking[0]!r}). Choose a model of the family {family.name!r}.")
    table = validate_trials(trials, model.family, reward_range=reward_range)
    return model.for_trials(table), table


def one_thread() -> object:
    """Return a context in which the linear algebra keeps to one thread: many threads on tiny matrices only wait."""
    return threadpool_limits(limits=1) or nullcontext()


def tabulate(model: Model, sequences: Sequences, best: Points, method: str) -> pd.DataFrame:
    """Return one row a subject: parameters, standard errors, likelihood, criteria, flag."""
    natural = np.array([p.to_natural(u) for p, u in zip(model.parameters, best.u)])
    errors, flat = _standard_errors(model, best)
    bound = _at_bound(model, best.u)
    n, k = sequences.n_scored, len(model.parameters)
    if method == "mle":
        natural[:, n == 0] = np.nan
    log_likelihood = best.log_likelihood
    columns = {"subject": sequences.subjects}
    columns |= dict(zip(model.parameter_names, natural))
    columns |= {f"se_{name}": error for name, error in zip(model.parameter_names, errors)}
    columns |= {"log_likelihood": log_likelihood, "objective": best.objective, "n_trials": n,
                "aic": 2 * k - 2 * log_likelihood, "bic": k * np.log(np.maximum(n, 1)) - 2 * log_likelihood}
    columns["flag"] = _flags(model, sequences, bound, flat & ~bound)
    return pd.DataFrame(columns)


def _at_bound(model: Model, u: np.ndarray) -> np.ndarray:
    low, high = np.array([p.search for p in model.parameters]).T[:, :, None]
    margin = 0.01 * (high - low)
    return (u <= low + margin) | (u >= high - margin)


def _standard_errors(model: Model, best: Points) -> tuple[np.ndarray, np.ndarray]:
    """Return natural standard errors and which parameters take part in a flat direction, both (n_parameters, n_sets).

    From the expected curvature, not the observed one: where an optimum sits on a kink of the likelihood (model-based
    values take a maximum), the observed curvature is not defined.
    """
    size, axes = np.linalg.eigh(best.fisher)
    flat = ((np.abs(axes) > 0.5) & (size < FLAT)[:, None, :]).any(axis=2).T
    size, axes = np.linalg.eigh(best.curvature)
    variance = (axes**2 / np.maximum(size, 1e-300)[:, None, :]).sum(axis=2).T
    slope = np.array([p.derivatives(u)[0] for p, u in zip(model.parameters, best.u)])
    flat_here = flat & (variance > 1 / FLAT)
    return np.where(flat_here | _at_bound(model, best.u), np.inf, slope * np.sqrt(variance)), flat


def _flags(model: Model, sequences: Sequences, bound: np.ndarray, flat: np.ndarray) -> list[str]:
    """Return what to beware of for each subject, in words."""
    trials = np.bincount(sequences.subject, weights=sequences.length, minlength=len(sequences.subjects))
    taken = np.zeros((len(sequences.subjects), sequences.choices[0].taken.shape[1]))
    np.add.at(taken, sequences.subject, sequences.choices[0].taken.sum(axis=0).T)
    names = np.array(model.parameter_names)
    flags = []
    for i in range(len(sequences.subjects)):
        words = []
        if trials[i] == 0:
            words.append("no answered trial: nothing was fitted")
        elif trials[i] == 1:
            words.append("only one trial")
        elif taken[i].max() == trials[i]:
            words.append("all choices identical")
        if trials[i] and bound[:, i].any():
            words.append("at bound: " + ", ".join(names[bound[:, i]]))
        if trials[i] and flat[:, i].any():
            words.append("not identified: " + ", ".join(names[flat[:, i]]))
        flags.append("; ".join(words))
    return flags
