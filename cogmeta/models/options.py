"""Options of registered models from text, as a command line gives them."""

from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from cogmeta.errors import UserError, unknown_name
from cogmeta.models.registry import MODELS, option_names
from cogmeta.named_values import named_values

WORDS = {"true": True, "false": False}


def read_options(name: str, pairs: Iterable[str]) -> dict[str, Any]:
    """Return the options that ``name=value`` pairs mean, typed by the fields of the model.

    Parameters
    ----------
    name : str
        Registered id of the model.
    pairs : iterable of str
        Such as ``"perseveration=outside"``; numbers of a pair are separated by a comma.

    Examples
    --------
    >>> read_options("two_step/hybrid", ["perseveration=outside", "common_probability=0.8", "second_choice=false"])
    {'perseveration': 'outside', 'common_probability': 0.8, 'second_choice': False}
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS)
    hints, known = get_type_hints(MODELS[name]), option_names(name)
    texts = named_values(pairs, "--option", f"{known[0]}=..." if known else "perseveration=outside")
    for option in texts:
        if option not in known:
            raise unknown_name(f"option of {name}", option, known)
    return {option: _typed(name, option, text, hints[option]) for option, text in texts.items()}


def read_priors(pairs: Iterable[str]) -> dict[str, str]:
    """Return parameter -> text of its prior, of ``name=density`` pairs.

    Examples
    --------
    >>> read_priors(["learning_rate=beta(2, 2)"])
    {'learning_rate': 'beta(2, 2)'}
    """
    return named_values(pairs, "--prior", "'learning_rate=beta(2, 2)'")


def _typed(name: str, option: str, text: str, hint: Any) -> Any:
    kinds = [hint] if get_origin(hint) is tuple else list(get_args(hint)) or [hint]
    kinds.sort(key=lambda kind: kind is str)  # any text is a string: try the others first
    for kind in kinds:
        try:
            return _read(text, kind)
        except ValueError:
            continue
    wanted = " or ".join(_in_words(kind) for kind in kinds)
    raise UserError(f"option {option} of {name} must be {wanted}, got {text!r}.")


def _read(text: str, kind: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(float(part) for part in _split(text))
    if kind is NoneType or kind is bool:
        known = {"none": None} if kind is NoneType else WORDS
        if text.lower() not in known:
            raise ValueError(text)
        return known[text.lower()]
    return kind(text)


def _split(text: str) -> list[str]:
    if "," not in text:
        raise ValueError(text)
    return text.split(",")


def _in_words(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "numbers separated by a comma"
    return {NoneType: "none", bool: "true or false", int: "an integer", float: "a number", str: "a word"}[kind]
