"""What went on inside a fitted model, trial by trial: values, prediction errors, probabilities, entropy, learning rates.

A table aligned row by row with the trials, ready as regressors for imaging or physiology. Values, probabilities and
entropy stand before the trial's outcome; the prediction error and the learning rate belong to it. Where a model keeps
no expected reward (habits, win-stay-lose-shift, beliefs about hidden states) there is no value and no error: NaN.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_softmax

from cogmeta.errors import UserError
from cogmeta.families import INDEX, TWO_STEP
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import Sequences, sequences_of
from cogmeta.models.bandit import BiasedRandom, ChoiceKernel
from cogmeta.models.bandit_reversal import HiddenState
from cogmeta.models.bandit_volatility import LogOdds, VolatileLogOdds
from cogmeta.models.model import Model
from cogmeta.models.parameter import check_parameters, one_set
from cogmeta.models.trial import Trial, in_tuple
from cogmeta.trials import validate_trials

SMALLEST_ERROR = 1e-12
"""A prediction error below this tells no learning rate."""


def latents(model: Fit | Model, trials: pd.DataFrame, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return what a model held in mind on every trial.

    Parameters
    ----------
    model : Fit or Model
        A fit brings its subjects' parameters.
    trials : DataFrame
        Trial table of the model's family.
    parameters : mapping, optional
        For a model: natural parameters by name, one number each or one a subject of the table.

    Returns
    -------
    DataFrame
        One row a row of ``trials``, with its index: ``subject, session, block, trial``; for each choice that the model
        explains ``probability_<choice>`` (of the option taken) and ``entropy_<choice>`` (nats); ``value_<choice>`` (of
        the option taken, units of reward); ``reward_prediction_error`` (reward - value); ``learning_rate`` (share of
        that error by which the value moved). Two-step: the values are model-free ones, and
        ``state_prediction_error`` is the second value less the first. NaN in trials without a response and where a
        model has no such thing; imposed choices have all of them.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> table = pd.DataFrame({"subject": "a", "trial": range(3), "choice": [0, 0, 1], "reward": [1, 0, 1]})
    >>> own = {"learning_rate": 0.5, "inverse_temperature": 2.0}
    >>> latents(make_model("bandit/rescorla_wagner"), table, own)["reward_prediction_error"].tolist()
    [0.5, -0.75, 0.5]
    """
    episode = None
    if isinstance(model, Fit):
        own = model.table.set_index("subject")
        subjects = pd.unique(trials["subject"].astype(str))
        lacking = [s for s in subjects if s not in own.index]
        if lacking:
            raise UserError(f"this fit has no parameters for subject {lacking[0]!r}. Fit these trials.")
        episode, names, model = model.episode, list(model.model.parameter_names), model.model
        parameters = {name: own.loc[subjects, name].to_numpy() for name in names}
    elif parameters is None:
        raise UserError("a model alone has no parameters: pass latents(model, trials, parameters), or a Fit.")
    table = validate_trials(trials, model.family, reward_range=(-np.inf, np.inf))
    model = model.for_trials(table)
    sequences = sequences_of(model, table, episode)
    columns = _run(model, sequences, {name: parameters[name] for name in model.parameter_names})
    index = [name for name in INDEX if name in table]
    out = table[index].assign(**{name: _by_row(x, sequences.row, len(table)) for name, x in columns.items()})
    return out.set_axis(trials.index)


def _run(model: Model, sequences: Sequences, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return (n_trials, n_sequences) arrays by name."""
    n, known = len(sequences.subjects), {k: np.asarray(v, float) for k, v in parameters.items()}
    known = {k: np.where(np.isnan(v), 0.5, v) for k, v in known.items()}  # who has none is blanked below
    absent = np.any([np.isnan(np.broadcast_to(np.asarray(v, float), n)) for v in parameters.values()], axis=0)
    own = one_set({k: np.broadcast_to(v, n)[sequences.subject] for k, v in check_parameters(model, known).items()})
    values = model.initial_values((sequences.row.shape[1],), own)
    rows: dict[str, list[np.ndarray]] = {}
    for t in range(len(sequences.row)):
        trial = Trial(**{name: array[t] for name, array in sequences.events.items()})
        after = model.update(values, own, trial)
        now = _choices(model, in_tuple(model.policy(values, own)), trial) | _learning(model, values, after, trial)
        for name, x in now.items():
            rows.setdefault(name, []).append(np.where(absent[sequences.subject], np.nan, x))
        values = after
    return {name: np.stack(x) for name, x in rows.items()}


def _choices(model: Model, policy: tuple[np.ndarray, ...], trial: Trial) -> dict[str, np.ndarray]:
    """Return the probability of the option taken and the entropy of every choice."""
    out = {}
    for choice, logits in zip(model.choices, policy):
        taken = getattr(trial, choice.column)
        if choice.given:
            logits = (getattr(trial, choice.given)[:, None] * logits).sum(axis=0)
        log_p = log_softmax(np.broadcast_to(logits, taken.shape), axis=0)
        p = np.exp(log_p)
        out[f"probability_{choice.column}"] = (taken * p).sum(axis=0)
        out[f"entropy_{choice.column}"] = -np.where(p > 0, p * log_p, 0.0).sum(axis=0)
    return out


def _learning(model: Model, before: Any, after: Any, trial: Trial) -> dict[str, np.ndarray]:
    """Return values of what was taken, the errors, and how far the value moved towards the outcome."""
    if model.family is TWO_STEP:
        return _two_step(before, after, trial)
    expected, later = _expected_reward(model, before), _expected_reward(model, after)
    if expected is None:
        return _errors("choice", np.full(trial.reward.shape, np.nan), np.nan, trial.reward)
    return _errors("choice", (trial.choice * expected).sum(axis=0), (trial.choice * later).sum(axis=0), trial.reward)


def _errors(name: str, value: np.ndarray, later: np.ndarray | float, reward: np.ndarray) -> dict[str, np.ndarray]:
    error = reward - value
    told = np.abs(error) > SMALLEST_ERROR
    rate = np.where(told, (later - value) / np.where(told, error, 1.0), np.nan)
    return {f"value_{name}": value, "reward_prediction_error": error, "learning_rate": rate}


def _expected_reward(model: Model, values: Any) -> np.ndarray | None:
    """Return (n_arms, *lanes) rewards that a bandit's learner expects, or None where it expects none."""
    if isinstance(values, LogOdds | VolatileLogOdds):
        return expit(values.mean)
    if isinstance(values, np.ndarray):
        return None if isinstance(model, ChoiceKernel | BiasedRandom | HiddenState) else values
    return getattr(values, "value", getattr(values, "mean", None))


def _two_step(before: Any, after: Any, trial: Trial) -> dict[str, np.ndarray]:
    """Return the model-free values met in a two-step trial, and the errors between them."""
    second, later = (_met(values.second, trial) for values in (before, after))
    first = getattr(before, "first", np.zeros(0))
    plain = first.shape[:-1] == (2,)
    value = (trial.choice1 * first).sum(axis=0) if plain else np.full(trial.reward.shape, np.nan)
    out = {"value_choice1": value, "state_prediction_error": second - value}
    return out | _errors("choice2", second, later, trial.reward)


def _met(second: np.ndarray, trial: Trial) -> np.ndarray:
    """Return the value of the second-stage option taken, or of the state where there is no second choice."""
    if second.ndim == 2:
        return (trial.state2 * second).sum(axis=0)
    here = (trial.state2[:, None] * second).sum(axis=0)
    return here[0] if len(here) == 1 else (trial.choice2 * here).sum(axis=0)


def _by_row(values: np.ndarray, row: np.ndarray, n_rows: int) -> np.ndarray:
    out = np.full(n_rows, np.nan)
    out[row[row >= 0]] = values[row >= 0]
    return out
