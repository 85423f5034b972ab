"""The registered designs: an id stands for a task with the settings of a paper."""

import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from tasks.designs import DESIGNS
from tasks.registered import Registered

_REGISTRY = {entry.name: entry for entry in DESIGNS}


def task_names() -> list[str]:
    """Return the ids of all registered designs, in the order in which they are listed.

    Examples
    --------
    >>> task_names()[0]
    'bandit/independent'
    """
    return list(_REGISTRY)


def registered(name: str) -> Registered:
    """Return the entry of a registered design.

    Raises
    ------
    UserError
        No such design; the message names the nearest.

    Examples
    --------
    >>> registered("two_step/daw2011").citation
    'Daw et al. 2011'
    """
    if name not in _REGISTRY:
        raise unknown_name("task", name, _REGISTRY)
    return _REGISTRY[name]


def make_task(name: str, /, **settings: Any) -> Task:
    """Return a registered task.

    Parameters
    ----------
    name : str
        Registered id, see ``task_names``.
    **settings
        Override the registered ones, such as ``n_trials=50``. ``make_task(name, **task.settings)`` gives ``task``.

    Returns
    -------
    Task

    Raises
    ------
    UserError
        Unknown name, unknown setting, or a setting of the wrong type or out of its range.

    Examples
    --------
    >>> make_task("two_step/wang2018", n_trials=50).spec.n_steps
    100
    """
    entry = registered(name)
    known = {f.name: f for f in fields(entry.constructor)}
    hints = get_type_hints(entry.constructor)
    for setting in settings:
        if setting not in known:
            raise unknown_name(f"setting of {name}", setting, known)
    given = {s: _typed(name, s, value, hints[s], known) for s, value in settings.items()}
    return entry.constructor(**{"name": name, **entry.settings, **given})


_ACCEPTED = {
    float: (float, int, np.floating, np.integer), int: (int, np.integer), bool: (bool, np.bool_), str: (str,),
}


def _typed(task: str, setting: str, value: Any, wanted: Any, known: Mapping[str, Any]) -> Any:
    """Return a setting's value as the type that its field declares, or say what that is."""
    try:
        return _convert(value, wanted)
    except TypeError:
        raise UserError(f"setting {setting!r} of {task!r} must be {_words(wanted)}, got {value!r}. "
                        f"Settings there are: {', '.join(known)}.") from None


def _convert(value: Any, wanted: Any) -> Any:
    if get_origin(wanted) in (types.UnionType, Union):
        return None if value is None else _convert(value, get_args(wanted)[0])
    if get_origin(wanted) is tuple:
        if not isinstance(value, list | tuple | np.ndarray):
            raise TypeError
        return tuple(_convert(item, get_args(wanted)[0]) for item in value)
    if not isinstance(value, _ACCEPTED[wanted]) or (wanted is not bool and isinstance(value, bool)):
        raise TypeError
    return wanted(value)


def _words(wanted: Any) -> str:
    if get_origin(wanted) in (types.UnionType, Union):
        return f"{_words(get_args(wanted)[0])} or None"
    if get_origin(wanted) is tuple:
        return "a list of numbers"
    return {float: "a number", int: "an integer", bool: "True or False", str: "text"}[wanted]
