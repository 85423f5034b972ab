"""Settings of a learner as text: ``step_size=3e-3``, a line over training ``discount=0.8:0.96``, or several values to be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from itertools import product
from typing import Any

from cogmeta.errors import UserError, unknown_name
from cogmeta.named_values import named_values
from cogmeta.training import Learner

_WORDS = {"none": None, "true": True, "false": False}


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Return settings by name, each given as NAME=VALUE.

    Raises
    ------
    UserError
        Not of this form, or a name stands twice.

    Examples
    --------
    >>> parse_settings(["step_size=3e-3", "discount=0.8:0.96", "unroll=none"])
    {'step_size': 0.003, 'discount': (0.8, 0.96), 'unroll': None}
    """
    return {name: _value(text) for name, text in named_values(texts, "--set", "step_size=3e-3").items()}


def parse_grid(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return every combination of settings, each name given with its values as NAME=VALUE,VALUE.

    Examples
    --------
    >>> parse_grid(["step_size=1e-3,3e-3", "n_episodes=64"])
    [{'step_size': 0.001, 'n_episodes': 64}, {'step_size': 0.003, 'n_episodes': 64}]
    """
    named = named_values(texts, "--grid", "step_size=1e-3,3e-3")
    values = {name: [_value(part.strip()) for part in text.split(",")] for name, text in named.items()}
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def as_texts(settings: Mapping[str, Any]) -> list[str]:
    """Return settings as NAME=VALUE, so that ``parse_settings`` gives them back.

    Examples
    --------
    >>> as_texts({"discount": (0.8, 0.96), "unroll": None, "normalise_advantages": True})
    ['discount=0.8:0.96', 'unroll=none', 'normalise_advantages=true']
    """
    words = {value: word for word, value in _WORDS.items()}

    def text(value: Any) -> str:
        if value is None or isinstance(value, bool):
            return words[value]
        return ":".join(map(str, value)) if isinstance(value, tuple) else str(value)

    return [f"{name}={text(value)}" for name, value in settings.items()]


def with_settings(learner: Learner, settings: Mapping[str, Any]) -> Learner:
    """Return a learner with other settings, or say which of them cannot be.

    Examples
    --------
    >>> from cogmeta.training import A2C
    >>> with_settings(A2C(), {"n_episodes": 32, "discount": (0.8, 0.96)}).discount
    (0.8, 0.96)
    """
    known = {field.name: getattr(learner, field.name) for field in fields(learner)}
    for name, value in settings.items():
        if name not in known:
            raise unknown_name(f"setting of {type(learner).__name__}", name, known)
        if isinstance(known[name], bool) != isinstance(value, bool) and None not in (known[name], value):
            raise UserError(f"{name} must be {'true or false' if isinstance(known[name], bool) else 'a number or a name'}, got {value!r}.")
    try:
        return replace(learner, **settings)
    except TypeError as error:
        raise UserError(f"{', '.join(as_texts(settings))} cannot be: {error}. Numbers such as 3e-3, a line over training such as 0.8:0.96.") from error


def _value(text: str) -> Any:
    """Return a number, a pair of numbers, None, a truth value, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if ":" in text:
        return tuple(map(_value, text.split(":")))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
