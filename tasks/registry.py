"""The registered designs: an id stands for a task with the settings of a paper."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from tasks.bandit import BernoulliBandit
from tasks.two_step import DriftTwoStep, ReversalTwoStep


_WANTED = {
    "citation": "Name the paper and the section or experiment.",
    "learns": "Say in one sentence what an agent must learn within an episode.",
    "departure": "Say how yours departs from the source; 'Nothing is known to depart.' if nothing does.",
}


@dataclass(frozen=True)
class Registered:
    """A registered design.

    Attributes
    ----------
    name : str
        ``family/design``.
    constructor : callable
        A ``Task`` that is a frozen dataclass with a field ``name``.
    settings : mapping
        What the design gives the constructor; ``make_task`` may override it.
    tags : tuple of str
        The family's name is one of them.
    citation : str
        Paper and section.
    learns : str
        What an agent must learn within an episode, in one sentence.
    departure : str
        How ours departs from the source, in sentences.

    Raises
    ------
    UserError
        A field is missing or not what it should be.
    """

    name: str
    constructor: Callable[..., Task]
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    citation: str = ""
    learns: str = ""
    departure: str = ""

    def __post_init__(self) -> None:
        if self.name.count("/") != 1 or not all(self.name.split("/")):
            raise UserError(f"the name of a registered task must be 'family/design', got {self.name!r}.")
        if not (is_dataclass(self.constructor) and "name" in {f.name for f in fields(self.constructor)}):
            made = getattr(self.constructor, "__name__", repr(self.constructor))
            raise UserError(f"{made}, the constructor of {self.name!r}, must be a frozen dataclass with a field "
                            f"name: str = {self.name!r}, which its spec hands on.")
        for what in ("citation", "learns", "departure"):
            if not getattr(self, what):
                raise UserError(f"the entry {self.name!r} needs a {what}. {_WANTED[what]}")
        for what in ("learns", "departure"):
            if not getattr(self, what).endswith("."):
                raise UserError(f"{what} of {self.name!r} must be a sentence that ends with a full stop, "
                                f"got {getattr(self, what)!r}. {_WANTED[what]}")
        if self.family not in self.tags:
            raise UserError(f"tags of {self.name!r} must contain its family {self.family!r}, got {self.tags}.")

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.split("/")[0]


_SCALE = "The trial index is given as trial / n_trials; the paper does not state its scale."


def _bandit(arms: str, learns: str) -> Registered:
    return Registered(
        name=f"bandit/{arms}", constructor=BernoulliBandit, settings={"arms": arms}, tags=("bandit", "stationary"),
        citation="Wang et al. 2016, experiments 1 and 2 (section 3.1)", learns=learns, departure=_SCALE,
    )


_ENTRIES = (
    _bandit("independent", "Which arm pays most, while every pull tells of one arm only."),
    _bandit("uniform", "Which arm pays most, knowing that what one arm wins the other loses."),
    _bandit("easy", "Which of two mirror-image problems it is; one or two pulls tell (0.1 or 0.9)."),
    _bandit("medium", "Which of two mirror-image problems it is; a few pulls tell (0.25 or 0.75)."),
    _bandit("hard", "Which of two mirror-image problems it is, from weak evidence (0.4 or 0.6)."),
    Registered(
        name="two_step/wang2016", constructor=ReversalTwoStep,
        settings={"common_probability": 0.75, "reversal_hazard": 0.0, "n_trials": 10, "trial_index": True},
        tags=("two_step", "stationary"), citation="Wang et al. 2016, experiment 5",
        learns="Which second-stage state is better this episode, and which first action commonly leads there.",
        departure=_SCALE + " The paper's text gives the reward probabilities as values of the first actions; they are "
                           "those of the second-stage states.",
    ),
    Registered(
        name="two_step/wang2018", constructor=ReversalTwoStep, settings={}, tags=("two_step", "reversal"),
        citation="Wang et al. 2018, simulation 4",
        learns="Which second-stage state is better now, through reversals, crediting the state and not the action.",
        departure="No fixation step and no invalid action (see two_step/wang2018_fixation); reward probabilities and "
                  "reversal hazard are those of a public reproduction.",
    ),
    Registered(
        name="two_step/wang2018_fixation", constructor=ReversalTwoStep,
        settings={"fixation": True, "invalid_penalty": 1.0}, tags=("two_step", "reversal", "fixation"),
        citation="Wang et al. 2018, simulation 4 and general methods",
        learns="As two_step/wang2018, and to fixate before each trial: an invalid action costs 1.",
        departure="An invalid action at the first stage ends the trial without an outcome; the paper does not say what "
                  "follows it. Reward probabilities and reversal hazard are those of a public reproduction.",
    ),
    Registered(
        name="two_step/daw2011", constructor=DriftTwoStep, settings={}, tags=("two_step", "drift", "people"),
        citation="Daw et al. 2011",
        learns="Which of four drifting options pays most now, and which first action commonly leads to it.",
        departure="The drifting reward probabilities are drawn anew each episode; the paper's were made beforehand.",
    ),
)

_REGISTRY = {entry.name: entry for entry in _ENTRIES}


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
            raise unknown_name(f"{name} setting", setting, known)
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
