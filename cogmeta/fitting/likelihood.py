"""One likelihood for everybody: fitted models, models with given parameters, networks, ideal observers.

``log_likelihood(player, trials)`` gives the natural log-probability of what was chosen in each trial, summed over the
trial's choices, aligned with the rows of the table; NaN for a trial that scores nobody: one without a response, or whose choices the
task imposed. A
cognitive model gives the same numbers whether it runs in the lanes of a fit or replays the task as an agent.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models.model import Model
from cogmeta.models.parameter import check_parameters
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay
from cogmeta.task import Task
from cogmeta.trials import validate_trials

Bound = tuple[Model, Mapping[str, Any]]
"""A model and its parameters: one number each, or one a subject of the table in order of appearance."""


def log_likelihood(player: Fit | Bound | Agent, trials: pd.DataFrame, task: Task | None = None) -> pd.Series:
    """Return how likely each trial's choices are for somebody.

    Parameters
    ----------
    player : Fit, (model, parameters) or Agent
        A fit scores each subject with the parameters fitted to it.
    trials : DataFrame
        A trial table of the player's family.
    task : Task, optional
        For an agent: what the trials were played on, so that it can be shown the same observations.

    Returns
    -------
    Series of float
        Natural logarithm, one a row of ``trials`` and with its index; NaN for trials without a response or with imposed
        choices.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> table = pd.DataFrame({"subject": "s1", "trial": [0, 1, 2], "choice": [0, None, 1], "reward": [1, None, 0]})
    >>> player = make_model("bandit/rescorla_wagner"), {"learning_rate": 0.5, "inverse_temperature": 0.0}
    >>> log_likelihood(player, table).round(3).tolist()
    [-0.693, nan, -0.693]
    """
    if isinstance(player, Agent):
        values = _of_agent(player, trials, task)
    elif isinstance(player, Fit):
        values = _of_fit(player, trials)
    elif isinstance(player, tuple) and len(player) == 2 and isinstance(player[0], Model):
        values = _of_model(*player, trials)
    else:
        raise UserError("log_likelihood needs a Fit, a pair (model, parameters) or an Agent, "
                        f"got {type(player).__name__}. A model alone has no parameters: pass (model, parameters).")
    return pd.Series(values, index=trials.index, name="log_likelihood")


def rollout_log_likelihood(rollout: Rollout, trials: pd.DataFrame) -> pd.Series:
    """Return the log-likelihood of each trial of a table under the logits of a replayed rollout.

    Parameters
    ----------
    rollout : Rollout
        From ``replay(agent, task.from_trials(trials))``.
    trials : DataFrame

    Returns
    -------
    Series of float
        As ``log_likelihood``.
    """
    values = _by_row(rollout.log_likelihood, np.where(rollout.scored, rollout.row, -1), len(trials))
    return pd.Series(values, index=trials.index, name="log_likelihood")


def _of_agent(agent: Agent, trials: pd.DataFrame, task: Task | None) -> np.ndarray:
    if task is None:
        raise UserError(f"to score the agent {agent.name!r}, say which task the trials were played on: "
                        "task=make_task(...).")
    return rollout_log_likelihood(replay(agent, task.from_trials(trials)), trials).to_numpy()


def _of_fit(fit: Fit, trials: pd.DataFrame) -> np.ndarray:
    table = _validate(fit.model, trials)
    subjects = pd.unique(table["subject"])
    known = fit.parameters.set_index("subject")
    strangers = [s for s in subjects if s not in known.index]
    if strangers:
        raise UserError(f"this fit has no parameters for subject {strangers[0]!r}; it was fitted to {len(known)} "
                        "others. Fit these trials, or score them with (fit.model, parameters).")
    own = {name: known.loc[subjects, name].to_numpy() for name in fit.model.parameter_names}
    return _run(fit.model, own, table, fit.episode)


def _of_model(model: Model, parameters: Mapping[str, Any], trials: pd.DataFrame) -> np.ndarray:
    table = _validate(model, trials)
    adapted = model.for_trials(table)
    spare = set(model.parameter_names) - set(adapted.parameter_names)  # of choices that this design does not have
    parameters = {name: value for name, value in dict(parameters).items() if name not in spare}
    return _run(adapted, check_parameters(adapted, parameters), table, None)


def _validate(model: Model, trials: pd.DataFrame) -> pd.DataFrame:
    span = (-np.inf, np.inf)  # whoever fits or simulates has checked the rewards' range; here any number will do
    return validate_trials(trials, model.family, reward_range=span)


def _run(
    model: Model, natural: dict[str, np.ndarray], table: pd.DataFrame, episode: tuple[str, ...] | None
) -> np.ndarray:
    sequences = sequences_of(model, table, episode)
    sizes = {np.size(x) for x in natural.values()} - {1, len(sequences.subjects)}
    if sizes:
        raise UserError(f"parameters must be one number, or one for each of the {len(sequences.subjects)} subjects; "
                        f"got {sorted(sizes)} of them.")
    natural = {name: np.broadcast_to(x, len(sequences.subjects)) for name, x in natural.items()}
    row = np.where(sequences.scored, sequences.row, -1)
    return _by_row(Engine(model, sequences).trial_log_likelihood(natural), row, len(table))


def _by_row(values: np.ndarray, row: np.ndarray, n_rows: int) -> np.ndarray:
    """Return (n_rows,) sums of ``values`` over the steps of each trial; NaN where a row has none."""
    kept = row >= 0
    total = np.bincount(row[kept], weights=values[kept], minlength=n_rows)
    seen = np.bincount(row[kept], minlength=n_rows) > 0
    return np.where(seen, total, np.nan)
