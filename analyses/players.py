"""Whoever can play a task, by name: a trained network in a folder, a reference player, a cognitive model."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cogmeta.agent import Agent
from cogmeta.agents.store import load_agent
from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.tiny_network import TinyFit, is_tiny_network
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model, model_names
from cogmeta.named_values import named_values
from cogmeta.task import Task
from tasks.control import CONTROL, make_control
from tasks.players import players


def find_player(name: str, task: Task, parameters: Mapping[str, float] | None = None) -> Agent:
    """Return an agent by name.

    Parameters
    ----------
    name : str
        A folder that ``cogmeta train`` or ``cogmeta fit-network`` wrote, a reference player of this task (``"thompson"``), a cognitive
        model (``"two_step/hybrid"``), or an agent that learns while it behaves (``"mfec"``).
    task : Task
        What it is to play.
    parameters : mapping of str to float, optional
        Of a cognitive model, by default the middle of each parameter's plausible range; settings of an agent that learns.

    Returns
    -------
    Agent

    Raises
    ------
    UserError
        There is no such player for this task, or it was made for another one.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> find_player("bandit/rescorla_wagner", make_task("bandit/easy"), {"learning_rate": 0.2}).name
    'bandit/rescorla_wagner'
    """
    references = players(task)
    models = model_names(task.spec.family.name)
    if Path(name).is_dir():
        return _trained(name, task)
    if name in CONTROL:
        return make_control(name, task, **dict(parameters or {}))
    if parameters and name not in models:
        raise UserError(f"parameters belong to a cognitive model or an agent that learns while it behaves, and {name!r} is "
                        f"neither; known are {[*models, *CONTROL]}.")
    if name in models:
        return _model_agent(make_model(name), task, dict(parameters or {}))
    if name in references:
        return references[name]
    raise unknown_name(f"player of {task.spec.name}", name, [*references, *models, *CONTROL])


def read_settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Return ``name=value`` pairs of a command line as settings; values are read as JSON, else taken as text.

    Examples
    --------
    >>> read_settings(["n_trials=120", "trial_index=false", "arms=easy"])
    {'n_trials': 120, 'trial_index': False, 'arms': 'easy'}
    """
    return {name: _json_or_text(text) for name, text in named_values(pairs, "--set", "n_trials=120").items()}


def middle(model: Model) -> dict[str, float]:
    """Return the middle of each parameter's plausible range, in the coordinate in which it is searched."""
    return {p.name: p.middle for p in model.scaled_parameters}


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _trained(folder: str, task: Task) -> Agent:
    if is_tiny_network(folder):
        return TinyFit.load(folder).network.for_task(task).agent({})
    agent = load_agent(folder)
    agent.check_fits(task)
    return agent


def _model_agent(model: Model, task: Task, parameters: dict[str, float]) -> Agent:
    model = model.for_task(task)
    unknown = set(parameters) - set(model.parameter_names)
    if unknown:
        raise unknown_name(f"parameter of {model.name}", sorted(unknown)[0], model.parameter_names)
    return model.agent(middle(model) | parameters)
